"""The voices on offer, and what a client may call them."""

from dataclasses import dataclass

from pipeline.errors import CallerError
from voicegw.protocol.wire import Voice, VoiceId

OPENAI_VOICES = frozenset({
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse",
})  # fmt: skip
"""Voices that unmodified clients ask for by name; here each of them means the default voice."""


@dataclass(frozen=True, slots=True)
class Voices:
    names: tuple[str, ...]
    default: str

    def named(self, wanted: Voice, param: str) -> str:
        """The name of the voice that speaks. Raises CallerError, naming the field `param`, for one that is not here."""
        name = wanted.id if isinstance(wanted, VoiceId) else wanted
        if name in self.names:
            return name
        if name in OPENAI_VOICES:
            return self.default
        known = ", ".join(f"'{voice}'" for voice in self.names)
        raise CallerError(f"There is no voice '{name}' here. The voices are: {known}.", param=param)
