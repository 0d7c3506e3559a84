"""The configuration of a session, in its full shape: what session.created and session.updated carry."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field

from voicegw.protocol.formats import AudioFormat, PcmFormat
from voicegw.protocol.tools import Tools, WireToolChoice
from voicegw.protocol.turn_detection import ServerVad, TurnDetection
from voicegw.protocol.wire import MaxTokens, Modalities, Name, Refused, Text, Voice, Wire


class Transcription(Wire, frozen=True):
    """Asks for transcription events. Keys that the client did not set are not echoed: Pipecat fails on them."""

    model: Name | UnsetType = UNSET
    language: Name | UnsetType | None = UNSET
    prompt: Annotated[str, Meta(max_length=4096)] | UnsetType | None = UNSET
    keywords: Annotated[list[Name], Meta(max_length=100)] | UnsetType | None = UNSET
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType | None = UNSET
    languages: Annotated[list[Name], Meta(max_length=16)] | UnsetType | None = UNSET
    """One is the language; of several the recognizer finds out for itself which it is."""


class NoiseReduction(Wire, frozen=True):
    """strength: how much of what is possible; 1.0 unless the client says otherwise."""

    type: Literal["near_field", "far_field"]
    strength: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET


class InputAudio(Wire, frozen=True):
    format: AudioFormat = PcmFormat()
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: TurnDetection | None = ServerVad()


class SpokenAudio(Wire, frozen=True):
    """voice: not set while the client has chosen none; clients are shown the one that speaks (`Offer.shown`)."""

    voice: Voice | UnsetType = UNSET
    format: AudioFormat = PcmFormat()
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] = 1.0


class Audio(Wire, frozen=True):
    input: InputAudio
    output: SpokenAudio


class Reasoning(Wire, frozen=True):
    """How hard a model should think before it speaks: the models here are not asked to, so it is told back as null."""

    effort: Name | None = None


class Tracing(Wire, frozen=True):
    """Labels for a dashboard that is not ours: kept and echoed, without effect."""

    workflow_name: Name | UnsetType = UNSET
    group_id: Name | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET


class TokenLimits(Wire, frozen=True):
    """post_instructions: most tokens of the conversation that the language model is shown."""

    post_instructions: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class RetentionRatio(Wire, frozen=True, tag_field="type", tag="retention_ratio"):
    """How much of a conversation that has become too long is kept when its beginning is forgotten."""

    retention_ratio: Annotated[float, Meta(ge=0, le=1)]
    token_limits: TokenLimits | UnsetType = UNSET


Include: TypeAlias = Annotated[list[Literal["item.input_audio_transcription.logprobs"]], Meta(max_length=1)]
"""What transcription events carry besides the words."""
Truncation: TypeAlias = Literal["auto", "disabled"] | RetentionRatio


class Session(Wire, frozen=True, kw_only=True, tag_field="type", tag="realtime"):
    """A conversation."""

    object: Literal["realtime.session"] = "realtime.session"
    id: str
    model: str
    expires_at: int
    output_modalities: Modalities = ("audio",)
    instructions: Text = ""
    tools: Tools = field(default_factory=list)
    tool_choice: WireToolChoice = "auto"
    max_output_tokens: MaxTokens = "inf"
    tracing: Literal["auto"] | Tracing | None = None
    truncation: Truncation = "auto"
    prompt: Refused = None
    include: Include | None = None
    audio: Audio
    # Both only concern models that reason: absent unless the client speaks of them.
    parallel_tool_calls: bool | UnsetType = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET


class HeardAudio(Wire, frozen=True):
    input: InputAudio


class TranscriptionSession(Wire, frozen=True, kw_only=True, tag_field="type", tag="transcription"):
    """Only listens: the caller's words are told, and nobody answers."""

    object: Literal["realtime.transcription_session"] = "realtime.transcription_session"
    id: str
    expires_at: int
    include: Include | None = None
    audio: HeardAudio


AnySession: TypeAlias = Session | TranscriptionSession
SessionType: TypeAlias = Literal["realtime", "transcription"]
