"""eSpeak NG through its C interface (`speak_lib.h`, version 1.52, whose constants and structures these are).

The library keeps its state in globals, so there is one of it in a process, and it is used by one thread at a time. The
copy inside piper-tts is another library with globals of its own: the two do not meet.
"""

import ctypes
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.shaping import Sound
from pipeline.errors import EngineError, OperatorError

AUDIO_OUTPUT_SYNCHRONOUS: Final = 2
CHARS_UTF8: Final = 1
POS_CHARACTER: Final = 1
EVENT_LIST_TERMINATED: Final = 0
EVENT_WORD: Final = 1
PARAMETER_RATE: Final = 1
OK: Final = 0

WORDS_PER_MINUTE = 175
"""The library's own pace."""
PACES = (80, 450)
"""The slowest and the fastest that it can do."""

_in_use = threading.Lock()


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


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.POINTER(ctypes.c_char)),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Said:
    """words: (character of the text at which a word begins, counted from 0; its first sample)."""

    sound: Sound
    words: tuple[tuple[int, int], ...]


class EspeakLibrary:
    """The library with its data. rate: of its sound in Hz. Raises OperatorError when it does not start."""

    def __init__(self) -> None:
        import espeakng_loader

        path, self._data = espeakng_loader.get_library_path(), Path(espeakng_loader.get_data_path())
        try:
            self._library: Any = ctypes.CDLL(path)
        except OSError as error:
            raise OperatorError(f"eSpeak NG cannot be loaded ({error}). Install espeakng-loader again.") from error
        with _in_use:
            self.rate = int(self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, str(self._data).encode(), 0))
            self._library.espeak_Info.restype = ctypes.c_char_p
            self.version = self._library.espeak_Info(None).decode().split()[0]
            self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        if self.rate <= 0:
            raise OperatorError(f"eSpeak NG does not find its data in {self._data}. Install espeakng-loader again.")
        self._samples: list[bytes] = []
        self._words: list[tuple[int, int]] = []
        self._callback = _Callback(self._take)  # the library holds only the pointer

    def languages(self) -> dict[str, str]:
        """ISO 639-1 code → name of the voice that speaks it best, by the library's own ranking.

        Some voices come without the dictionary of their language, and would make no sound.
        """
        best: dict[str, tuple[bool, int, str]] = {}
        with _in_use:
            for voice in _until_null(self._library.espeak_ListVoices(None)):
                tags = list(_tags(voice.languages))
                stems = {voice.identifier.decode().rpartition("/")[2], *(tag.partition("-")[0] for _, tag in tags)}
                spoken = any((self._data / f"{stem}_dict").is_file() for stem in stems)
                for rank, tag in tags:
                    code, _, region = tag.partition("-")
                    if spoken and len(code) == 2:
                        found = (bool(region), rank, voice.name.decode())
                        best[code] = min(best.get(code, found), found)
        return {code: name for code, (*_, name) in sorted(best.items())}

    def say(self, text: str, voice: str, speed: float = 1.0) -> Said:
        """The whole text. Raises EngineError when there is no such voice, or nothing could be said.

        voice: one that `languages` gives, or a code with a variant, e.g. `en-us+f3`. speed: 1.0 is the library's own.
        """
        pace = min(max(round(WORDS_PER_MINUTE * speed), PACES[0]), PACES[1])
        given = text.replace("\0", " ").encode() + b"\0"
        with _in_use:
            self._samples, self._words = [], []
            self._library.espeak_SetSynthCallback(self._callback)  # others in the process may have set theirs
            if self._library.espeak_SetVoiceByName(voice.encode()) != OK:
                raise EngineError(f"eSpeak NG has no voice {voice!r}.")
            self._library.espeak_SetParameter(PARAMETER_RATE, pace, 0)
            done = self._library.espeak_Synth(given, len(given), 0, POS_CHARACTER, 0, CHARS_UTF8, None, None)
            if done != OK:
                raise EngineError(f"eSpeak NG could not speak: its error code is {done}.")
            sound = np.frombuffer(b"".join(self._samples), dtype="<i2").astype(np.float32) / np.float32(32768)
            return Said(sound, tuple(self._words))

    def _take(self, samples: Any, count: int, events: Any) -> int:
        """What the library calls with each piece of sound; 0 lets it go on."""
        if samples and count:
            self._samples.append(np.ctypeslib.as_array(samples, (count,)).tobytes())
        at = 0
        while events[at].type != EVENT_LIST_TERMINATED:
            if events[at].type == EVENT_WORD:
                self._words.append((events[at].text_position - 1, events[at].sample))
            at += 1
        return 0


def _until_null(pointers: Any) -> Iterator[_Voice]:
    at = 0
    while pointers[at]:
        yield pointers[at].contents
        at += 1


def _tags(languages: Any) -> Iterator[tuple[int, str]]:
    """(rank, tag) of each entry: a byte, then a string; a byte of zero ends the list."""
    at = 0
    while rank := languages[at][0]:
        tag = bytearray()
        at += 1
        while languages[at] != b"\0":
            tag += languages[at]
            at += 1
        at += 1
        yield rank, tag.decode()
