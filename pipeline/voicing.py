"""Which voice speaks where nobody chose one: that of the language."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.engines import Speaking, Voice
from pipeline.languages import LONGEST, plain_language
from pipeline.phrases import language_of


def default_voices(voices: Sequence[Voice]) -> Mapping[str, str]:
    """ISO 639-1 code → name of the voice that speaks it by default: the first that sounds like a person, else the
    first. The languages that have one like a person come first.
    """
    found: dict[str, str] = {}
    for voice in sorted(voices, key=lambda voice: not voice.natural):
        for language in voice.languages:
            found.setdefault(language, voice.name)
    return found


class Voicing:
    """How one text is spoken while it is being written: as it was asked for, or as its language turns out to be.

    Once that is plain it stays, so that one answer has one voice.
    """

    def __init__(self, how: Speaking, voices: Sequence[Voice]) -> None:
        self.how = how
        self._voices = voices
        self._open = how.voice is None and how.language is None
        self._text = ""

    @property
    def language(self) -> str:
        """That will be spoken, as far as it is known: ISO 639-1."""
        return language_of(self.how, self._voices)

    def read(self, text: str) -> None:
        """More of the text."""
        if not self._open or len(self._text) > LONGEST:
            return
        self._text += text
        language = plain_language(self._text)
        voice = default_voices(self._voices).get(language) if language else None
        if voice:
            self.how, self._open = replace(self.how, voice=voice, language=language), False
