import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.attacks import ATTACKS
from pipeline.errors import OperatorError
from tests.commands.test_talk import ctrl_c
from voicegw.commands.bench import app

__all__ = ["ctrl_c"]  # a fixture


def test_a_caller_is_timed_beside_an_attack(tmp_path: Path) -> None:
    out = tmp_path / "loop.json"
    asked = ["loop", "--only", "nothing", "--only", "pings", "--seconds", "0.5", "--out", str(out)]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.exception
    quiet, attacked = json.loads(out.read_text(encoding="utf-8"))["attacks"]
    assert (quiet["attack"], attacked["attack"]) == ("nothing", "pings")
    for facts in (quiet, attacked):
        assert facts["questions"] > 0
        assert 0 < facts["p50_ms"] <= facts["p99_ms"] <= facts["max_ms"]


def test_an_attack_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["loop", "--only", "magic", "--out", str(tmp_path / "loop.json")])
    assert isinstance(result.exception, OperatorError)
    assert "'magic'" in str(result.exception)
    assert len(ATTACKS) > 20


@pytest.mark.usefixtures("ctrl_c")
def test_an_attack_that_is_stopped_with_the_bench_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gateway:
        attack = subprocess.Popen(
            [sys.executable, "-m", "bench.attacks", "pings", "127.0.0.1", str(gateway.getsockname()[1]), "60"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with gateway.accept()[0]:
            attack.send_signal(signal.SIGINT)
            assert attack.communicate(timeout=20)[1] == ""
