"""One process at a time."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import OperatorError

_PAUSE_S = 0.2


@contextmanager
def exclusive(path: Path, waiting: Callable[[], None], patience_s: float) -> Iterator[None]:
    """Hold the lock `path`. `waiting` is called once if another process has it.

    The kernel releases it when the process ends, however it ends; the file itself stays, because removing a lock file
    lets two processes hold two different files of one name. Raises OperatorError after `patience_s` seconds.
    """
    with path.open("ab") as file:
        if not _try(file.fileno()):
            waiting()
            deadline = time.monotonic() + patience_s
            while not _try(file.fileno()):
                if time.monotonic() > deadline:
                    raise OperatorError(
                        f"Another process has held {path} for {patience_s:.0f} s. "
                        "Wait until it is done, or end it, and try again."
                    )
                time.sleep(_PAUSE_S)
        yield


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
