"""A log handler that keeps nobody waiting: lines go through a bounded queue to a thread that writes them.

A standard error that nobody reads, such as a pipe to a pager that rests, takes 64 KiB and then nothing. Whoever wrote
to it himself would stand still with it, and with him the gateway. Here lines are dropped then, and counted.
"""

import contextlib
import logging
import os
import queue
import sys
import threading
import time
from typing import TextIO

LINES = 1000
"""Most that may wait."""
FLUSH_S = 1.0
"""Longest wait for them at the end."""


class UnhurriedHandler(logging.StreamHandler[TextIO]):
    """Lines are made where they are logged, and written elsewhere."""

    def __init__(self, stream: TextIO | None = None, *, lines: int = LINES) -> None:
        super().__init__(stream)
        self._waiting: queue.Queue[str | None] = queue.Queue(lines)
        self._thread: threading.Thread | None = None
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        if self._thread is None:
            # A daemon: a write that never returns must not keep the process from exiting.
            self._thread = threading.Thread(target=self._work, name="log", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(self.format(record) + self.terminator)
        except queue.Full:
            self._dropped += 1
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Wait until what was logged is written, for a while."""
        until = time.monotonic() + FLUSH_S
        while self._thread is not None and self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.005)

    def close(self) -> None:
        self.flush()
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        super().close()

    def _work(self) -> None:
        while (line := self._waiting.get()) is not None:
            # Nobody can be told that a line cannot be written.
            with contextlib.suppress(OSError, ValueError):
                self._write(line)
                if self._dropped:
                    dropped, self._dropped = self._dropped, 0
                    self._write(self.format(_notice(dropped)) + self.terminator)
            self._waiting.task_done()

    def _write(self, text: str) -> None:
        if self.stream is not sys.__stderr__:
            self.stream.write(text)
            return
        # Past Python's own buffer, which the interpreter would want to empty at its end.
        data = text.encode(errors="backslashreplace")
        while data:
            data = data[os.write(self.stream.fileno(), data) :]


def _notice(dropped: int) -> logging.LogRecord:
    record = logging.LogRecord(__name__, logging.WARNING, __file__, 0, "nobody read the log for a while", (), None)
    record.__dict__["lines_dropped"] = dropped
    return record
