"""eSpeak NG, the real library."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import numpy as np
import psutil
import pytest

from models.shaping import LOUDNESS, Sound
from models.tts_espeak import EspeakSynthesizer, timed
from models.tts_espeak_library import EspeakLibrary, Said
from models.tts_loudness import loudness
from models.tts_words import Unit, split
from pipeline.audio import Pcm
from pipeline.engines import Speaking, Spoken, Synthesizer
from pipeline.errors import EngineDown, EngineError


@pytest.fixture
async def synthesizer() -> AsyncIterator[EspeakSynthesizer]:
    engine = EspeakSynthesizer()
    await engine.start()
    yield engine
    await engine.close()


async def said(synthesizer: EspeakSynthesizer, text: str, how: Speaking) -> list[Spoken]:
    return [part async for part in synthesizer.stream(text, how, caller="anna")]


def sound(pcm: Pcm) -> Sound:
    return np.frombuffer(pcm.data, dtype="<i2").astype(np.float32) / np.float32(32768)


async def test_it_fits_the_contract_and_says_what_it_is(synthesizer: EspeakSynthesizer) -> None:
    engine: Synthesizer = synthesizer
    assert (engine.info.role, engine.info.engine) == ("tts", "espeak-ng")
    assert engine.info.version.startswith("1.")
    assert all(voice.name == f"espeak-{voice.languages[0]}" for voice in engine.voices)
    assert {"en", "de", "es", "fr", "hi", "it", "ja", "pl", "pt", "ru", "uk", "zh"} <= {
        language for voice in engine.voices for language in voice.languages
    }


async def test_every_voice_that_is_offered_can_be_heard(synthesizer: EspeakSynthesizer) -> None:
    for voice in synthesizer.voices:
        # Digits are read in every language but Chuvash, which has its own letters.
        (part,) = await said(synthesizer, "1, 2, 3, \u0430\u043d\u043d\u0435", Speaking(voice=voice.name))
        assert part.pcm.seconds > 0.3, voice


async def test_languages_sound_different(synthesizer: EspeakSynthesizer) -> None:
    lengths = [
        (await said(synthesizer, "Restaurant", Speaking(language=code)))[0].pcm.samples for code in ("en", "de", "fr")
    ]
    assert max(lengths) > 1.1 * min(lengths)


async def test_words_are_told_in_order_and_join_to_the_text(synthesizer: EspeakSynthesizer) -> None:
    text = "Guten Tag — ich habe 25 Äpfel!  Und Sie?"
    (part,) = await said(synthesizer, text, Speaking(language="de"))
    assert part.words is not None
    assert "".join(word.text for word in part.words) == text
    starts = [word.start for word in part.words]
    assert starts == sorted(starts)
    assert starts[0] < 0.1
    assert part.words[-1].end == pytest.approx(part.pcm.seconds, abs=0.001)
    assert len(set(starts)) >= len(starts) - 1  # the dash begins with the word behind it


def test_a_word_that_the_library_does_not_tell_of_begins_with_the_next() -> None:
    spoken = Said(np.zeros(0, dtype=np.float32), ((0, 100), (8, 700)))
    units = [Unit(word, word) for word in split("one two three")]
    words = timed(units, spoken, 1000, lead=50, end=900)
    assert [(word.start, word.end) for word in words] == [(0.05, 0.65), (0.65, 0.65), (0.65, 0.9)]


async def test_it_is_about_as_loud_as_every_voice(synthesizer: EspeakSynthesizer) -> None:
    for code in ("en", "es", "pl"):
        (part,) = await said(synthesizer, "Radio, taxi, hotel, internet, telefon.", Speaking(language=code))
        assert loudness(sound(part.pcm), part.pcm.rate) == pytest.approx(LOUDNESS, abs=3.0)


async def test_speed_changes_how_long_it_takes(synthesizer: EspeakSynthesizer) -> None:
    slow, own, fast = [
        (await said(synthesizer, "One two three four five six seven.", Speaking(speed=speed)))[0].pcm.seconds
        for speed in (0.6, 1.0, 2.0)
    ]
    assert slow > 1.3 * own > 1.3 * 1.3 * fast


@pytest.mark.parametrize("text", ["", "  \n", "...", "—", "\N{GRINNING FACE}", "*"])
async def test_text_without_a_sound_gives_none(synthesizer: EspeakSynthesizer, text: str) -> None:
    assert await said(synthesizer, text, Speaking(language="en")) == []


async def test_a_language_that_it_does_not_know_is_refused(synthesizer: EspeakSynthesizer) -> None:
    with pytest.raises(EngineError, match=r"'xx'.*espeak-af \(af\).* more"):
        await said(synthesizer, "Hello.", Speaking(language="xx"))


async def test_callers_at_the_same_time_get_their_own_words(synthesizer: EspeakSynthesizer) -> None:
    texts = ["This is number one" + ", and another" * number for number in range(8)]
    alone = [(await said(synthesizer, text, Speaking(language="en")))[0] for text in texts]
    together = await asyncio.gather(*(said(synthesizer, text, Speaking(language="en")) for text in texts))
    for (part,), expected in zip(together, alone, strict=True):
        assert [word.text for word in part.words or ()] == [word.text for word in expected.words or ()]
        assert part.pcm.samples == pytest.approx(expected.pcm.samples, rel=0.03)  # it is never quite the same


async def test_another_user_of_the_library_in_this_process_gets_its_own_sound(synthesizer: EspeakSynthesizer) -> None:
    actor = EspeakLibrary()
    before = actor.say("Good morning.", "en-us")
    assert await said(synthesizer, "Guten Morgen.", Speaking(language="de"))
    after = actor.say("Good morning.", "en-us")
    assert after.sound.size == pytest.approx(before.sound.size, rel=0.03)
    assert before.sound.size > 0


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_crash_costs_one_text_and_nothing_else(synthesizer: EspeakSynthesizer, blow: signal.Signals) -> None:
    process = synthesizer._process
    assert process is not None
    os.kill(process.pid, blow)
    with pytest.raises(EngineDown, match="started again"):
        await said(synthesizer, "One.", Speaking(language="en"))
    (part,) = await said(synthesizer, "Two.", Speaking(language="en"))
    assert part.pcm.seconds > 0.1


async def test_a_process_that_was_stopped_is_replaced_and_does_not_stay(
    synthesizer: EspeakSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.tts_espeak_process.ANSWER_S", 0.3)
    process = synthesizer._process
    assert process is not None
    stopped = process.pid
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(EngineDown, match="started again"):
        await said(synthesizer, "One.", Speaking(language="en"))
    assert not psutil.pid_exists(stopped)
    monkeypatch.undo()
    (part,) = await said(synthesizer, "Two.", Speaking(language="en"))
    assert part.pcm.seconds > 0.1


async def test_closing_leaves_no_process_behind_even_one_that_was_stopped() -> None:
    engine = EspeakSynthesizer()
    await engine.start()
    assert engine._process is not None
    pid = engine._process.pid
    os.kill(pid, signal.SIGSTOP)
    speaking = asyncio.create_task(said(engine, "One.", Speaking(language="en")))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(3):
        await engine.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(EngineDown):
        await speaking
