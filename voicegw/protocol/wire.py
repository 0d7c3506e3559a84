"""The small types that events are made of, with the limits of the protocol written where they hold.

Types say what this gateway supports: a member that a `Literal` or a union lacks is refused with an error that names its
path. `Refused` stands for fields of the protocol that are known, but that cannot be honoured.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Refused: TypeAlias = None
"""Only null: anything else would be a promise that is not kept."""
"""Only the empty list, for the same reason."""

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
"""What something is called: a voice, a model, a language."""
TEXT_LIMIT = 65_536
Text: TypeAlias = Annotated[str, Meta(max_length=TEXT_LIMIT)]
"""Instructions, or the words of a message: far beyond what the language model can read."""
ItemId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=32)]
Milliseconds: TypeAlias = Annotated[int, Meta(ge=0, le=86_400_000)]
Metadata: TypeAlias = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]], Meta(max_length=16)
]
Modalities: TypeAlias = tuple[Literal["audio", "text"]]
"""One of the two: audio always comes with its words."""
MAX_OUTPUT_TOKENS = 4096
MaxTokens: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_OUTPUT_TOKENS)] | Literal["inf"]
AudioBytes: TypeAlias = Annotated[bytes, Meta(max_length=15 * 1024 * 1024)]
"""Base64 on the wire; the limit counts the decoded bytes."""


class Wire(Struct, frozen=True, forbid_unknown_fields=True):
    """Base of everything that a client sends: an unknown key is an error, not a shrug."""


class VoiceId(Wire, frozen=True):
    """The object form of a voice."""

    id: Name


Voice: TypeAlias = Name | VoiceId


class ServerEventBase(Struct, frozen=True, kw_only=True, tag_field="type"):
    """event_id: given to the event when it is queued."""

    event_id: str = ""
