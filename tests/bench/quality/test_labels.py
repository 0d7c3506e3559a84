from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.quality import labels
from bench.quality.labels import Label
from pipeline.errors import OperatorError
from tests.bench.quality.recordings import interruption, paused


def test_labels_are_read_as_they_were_written(tmp_path: Path) -> None:
    items = [paused(tmp_path, 0.9), interruption(tmp_path, echo=labels.Echo(-20, 120))]
    assert labels.read(tmp_path) == sorted(items, key=lambda item: item.name)


GOOD: dict[str, Any] = {"audio": "a.wav", "kind": "turn", "speech": [[0.5, 1.5], [2.0, 3.0]]}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "song"}, "Invalid enum value 'song'"),
        ({"speach": []}, "unknown field `speach`"),
        ({"speech": []}, "a turn needs its stretches of speech"),
        ({"speech": [[1.0, 0.5]]}, "rising times"),
        ({"pauses": [{"start": 1.6, "end": 2.0, "kind": "mid-clause"}]}, "begin where a stretch of speech ends"),
        ({"pauses": [{"start": 1.5, "end": 2.0, "kind": "long"}]}, "Invalid enum value 'long'"),
        ({"kind": "interruption"}, "needs speech, and a tutor"),
        ({"kind": "echo"}, "needs a tutor to echo"),
        ({"audio": "b.wav"}, "names the recording b.wav"),
    ],
)
def test_a_wrong_label_is_refused_by_name(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    (tmp_path / "a.wav").touch()
    (tmp_path / "a.json").write_bytes(msgspec.json.encode(GOOD))
    assert labels.read(tmp_path)[0].label == msgspec.convert(GOOD, Label)
    (tmp_path / "a.json").write_bytes(msgspec.json.encode(GOOD | change))
    with pytest.raises(OperatorError, match=rf"a\.json .*{problem}"):
        labels.read(tmp_path)


def test_folders_without_labels_are_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no folder"):
        labels.read(tmp_path / "nowhere")
    with pytest.raises(OperatorError, match="holds no labels"):
        labels.read(tmp_path)
