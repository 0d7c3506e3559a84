"""A partial that heard every word is the final: nothing is heard twice."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

import pytest

from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer, ScriptedTurnDetector, ScriptedVad
from pipeline.actions import Ticket
from pipeline.audio import HEARING_RATE, Span, samples_in
from pipeline.engines import Engines, Listening, Transcript
from pipeline.errors import EngineOverloaded
from pipeline.history import History
from pipeline.line import Line
from pipeline.listener import Listener
from pipeline.notices import Notice, TranscriptDone, TranscriptGrew
from pipeline.tasks import Tasks
from tests.support import virtual_clock

TURN = Ticket(1)
PAUSE = Ticket(1, 1)
SAID = samples_in(1000, HEARING_RATE)
"""Where the last word ends."""


class Bench:
    """A listener that has received 1.1 s of a turn, and a recognizer that takes 0.2 s."""

    def __init__(self) -> None:
        self.recognizer = ScriptedRecognizer(["hello there"], delay_s=0.2)
        engines = Engines(
            ScriptedVad(), self.recognizer, ScriptedChat([]), ScriptedSynthesizer(), ScriptedTurnDetector(), None
        )
        log = logging.LoggerAdapter(logging.getLogger(__name__))
        self.tasks = Tasks(log)
        self.notices: list[Notice] = []
        line = Line("test", engines, History(), self.tasks, self.notices.append, lambda kind: kind, log)
        self.heard: list[tuple[float, Ticket, str | None]] = []
        self.likely: list[str] = []
        self.listener = Listener(line, self._heard, lambda _, words: self.likely.append(words))

    def _heard(self, ticket: Ticket, transcript: Transcript | None) -> None:
        text = transcript.text if transcript else None
        self.heard.append((round(asyncio.get_running_loop().time(), 3), ticket, text))

    def overhear(self, until: int) -> None:
        self.listener.overhear(TURN, Span(0, until), Listening(), lull=True)

    def transcribe(self, said: int | None = SAID, how: Listening | None = None, ticket: Ticket = PAUSE) -> None:
        self.listener.transcribe(ticket, Span(0, self.listener.end), how or Listening(), said)

    @property
    def finals(self) -> list[bool]:
        """Of everything that was asked of the recognizer: was it a final?"""
        return [heard.final for heard in self.recognizer.heard]


def on_bench(scene: Callable[[Bench], Coroutine[None, None, None]]) -> Bench:
    async def main() -> Bench:
        bench = Bench()
        await bench.listener.push(bytes(2 * samples_in(1100, HEARING_RATE)))
        await scene(bench)
        await asyncio.sleep(1)
        assert not len(bench.tasks)
        return bench

    return virtual_clock.run(main())


def test_a_partial_on_its_way_is_waited_for():
    async def scene(bench: Bench) -> None:
        bench.overhear(SAID)
        await asyncio.sleep(0.06)
        bench.transcribe()

    bench = on_bench(scene)
    assert bench.heard == [(0.2, PAUSE, "hello there")]
    assert bench.finals == [False]
    assert bench.likely == [], "an answer to all of it begins now: nobody reads a part of it ahead"


def test_a_partial_that_is_done_is_taken_at_once():
    async def scene(bench: Bench) -> None:
        bench.overhear(SAID + 512)
        await asyncio.sleep(0.3)
        bench.transcribe()

    bench = on_bench(scene)
    assert bench.heard == [(0.3, PAUSE, "hello there")]
    assert bench.finals == [False]


@pytest.mark.parametrize("how", [Listening(word_times=True), Listening(token_logprobs=True)])
def test_who_wants_more_than_words_gets_a_final(how):
    async def scene(bench: Bench) -> None:
        bench.overhear(SAID)
        bench.transcribe(how=how)

    assert on_bench(scene).finals == [False, True]


@pytest.mark.parametrize("said", [None, SAID + 1])
def test_a_partial_that_may_lack_a_sound_is_not_enough(said):
    async def scene(bench: Bench) -> None:
        bench.overhear(SAID)
        bench.transcribe(said)

    bench = on_bench(scene)
    assert bench.finals == [False, True]
    assert [text for _, _, text in bench.heard] == ["hello there"]


def test_a_partial_that_fails_or_hears_nothing_is_no_final():
    async def scene(bench: Bench) -> None:
        bench.recognizer.error = EngineOverloaded("There is no time.")
        bench.overhear(SAID)
        await asyncio.sleep(0.06)
        bench.recognizer.error = None
        bench.transcribe()

    bench = on_bench(scene)
    assert bench.finals == [False, True]
    assert bench.heard == [(0.26, PAUSE, "hello there")]


def test_a_partial_does_not_agree_with_itself():
    async def scene(bench: Bench) -> None:
        bench.listener.open(TURN, 0)
        bench.overhear(SAID)
        await asyncio.sleep(0.3)  # it is done
        bench.transcribe()
        await asyncio.sleep(0.01)
        bench.listener.discard(PAUSE)
        for more in (1, 2):
            assert not any(isinstance(notice, TranscriptGrew) for notice in bench.notices)
            bench.overhear(samples_in(1050, HEARING_RATE) + more * SAID // 5)
            await asyncio.sleep(0.3)

    bench = on_bench(scene)
    assert [heard.draft for heard in bench.recognizer.heard] == ["", "hello there", "hello there"]
    assert [notice.text for notice in bench.notices if isinstance(notice, TranscriptGrew)] == ["hello there"]


def test_a_partial_that_takes_too_long_is_not_waited_for():
    async def scene(bench: Bench) -> None:
        bench.recognizer.delay_s = 5.0
        bench.overhear(SAID)
        await asyncio.sleep(0)
        bench.recognizer.delay_s = 0.2
        bench.transcribe()

    bench = on_bench(scene)
    assert bench.heard == [(0.7, PAUSE, "hello there")]


def test_a_partial_in_another_language_is_no_final():
    async def scene(bench: Bench) -> None:
        bench.overhear(SAID)
        bench.transcribe(how=Listening(language="de"))

    assert on_bench(scene).finals == [False, True]


def test_a_caller_who_goes_on_gets_captions_again():
    async def scene(bench: Bench) -> None:
        bench.overhear(SAID)
        bench.transcribe()
        await asyncio.sleep(0.06)
        bench.listener.discard(PAUSE)
        await asyncio.sleep(0.3)
        assert bench.likely == ["hello there"]
        bench.transcribe(samples_in(1050, HEARING_RATE), ticket=Ticket(1, 2))

    bench = on_bench(scene)
    assert bench.finals == [False, True]
    assert [ticket for _, ticket, _ in bench.heard] == [Ticket(1, 2)]


@pytest.mark.parametrize("partials", [1, 2])
def test_what_two_partials_heard_is_not_nothing(partials):
    async def scene(bench: Bench) -> None:
        bench.recognizer._text_of = lambda audio: "" if audio.samples == bench.listener.end else "J-O-H"
        bench.listener.open(TURN, 0)
        for until in (SAID - 4000, SAID)[:partials]:
            bench.overhear(until)
            await asyncio.sleep(0.3)
        bench.transcribe(SAID + 1)
        await asyncio.sleep(0.3)
        bench.listener.close(PAUSE, Span(0, bench.listener.end), opened=True)

    bench = on_bench(scene)
    heard = ["", "J-O-H"][partials - 1]
    assert [text for _, _, text in bench.heard] == [heard]
    (done,) = (notice for notice in bench.notices if isinstance(notice, TranscriptDone))
    assert done.transcript.text == heard
    grown = "".join(notice.text for notice in bench.notices if isinstance(notice, TranscriptGrew))
    assert heard.startswith(grown), "the captions never have more than the transcript"
