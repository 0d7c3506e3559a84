import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voicegw.cli import app


def bench(*options: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["bench", "spoken", *options])
    return result.exit_code, result.output


def test_a_set_of_ones_own_is_judged_by_its_readings(tmp_path: Path) -> None:
    sayings = [
        {"language": "en", "text": "It costs $5.", "spoken": ["it costs five dollars"]},
        {"language": "de", "text": "Es kostet 5 €.", "spoken": ["es kostet hundert Euro"]},
    ]
    (tmp_path / "mine.json").write_text(json.dumps(sayings))
    code, told = bench("--set", str(tmp_path / "mine.json"), "--out", str(tmp_path / "out.json"))
    assert code == 0
    assert "mine: 1 of 2 as people say it (en 1/1, de 0/1)." in " ".join(told.split())
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["mine"]["wrong"] == [
        {"language": "de", "text": "Es kostet 5 €.", "said": "Es kostet fünf Euro."},
    ]


def test_the_sets_of_our_own_hold_what_they_promise(tmp_path: Path) -> None:
    code, told = bench("--out", str(tmp_path / "out.json"))
    assert code == 0
    assert "held_out:" in told
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["tuning"]["right"] == report["tuning"]["asked"]


@pytest.mark.parametrize(("text", "named"), [("{", "JSON"), ("[]", "no texts"), ('[{"text": "Hi"}]', "language")])
def test_a_set_that_is_none_is_refused(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    result = CliRunner().invoke(
        app, ["bench", "spoken", "--set", str(tmp_path / "bad.json"), "--out", str(tmp_path / "o")]
    )
    assert result.exit_code != 0
    assert named in str(result.exception)
