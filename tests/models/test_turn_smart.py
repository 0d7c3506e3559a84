"""Smart Turn with its real model, on sentences that end and sentences that stop half way."""

from collections.abc import AsyncIterator
from pathlib import Path
from statistics import mean

import pytest

from models.onnx import onnx_file, open_session
from models.turn_smart import HEARD, SmartTurn, SmartTurnGraph
from models.weights.files import ModelStore
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.engines import TurnDetector, Watched
from pipeline.errors import OperatorError
from tests.support.speech import VOICE, Speaker, joined, silence

SENTENCES = (
    "What time does the train to London leave tomorrow morning?",
    "I would like to order a cup of coffee and a sandwich, please.",
    "I went to the market yesterday and bought some apples and some bread.",
    "Could you tell me where the nearest pharmacy is?",
    "She told me that the museum is closed on Mondays.",
)


@pytest.fixture
async def turn(model_store: ModelStore) -> AsyncIterator[SmartTurn]:
    engine = SmartTurn(model_store.folder("smart-turn-3.2"))
    await engine.start()
    yield engine
    await engine.close()


@pytest.fixture(scope="module")
def sentences(model_store: ModelStore) -> list[Pcm]:
    speaker = Speaker(model_store.folder(VOICE))
    return [speaker.say(sentence) for sentence in SENTENCES]


def cut_off(pcm: Pcm, share: float) -> Pcm:
    """The first part of what is said."""
    return Pcm(pcm.data[: int(pcm.samples * share) * SAMPLE_BYTES], HEARING_RATE)


@pytest.mark.real
async def test_whole_sentences_sound_complete_and_cut_off_ones_do_not(turn: SmartTurn, sentences: list[Pcm]) -> None:
    whole = [await turn.completion(pcm, caller="anna") for pcm in sentences]
    begun = [await turn.completion(cut_off(pcm, part), caller="anna") for pcm in sentences for part in (0.5, 0.6)]
    assert all(0 <= probability <= 1 for probability in whole + begun)
    # One sentence can be misjudged, the voice differs from run to run; all of them together cannot.
    assert mean(whole) > 0.7
    assert mean(begun) < 0.5


@pytest.mark.real
async def test_only_the_last_eight_seconds_count(turn: SmartTurn, sentences: list[Pcm]) -> None:
    long = joined(*sentences, *sentences)
    assert long.samples > HEARD
    last = Pcm(long.data[-HEARD * SAMPLE_BYTES :], HEARING_RATE)
    assert await turn.completion(long, caller="anna") == await turn.completion(last, caller="anna")


@pytest.mark.real
async def test_silence_in_front_changes_nothing_because_short_audio_is_padded_there(
    turn: SmartTurn, sentences: list[Pcm]
) -> None:
    short = await turn.completion(sentences[2], caller="anna")
    padded = await turn.completion(joined(silence(1.0), sentences[2]), caller="anna")
    behind = await turn.completion(joined(sentences[2], silence(1.0)), caller="anna")
    assert padded == pytest.approx(short, abs=1e-4)
    assert behind != pytest.approx(short, abs=1e-4)


@pytest.mark.real
def test_turns_side_by_side_score_as_they_do_alone(model_store: ModelStore, sentences: list[Pcm]) -> None:
    graph = SmartTurnGraph(open_session(onnx_file(model_store.folder("smart-turn-3.2")), threads=1))
    turns = [pcm.data for pcm in sentences]
    assert graph(turns) == pytest.approx([graph([turn])[0] for turn in turns], abs=1e-3)


@pytest.mark.real
async def test_it_fits_the_contract_and_says_what_it_is(turn: SmartTurn) -> None:
    engine: TurnDetector = turn
    assert isinstance(engine, Watched)
    assert not engine.stuck
    assert (engine.info.role, engine.info.model) == ("turn", "smart-turn-3.2")
    assert turn.stats.done == 1  # the warm-up


async def test_a_missing_model_is_an_operators_matter(tmp_path: Path) -> None:
    engine = SmartTurn(tmp_path / "smart-turn-3.2")
    with pytest.raises(OperatorError, match=r"smart-turn-3\.2.*voicegw models pull"):
        await engine.start()
    await engine.close()
