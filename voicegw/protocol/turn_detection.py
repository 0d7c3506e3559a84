"""Who says that the caller's turn is over: the wire's words for it, and the policy that they amount to."""

from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from pipeline.settings import Detection, TurnPolicy
from voicegw.protocol.wire import Wire

# How long each eagerness waits for a sentence that is not complete: the caps that OpenAI documents for them. `auto` is
# left to this gateway's own patience.
PATIENCE_MS = {"low": 8000, "medium": 4000, "high": 2000}


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


def turn_detection(policy: TurnPolicy) -> TurnDetection | None:
    """What the wire calls `policy`."""
    match policy.detection:
        case Detection.ADAPTIVE:
            return semantic_vad(policy)
        case Detection.SILENCE:
            return server_vad(policy)
        case Detection.MANUAL:
            return None


def semantic_vad(policy: TurnPolicy) -> SemanticVad:
    return SemanticVad(create_response=policy.create_response, interrupt_response=policy.interrupt_response)


def server_vad(policy: TurnPolicy) -> ServerVad:
    return ServerVad(
        threshold=policy.threshold,
        prefix_padding_ms=policy.prefix,
        silence_duration_ms=policy.silence,
        create_response=policy.create_response,
        interrupt_response=policy.interrupt_response,
    )


def turn_policy(wanted: TurnDetection | None, default: TurnPolicy) -> TurnPolicy:
    """What `wanted` means, where it leaves something open as `default` has it."""
    match wanted:
        case None:
            return replace(default, detection=Detection.MANUAL)
        case SemanticVad():
            patience = PATIENCE_MS.get(wanted.eagerness, default.patience)
            policy = replace(default, detection=Detection.ADAPTIVE, patience=max(default.shortest, patience))
        case ServerVad():
            # Keep the distance of the default between the two thresholds, as Silero's own iterator does (0.15).
            release = wanted.threshold - (default.threshold - default.release)
            policy = replace(
                default,
                detection=Detection.SILENCE,
                threshold=wanted.threshold,
                release=min(wanted.threshold, max(0.01, release)),
                prefix=wanted.prefix_padding_ms,
                silence=wanted.silence_duration_ms,
                pause=min(default.pause, wanted.silence_duration_ms),
                idle_timeout=wanted.idle_timeout_ms,
            )
    return replace(policy, create_response=wanted.create_response, interrupt_response=wanted.interrupt_response)
