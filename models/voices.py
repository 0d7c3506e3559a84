"""All voices under one roof: several synthesizers as one, which is asked by a voice's name or by language."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from models.tts_joined import Joined
from pipeline.engines import EngineInfo, Speaking, Spoken, Synthesizer, Voice, Watched
from pipeline.errors import EngineError
from pipeline.scripts import by_script

NAMED = 12
"""Voices that an error names; there can be a hundred."""


def pick(voices: Sequence[Voice], how: Speaking) -> Voice:
    """The voice that is meant: by name, else the first that knows the language, else the first.

    Raises EngineError that names what there is.
    """
    if how.voice is not None:
        for voice in voices:
            if voice.name == how.voice:
                return voice
        sentence = f"There is no voice {how.voice!r}. Installed: {_names(voices)}."
        raise EngineError(sentence, told=sentence)
    if how.language is None:
        return voices[0]
    language = how.language.partition("-")[0].lower()  # `pt-BR` is spoken by whoever speaks `pt`
    for voice in voices:
        if language in voice.languages:
            return voice
    sentence = f"No voice speaks the language {how.language!r}. Installed: {_names(voices)}."
    raise EngineError(f"{sentence} `voicegw models list` shows voices that can be fetched.", told=sentence)


def _names(voices: Sequence[Voice]) -> str:
    named = ", ".join(f"{voice.name} ({'/'.join(voice.languages)})" for voice in voices[:NAMED])
    return named if len(voices) <= NAMED else f"{named} and {len(voices) - NAMED} more"


class Voices:
    """A `Synthesizer` of several; those named first are preferred."""

    def __init__(self, *synthesizers: Synthesizer) -> None:
        self._synthesizers = synthesizers

    @property
    def info(self) -> EngineInfo:
        of = [synthesizer.info for synthesizer in self._synthesizers]
        return EngineInfo(
            "tts",
            " + ".join(info.engine for info in of),
            ", ".join(info.model for info in of),
            of[0].device,
            " + ".join(info.version for info in of),
        )

    @property
    def voices(self) -> Sequence[Voice]:
        """Known after `start`."""
        return tuple(voice for synthesizer in self._synthesizers for voice in synthesizer.voices)

    @property
    def stuck(self) -> bool:
        """Whether one of those that notice it hangs."""
        return any(isinstance(synthesizer, Watched) and synthesizer.stuck for synthesizer in self._synthesizers)

    async def start(self) -> None:
        for synthesizer in self._synthesizers:
            await synthesizer.start()

    async def close(self) -> None:
        await asyncio.gather(*(synthesizer.close() for synthesizer in self._synthesizers))

    async def stream(
        self, text: str, how: Speaking, *, caller: str, batch: bool = False
    ) -> AsyncGenerator[Spoken, None]:
        voice = pick(self.voices, how)
        language = (how.language or voice.languages[0]).partition("-")[0].lower()
        host = language if language in voice.languages else voice.languages[0]
        stretches = by_script(text, host)
        if [other for _, other in stretches] in ([], [host]):
            spoken = self._by(voice, text, how, caller=caller, batch=batch)
        else:
            spoken = self._joined(voice, host, stretches, how, caller=caller, batch=batch)
        async with aclosing(spoken) as parts:
            async for part in parts:
                yield part

    def _by(self, voice: Voice, text: str, how: Speaking, *, caller: str, batch: bool) -> AsyncGenerator[Spoken, None]:
        speaks = next(synthesizer for synthesizer in self._synthesizers if voice in synthesizer.voices)
        return speaks.stream(text, replace(how, voice=voice.name), caller=caller, batch=batch)

    async def _joined(
        self, voice: Voice, host: str, stretches: list[tuple[str, str]], how: Speaking, *, caller: str, batch: bool
    ) -> AsyncGenerator[Spoken, None]:
        """A text in several scripts. What no voice can read stays unsaid, and is shown all the same."""
        joined = Joined(voice.rate)
        for index, (text, language) in enumerate(stretches):
            last = index == len(stretches) - 1
            joined.begin(text)
            speaker = voice if language == host else self._reader(language)
            if speaker is not None:
                spoken = self._by(speaker, text, replace(how, language=language), caller=caller, batch=batch)
                async with aclosing(spoken) as parts:
                    async for part in parts:
                        if ready := joined.add(part):
                            yield ready
            if ready := joined.end(text, last=last):
                yield ready

    def _reader(self, language: str) -> Voice | None:
        able = [voice for voice in self.voices if language in voice.languages]
        return min(able, key=lambda voice: not voice.natural, default=None)
