"""One Piper voice: its description, and how it speaks."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.onnx import REMEDY, onnx_file
from models.shaping import Shaper, gain_for, s16le
from models.spoken.form import units
from models.tempo import Tempo
from models.tts_loudness import loudness
from models.tts_vits import Scales, Take, open_vits
from models.tts_words import Captions, Samples, Timing, places
from pipeline.audio import Pcm
from pipeline.engines import Spoken, Voice
from pipeline.errors import OperatorError

if TYPE_CHECKING:
    from piper.config import PiperConfig

WARM_UP = "1, 2, 3, 4, 5, 6."
"""Every voice can say this, in its own language; it also tells how loud the voice is."""
FIRST_FRAMES = 24
"""Frames of a sentence that are made first: 0.28 s of a medium voice, during which the next are made."""
MOST_FRAMES = 96
"""Frames made at a time: other calls have to wait for so long."""
MEASURED = (
    "I went to the market yesterday with my brother and his two children, and although it was raining we bought some "
    "fresh green apples for our grandmother."
)
"""Tells how long a voice takes at each of LENGTHS; what language it is in does not matter for that."""
LENGTHS = (0.55, 0.7, 0.85, 1.0, 1.15, 1.3, 1.6, 2.0, 3.0, 5.0)
"""Scales of the phonemes' lengths. Below the first most phonemes would be one frame long, and no shorter: sound is made
quicker by its tempo instead."""
WORDS_REMEMBERED = 4096
BOS, PAD = "^", "_"
"""What Piper's phoneme tables call the beginning of a sentence, and the nothing between two phonemes."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a voice's `*.onnx.json` says. speakers: number of each by name; empty when there is but one."""

    name: str
    model: Path
    config: "PiperConfig"
    language: str

    @property
    def voices(self) -> tuple[Voice, ...]:
        """One for each speaker, named `voice#speaker`; the bare name is the first speaker."""
        names = [self.name, *(f"{self.name}#{speaker}" for speaker in self.speakers)]
        return tuple(Voice(name, (self.language,), self.config.sample_rate) for name in names)

    @property
    def speakers(self) -> dict[str, int]:
        if self.config.num_speakers <= 1:
            return {}
        return dict(self.config.speaker_id_map) or {str(number): number for number in range(self.config.num_speakers)}


def describe(name: str, folder: Path) -> Description:
    """Raises OperatorError naming the file that is missing or broken."""
    from piper.config import PhonemeType, PiperConfig

    model = onnx_file(folder)
    path = model.with_name(f"{model.name}.json")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        config = PiperConfig.from_dict(content)
        language = content.get("language", {}).get("family") or config.espeak_voice.partition("-")[0]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OperatorError(f"{path} does not describe a Piper voice ({error!r}). {REMEDY}") from error
    if config.phoneme_type not in (PhonemeType.ESPEAK, PhonemeType.TEXT):
        raise OperatorError(
            f"{path} asks for phonemes of the kind '{config.phoneme_type.value}', which need models of their own that "
            "this project does not fetch. Choose a voice with phonemes of the kind 'espeak'."
        )
    return Description(name, model, config, language)


class PiperSpeaker:
    """One loaded voice. Blocks; used in one thread."""

    def __init__(self, described: Description, *, threads: int) -> None:
        """Load and warm up. Raises OperatorError naming the file that is broken."""
        from piper import PiperVoice

        self._config = described.config
        self._language = described.language
        self._speakers = described.speakers
        self._vits = open_vits(described.model, threads=threads)
        self._reader = PiperVoice(session=None, config=described.config)  # turns text into phonemes, and no more
        self._alone = lru_cache(WORDS_REMEMBERED)(self._phonemes_of_word)
        try:
            takes = [self._take(phonemes) for phonemes in self._sentences(WARM_UP)]
            sound = [take.sound(*frames) for take in takes for frames in stretches(take.frames)]
            self._takes = self._curve()
        except Exception as error:  # onnxruntime's errors have no common base but Exception
            raise OperatorError(f"The voice {described.model} cannot speak ({error}). {REMEDY}") from error
        self._gain = gain_for(loudness(np.concatenate(sound), self._config.sample_rate))

    def speak(self, text: str, speed: float = 1.0, speaker: str = "") -> Iterator[Spoken]:
        """`text`, a stretch at a time. speaker: one of the description's; "" is the first."""
        rate = self._config.sample_rate
        said = units(text, self._language)
        sentences = self._sentences("".join(unit.said for unit in said))
        captions = Captions(places(said, sentences, self._alone), rate)
        at = 0
        for index, phonemes in enumerate(sentences):
            length = self._length(speed)
            take = self._take(phonemes, length, speaker)
            tempo = Tempo(rate, speed * float(np.interp(length, LENGTHS, self._takes)))
            shaper, begins = Shaper(rate, self._gain), at
            for start, end in stretches(take.frames):
                last = end == take.frames
                sound = shaper.push(tempo.push(take.sound(start, end)))
                if last:
                    sound = np.concatenate([sound, shaper.push(tempo.finish()), shaper.finish()])
                if sound.size:
                    pcm, at = Pcm(s16le(sound), rate, at), at + len(sound)
                    edges = self._edges(phonemes, take, tempo.factor)
                    timing = Timing(index, edges, begins, shaper.lead or 0) if edges is not None else None
                    yield Spoken(pcm, captions.due(timing, at, last=last))
        if words := captions.rest(at):  # of a last sentence in which nothing was audible
            yield Spoken(Pcm(bytes(2 * rate // 100), rate, at), words)

    def _sentences(self, text: str) -> list[list[str]]:
        # Double brackets would be read as raw phonemes.
        plain = text.replace("[[", "  ").replace("]]", "  ")
        return [phonemes for phonemes in self._reader.phonemize(plain) if phonemes]

    def _phonemes_of_word(self, word: str) -> Sequence[str]:
        return [phoneme for phonemes in self._sentences(word) for phoneme in phonemes]

    def _length(self, speed: float) -> float:
        """The scale of the phonemes' lengths at which a sentence is `speed` times as quick as at 1.0.

        A phoneme takes whole frames, rounded up, so what a sentence takes does not follow the scale: the curve is the
        voice's own.
        """
        return 1.0 if speed == 1.0 else float(np.interp(1 / speed, self._takes, LENGTHS))

    def _curve(self) -> list[float]:
        """How many times as long as at 1.0 the voice takes at each of LENGTHS; without chance in its durations."""
        (phonemes, *_) = self._sentences(MEASURED) or [[]]
        frames = [float(self._take(phonemes, length, width=0.0).frames) for length in LENGTHS]
        own = frames[LENGTHS.index(1.0)]
        rising = np.maximum.accumulate([frame / own for frame in frames])
        return [float(took) for took in rising] if frames[-1] > own else list(LENGTHS)

    def _take(self, phonemes: list[str], length: float = 1.0, speaker: str = "", width: float | None = None) -> Take:
        config = self._config
        number = self._speakers[speaker] if speaker else config.default_speaker_id
        return self._vits.begin(
            self._reader.phonemes_to_ids(phonemes),
            Scales(config.noise_scale, config.length_scale * length, config.noise_w_scale if width is None else width),
            number if self._speakers else None,
        )

    def _edges(self, phonemes: list[str], take: Take, factor: float) -> Samples | None:
        """The sample at which each phoneme begins, and at which the last one ends. factor: of the tempo."""
        if take.widths is None:
            return None
        ids, pad = self._config.phoneme_id_map, len(self._config.phoneme_id_map[PAD])
        # Piper puts a pad behind the beginning and behind each phoneme it knows, and leaves out the others.
        counts = [len(ids[BOS]) + pad, *(len(ids[phoneme]) + pad if phoneme in ids else 0 for phoneme in phonemes)]
        frames = np.concatenate([[0], np.cumsum(take.widths)])[np.cumsum(counts)]
        return np.asarray(frames * take.hop / factor, dtype=np.int64)


def stretches(frames: int) -> Iterator[tuple[int, int]]:
    """What is made at a time of a sentence of so many frames: little first, more as there is more to listen to."""
    start, size = 0, FIRST_FRAMES
    while start < frames:
        end = start + size
        if frames - end < FIRST_FRAMES:
            end = frames  # a small rest costs as much as its neighbours on both sides
        yield start, end
        start, size = end, min(2 * size, MOST_FRAMES)
