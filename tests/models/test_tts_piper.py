"""Piper with the real default voice."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from models.tts_piper import PiperSynthesizer
from models.weights.files import ModelStore
from pipeline.audio import Pcm
from pipeline.engines import Speaking, Synthesizer
from pipeline.errors import EngineError, OperatorError
from tests.support.speech import VOICE

THREE = "That is great news. Really? I went to the market yesterday, and bought some apples."


@pytest.fixture
async def synthesizer(model_store: ModelStore) -> AsyncIterator[PiperSynthesizer]:
    engine = PiperSynthesizer({"joe": model_store.folder(VOICE)})
    await engine.start()
    yield engine
    await engine.close()


@pytest.fixture
def broken_voice(model_store: ModelStore, tmp_path: Path) -> Path:
    """A folder with the voice's real description and a file that is no graph."""
    (tmp_path / "voice.onnx").write_bytes(b"not a graph")
    (described,) = model_store.folder(VOICE).glob("*.onnx.json")
    shutil.copy(described, tmp_path / "voice.onnx.json")
    return tmp_path


async def spoken(synthesizer: PiperSynthesizer, text: str, how: Speaking | None = None) -> list[Pcm]:
    return [part.pcm async for part in synthesizer.stream(text, how or Speaking(), caller="anna")]


def sound(pcm: Pcm) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.frombuffer(pcm.data, dtype="<i2").astype(np.float64) / 32768


@pytest.mark.real
async def test_each_sentence_is_a_part_and_parts_follow_without_a_gap(synthesizer: PiperSynthesizer) -> None:
    parts = await spoken(synthesizer, THREE)
    assert len(parts) == 3
    assert [part.start for part in parts] == [0, parts[0].samples, parts[0].samples + parts[1].samples]
    assert {part.rate for part in parts} == {22_050}
    assert 2.0 < sum(part.seconds for part in parts) < 8.0


@pytest.mark.real
async def test_a_sentence_is_heard_at_once_ends_in_a_short_pause_and_does_not_click(
    synthesizer: PiperSynthesizer,
) -> None:
    for part in await spoken(synthesizer, THREE):
        audible = np.flatnonzero(np.abs(sound(part)) > 0.01) / part.rate
        assert audible[0] <= 0.06
        assert 0.1 < part.seconds - audible[-1] < 0.3
        assert sound(part)[0] == sound(part)[-1] == 0.0


@pytest.mark.real
async def test_short_and_long_sentences_are_about_equally_loud(synthesizer: PiperSynthesizer) -> None:
    levels = [20 * np.log10(np.sqrt(np.square(sound(part)).mean())) for part in await spoken(synthesizer, THREE)]
    assert all(-27 < level < -15 for level in levels)


@pytest.mark.real
async def test_speed_changes_how_long_it_takes(synthesizer: PiperSynthesizer) -> None:
    text = "I would like to order a cup of coffee and a sandwich, please."
    slow, own, fast = [
        sum(part.seconds for part in await spoken(synthesizer, text, Speaking(speed=speed)))
        for speed in (0.5, 1.0, 1.5)
    ]
    assert slow > 1.4 * own
    assert fast < 0.85 * own


@pytest.mark.real
@pytest.mark.parametrize("text", ["", "  \n", "...", "?!", "—", "\N{GRINNING FACE}", "*"])
async def test_text_without_a_sound_gives_none(synthesizer: PiperSynthesizer, text: str) -> None:
    assert await spoken(synthesizer, text) == []


@pytest.mark.real
async def test_double_brackets_are_not_raw_phonemes(synthesizer: PiperSynthesizer) -> None:
    # "q" spelled out takes longer than the same letter taken for a phoneme that the voice does not have.
    (part,) = await spoken(synthesizer, "[[q]]")
    assert part.seconds > 0.3


@pytest.mark.real
async def test_stopping_early_leaves_the_rest_unmade(synthesizer: PiperSynthesizer) -> None:
    before = synthesizer.stats.accepted
    async with aclosing(synthesizer.stream(THREE, Speaking(), caller="anna")) as parts:
        await anext(parts)
    assert synthesizer.stats.accepted == before + 1
    assert synthesizer.stats.waiting == 0


@pytest.mark.real
async def test_a_short_answer_does_not_wait_for_a_long_one(synthesizer: PiperSynthesizer) -> None:
    async with aclosing(synthesizer.stream(THREE, Speaking(), caller="anna")) as long:
        await anext(long)
        assert len(await spoken(synthesizer, "Yes.")) == 1
        assert len([part async for part in long]) == 2


@pytest.mark.real
async def test_it_fits_the_contract_and_lists_its_voices(synthesizer: PiperSynthesizer) -> None:
    engine: Synthesizer = synthesizer
    (voice,) = engine.voices
    assert (voice.name, voice.languages, voice.rate) == ("joe", ("en",), 22_050)
    assert (engine.info.role, engine.info.engine, engine.info.model) == ("tts", "piper", "joe")


@pytest.mark.real
async def test_an_unknown_voice_is_refused_with_the_names_of_those_there_are(synthesizer: PiperSynthesizer) -> None:
    with pytest.raises(EngineError, match=r"'amy'.*Installed: joe"):
        await spoken(synthesizer, "Hello.", Speaking(voice="amy"))


async def failure(voices: dict[str, Path]) -> str:
    engine = PiperSynthesizer(voices)
    with pytest.raises(OperatorError) as caught:
        await engine.start()
    await engine.close()
    return str(caught.value)


async def test_a_missing_voice_names_its_folder_and_the_command_that_fetches_it(tmp_path: Path) -> None:
    message = await failure({"amy": tmp_path / "amy"})
    assert str(tmp_path / "amy") in message
    assert "voicegw models pull" in message


@pytest.mark.real
async def test_a_broken_graph_is_named(broken_voice: Path) -> None:
    assert str(broken_voice / "voice.onnx") in await failure({"amy": broken_voice})


@pytest.mark.real
@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"audio": {"sample_rate": 22_050}})])
async def test_a_broken_description_is_named(broken_voice: Path, content: str) -> None:
    (broken_voice / "voice.onnx.json").write_text(content)
    assert str(broken_voice / "voice.onnx.json") in await failure({"amy": broken_voice})


@pytest.mark.real
async def test_a_missing_description_is_named(broken_voice: Path) -> None:
    (broken_voice / "voice.onnx.json").unlink()
    assert str(broken_voice / "voice.onnx.json") in await failure({"amy": broken_voice})


def test_no_voice_at_all_is_an_operators_matter() -> None:
    with pytest.raises(OperatorError, match="at least one voice"):
        PiperSynthesizer({})
