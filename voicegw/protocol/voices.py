"""The voices on offer, what a client may call them, and which of them speaks when nobody chose one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import UNSET, UnsetType

from pipeline.engines import Speaking
from pipeline.errors import CallerError
from voicegw.protocol.wire import Voice, VoiceId

OPENAI_VOICES = frozenset({
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse",
})  # fmt: skip
"""Voices that unmodified clients ask for by name; here each of them means the default voice of the language."""
NAMED = 12
"""Voices that an error names; there can be a hundred."""


@dataclass(frozen=True, slots=True)
class Voices:
    """spoken_in: ISO 639-1 code → its default voice. fixed: the default is the operator's choice for all languages."""

    names: tuple[str, ...]
    default: str
    spoken_in: Mapping[str, str] = field(default_factory=dict)
    fixed: bool = False

    def named(self, wanted: Voice | UnsetType, param: str) -> str | None:
        """The name of the voice that was chosen; None where none was, which is what an alias means too.

        Raises CallerError, naming the field `param`, for one that is not here.
        """
        if wanted is UNSET:
            return None
        name = wanted.id if isinstance(wanted, VoiceId) else wanted
        if name in self.names:
            return name
        if name in OPENAI_VOICES:
            return None
        known = ", ".join(f"'{voice}'" for voice in self.names[:NAMED])
        more = f" and {len(self.names) - NAMED} more, which GET /v1/voicegw/lobby lists" * (len(self.names) > NAMED)
        raise CallerError(
            f"There is no voice '{name}' here. The voices are: {known}{more}. Name one of these, or leave the voice "
            "out, and the default voice of the language speaks.",
            param=param,
        )

    def of(self, language: str | None) -> str:
        """The default voice of a language; of the gateway, for none or one that no voice speaks."""
        if language is None or self.fixed:
            return self.default
        return self.spoken_in.get(language.partition("-")[0].lower(), self.default)

    def speaking(self, wanted: Voice | UnsetType, speed: float, language: str | None, param: str) -> Speaking:
        """How to speak in a call in `language`; where neither voice nor language is known, as the text turns out to be.

        Raises CallerError as `named` does.
        """
        chosen = self.named(wanted, param)
        if chosen is not None or self.fixed:
            return Speaking(chosen or self.default, speed)
        return Speaking(self.of(language), speed, language) if language else Speaking(None, speed)
