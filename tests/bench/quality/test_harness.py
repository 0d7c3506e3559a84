from pathlib import Path

import pytest

from bench.quality import labels
from bench.quality.backstage import Backstage
from bench.quality.facts import facts
from bench.quality.harness import Log, perform
from bench.quality.labels import Item
from bench.quality.memory import Memory
from bench.quality.metered import Prices, metered
from bench.quality.tutor import DEFAULT
from pipeline.engines import Engines
from pipeline.notices import ItemTruncated, TranscriptDone
from pipeline.settings import Detection, TurnPolicy
from tests.bench.quality.recordings import interruption, paused, recording, scripted, tone, whole

FIXED = Prices({"asr": 0.2, "turn": 0.05, "tts": 0.1})


def played(item: Item, engines: Engines, policy: TurnPolicy | None = None, *, briefly: bool = False) -> Log:
    with Backstage(engines) as backstage:
        ours = metered(backstage, Memory(), FIXED, DEFAULT)
        return perform(item, ours, policy or TurnPolicy(), briefly=briefly)


def after(silence: int) -> TurnPolicy:
    return TurnPolicy(detection=Detection.SILENCE, silence=silence)


def test_a_whole_sentence_is_waited_for_and_answered(tmp_path: Path) -> None:
    item = whole(tmp_path)
    found = facts(item, played(item, scripted(), after(400)))
    assert 400 <= found["wait_ms"] <= 460, "to the end of the window and of the frame"
    assert found["answer_ms"] >= found["wait_ms"]
    assert found["heard"] == ["so it is."]


@pytest.mark.parametrize(("silence", "cut"), [(400, True), (1000, False)])
def test_a_pause_is_cut_off_or_not(tmp_path: Path, silence: int, cut: bool) -> None:
    item = paused(tmp_path, 0.7)
    found = facts(item, played(item, scripted(), after(silence)))
    assert found["pauses"][0]["cut"] is cut
    assert len(found["heard"]) == (2 if cut else 1)
    assert not found["missed"]


def test_briefly_is_the_same_but_shorter(tmp_path: Path) -> None:
    for item in (paused(tmp_path, 0.7), whole(tmp_path)):
        brief, full = (played(item, scripted(), after(400), briefly=briefly) for briefly in (True, False))
        known = facts(item, brief), facts(item, full)
        assert known[0]["pauses"] == known[1]["pauses"]
        assert len(brief.told) < len(full.told)


def test_the_same_again_with_fixed_prices(tmp_path: Path) -> None:
    item = paused(tmp_path, 0.7)
    assert played(item, scripted()).told == played(item, scripted()).told


def test_an_interruption_silences_the_tutor_and_the_client_says_what_was_heard(tmp_path: Path) -> None:
    item = interruption(tmp_path)
    log = played(item, scripted("stop it now."))
    found = facts(item, log)
    assert 0 < found["stop_ms"] < 300
    assert (found["turns"], found["answers"]) == (1, 1)
    (cut,) = [notice for _, notice in log.told if isinstance(notice, ItemTruncated)]
    assert cut.audio_end_ms == pytest.approx(2000 + found["stop_ms"], abs=2)


def test_a_tutor_that_may_not_be_interrupted_is_heard_whole(tmp_path: Path) -> None:
    item = interruption(tmp_path)
    found = facts(item, played(item, scripted(), TurnPolicy(interrupt_response=False)))
    assert found["heard_whole"]


def test_silence_leaves_the_tutor_alone(tmp_path: Path) -> None:
    item = recording(tmp_path, "nothing", "noise", [], tutor=labels.Tutor("One two three four.", 0.5))
    found = facts(item, played(item, scripted()))
    assert (found["heard_whole"], found["paused_ms"], found["turns"]) == (True, 0, 0)


def test_an_echo_reaches_the_microphone(tmp_path: Path) -> None:
    """The loudspeaker hums at a quarter of full scale: 20 dB below that is still loud for the scripted ear."""
    engines = scripted("No, wait.")
    text = "One two three four five six seven eight."
    item = recording(
        tmp_path, "echo", "echo", [], tutor=labels.Tutor(text, 0.0), echo=labels.Echo(level_db=-20, delay_ms=100)
    )
    assert not facts(item, played(item, engines))["heard_whole"]
    quiet = recording(
        tmp_path, "quiet", "echo", [], tutor=labels.Tutor(text, 0.0), echo=labels.Echo(level_db=-60, delay_ms=100)
    )
    assert facts(quiet, played(quiet, engines))["heard_whole"]


def test_the_language_of_the_label_is_listened_for(tmp_path: Path) -> None:
    item = recording(tmp_path, "uno", "turn", [(0.5, 1.5)], language="es")
    (done,) = [one for _, one in played(item, scripted()).told if isinstance(one, TranscriptDone)]
    assert done.transcript.language == "es"


def test_a_tone_is_as_loud_as_this_file_believes() -> None:
    assert abs(tone(1.0)).max() == pytest.approx(0.2, rel=0.01)
