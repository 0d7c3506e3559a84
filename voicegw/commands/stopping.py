"""A long command that is told to stop: it ends early, and still tells what it has found."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer


class Stopping:
    """Which signal came; Ctrl-C when it was none that we caught."""

    def __init__(self) -> None:
        self._signal = signal.SIGINT

    def caught(self, number: int, _: FrameType | None) -> None:
        self._signal = signal.Signals(number)
        signal.raise_signal(signal.SIGINT)

    @property
    def exit(self) -> typer.Exit:
        """The end of a command that was stopped, with the status that shells know: 128 and the signal's number."""
        return typer.Exit(128 + self._signal)


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """While this lasts, SIGTERM and SIGHUP do what Ctrl-C does: KeyboardInterrupt, or cancellation in asyncio."""
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's alone
        yield stopping
        return
    before = {number: signal.signal(number, stopping.caught) for number in (signal.SIGTERM, signal.SIGHUP)}
    # A shell's background job ignores it; then the others would pass unheard as well.
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
