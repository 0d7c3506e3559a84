"""eSpeak NG through its C interface: many voices, and where each word begins.

Constants and structures are those of `speak_lib.h`. The library keeps its state in globals, so there is one of it in a
process, and it is used from one thread.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bench.quality.sound import Floats, from_s16

_AUDIO_OUTPUT_SYNCHRONOUS: Final = 2
_CHARS_UTF8: Final = 1
_POS_CHARACTER: Final = 1
_EVENT_LIST_TERMINATED: Final = 0
_EVENT_WORD: Final = 1
_PARAMETER_RATE: Final = 1
_OK: Final = 0


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Utterance:
    """sound: at `rate` Hz. words: (character of the text at which a word begins, counted from 0; its first sample)."""

    sound: Floats
    rate: int
    words: Sequence[tuple[int, int]]


class Espeak:
    """The library, with its data. Raises RuntimeError when it does not start."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path()).encode()
        self.rate = int(self._library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, 0))
        if self.rate <= 0:
            raise RuntimeError("eSpeak NG did not start: its data were not found")
        self._samples: list[bytes] = []
        self._words: list[tuple[int, int]] = []
        self._callback = _Callback(self._take)  # the library holds only the pointer

    def say(self, text: str, voice: str, words_per_minute: int) -> Utterance:
        """voice: a language with a variant, e.g. `en-us+f3`. Raises RuntimeError when there is no such voice."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != _OK:
            raise RuntimeError(f"eSpeak NG has no voice {voice!r}")
        self._library.espeak_SetParameter(_PARAMETER_RATE, words_per_minute, 0)
        self._samples, self._words = [], []
        self._library.espeak_SetSynthCallback(self._callback)  # others in the process may have set theirs
        given = text.encode() + b"\0"
        done = self._library.espeak_Synth(given, len(given), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None)
        if done != _OK:
            raise RuntimeError(f"eSpeak NG could not say {text!r}: error {done}")
        return Utterance(from_s16(b"".join(self._samples)), self.rate, tuple(self._words))

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._samples.append(np.ctypeslib.as_array(samples, (count,)).tobytes())
        at = 0
        while events[at].type != _EVENT_LIST_TERMINATED:
            if events[at].type == _EVENT_WORD:
                self._words.append((events[at].text_position - 1, events[at].sample))
            at += 1
        return 0
