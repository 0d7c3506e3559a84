"""Whisper with the real default model, on speech made by the default voice, and on what is not speech."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models import whisper_rules
from models.asr_whisper import WhisperRecognizer
from models.weights.files import ModelStore
from pipeline.audio import Pcm
from pipeline.engines import Listening, Recognizer
from pipeline.errors import EngineError, OperatorError
from tests.support.speech import VOICE, Speaker, joined, mixed, noise, silence, tone

MODEL = "whisper-base"
ENGLISH = Listening("en")
SENTENCES = (
    "What time does the train to London leave tomorrow morning?",
    "I would like to order a cup of coffee and a sandwich, please.",
    "She asked me whether I had already finished the report.",
    "Please speak more slowly.",
    "How do you say goodbye in Spanish?",
)


@pytest.fixture(scope="module")
def speaker(model_store: ModelStore) -> Speaker:
    return Speaker(model_store.folder(VOICE))


@pytest.fixture
async def recognizer(model_store: ModelStore) -> AsyncIterator[WhisperRecognizer]:
    engine = WhisperRecognizer(model_store.folder(MODEL))
    await engine.start()
    yield engine
    await engine.close()


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def errors(said: str, heard: str) -> int:
    """Words to insert, delete or replace (Levenshtein)."""
    a, b = words(said), words(heard)
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


@pytest.mark.real
async def test_it_hears_what_was_said_clearly_and_in_noise(recognizer: WhisperRecognizer, speaker: Speaker) -> None:
    wrong = total = 0
    for sentence in SENTENCES:
        for audio in (speaker.say(sentence), mixed(speaker.say(sentence, 1.2), noise(1.0, 0.01))):
            transcript = await recognizer.transcribe(audio, ENGLISH, caller="anna")
            wrong += errors(sentence, transcript.text)
            total += len(words(sentence))
            assert transcript.language == "en"
            assert transcript.no_speech < 0.4
            assert -1.0 < transcript.logprob < 0.0
    assert wrong / total < 0.1


@pytest.mark.real
async def test_the_language_is_detected_when_it_is_not_given(recognizer: WhisperRecognizer, speaker: Speaker) -> None:
    transcript = await recognizer.transcribe(speaker.say(SENTENCES[0]), Listening(), caller="anna")
    assert transcript.language == "en"
    assert errors(SENTENCES[0], transcript.text) <= 1


@pytest.mark.real
async def test_expected_words_are_spelled_as_given(recognizer: WhisperRecognizer, speaker: Speaker) -> None:
    audio = speaker.say("My friend Kathryn lives in the mountains.")
    transcript = await recognizer.transcribe(audio, Listening("en", "Kathryn"), caller="anna")
    assert "Kathryn" in transcript.text


@pytest.mark.real
@pytest.mark.parametrize("language", ["en", None])
@pytest.mark.parametrize(
    "audio",
    [
        silence(0.0),
        silence(0.2),
        silence(4.0),
        noise(2.0, 0.005),
        noise(8.0, 0.2),
        tone(3.0, 50),
        tone(2.0, 440),
        joined(noise(0.1, 0.3), silence(0.4), noise(0.1, 0.3), silence(0.4)),
    ],
    ids=["nothing", "blink", "silence", "hiss", "roar", "hum", "tone", "claps"],
)
async def test_what_is_not_speech_gives_no_text(
    recognizer: WhisperRecognizer, audio: Pcm, language: str | None
) -> None:
    transcript = await recognizer.transcribe(audio, Listening(language, "Kathryn"), caller="anna")
    assert transcript.text == ""
    assert transcript.logprob == 0.0
    assert transcript.no_speech > 0.4


@pytest.mark.real
async def test_a_text_in_circles_is_made_again_without_repetition_and_dropped_when_that_does_not_help(
    recognizer: WhisperRecognizer, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = speaker.say(SENTENCES[0])
    # Whisper cannot be made to loop at will: the judgement is what is replaced here, the second decoding is real.
    judgements = [False, True]
    monkeypatch.setattr(whisper_rules, "repeats_itself", lambda _text: judgements.pop())
    again = await recognizer.transcribe(audio, ENGLISH, caller="anna")
    assert errors(SENTENCES[0], again.text) <= 1
    assert judgements == []
    monkeypatch.setattr(whisper_rules, "repeats_itself", lambda _text: True)
    assert (await recognizer.transcribe(audio, ENGLISH, caller="anna")).text == ""


@pytest.mark.real
async def test_a_minute_of_speech_is_heard_to_its_end(recognizer: WhisperRecognizer, speaker: Speaker) -> None:
    audio = joined(*[speaker.say(sentence) for sentence in SENTENCES * 4])
    assert audio.seconds > 45
    transcript = await recognizer.transcribe(audio, ENGLISH, caller="anna")
    said = " ".join(SENTENCES * 4)
    assert errors(said, transcript.text) / len(words(said)) < 0.1


@pytest.mark.real
async def test_calls_share_a_run_and_hear_what_they_would_hear_alone(
    recognizer: WhisperRecognizer, speaker: Speaker
) -> None:
    audios = [speaker.say(sentence) for sentence in SENTENCES]
    alone = [await recognizer.transcribe(audio, ENGLISH, caller="anna") for audio in audios]
    together = await asyncio.gather(
        *(recognizer.transcribe(audio, ENGLISH, caller=f"caller {at}") for at, audio in enumerate(audios))
    )
    assert [transcript.text for transcript in together] == [transcript.text for transcript in alone]
    assert recognizer.stats.batch_size.largest > 1


@pytest.mark.real
async def test_a_final_goes_before_a_partial_that_came_first(recognizer: WhisperRecognizer, speaker: Speaker) -> None:
    audio = speaker.say(SENTENCES[3])
    done: list[str] = []

    async def hear(name: str, *, final: bool) -> None:
        # Different prompts, so that they cannot share a run.
        await recognizer.transcribe(audio, Listening("en", name), caller=name, final=final)
        done.append(name)

    await asyncio.gather(
        hear("running", final=True), *(hear(f"partial {at}", final=False) for at in (1, 2)), hear("final", final=True)
    )
    # The worker may have taken the first before the others came, but not the last.
    assert done.index("final") < done.index("partial 2")


@pytest.mark.real
async def test_an_unknown_language_is_refused(recognizer: WhisperRecognizer) -> None:
    with pytest.raises(EngineError, match=r"'tlh'.*It knows: af, am"):
        await recognizer.transcribe(silence(1.0), Listening("tlh"), caller="anna")
    assert {"en", "es", "zh"} <= recognizer.languages


@pytest.mark.real
async def test_audio_of_another_rate_is_a_mistake_of_ours(recognizer: WhisperRecognizer) -> None:
    with pytest.raises(ValueError, match="16000 Hz, got 24000 Hz"):
        await recognizer.transcribe(Pcm(b"\0\0", 24_000), ENGLISH, caller="anna")


@pytest.mark.real
async def test_it_fits_the_contract_and_says_what_it_is(recognizer: WhisperRecognizer) -> None:
    engine: Recognizer = recognizer
    info = engine.info
    assert (info.role, info.engine, info.model, info.device) == ("asr", "faster-whisper", MODEL, "cpu int8")


@pytest.mark.parametrize("present", [(), ("model.bin", "config.json")])
async def test_a_missing_file_is_named_and_nothing_is_looked_for_elsewhere(
    tmp_path: Path, present: tuple[str, ...]
) -> None:
    for name in present:
        (tmp_path / name).touch()
    engine = WhisperRecognizer(tmp_path)
    with pytest.raises(OperatorError, match=r"tokenizer\.json missing in .*voicegw models pull") as caught:
        await engine.start()
    assert str(tmp_path) in str(caught.value)
    await engine.close()


@pytest.mark.real
async def test_a_broken_model_is_an_operators_matter(model_store: ModelStore, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(model_store.folder(MODEL) / name, tmp_path)
    (tmp_path / "model.bin").write_bytes(b"no weights")
    engine = WhisperRecognizer(tmp_path)
    with pytest.raises(OperatorError, match=r"cannot be loaded on cpu with compute type int8.*voicegw models verify"):
        await engine.start()
    await engine.close()


@pytest.mark.real
async def test_a_compute_type_that_does_not_exist_is_an_operators_matter(model_store: ModelStore) -> None:
    engine = WhisperRecognizer(model_store.folder(MODEL), compute_type="int3")
    with pytest.raises(OperatorError, match="compute type int3"):
        await engine.start()
    await engine.close()
