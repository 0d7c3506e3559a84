"""Who can say whether a turn is complete: a model that hears the voice, and one that reads the words."""

from collections.abc import Callable

from pipeline.actions import Ticket
from pipeline.audio import Pcm
from pipeline.engines import ChatRequest, SentenceDetector, Transcript, TurnDetector
from pipeline.errors import EngineError
from pipeline.line import Line
from pipeline.tasks import Newest, TicketWork


class Witnesses:
    """Asks them, and tells what they say.

    judged(ticket, complete): of every judgement of the voice; None when it failed. Without a model for it, never.
    weighed(ticket, finished): whether a sentence could end there; None when nobody can say so of these words.
    """

    def __init__(
        self,
        line: Line,
        judged: Callable[[Ticket, float | None], None],
        weighed: Callable[[Ticket, float | None], None],
    ) -> None:
        self._line = line
        self._judged = judged
        self._weighed = weighed
        self._work = TicketWork(line.tasks, line.caller)
        self._reading = Newest(line.tasks)
        self._language: str | None = None

    def judge(self, ticket: Ticket, audio: Pcm) -> None:
        """How complete does the turn sound?"""
        if detector := self._line.engines.turn_detector:
            self._work.start(ticket, self._judge(detector, ticket, audio), "judge")

    def weigh(self, ticket: Ticket, words: Transcript, before: str, conversation: ChatRequest | None = None) -> None:
        """Could a sentence end with these words? before: what the tutor said last. conversation: up to these words."""
        self._language = words.language
        self._work.start(ticket, self._weigh(self._able(), ticket, words.text, before, conversation), "weigh")

    def read_along(self, ticket: Ticket, words: str, before: str) -> None:
        """These will very probably be the first words of what is going to be weighed."""
        if detector := self._able():
            self._reading.start(self._read(detector, words, before), f"read along {self._line.caller} {ticket}")

    def discard(self, ticket: Ticket) -> None:
        """Nobody wants to know any more."""
        self._work.stop(ticket)

    def _able(self) -> SentenceDetector | None:
        """The one for the language of the call; as long as that is not known, it is taken for one that it reads."""
        detector = self._line.engines.sentence_detector
        return detector if detector and (self._language is None or self._language in detector.languages) else None

    async def _judge(self, detector: TurnDetector, ticket: Ticket, audio: Pcm) -> None:
        try:
            complete = await detector.completion(audio, caller=self._line.caller)
        except EngineError as error:
            self._line.log.warning("judging the pause failed", extra={"reason": str(error)})
            self._judged(ticket, None)
        else:
            self._judged(ticket, complete)

    async def _weigh(
        self,
        detector: SentenceDetector | None,
        ticket: Ticket,
        words: str,
        before: str,
        conversation: ChatRequest | None,
    ) -> None:
        finished = None
        try:
            if detector:
                finished = await detector.finished(
                    words, before=before, caller=self._line.caller, conversation=conversation
                )
        except EngineError as error:
            self._line.log.warning("weighing the words failed", extra={"reason": str(error)})
        self._weighed(ticket, finished)

    async def _read(self, detector: SentenceDetector, words: str, before: str) -> None:
        try:
            await detector.prepare(words, before=before, caller=self._line.caller)
        except EngineError as error:
            self._line.log.debug("reading along failed", extra={"reason": str(error)})
