"""Answers beside the conversation: asked for by the client, told to it, and then as if they had never been.

Each is made by a speaker of its own with a history of its own, so that several can be made at once, and none of them
interrupts, or is interrupted by, what the caller hears. The client gets the whole of it as it is made: there is no ear
to keep pace with.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from math import inf

from pipeline.actions import Ticket
from pipeline.errors import CallerError
from pipeline.history import History
from pipeline.line import Line
from pipeline.reply import Plan
from pipeline.settings import ReplyOptions
from pipeline.speaker import Speaker

LIMIT = 8
"""Most at once in one call: they share the engines with the answers that callers wait for."""
ONLY = Ticket(0)
"""A speaker of an aside has nothing else to say."""


class Asides:
    """The answers beside one call's conversation."""

    def __init__(
        self, line: Line, plan: Callable[[Ticket, ReplyOptions], Plan], settled: Callable[[], Awaitable[None]]
    ) -> None:
        """plan: what an answer depends on. settled: done when all words that it depends on are known."""
        self._line = line
        self._plan = plan
        self._settled = settled
        self._speakers: list[Speaker] = []

    def start(self, options: ReplyOptions) -> None:
        """Raises CallerError when there are too many already."""
        self._speakers = [speaker for speaker in self._speakers if speaker.active]
        if len(self._speakers) >= LIMIT:
            raise CallerError(
                f"There are {LIMIT} responses beside the conversation already, its limit; wait until one is done.",
                code="too_many_responses",
                param="response.conversation",
            )
        speaker = Speaker(
            replace(self._line, history=History()),
            inf,
            buffered=True,
            plan=self._plan,
            ready=_unheard,
            sounding=lambda ticket, _: _unheard(ticket),
            over=_unheard,
        )
        self._speakers.append(speaker)
        speaker.answer(ONLY, options, self._settled)

    def cancel(self, reply: str) -> bool:
        """Whether there was one with this id; it is over now."""
        for speaker in self._speakers:
            if speaker.active == reply:
                speaker.stop(ONLY, "client_cancelled")
                return True
        return False


def _unheard(_: Ticket) -> None:
    """Turn-taking has no part in an aside."""
