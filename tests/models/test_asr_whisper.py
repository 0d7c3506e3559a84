"""Whisper with the real default model, on speech made by the default voice."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from models import whisper_rules
from models.asr_whisper import WhisperRecognizer
from models.shaping import s16le
from models.tts_espeak_library import EspeakLibrary
from models.weights.files import ModelStore
from pipeline.audio import HEARING_RATE, Pcm
from pipeline.engines import Listening, Recognizer
from pipeline.errors import EngineError, EngineOverloaded, OperatorError
from tests.support.speech import VOICE, Speaker, joined, mixed, noise, silence
from voicegw.transports.resample import at_rate

pytestmark = pytest.mark.asyncio(loop_scope="module")

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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recognizer(model_store: ModelStore) -> AsyncIterator[WhisperRecognizer]:
    engine = WhisperRecognizer(model_store.folder(MODEL), partial_deadline_s=30)
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
async def test_what_is_said_in_german_is_written_in_english_when_that_is_asked(
    recognizer: WhisperRecognizer,
) -> None:
    espeak = EspeakLibrary()
    said = espeak.say("Meine Mutter ist krank.", "de", 0.8)
    audio = at_rate(Pcm(s16le(said.sound), espeak.rate), HEARING_RATE)
    heard = await recognizer.transcribe(audio, Listening("de"), caller="anna")
    assert "mutter" in heard.text.lower()
    translated = await recognizer.transcribe(audio, Listening("de", into_english=True), caller="anna")
    assert "mother" in translated.text.lower()
    assert len(translated.ids) >= 5


@pytest.mark.real
async def test_expected_words_are_spelled_as_given(recognizer: WhisperRecognizer, speaker: Speaker) -> None:
    # Each saying is another draw of the voice's noise, and now and then one is hard to understand.
    texts = [
        (await recognizer.transcribe(audio, Listening("en", prompt), caller="anna")).text
        for audio in (speaker.say("My friend Kathryn lives in the mountains.", speed) for speed in (0.9, 1.0, 1.1))
        for prompt in ("Kathryn", "")
    ]
    told, untold = (sum("Kathryn" in text for text in texts[at::2]) for at in (0, 1))
    assert told >= 2
    assert told > untold


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
    audio = joined(*[speaker.say(sentence) for sentence in SENTENCES * 5])
    assert audio.seconds > 60
    transcript = await recognizer.transcribe(audio, replace(ENGLISH, word_times=True), caller="anna")
    said = " ".join(SENTENCES * 5)
    assert errors(said, transcript.text) / len(words(said)) < 0.1
    assert "".join(word.text for word in transcript.words) == transcript.text
    starts = [word.start for word in transcript.words]
    assert starts == sorted(starts)
    assert audio.seconds - 5 < starts[-1] < audio.seconds


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
async def test_words_are_timed_when_that_is_asked_of_a_final(recognizer: WhisperRecognizer, speaker: Speaker) -> None:
    how = replace(ENGLISH, word_times=True)
    for speed in (1.0, 0.9, 0.8):  # until it is understood; this is about times
        early, late = speaker.say(SENTENCES[3], speed), speaker.say(SENTENCES[4], speed)
        audio = joined(early, silence(1.0), late)
        final = await recognizer.transcribe(audio, how, caller="anna")
        if {"slowly", "how"} <= set(words(final.text)):
            break
    assert "".join(word.text for word in final.words) == final.text
    assert all(0 <= word.start <= word.end <= audio.seconds for word in final.words)
    times = {words(word.text)[0]: word for word in final.words}
    assert times["slowly"].end < early.seconds
    assert times["how"].start > early.seconds - 0.3  # what comes after a pause is put a little early
    assert (await recognizer.transcribe(audio, ENGLISH, caller="anna")).words == ()
    assert (await recognizer.transcribe(audio, how, caller="anna", final=False)).words == ()


@pytest.mark.real
async def test_each_token_says_how_sure_it_is_when_that_is_asked_of_a_final(
    recognizer: WhisperRecognizer, speaker: Speaker
) -> None:
    how = replace(ENGLISH, token_logprobs=True)
    final = await recognizer.transcribe(speaker.say(SENTENCES[3]), how, caller="anna")
    assert "".join(token.text for token in final.tokens) == final.text
    assert all(token.logprob <= 0 for token in final.tokens)
    # By the alignment's reckoning and by the decoder's, which adds the token that ends it all.
    mean = sum(token.logprob for token in final.tokens) / (len(final.tokens) + 1)
    assert mean == pytest.approx(final.logprob, abs=0.15)
    assert final.words == ()
    minute = joined(*[speaker.say(sentence) for sentence in SENTENCES * 3])
    long = await recognizer.transcribe(minute, how, caller="anna")
    assert "".join(token.text for token in long.tokens) == long.text
    assert (await recognizer.transcribe(minute, how, caller="anna", final=False)).tokens == ()


@pytest.mark.real
async def test_a_partial_is_refused_while_there_are_finals_to_be_heard(
    recognizer: WhisperRecognizer, speaker: Speaker
) -> None:
    audio = speaker.say(SENTENCES[3])
    final = asyncio.create_task(recognizer.transcribe(audio, ENGLISH, caller="anna"))
    await asyncio.sleep(0)
    with pytest.raises(EngineOverloaded, match="finals are being heard"):
        await recognizer.transcribe(audio, ENGLISH, caller="ben", final=False)
    assert errors(SENTENCES[3], (await final).text) <= 1
    partial = await recognizer.transcribe(audio, ENGLISH, caller="ben", final=False)
    assert errors(SENTENCES[3], partial.text) == 0


@pytest.mark.real
async def test_a_final_does_not_wait_for_a_partial(recognizer: WhisperRecognizer, speaker: Speaker) -> None:
    long, short = joined(*map(speaker.say, SENTENCES)), speaker.say(SENTENCES[3])
    done: list[str] = []

    async def hear(audio: Pcm, *, final: bool) -> None:
        await recognizer.transcribe(audio, ENGLISH, caller="anna", final=final)
        done.append("final" if final else "partial")

    partial = asyncio.create_task(hear(long, final=False))
    while not recognizer.partial_stats.running:
        await asyncio.sleep(0.001)
    await asyncio.gather(partial, hear(short, final=True))
    assert done == ["final", "partial"]


@pytest.mark.real
async def test_an_unknown_language_is_refused(recognizer: WhisperRecognizer) -> None:
    with pytest.raises(EngineError, match=r"language 'tlh' is not known. These are: af, am"):
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
    assert (info.role, info.engine, info.model, info.device) == (
        "asr",
        "faster-whisper, onnxruntime",
        MODEL,
        "cpu int8",
    )


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
@pytest.mark.parametrize(("device", "compute_type"), [("cpu", "int3"), ("cpu", "float16"), ("abacus", "int8")])
async def test_a_device_that_cannot_do_it_is_an_operators_matter(
    model_store: ModelStore, device: str, compute_type: str
) -> None:
    engine = WhisperRecognizer(model_store.folder(MODEL), device=device, compute_type=compute_type)
    with pytest.raises(OperatorError, match=f"loaded on {device} with compute type {compute_type}.*choose another"):
        await engine.start()
    await engine.close()
