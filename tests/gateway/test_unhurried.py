"""A log that nobody reads keeps nobody waiting."""

import io
import logging
import subprocess
import sys
import threading

from voicegw.logs import JsonFormatter
from voicegw.unhurried import LINES, UnhurriedHandler

UNREAD = """
import logging, sys
from voicegw import logs
logs.configure("info")
for number in range(3000):
    logging.getLogger("voicegw.test").info("a line of some length: %s", "x" * 200)
print("still here", flush=True)
"""


class Stuck(io.StringIO):
    """Takes nothing until `free` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        self.free.wait()
        return super().write(text)


def test_lines_that_nobody_reads_are_dropped_and_counted() -> None:
    stream = Stuck()
    handler = UnhurriedHandler(stream)
    handler.setFormatter(JsonFormatter())
    for number in range(LINES + 100):
        handler.emit(logging.LogRecord("voicegw", logging.INFO, "", 0, f"line {number}", (), None))
    stream.free.set()
    handler.close()
    lines = stream.getvalue().splitlines()
    assert "line 0" in lines[0]
    assert LINES <= len(lines) <= LINES + 2  # one was on its way, and one tells of the others
    (told,) = [line for line in lines if "lines_dropped" in line]
    assert '"lines_dropped": 99' in told or '"lines_dropped": 100' in told


def test_a_process_with_a_full_standard_error_goes_on_and_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", UNREAD], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"still here\n"
            assert process.wait(20) == 0
        finally:
            process.kill()
