"""How a session changes. An update is merged key by key:

- keys that are absent stay as they are;
- objects are merged, and one of another `type` starts from that type's defaults;
- null clears what can be cleared (`NULLABLE`), and elsewhere means the same as an absent key, because clients that
  write out every optional field send it so;
- `id`, `object`, `model` and `expires_at` are the server's own: clients send them back, and they change nothing.

The merged whole is checked before it takes effect: an update with a mistake in it is not applied at all. What this
gateway does not have is refused alone (`voicegw.protocol.alone`), or has no effect and is told as null (`reasoning`).
"""

from collections.abc import Mapping
from typing import Any

from msgspec import structs, to_builtins

from pipeline.errors import CallerError
from pipeline.settings import CallSettings
from voicegw.protocol.alone import Refusals, converted
from voicegw.protocol.session import AnySession, Reasoning, Session
from voicegw.protocol.turn_detection import semantic_vad, server_vad

NULLABLE = frozenset({
    "tracing", "prompt", "include", "transcription", "noise_reduction", "turn_detection", "idle_timeout_ms",
    "language", "languages", "keywords", "delay",
})  # fmt: skip
SERVER_MADE = frozenset({"id", "object", "model", "expires_at"})


def updated_session(
    session: AnySession, update: Mapping[str, Any], defaults: CallSettings, refusals: Refusals
) -> AnySession:
    """`session` changed by the `session` object of a session.update, but for what goes to `refusals`.

    Raises CallerError; nothing has changed then.
    """
    wanted = update.get("type")
    if wanted is None:
        raise CallerError(
            "Missing required parameter: 'session.type'.", code="missing_required_parameter", param="session.type"
        )
    kind = session.__struct_config__.tag
    if wanted != kind and wanted in ("realtime", "transcription"):
        raise CallerError(
            f"This session is of type '{kind}' and cannot become one of type '{wanted}'.",
            code="invalid_parameter",
            param="session.type",
        )
    kinds = (to_builtins(server_vad(defaults.turn)), to_builtins(semantic_vad(defaults.turn)))
    fresh = {kind["type"]: kind for kind in kinds}
    changes = {key: value for key, value in update.items() if key not in SERVER_MADE}
    made: AnySession = converted(_merged(to_builtins(session), changes, fresh), type(session), refusals, at="session")
    if isinstance(made, Session) and isinstance(made.reasoning, Reasoning):
        return structs.replace(made, reasoning=None)
    return made


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
