"""Piper with the real default voice."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from models import tts_vits
from models.shaping import LOUDNESS, PEAK, Sound
from models.tts_loudness import loudness
from models.tts_piper import PiperSynthesizer
from models.tts_piper_voice import describe
from models.weights.files import ModelStore
from pipeline.audio import Pcm
from pipeline.engines import Speaking, Spoken, Synthesizer
from pipeline.errors import EngineError, OperatorError
from tests.support.speech import VOICE

THREE = "That is great news. Really? I went to the market yesterday, and bought some apples."
LONG = "I went to the market yesterday, and bought some fresh green apples for my grandmother."


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
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


async def said(synthesizer: PiperSynthesizer, text: str, how: Speaking | None = None) -> list[Spoken]:
    return [part async for part in synthesizer.stream(text, how or Speaking(), caller="anna")]


async def spoken(synthesizer: PiperSynthesizer, text: str, how: Speaking | None = None) -> list[Pcm]:
    return [part.pcm for part in await said(synthesizer, text, how)]


def sound(*parts: Pcm) -> Sound:
    return np.frombuffer(b"".join(part.data for part in parts), dtype="<i2").astype(np.float32) / np.float32(32768)


@pytest.mark.real
async def test_a_sentence_comes_in_parts_that_follow_without_a_gap(synthesizer: PiperSynthesizer) -> None:
    parts = await spoken(synthesizer, LONG)
    assert len(parts) >= 3
    assert parts[0].seconds < 0.4
    assert [part.start for part in parts] == list(accumulate((part.samples for part in parts[:-1]), initial=0))
    assert {part.rate for part in parts} == {22_050}
    assert 2.0 < sum(part.seconds for part in parts) < 6.0


@pytest.mark.real
async def test_a_sentence_is_heard_at_once_ends_in_a_short_pause_and_does_not_click(
    synthesizer: PiperSynthesizer,
) -> None:
    for text in ("That is great news.", "Really?", LONG):
        whole = sound(*await spoken(synthesizer, text))
        audible = np.flatnonzero(np.abs(whole) > 0.01) / 22_050
        assert audible[0] <= 0.06
        assert 0.1 < len(whole) / 22_050 - audible[-1] < 0.3
        assert whole[0] == whole[-1] == 0.0


@pytest.mark.real
async def test_it_is_as_loud_as_every_voice(synthesizer: PiperSynthesizer) -> None:
    whole = sound(*await spoken(synthesizer, THREE))
    assert loudness(whole, 22_050) == pytest.approx(LOUDNESS, abs=2.0)
    assert np.abs(whole).max() <= PEAK + 1e-3


@pytest.mark.real
async def test_every_word_is_told_once_in_order_and_in_the_part_in_which_it_begins(
    synthesizer: PiperSynthesizer,
) -> None:
    text = "In 2024 I paid $25 for three of the cakes — really! And you, too?"
    parts = await said(synthesizer, text)
    words = [word for part in parts for word in part.words or ()]
    assert "".join(word.text for word in words) == text
    starts = [word.start for word in words]
    assert starts == sorted(starts)
    assert all(word.end >= word.start for word in words)
    for part in parts:
        begins = part.pcm.start / part.pcm.rate
        assert all(begins - 0.001 <= word.start <= begins + part.pcm.seconds for word in part.words or ())


@pytest.mark.real
async def test_words_are_told_when_they_are_heard(synthesizer: PiperSynthesizer) -> None:
    parts = await said(synthesizer, "Stop. Go.")
    whole, rate = sound(*(part.pcm for part in parts)), 22_050
    stop, go = (word for part in parts for word in part.words or ())
    level = [np.sqrt(np.square(whole[at : at + rate // 50]).mean()) for at in range(0, len(whole), rate // 50)]
    pause = range(int(stop.end * 50) + 3, int(go.start * 50) - 1)  # in fiftieths of a second
    assert len(pause) >= 1  # how long the voice rests between two sentences varies
    assert max(level[at] for at in pause) < 0.1 * max(level)
    assert go.end - go.start > 0.1


@pytest.mark.real
async def test_a_voice_that_cannot_be_cut_speaks_whole_sentences_without_word_times(
    model_store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tts_vits, "parts_of", lambda model: None)
    engine = PiperSynthesizer({"joe": model_store.folder(VOICE)})
    await engine.start()
    parts = await said(engine, THREE)
    await engine.close()
    assert len(parts) == 3
    assert all(part.words is None for part in parts)


@pytest.mark.real
async def test_speed_changes_how_long_it_takes(synthesizer: PiperSynthesizer) -> None:
    text = "I would like to order a cup of coffee and a sandwich, please."
    slow, own, fast = [
        sum(part.seconds for part in await spoken(synthesizer, text, Speaking(speed=speed)))
        for speed in (0.5, 1.0, 3.0)
    ]
    # Each time it is said a little otherwise; the bench has the mean of many sentences.
    assert slow == pytest.approx(2 * own, rel=0.12)
    assert fast == pytest.approx(own / 3, rel=0.2)


@pytest.mark.real
@pytest.mark.parametrize("text", ["", "  \n", "...", "?!", "—", "\N{GRINNING FACE}", "*"])
async def test_text_without_a_sound_gives_none(synthesizer: PiperSynthesizer, text: str) -> None:
    assert await spoken(synthesizer, text) == []


@pytest.mark.real
async def test_double_brackets_are_not_raw_phonemes(synthesizer: PiperSynthesizer) -> None:
    # "q" spelled out takes longer than the same letter taken for a phoneme that the voice does not have.
    assert sum(part.seconds for part in await spoken(synthesizer, "[[q]]")) > 0.3


@pytest.mark.real
async def test_stopping_early_leaves_the_rest_unmade(synthesizer: PiperSynthesizer) -> None:
    before = synthesizer.stats.accepted
    async with aclosing(synthesizer.stream(LONG, Speaking(), caller="anna")) as parts:
        await anext(parts)
    assert synthesizer.stats.accepted == before + 1
    assert synthesizer.stats.waiting == 0


@pytest.mark.real
async def test_a_short_answer_does_not_wait_for_a_long_one(synthesizer: PiperSynthesizer) -> None:
    async def say(text: str, caller: str) -> str:
        async for _ in synthesizer.stream(text, Speaking(), caller=caller):
            pass
        return caller

    done = asyncio.as_completed([say(" ".join([LONG] * 4), "anna"), say("Yes.", "ben"), say("No.", "cem")])
    assert [await next(done) for _ in range(3)][-1] == "anna"


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
    with pytest.raises(EngineError, match=r"'fr'.*Installed: joe \(en\)"):
        await spoken(synthesizer, "Bonjour.", Speaking(language="fr"))


def other(model_store: ModelStore, folder: Path, **changes: object) -> Path:
    """The real voice under another description."""
    (graph,) = model_store.folder(VOICE).glob("*.onnx")
    folder.mkdir()
    (folder / "voice.onnx").symlink_to(graph)
    described = json.loads(graph.with_name(f"{graph.name}.json").read_text())
    (folder / "voice.onnx.json").write_text(json.dumps(described | changes))
    return folder


@pytest.mark.real
async def test_another_voice_is_loaded_when_it_is_first_asked_for_and_then_kept(
    model_store: ModelStore, tmp_path: Path
) -> None:
    german = other(model_store, tmp_path / "hans", language={"family": "de"})
    engine = PiperSynthesizer({"joe": model_store.folder(VOICE), "hans": german})
    await engine.start()
    assert [(voice.name, voice.languages) for voice in engine.voices] == [("joe", ("en",)), ("hans", ("de",))]
    parts = await asyncio.gather(*(spoken(engine, "Ja.", Speaking(language="de")) for _ in range(3)))
    assert all(parts)
    assert len(engine.loaded) == 2
    await engine.close()


@pytest.mark.real
async def test_a_voice_that_breaks_when_it_is_asked_for_fails_that_request_alone(
    synthesizer: PiperSynthesizer, model_store: ModelStore, broken_voice: Path
) -> None:
    engine = PiperSynthesizer({"joe": model_store.folder(VOICE), "amy": broken_voice})
    await engine.start()
    with pytest.raises(EngineError, match=str(broken_voice / "voice.onnx")):
        await spoken(engine, "Hello.", Speaking(voice="amy"))
    assert await spoken(engine, "Hello.")
    await engine.close()


@pytest.mark.real
async def test_a_voice_that_nobody_chose_and_that_cannot_be_used_is_left_out(
    model_store: ModelStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pinyin = other(model_store, tmp_path / "mei", phoneme_type="pinyin")
    engine = PiperSynthesizer({"joe": model_store.folder(VOICE), "mei": pinyin})
    await engine.start()
    assert [voice.name for voice in engine.voices] == ["joe"]
    assert "pinyin" in caplog.text
    await engine.close()


@pytest.mark.real
async def test_a_voice_with_several_speakers_is_offered_once_for_each(model_store: ModelStore, tmp_path: Path) -> None:
    folder = other(model_store, tmp_path / "crowd", num_speakers=2, speaker_id_map={"ann": 0, "bob": 1})
    crowd = describe("crowd", folder)
    assert [voice.name for voice in crowd.voices] == ["crowd", "crowd#ann", "crowd#bob"]
    assert crowd.speakers == {"ann": 0, "bob": 1}
    assert describe("few", other(model_store, tmp_path / "few", num_speakers=2)).speakers == {"0": 0, "1": 1}


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


async def test_no_voice_at_all_is_an_operators_matter() -> None:
    with pytest.raises(OperatorError, match="at least one voice"):
        PiperSynthesizer({})
