"""The configuration of a session: its full shape, its defaults, and how an update changes it.

An update is merged key by key:

- keys that are absent stay as they are;
- objects are merged, and a `turn_detection` of another type starts from that type's defaults;
- null clears what can be cleared (`NULLABLE`), and elsewhere means the same as an absent key, because clients that
  write out every optional field send it so;
- `id`, `object`, `model` and `expires_at` are the server's own: clients send them back, and they change nothing.

The merged whole is checked before it takes effect, so an update is applied entirely or not at all.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field, to_builtins

from pipeline.errors import CallerError
from pipeline.settings import CallSettings, Detection, TurnPolicy
from voicegw.protocol.validation import convert
from voicegw.protocol.wire import (
    AudioFormat,
    MaxTokens,
    Metadata,
    Modalities,
    Name,
    PcmFormat,
    Refused,
    RefusedList,
    Text,
    Voice,
    Wire,
)

NULLABLE = frozenset({
    "tracing", "prompt", "include", "transcription", "noise_reduction", "turn_detection", "idle_timeout_ms",
    "language", "languages", "keywords", "delay",
})  # fmt: skip
SERVER_MADE = frozenset({"id", "object", "model", "expires_at"})


class ServerVad(Wire, frozen=True, tag_field="type", tag="server_vad"):
    """A turn ends after a fixed length of silence."""

    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.5
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=5000)] = 300
    silence_duration_ms: Annotated[int, Meta(ge=0, le=10_000)] = 500
    idle_timeout_ms: Annotated[int, Meta(ge=5000, le=30_000)] | None = None
    create_response: bool = True
    interrupt_response: bool = True


class SemanticVad(Wire, frozen=True, tag_field="type", tag="semantic_vad"):
    """A turn ends when the speaker seems to be done."""

    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True


TurnDetection: TypeAlias = ServerVad | SemanticVad


class Transcription(Wire, frozen=True):
    """Asks for transcription events. Keys that the client did not set are not echoed: Pipecat fails on them."""

    model: Name | UnsetType = UNSET
    language: Name | UnsetType | None = UNSET
    prompt: Annotated[str, Meta(max_length=4096)] | UnsetType | None = UNSET
    keywords: Annotated[list[Name], Meta(max_length=100)] | UnsetType | None = UNSET
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType | None = UNSET
    languages: Annotated[list[Name], Meta(max_length=1)] | UnsetType | None = UNSET


class InputAudio(Wire, frozen=True):
    format: AudioFormat = PcmFormat()
    transcription: Transcription | None = None
    noise_reduction: Refused = None
    turn_detection: TurnDetection | None = ServerVad()


class SpokenAudio(Wire, frozen=True):
    voice: Voice
    format: AudioFormat = PcmFormat()
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] = 1.0


class Audio(Wire, frozen=True):
    input: InputAudio
    output: SpokenAudio


class Tracing(Wire, frozen=True):
    """Labels for a dashboard that is not ours: kept and echoed, without effect."""

    workflow_name: Name | UnsetType = UNSET
    group_id: Name | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET


class Session(Wire, frozen=True, kw_only=True):
    """The whole effective configuration, as every session.created and session.updated carries it."""

    type: Literal["realtime"] = "realtime"
    object: Literal["realtime.session"] = "realtime.session"
    id: str
    model: str
    expires_at: int
    output_modalities: Modalities = ("audio",)
    instructions: Text = ""
    tools: RefusedList = field(default_factory=list)
    tool_choice: Literal["auto", "none"] = "auto"
    max_output_tokens: MaxTokens = "inf"
    tracing: Literal["auto"] | Tracing | None = None
    truncation: Literal["auto"] = "auto"
    prompt: Refused = None
    include: RefusedList | None = None
    audio: Audio
    # Both only concern models that reason: absent unless the client speaks of them.
    parallel_tool_calls: bool | UnsetType = UNSET
    reasoning: Refused | UnsetType = UNSET


def default_session(*, id: str, model: str, voice: str, expires_at: int, defaults: CallSettings) -> Session:
    """The session before the client has said anything. expires_at: seconds since the epoch."""
    return Session(
        id=id,
        model=model,
        expires_at=expires_at,
        output_modalities=("audio",) if defaults.audio else ("text",),
        instructions=defaults.instructions,
        max_output_tokens="inf" if defaults.max_tokens is None else defaults.max_tokens,
        audio=Audio(
            input=InputAudio(turn_detection=_turn_detection(defaults.turn)),
            output=SpokenAudio(voice=voice, speed=defaults.speaking.speed),
        ),
    )


def updated_session(session: Session, update: Mapping[str, Any], defaults: CallSettings) -> Session:
    """`session` changed by the `session` object of a session.update. Raises CallerError; nothing has changed then."""
    if update.get("type") is None:
        raise CallerError(
            "Missing required parameter: 'session.type'.", code="missing_required_parameter", param="session.type"
        )
    if update["type"] == "transcription":
        raise CallerError(
            "This session is of type 'realtime' and cannot become one of type 'transcription'.",
            code="invalid_parameter",
            param="session.type",
        )
    kinds = (to_builtins(_server_vad(defaults.turn)), to_builtins(_semantic_vad(defaults.turn)))
    fresh = {kind["type"]: kind for kind in kinds}
    changes = {key: value for key, value in update.items() if key not in SERVER_MADE}
    return convert(_merged(to_builtins(session), changes, fresh), Session, at="session")


def _turn_detection(policy: TurnPolicy) -> TurnDetection | None:
    match policy.detection:
        case Detection.ADAPTIVE:
            return _semantic_vad(policy)
        case Detection.SILENCE:
            return _server_vad(policy)
        case Detection.MANUAL:
            return None


def _semantic_vad(policy: TurnPolicy) -> SemanticVad:
    return SemanticVad(create_response=policy.create_response, interrupt_response=policy.interrupt_response)


def _server_vad(policy: TurnPolicy) -> ServerVad:
    return ServerVad(
        threshold=policy.threshold,
        prefix_padding_ms=policy.prefix,
        silence_duration_ms=policy.silence,
        create_response=policy.create_response,
        interrupt_response=policy.interrupt_response,
    )


def _merged(old: dict[str, Any], new: Mapping[str, Any], fresh: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """fresh: where an object starts whose `type` is another than before.

    Only objects that are in `old` are descended into, so that the depth is ours and not the client's.
    """
    result = dict(old)
    for key, value in new.items():
        if value is None and key not in NULLABLE:
            continue
        result[key] = value
        if not isinstance(value, dict):
            continue
        before = old.get(key)
        before = before if isinstance(before, dict) else {}
        kind = value.get("type", before.get("type"))
        if kind != before.get("type"):
            before = fresh.get(kind, {}) if isinstance(kind, str) else {}
        result[key] = _merged(before, value, fresh) if before else {k: v for k, v in value.items() if v is not None}
    return result
