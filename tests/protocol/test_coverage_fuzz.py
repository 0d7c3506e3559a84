"""A few seconds of fuzzing that is led by coverage, from good events and from those of real clients.

It sees bytes where the other fuzz sees JSON: a byte that is no UTF-8 in an item's text once ended a session.
"""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.protocol.test_fuzz import GOOD
from tests.protocol.test_recordings import RECORDINGS, with_sound

SECONDS = 5


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="atheris has wheels for Linux on x86-64 only"
)
def test_no_bytes_are_left_without_an_answer(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, frames in enumerate([*map(json.dumps, GOOD), *_said_by_clients()]):
        (corpus / str(number)).write_text(frames)
    # No limit to what it holds: a new process is told the peak of the one that made it, and that may be anything.
    done = subprocess.run(
        [sys.executable, "-m", "tests.protocol.coverage_target", f"-max_total_time={SECONDS}", "-timeout=5",
         "-malloc_limit_mb=256", "-rss_limit_mb=0", f"-artifact_prefix={tmp_path}/", str(corpus)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "DONE" in done.stderr


def _said_by_clients() -> set[str]:
    """Each different event that is no sound."""
    lines = [json.loads(line) for path in RECORDINGS for line in path.read_text().splitlines()]
    events = [line["client"] | {"event_id": "e"} for line in lines if "client" in line]
    return {json.dumps(with_sound(event)) for event in events if event["type"] != "input_audio_buffer.append"}
