import numpy as np
import pytest

from bench.quality import dictated, labels, measures, sound
from pipeline.errors import OperatorError

RATE = 16_000


@pytest.fixture
def sounds(tmp_path):
    """A tone for each letter and digit."""
    folder = tmp_path / "sounds"
    tone = np.sin(2 * np.pi * 300 * np.arange(RATE // 4) / RATE).astype(np.float32) * 0.3
    for manner, items in (("letters", "abcdefghijklmnopqrstuvwxyz"), ("digits", "0123456789")):
        (folder / manner).mkdir(parents=True)
        for item in items:
            sound.write(folder / manner / f"{item}.wav", np.concatenate([sound.silence(0.1), tone, sound.silence(0.2)]))
    return folder


def test_names_and_numbers_are_put_together_with_a_pause_behind_every_item(sounds, tmp_path):
    assert dictated.made(sounds, tmp_path, "es", 8, seed=1) == 8
    made = labels.read(tmp_path)
    assert len(made) == 8
    for item in made:
        label = item.label
        assert label.language == "es"
        assert len(label.speech) == len(label.text.split()) == len(label.pauses) + 1
        assert {pause.kind for pause in label.pauses} == {"dictated"}
        gap = float(label.voice.split()[1])
        assert all(0.84 * gap < pause.end - pause.start < 1.16 * gap for pause in label.pauses)
    assert {item.label.voice.split()[0] for item in made} == {"letters", "digits"}


def test_another_seed_draws_other_strings_and_the_same_one_the_same(sounds, tmp_path):
    def texts(name: str, seed: int) -> list[str]:
        (tmp_path / name).mkdir()
        dictated.made(sounds, tmp_path / name, "en", 6, seed)
        return [item.label.text for item in labels.read(tmp_path / name)]

    assert texts("one", 1) == texts("again", 1)
    assert texts("two", 2) != texts("three", 3)


def test_a_folder_without_letters_is_refused(tmp_path):
    with pytest.raises(OperatorError, match="no folder letters, digits or phonetic"):
        dictated.made(tmp_path, tmp_path, "en", 1, 1)


def test_what_was_cut_and_what_was_lost_is_counted():
    def row(*cut: bool, heard: str = "J-O", missed: bool = False) -> dict[str, object]:
        pauses = [{"kind": "dictated", "seconds": 0.8, "drawl": 1.0, "cut": one} for one in cut]
        return {"pauses": pauses, "missed": missed, "heard": [heard], "voice": "letters 0.8 s"}

    sentence = {"pauses": [], "missed": False, "heard": [], "voice": "joe"}
    rows = [row(False, False), row(True, False), row(False, heard=""), row(False, missed=True, heard=""), sentence]
    found = measures.dictated(rows)
    assert found["in_one_turn"] == {"n": 4, "share": 0.5}
    assert found["lost"] == {"n": 4, "share": 0.5}
    assert list(found["by_manner"]) == ["letters 0.8 s"]
