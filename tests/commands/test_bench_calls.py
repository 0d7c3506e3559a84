import json
from pathlib import Path

from typer.testing import CliRunner

from voicegw.commands.bench import app


def test_calls_are_held_and_every_packet_is_timed(tmp_path: Path) -> None:
    out = tmp_path / "results" / "calls.json"
    result = CliRunner().invoke(app, ["calls", "--calls", "2", "--seconds", "2", "--out", str(out)])
    assert result.exit_code == 0, result.exception
    facts = json.loads(out.read_text(encoding="utf-8"))
    assert facts["calls"] == 2
    assert facts["packets"] + facts["packets_missing"] > 0.9 * 2 * 2 * 50
    assert facts["tick_late_ms"]["p50"] >= 1
    assert facts["floor_ms"]["p50"] >= 0
    assert 0 <= facts["late_ms"]["p50"] <= facts["late_ms"]["p99"] <= facts["late_ms"]["max"]
    assert facts["gateway_core"] > 0
    assert f"p99 {facts['late_ms']['p99']} ms" in result.stdout.replace("\n", " ")
