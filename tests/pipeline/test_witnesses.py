"""Who is asked whether a turn is complete, and what is told when nobody can say."""

import asyncio
import logging

import pytest

from models.scripted import (
    ScriptedChat,
    ScriptedRecognizer,
    ScriptedSentences,
    ScriptedSynthesizer,
    ScriptedTurnDetector,
    ScriptedVad,
)
from pipeline.actions import Ticket
from pipeline.audio import HEARING_RATE, Pcm
from pipeline.call_log import CallLog
from pipeline.engines import ChatMessage, ChatRequest, Engines, Transcript
from pipeline.errors import EngineDown
from pipeline.history import History
from pipeline.line import Line
from pipeline.tasks import Tasks
from pipeline.witnesses import Witnesses
from tests.support import virtual_clock
from tests.support.telephone import Telephone

TICKET = Ticket(1, 1)
AUDIO = Pcm(bytes(3200), HEARING_RATE)


class Broken(ScriptedSentences):
    async def finished(self, words: str, *, before: str, caller: str, conversation: ChatRequest | None = None) -> float:
        raise EngineDown("It is restarting.")


class Slow(ScriptedSentences):
    """Takes for ever to prepare; remembers what it has begun with, and what it was taken away from."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[tuple[str, str]] = []
        self.left: list[str] = []

    async def prepare(self, words: str, *, before: str, caller: str) -> None:
        self.begun.append((words, before))
        try:
            await asyncio.Event().wait()
        finally:
            self.left.append(words)


class Bench:
    def __init__(self, voice: ScriptedTurnDetector | None, sentences: ScriptedSentences | None) -> None:
        engines = Engines(
            ScriptedVad(), ScriptedRecognizer([]), ScriptedChat([]), ScriptedSynthesizer(), voice, None, sentences
        )
        log = CallLog(__name__, "test")
        self.tasks = Tasks(logging.LoggerAdapter(logging.getLogger(__name__)))
        line = Line("test", engines, History(), self.tasks, lambda _: None, lambda kind: kind, log)
        self.said: list[tuple[str, Ticket, float | None]] = []
        self.witnesses = Witnesses(
            line,
            judged=lambda ticket, complete: self.said.append(("voice", ticket, complete)),
            weighed=lambda ticket, finished: self.said.append(("words", ticket, finished)),
        )

    async def rest(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_both_tell_what_they_think():
    sentences = ScriptedSentences(0.3)
    bench = Bench(ScriptedTurnDetector(0.8), sentences)
    bench.witnesses.judge(TICKET, AUDIO)
    bench.witnesses.weigh(TICKET, Transcript("Where is the", "en"), "Yes?")
    await bench.rest()
    assert sorted(bench.said) == [("voice", TICKET, 0.8), ("words", TICKET, 0.3)]
    assert list(sentences.asked) == [("Where is the", "Yes?")]


@pytest.mark.parametrize(("sentences", "language"), [(None, "en"), (ScriptedSentences(0.3), "fr"), (Broken(0.3), "en")])
async def test_that_nobody_can_read_the_words_is_told_too(sentences, language):
    bench = Bench(None, sentences)
    bench.witnesses.weigh(TICKET, Transcript("un deux", language), "")
    await bench.rest()
    assert bench.said == [("words", TICKET, None)]


async def test_what_was_discarded_is_not_told():
    bench = Bench(ScriptedTurnDetector(0.8), ScriptedSentences(0.3))
    bench.witnesses.judge(TICKET, AUDIO)
    bench.witnesses.weigh(TICKET, Transcript("Where", "en"), "")
    bench.witnesses.discard(TICKET)
    await bench.rest()
    assert bench.said == []
    assert len(bench.tasks) == 0


async def test_only_the_newest_beginning_is_read():
    sentences = Slow()
    bench = Bench(None, sentences)
    for words in ("", "I want", "I want to"):
        bench.witnesses.read_along(TICKET, words, "Yes?")
        await bench.rest()
    assert sentences.begun == [("", "Yes?"), ("I want", "Yes?"), ("I want to", "Yes?")]
    assert sentences.left == ["", "I want"]
    await bench.tasks.close()
    assert sentences.left == ["", "I want", "I want to"]


async def test_nothing_is_read_in_a_language_that_it_does_not_know():
    sentences = Slow()
    bench = Bench(None, sentences)
    bench.witnesses.weigh(TICKET, Transcript("un deux", "fr"), "")
    bench.witnesses.read_along(Ticket(2), "trois", "")
    await bench.rest()
    assert sentences.begun == []


class Reader(ScriptedSentences):
    """Keeps the conversations that it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[ChatRequest | None] = []

    async def finished(self, words: str, *, before: str, caller: str, conversation: ChatRequest | None = None) -> float:
        self.shown.append(conversation)
        return 0.9


async def test_who_weighs_the_words_is_shown_the_conversation_that_they_end():
    reader = Reader()
    bench = Bench(None, reader)
    asked = ChatRequest((ChatMessage("assistant", "Are you ready?"), ChatMessage("user", "Yes, I am.")))
    bench.witnesses.weigh(TICKET, Transcript("Yes, I am.", "en"), "Are you ready?", asked)
    await bench.rest()
    assert reader.shown == [asked]
    assert bench.said == [("words", TICKET, 0.9)]


def test_a_call_shows_it():
    async def main():
        reader = Reader()
        phone = Telephone(texts=("hello", "Yes, I am."), sentences=reader)
        for _ in range(2):
            await phone.speak(1.0)
            await phone.hush(6.0)
        assert [request and request.messages[-1].text for request in reader.shown] == ["hello", "Yes, I am."]
        last = reader.shown[-1]
        assert last is not None
        assert [message.role for message in last.messages] == ["system", "user", "assistant", "user"]
        assert last.messages == phone.requests[-1].messages, "what is weighed is what the answer is made from"
        await phone.hang_up()

    virtual_clock.run(main())
