"""The scripted engines do what they are told, in virtual time."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer, ScriptedTurnDetector, ScriptedVad
from pipeline.audio import HEARING_RATE, Pcm
from pipeline.engines import (
    ChatMessage,
    ChatModel,
    ChatRequest,
    Listening,
    Recognizer,
    Speaking,
    Synthesizer,
    TurnDetector,
    Usage,
    Vad,
)
from pipeline.errors import EngineDown
from tests.support import virtual_clock
from tests.support.speech import joined, silence, tone

ASKED = ChatRequest((ChatMessage("user", "how are you"),))


def test_they_fit_the_contracts_and_say_what_they_are() -> None:
    vad: Vad = ScriptedVad()
    recognizer: Recognizer = ScriptedRecognizer(["hello"])
    chat: ChatModel = ScriptedChat(["hello"])
    synthesizer: Synthesizer = ScriptedSynthesizer()
    turn: TurnDetector = ScriptedTurnDetector()
    engines = (vad, recognizer, chat, synthesizer, turn)
    assert [engine.info.role for engine in engines] == ["vad", "asr", "chat", "tts", "turn"]
    assert {engine.info.engine for engine in engines} == {"scripted"}


async def test_loud_is_speech_and_quiet_is_not() -> None:
    stream = ScriptedVad().open("anna")
    scores = await stream.push(joined(silence(0.512), tone(0.512, 300), silence(0.512)))
    assert [score.probability for score in scores] == [0.0] * 16 + [1.0] * 16 + [0.0] * 16


async def test_scores_do_not_depend_on_how_the_audio_is_cut() -> None:
    audio = joined(silence(0.3), tone(0.3, 300))
    whole = await ScriptedVad().open("anna").push(audio)
    stream = ScriptedVad().open("anna")
    pieces = [
        score
        for at in range(0, audio.samples, 300)
        for score in await stream.push(Pcm(audio.data[2 * at : 2 * at + 600], HEARING_RATE, at))
    ]
    assert pieces == whole


async def test_finals_follow_the_script_and_a_partial_says_what_the_next_final_will() -> None:
    recognizer = ScriptedRecognizer(["one", ""])
    said = [
        (await recognizer.transcribe(silence(0.1), Listening("de"), caller="anna", final=final)).text
        for final in (False, True, False, True, True)
    ]
    assert said == ["one", "one", "", "", "one"]
    assert [heard.final for heard in recognizer.heard] == [False, True, False, True, True]
    assert recognizer.heard[0].how.language == "de"


async def test_texts_may_depend_on_the_audio() -> None:
    recognizer = ScriptedRecognizer(lambda audio: f"{audio.samples} samples")
    transcript = await recognizer.transcribe(silence(0.1), Listening(), caller="anna")
    assert (transcript.text, transcript.language, transcript.no_speech) == ("1600 samples", "en", 0.0)


def test_pauses_are_kept_in_virtual_time() -> None:
    async def call() -> list[float]:
        now = asyncio.get_running_loop().time
        marks = []
        await ScriptedRecognizer(["hi"], delay_s=0.25).transcribe(silence(0.1), Listening(), caller="anna")
        marks.append(now())
        async for delta in ScriptedChat(["a", "b"], first_s=0.5, each_s=0.125).stream(ASKED, caller="anna"):
            if delta.text:
                marks.append(now())
        async for _ in ScriptedSynthesizer(each_s=1.0).stream("hi", Speaking(), caller="anna"):
            marks.append(now())
        return marks

    assert virtual_clock.run(call()) == [0.25, 0.75, 0.875, 1.875]


async def test_the_chat_streams_its_words_and_counts_them() -> None:
    chat = ScriptedChat(["Fine, ", "thanks."], finish="length")
    deltas = [delta async for delta in chat.stream(ASKED, caller="anna")]
    assert [delta.text for delta in deltas] == ["Fine, ", "thanks.", ""]
    assert (deltas[-1].finish, deltas[-1].usage) == ("length", Usage(input=3, output=2))
    assert list(chat.requests) == [ASKED]
    assert chat.open == 0


async def test_the_chat_may_answer_what_it_was_asked() -> None:
    chat = ScriptedChat(lambda request: request.messages[-1].text.split())
    assert [delta.text async for delta in chat.stream(ASKED, caller="anna")] == ["how", "are", "you", ""]


@pytest.mark.parametrize(("fail_at", "heard"), [(0, []), (1, ["a"]), (2, ["a", "b"])])
async def test_the_chat_fails_where_it_is_told_to(fail_at: int, heard: list[str]) -> None:
    chat = ScriptedChat(["a", "b"])
    chat.fail_at, chat.error = fail_at, EngineDown("died")
    answer = chat.stream(ASKED, caller="anna")
    assert [(await anext(answer)).text for _ in heard] == heard
    with pytest.raises(EngineDown, match="died"):
        await anext(answer)
    assert chat.open == 0


async def test_the_chat_stalls_until_it_is_cancelled() -> None:
    chat = ScriptedChat(["a", "b"])
    chat.stall_at = 1
    async with aclosing(chat.stream(ASKED, caller="anna")) as answer:
        assert (await anext(answer)).text == "a"
        assert chat.open == 1
        waiting = asyncio.ensure_future(anext(answer))
        done, _ = await asyncio.wait([waiting], timeout=0)
        assert not done
        waiting.cancel()
        await asyncio.wait([waiting])
    assert chat.open == 0


async def test_the_voice_hums_as_long_as_the_text_is_without_a_gap() -> None:
    parts = [
        part.pcm
        async for part in ScriptedSynthesizer(ms_per_char=100).stream("twelve chars", Speaking(speed=0.5), caller="a")
    ]
    assert [part.samples for part in parts] == [12_000] * 4 + [9_600]
    assert [part.start for part in parts] == [0, 12_000, 24_000, 36_000, 48_000]
    sound = np.frombuffer(b"".join(part.data for part in parts), dtype="<i2").astype(int)
    assert np.abs(sound).max() == 8192
    assert np.abs(np.diff(sound)).max() < 8192 * 2 * np.pi * 300 / 24_000 + 2  # a sine without jumps is no steeper


@pytest.mark.parametrize("text", ["", "...", "\N{GRINNING FACE}", "— !"])
async def test_text_without_a_sound_is_not_hummed(text: str) -> None:
    assert [part async for part in ScriptedSynthesizer().stream(text, Speaking(), caller="anna")] == []


async def test_the_end_of_turn_is_as_told() -> None:
    assert await ScriptedTurnDetector(0.25).completion(silence(0.1), caller="anna") == 0.25
