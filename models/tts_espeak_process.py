"""eSpeak NG in a process of its own.

It is C code that keeps its state in globals, and was seen to crash in a process where it had been started more than
once. Here a crash costs one text, and not every call of the gateway.
"""

import contextlib
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from models import child, tts_espeak_child
from models.tts_espeak_frames import LENGTH, Answer, Facts, Failed, Question, Sound, write
from models.tts_espeak_library import Said
from pipeline.errors import EngineDown, EngineError, OperatorError

START_S: Final = 30.0
"""Longest wait for the process to come up, on a machine that is busy with other things."""
ANSWER_S: Final = 15.0
"""Longest wait for a text: hundreds of times what the longest takes."""
END_S: Final = 5.0
"""Longest wait for the kernel to end it."""
_READ: Final = 1 << 16


class EspeakProcess:
    """The library, one thread at a time; only `close` may come from another. Blocks, and never for long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards which life is the present one, and that there is none after `close`
        self._closed = False
        self._life = _Life()

    @property
    def pid(self) -> int:
        return self._life.process.pid

    def facts(self) -> Facts:
        """Raises OperatorError when the library does not start."""
        try:
            answer = self._life.facts()
        except _Ended:
            raise OperatorError(
                "eSpeak NG does not start; what it said is above. Install espeakng-loader again."
            ) from None
        return answer

    def say(self, text: str, voice: str, speed: float = 1.0) -> Said:
        """Raises EngineDown when it crashed over this text or hung; the next one finds it running again."""
        life = self._life
        try:
            life.facts()
            answer = life.ask(Question(text, voice, speed), ANSWER_S)
        except _Ended as error:
            self._replace()
            raise EngineDown("eSpeak NG stopped over this text; it has been started again.") from error
        if isinstance(answer, Failed):
            raise EngineError(answer.reason)
        assert isinstance(answer, Sound)
        return Said(np.frombuffer(answer.samples, dtype=np.float32), answer.words)

    def close(self) -> None:
        """End it, whatever it is doing. Safe to call twice."""
        with self._lock:
            self._closed = True
            self._life.end()

    def _replace(self) -> None:
        with self._lock:
            self._life.end()
            if not self._closed:
                self._life = _Life()


class _Ended(Exception):
    """It has died, or does not answer."""


class _Life:
    """One life of the process."""

    def __init__(self) -> None:
        # The script imports our own modules, from wherever this process has them.
        here = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(Path(child.__file__).resolve()), str(Path(tts_espeak_child.__file__).resolve())],
            # In a session of its own: Ctrl-C is for the gateway, which then ends it.
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | here, start_new_session=True,
        )  # fmt: skip
        self._facts: Facts | None = None
        self._talking = threading.Lock()

    def facts(self) -> Facts:
        """Waits until it has come up. Raises _Ended."""
        if self._facts is None:
            answer = self._next(START_S)
            if not isinstance(answer, Facts):
                raise _Ended
            self._facts = answer
        return self._facts

    def ask(self, question: Question, within_s: float) -> Answer:
        """Raises _Ended."""
        assert self.process.stdin is not None
        try:
            write(self.process.stdin, msgspec.msgpack.encode(question))  # type: ignore[arg-type]
        except (OSError, ValueError) as error:  # it has died, or was closed
            raise _Ended from error
        return self._next(within_s)

    def end(self) -> None:
        """Kills it: a process that hangs, or that somebody stopped, hears nothing else."""
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(END_S)
        # Whoever waits for an answer is told by the end of it, at once.
        if self._talking.acquire(timeout=END_S):
            for pipe in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
            self._talking.release()

    def _next(self, within_s: float) -> Answer:
        with self._talking:
            return self._read(within_s)

    def _read(self, within_s: float) -> Answer:
        until = time.monotonic() + within_s
        size = int.from_bytes(self._bytes(LENGTH, until), "little")
        answer: Answer = msgspec.msgpack.decode(self._bytes(size, until), type=Answer)
        return answer

    def _bytes(self, count: int, until: float) -> bytes:
        assert self.process.stdout is not None
        if self.process.stdout.closed:
            raise _Ended
        data = bytearray()
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            while len(data) < count:
                if not waiting.select(max(0.0, until - time.monotonic())):
                    raise _Ended
                more = os.read(self.process.stdout.fileno(), min(_READ, count - len(data)))
                if not more:
                    raise _Ended
                data += more
        return bytes(data)
