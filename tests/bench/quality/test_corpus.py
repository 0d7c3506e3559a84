import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.quality import corpus, labels, sound
from bench.quality.labels import Item
from bench.quality.plan import PAUSES_S, TELEVISION_DB, Planner, Size
from bench.quality.script import BACKCHANNELS, MONOLOGUES, sentences
from bench.quality.voices import cast
from models.weights.files import ModelStore
from models.weights.manifest import default_manifest
from pipeline.errors import OperatorError
from tests.bench.quality.recordings import tone

TINY = Size(6, 6, 6, 1, 2, 2, 1, 1, 1)


class Hummer:
    """An actor that hums for 60 ms a letter."""

    name = "hummer"

    def say(self, parts: Sequence[str]) -> list[sound.Floats]:
        return [tone(len(part) * 0.06) for part in parts]


def made(folder: Path, seed: int = 1) -> list[Item]:
    folder.mkdir()
    told: list[tuple[str, int, int]] = []
    corpus.make(folder, [Hummer(), Hummer()], sentences(), seed, TINY, lambda *done: told.append(done))
    items = labels.read(folder)
    assert told[-1] == ("our corpus", len(items), len(items))
    return items


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return made(tmp_path_factory.mktemp("corpus") / "made")


def level(samples: sound.Floats, start: float, end: float) -> float:
    """Decibels of full scale."""
    return 20 * float(np.log10(sound.rms(samples[round(start * sound.RATE) : round(end * sound.RATE)]) + 1e-9))


def test_the_script_is_large_and_varied() -> None:
    script = sentences()
    assert len(script) >= 40
    assert len({one.words for one in script}) == len(script)
    kinds = [kind for one in script for _, _, kind in one.breaks]
    assert kinds.count("mid-clause") >= 40
    assert kinds.count("clause-end") >= 12
    assert all(f"{before} {after}" == one.words for one in script for before, after, _ in one.breaks)
    assert sum(one.words.endswith("?") for one in script) >= 10


def test_speech_is_where_the_labels_say_and_nowhere_else(items: list[Item]) -> None:
    for item in items:
        if item.label.kind != "turn" or item.label.noise:
            continue
        samples = sound.from_s16(sound.read(item.path).data)
        speech = item.label.speech
        assert all(level(samples, start, end) == pytest.approx(-23, abs=1.5) for start, end in speech)
        gaps = [(0.0, speech[0][0]), *((one[1], two[0]) for one, two in pairwise(speech)), (speech[-1][1], 99.0)]
        assert all(level(samples, start, end) < -55 for start, end in gaps)
        assert len(samples) / sound.RATE >= speech[-1][1] + 4.9, "a turn can be waited for"


def test_pauses_have_the_lengths_that_were_dealt(items: list[Item]) -> None:
    for kind in ("mid-clause", "clause-end"):
        pauses = [pause for item in items for pause in item.label.pauses if pause.kind == kind]
        assert sorted(round(pause.end - pause.start, 3) for pause in pauses) == sorted(PAUSES_S)
    drawn = [pause.drawl for item in items for pause in item.label.pauses]
    assert min(drawn) == 1.0
    assert 1.4 <= max(drawn) <= 1.9


def test_noise_is_as_loud_as_its_label_says(items: list[Item]) -> None:
    noisy = [item for item in items if item.label.noise and item.label.noise.snr_db is not None]
    assert noisy
    for item in noisy:
        samples = sound.from_s16(sound.read(item.path).data)
        end = item.label.speech[-1][1]
        assert item.label.noise
        assert item.label.noise.snr_db
        assert level(samples, end + 0.2, 99) == pytest.approx(-23 - item.label.noise.snr_db, abs=4)


def test_there_is_something_of_everything(items: list[Item]) -> None:
    assert {item.label.kind for item in items} == {"turn", "television", "noise", "backchannel", "interruption", "echo"}
    alone = {item.label.noise.kind for item in items if item.label.kind == "noise" and item.label.noise}
    assert alone == {"cough", "click", "keyboard", "breath", "babble", "music"}
    assert {item.label.echo.level_db for item in items if item.label.echo} == {-10, -20, -30}
    assert {item.label.text for item in items if item.label.kind == "backchannel"} <= set(BACKCHANNELS)
    assert {item.label.tutor.text for item in items if item.label.tutor} <= set(MONOLOGUES)


def test_the_same_seed_makes_the_same_bytes_and_another_does_not(items: list[Item], tmp_path: Path) -> None:
    again, other = made(tmp_path / "again"), made(tmp_path / "other", seed=2)
    assert [item.label for item in again] == [item.label for item in items]
    assert [item.path.read_bytes() for item in again] == [item.path.read_bytes() for item in items]
    assert [item.label for item in other] != [item.label for item in items]


def test_beside_a_television_there_is_always_talk_at_its_level(items: list[Item]) -> None:
    beside = [item for item in items if item.label.kind == "television"]
    assert {item.label.noise.snr_db for item in beside if item.label.noise} == set(TELEVISION_DB)
    for item in beside:
        assert item.label.noise is not None
        assert item.label.noise.snr_db is not None
        samples = sound.from_s16(sound.read(item.path).data)
        behind = level(samples, item.label.speech[-1][1], len(samples) / sound.RATE)
        assert behind == pytest.approx(max(-62, corpus.SPEECH_DBFS - item.label.noise.snr_db), abs=4)


def test_cards_are_dealt_evenly() -> None:
    takes = Planner(sentences(), 7, np.random.default_rng(3)).takes(Size())
    lengths = [take.pause_s for take in takes if take.name.startswith("mid-clause")]
    assert {lengths.count(length) for length in PAUSES_S} == {20}
    voices = [take.actor for take in takes if take.kind == "turn"]
    counts = [voices.count(actor) for actor in range(7)]
    assert max(counts) - min(counts) <= 1
    assert len({take.name for take in takes}) == len(takes)


def test_a_copy_for_the_ear(items: list[Item], tmp_path: Path) -> None:
    corpus.copied(items, tmp_path / "copy")
    assert [item.label for item in labels.read(tmp_path / "copy")] == [item.label for item in items]
    with pytest.raises(OperatorError, match="cannot be written"):
        corpus.copied(items, items[0].path / "copy")


@pytest.mark.real
def test_real_voices_are_cut_between_words(model_store: ModelStore) -> None:
    folder = model_store.require(next(m for m in default_manifest().profile("default") if m.role == "tts"))
    actors = cast(folder, seed=1)
    assert len(actors) >= 6
    for actor in actors:
        first, second = actor.say(["I would like to", "buy two tickets for the evening."])
        assert 0.4 < len(first) / sound.RATE < 1.3
        assert 1.2 < len(second) / sound.RATE < 2.8, "most of the sentence comes after the cut"
        assert sound.bounds(second)[0] < 0.01 * sound.RATE


@pytest.mark.real
def test_the_corpus_is_made_once(model_store: ModelStore, tmp_path: Path) -> None:
    folder = model_store.require(next(m for m in default_manifest().profile("default") if m.role == "tts"))
    size = Size(1, 0, 1, 0, 0, 0, 0, 0, 0, 0)
    told: list[int] = []
    first = corpus.prepared(tmp_path, folder, 1, size, lambda *done: told.append(done[1]))
    again = corpus.prepared(tmp_path, folder, 1, size, lambda *done: told.append(done[1]))
    assert told == [1, 2]
    assert again == first
    with wave.open(str(first[0].path), "rb") as file:
        assert file.getparams()[:3] == (1, 2, 16_000)
