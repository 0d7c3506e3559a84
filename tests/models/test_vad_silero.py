"""Silero VAD with its real model."""

from collections.abc import AsyncIterator
from pathlib import Path
from statistics import mean

import numpy as np
import pytest

from models.onnx import onnx_file, open_session
from models.vad_silero import CONTEXT, MAX_WINDOWS, QUIETEST_DBFS, WINDOW, SileroGraph, SileroVad, Slice
from models.weights.files import ModelStore
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.engines import Vad, Watched
from pipeline.errors import EngineDown, OperatorError
from tests.support.speech import VOICE, Speaker, joined, noise, silence

SENTENCE = "What time does the train to London leave tomorrow morning?"


@pytest.fixture
async def vad(model_store: ModelStore) -> AsyncIterator[SileroVad]:
    engine = SileroVad(model_store.folder("silero-vad-6.2"))
    await engine.start()
    yield engine
    await engine.close()


@pytest.fixture(scope="module")
def speech(model_store: ModelStore) -> Pcm:
    return Speaker(model_store.folder(VOICE)).say(SENTENCE)


def piece(pcm: Pcm, start: int, end: int) -> Pcm:
    return Pcm(pcm.data[start * SAMPLE_BYTES : end * SAMPLE_BYTES], pcm.rate, pcm.start + start)


@pytest.mark.real
async def test_speech_scores_high_and_silence_scores_low(vad: SileroVad, speech: Pcm) -> None:
    scores = await vad.open("anna").push(joined(silence(1.0), speech, silence(1.0)))
    heard = [score.span.start for score in scores if score.probability > 0.5]
    # The sentence is 2 to 4 s long, with 0.3 s of silence on both sides, and hardly pauses.
    assert len(heard) * WINDOW > 0.7 * (speech.samples - 0.6 * HEARING_RATE)
    assert min(heard) > 1.2 * HEARING_RATE
    assert max(heard) < 1.2 * HEARING_RATE + speech.samples


@pytest.mark.real
async def test_each_window_comes_with_its_level(vad: SileroVad) -> None:
    loud = Pcm(np.full(4 * WINDOW, 3277, dtype="<i2").tobytes(), HEARING_RATE)  # a tenth of full scale: -20 dB
    levels = [score.level for score in await vad.open("anna").push(joined(loud, silence(0.2)))]
    assert levels[:4] == pytest.approx([-20.0] * 4, abs=0.01)
    assert set(levels[4:]) == {QUIETEST_DBFS}


@pytest.mark.real
async def test_noise_is_not_speech(vad: SileroVad) -> None:
    scores = await vad.open("anna").push(noise(4.0, 0.01))
    assert mean(score.probability for score in scores) < 0.3


