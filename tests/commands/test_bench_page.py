import json
from pathlib import Path

from typer.testing import CliRunner

from voicegw.commands.bench import app


def test_the_same_turn_is_timed_by_the_caller_and_in_the_page(tmp_path: Path) -> None:
    out = tmp_path / "results" / "page.json"
    result = CliRunner().invoke(app, ["page", "--turns", "1", "--out", str(out)])
    assert result.exit_code == 0, result.exception
    facts = json.loads(out.read_text(encoding="utf-8"))
    latency = facts["latency_ms"]
    assert latency.keys() == {"caller", "page_websocket", "page_webrtc"}
    assert all(ms["n"] == 1 and ms["p50"] > 0 for ms in latency.values())
    assert facts["added_ms"]["webrtc"] == round(latency["page_webrtc"]["p50"] - latency["caller"]["p50"], 1)
    assert f"{facts['added_ms']['webrtc']:+.0f} ms over webrtc" in result.stdout
    assert all(5 < ms < 60_000 for ms in facts["connected_ms"].values())
