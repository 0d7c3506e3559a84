"""When to believe Whisper: how much sound to show it, how many words to expect, and what is not speech.

Measured with the base model (int8, greedy, no timestamps) on clean, quiet and noisy speech and on sounds that are not:
speech had a no-speech probability of at most 0.35, even at 0 dB of noise, and a mean log-probability of at least -0.9
in English and -1.4 in a language the model knows badly; silence, noise, hum and chords had at least 0.51 and at most
-0.6, the clicks of a keyboard 0.33 with -2.4, or 0.65 with -0.5.
"""

import math
import re
import zlib
from collections.abc import Sequence

import numpy as np

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES

WINDOWS_S = (8, 10, 12, 15, 20, 25, 30)
"""Lengths of sound that the encoder may be shown, with silence behind the speech; few, so that utterances can share a
batch. The model was trained on 30 s and takes no more. With less than 8 s the decoder says everything again and again;
from 8 s on it makes hardly more mistakes than with 30, in a third of the time (`bench/engines/asr_bench.py`)."""
MARGIN_S = 1
"""Least silence behind the speech."""
LONGEST_S = WINDOWS_S[-1] - MARGIN_S
"""Longest utterance that is heard in one piece."""

MAX_TOKENS_PER_S = 13
"""No one speaks faster, in any script: English has 3 to 8 tokens a second; Hindi, spelled in bytes, up to 12.4.
The limit ends a loop of the decoder."""
SPARE_TOKENS = 10
HASTY_TOKENS_PER_S = 6
"""Faster than this, a hypothesis that begins anew is a loop of the decoder and not a speaker who repeats a sentence."""
OPENING = 4
"""So many equal tokens make it the same opening."""
MAX_COMPRESSION = 2.4
"""Above this ratio a text repeats itself over and over; the value of openai/whisper, transcribe.py."""

FEWEST_SPELLED = 3
_SINGLE = re.compile(r"(?<!\w)\w(?!\w)")
SPELLED = -0.8
"""Mean log-probability from which single letters are more than a guess: a name spelled by eSpeak, 0.5 to 0.7 s between
the letters, had -0.3 to -0.72. Of 320 noises, coughs, beeps and pieces of music none was
written as such a row."""
DOUBTED = -1.2
"""Mean log-probability from which words may be more than a guess."""

QUIET_SAMPLES = HEARING_RATE // 50
"""Length of the stretch (20 ms) whose loudness is looked at for a place to cut."""
CUT_SEARCH_S = 8
"""A cut is made in the last seconds of what fits into a window."""


def window_seconds(samples: int) -> int:
    """Length of the window for an utterance (16 kHz) of at most `LONGEST_S` seconds."""
    needed = samples / HEARING_RATE + MARGIN_S
    return next((window for window in WINDOWS_S if window >= needed), WINDOWS_S[-1])


def token_limit(seconds: float) -> int:
    """Most tokens that so much speech can hold."""
    return SPARE_TOKENS + math.ceil(MAX_TOKENS_PER_S * seconds)


def without_restart(tokens: Sequence[int], seconds: float) -> Sequence[int]:
    """The hypothesis up to the point where it begins anew, if it holds more than can have been said in `seconds`."""
    if len(tokens) > HASTY_TOKENS_PER_S * seconds:
        for at in range(OPENING, len(tokens) - OPENING + 1):
            if tokens[at : at + OPENING] == tokens[:OPENING]:
                return tokens[:at]
    return tokens


def holds_words(text: str) -> bool:
    """False for marks alone: three full stops are what Whisper makes of a breath."""
    return any(char.isalnum() for char in text)


def repeats_itself(text: str) -> bool:
    data = text.encode()
    return len(data) > MAX_COMPRESSION * len(zlib.compress(data))


def is_speech(no_speech: float, logprob: float) -> bool:
    """False when the model found no speech, and its words sound as if it had guessed them."""
    sure_of_silence = no_speech > 0.6 and logprob < -0.3
    guessed = no_speech > 0.4 and logprob < -1.5
    invented = logprob < -2.0
    return not (sure_of_silence or guessed or invented)


def spells(text: str, logprob: float) -> bool:
    """Whether a text is a row of letters or digits, and no wild guess: nothing else than people is heard as one."""
    return len(_SINGLE.findall(text)) >= FEWEST_SPELLED and logprob > SPELLED


def in_doubt(no_speech: float, logprob: float) -> bool:
    """True when the model found no speech, but words that it may not have guessed.

    So it does where words are said one by one: letters and weekdays with 0.3 to 1.1 s between had 0.6 to 0.9 with
    -0.3 to -0.9, in four languages.
    """
    return no_speech > 0.6 and logprob > DOUBTED


def pieces(audio: bytes) -> list[bytes]:
    """Audio (s16le, 16 kHz) in pieces that fit into a window, cut where it is quietest."""
    longest = LONGEST_S * HEARING_RATE * SAMPLE_BYTES
    made = []
    while len(audio) > longest:
        at = longest - CUT_SEARCH_S * HEARING_RATE * SAMPLE_BYTES
        cut = at + _quietest(audio[at:longest]) * SAMPLE_BYTES
        made.append(audio[:cut])
        audio = audio[cut:]
    return [*made, audio]


def _quietest(audio: bytes) -> int:
    """Sample in the middle of the quietest stretch."""
    sound = np.frombuffer(audio, dtype="<i2").astype(np.float32)
    stretches = sound[: len(sound) // QUIET_SAMPLES * QUIET_SAMPLES].reshape(-1, QUIET_SAMPLES)
    return int(np.square(stretches).mean(axis=1).argmin()) * QUIET_SAMPLES + QUIET_SAMPLES // 2