@pytest.mark.real
async def test_scores_cover_the_stream_window_by_window_from_where_it_starts(vad: SileroVad, speech: Pcm) -> None:
    scores = await vad.open("anna").push(Pcm(speech.data, HEARING_RATE, start=1000))
    assert [score.span.start for score in scores] == [1000 + WINDOW * at for at in range(speech.samples // WINDOW)]
    assert {score.span.samples for score in scores} == {WINDOW}


@pytest.mark.real
async def test_scores_do_not_depend_on_how_the_audio_is_cut(vad: SileroVad, speech: Pcm) -> None:
    whole = await vad.open("anna").push(speech)
    stream = vad.open("ben")
    pieces = [score for at in range(0, speech.samples, 333) for score in await stream.push(piece(speech, at, at + 333))]
    assert [score.span for score in pieces] == [score.span for score in whole]
    assert [score.probability for score in pieces] == pytest.approx([score.probability for score in whole], abs=1e-4)


@pytest.mark.real
def test_streams_side_by_side_score_as_they_do_alone(model_store: ModelStore, speech: Pcm) -> None:
    graph = SileroGraph(onnx_file(model_store.folder("silero-vad-6.2")))
    fresh = np.zeros((2, 128), dtype=np.float32)
    before = graph([Slice(speech.data[: (CONTEXT + 8 * WINDOW) * SAMPLE_BYTES], fresh)])[0].state
    slices = [
        Slice(speech.data[start * SAMPLE_BYTES : (start + CONTEXT + windows * WINDOW) * SAMPLE_BYTES], state)
        for start, windows, state in [(0, 5, fresh), (9000, 32, before), (4000, 1, fresh), (20_000, 17, before)]
    ]
    together = graph(slices)
    for one, scored in zip(slices, together, strict=True):
        (alone,) = graph([one])
        assert scored.probabilities == pytest.approx(alone.probabilities, abs=1e-4)
        np.testing.assert_allclose(scored.state, alone.state, atol=1e-4)
    assert [len(scored.probabilities) for scored in together] == [5, 32, 1, 17]


@pytest.mark.real
def test_the_network_answers_what_the_published_graph_answers(model_store: ModelStore, speech: Pcm) -> None:
    file = onnx_file(model_store.folder("silero-vad-6.2"))
    published, rate = open_session(file, threads=1), np.array(HEARING_RATE)
    sound = np.frombuffer(speech.data, dtype="<i2").astype(np.float32) / 32768
    state = np.zeros((2, 1, 128), dtype=np.float32)
    expected = []
    for at in range(MAX_WINDOWS):
        window = sound[at * WINDOW : (at + 1) * WINDOW + CONTEXT]
        output, state = published.run(None, {"input": window[None], "state": state, "sr": rate})
        expected.append(float(output[0, 0]))
    assert max(expected) - min(expected) > 0.5
    heard = speech.data[: (MAX_WINDOWS * WINDOW + CONTEXT) * SAMPLE_BYTES]
    (scored,) = SileroGraph(file)([Slice(heard, np.zeros((2, 128), dtype=np.float32))])
    assert scored.probabilities == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(scored.state, state[:, 0], atol=1e-4)


@pytest.mark.real
async def test_long_audio_is_worked_off_in_bounded_slices(vad: SileroVad, speech: Pcm) -> None:
    before = vad.stats.accepted
    scores = await vad.open("anna").push(joined(*[speech] * 10))
    assert len(scores) == 10 * speech.samples // WINDOW
    assert vad.stats.accepted - before == -(-len(scores) // MAX_WINDOWS)


@pytest.mark.real
async def test_audio_after_a_gap_starts_afresh(vad: SileroVad, speech: Pcm) -> None:
    stream = vad.open("anna")
    await stream.push(piece(speech, 0, 10_000))
    after_gap = await stream.push(piece(speech, 12_345, speech.samples))
    afresh = await vad.open("ben").push(piece(speech, 12_345, speech.samples))
    assert list(after_gap) == list(afresh)


@pytest.mark.real
async def test_audio_after_a_failed_push_starts_afresh(vad: SileroVad, speech: Pcm, model_store: ModelStore) -> None:
    stream = vad.open("anna")
    await stream.push(piece(speech, 0, 700))
    await vad.close()
    with pytest.raises(EngineDown):
        await stream.push(piece(speech, 700, 5000))
    again = SileroVad(model_store.folder("silero-vad-6.2"))
    await again.start()
    stream._worker = again._worker  # the engine came back
    scores = await stream.push(piece(speech, 5000, 9000))
    assert list(scores) == list(await again.open("ben").push(piece(speech, 5000, 9000)))
    await again.close()


@pytest.mark.real
async def test_audio_of_another_rate_is_a_mistake_of_ours(vad: SileroVad) -> None:
    with pytest.raises(ValueError, match="16000 Hz, got 24000 Hz"):
        await vad.open("anna").push(Pcm(b"\0\0", 24_000))


@pytest.mark.real
async def test_it_fits_the_contract_and_says_what_it_is(vad: SileroVad) -> None:
    engine: Vad = vad
    assert isinstance(engine, Watched)
    assert not engine.stuck
    assert (engine.info.role, engine.info.engine, engine.info.model) == ("vad", "onnxruntime", "silero-vad-6.2")


@pytest.mark.real
def test_another_model_is_not_taken_for_silero(model_store: ModelStore) -> None:
    with pytest.raises(OperatorError, match=r"smart-turn.*is not Silero VAD 6.*model\.stft.*voicegw models"):
        SileroGraph(onnx_file(model_store.folder("smart-turn-3.2")))


def test_a_broken_file_is_an_operators_matter(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(OperatorError, match=r"broken\.onnx.*voicegw models verify"):
        SileroGraph(path)


async def test_a_missing_model_is_an_operators_matter(tmp_path: Path) -> None:
    engine = SileroVad(tmp_path / "silero-vad-6.2")
    with pytest.raises(OperatorError, match=r"silero-vad-6\.2.*voicegw models pull"):
        await engine.start()
    await engine.close()
