"""Who goes next: the order of waiting jobs, as plain data.

Rules, in this order:

1. A job past its deadline is skipped; its caller has been told already.
2. The smaller `priority` number goes first.
3. Callers take turns: the one served longest ago goes first, and nobody's second job goes before another's first.
4. The older job goes first.

The job that goes first takes others with the same `key` along, in the same order, up to `max_batch`. Jobs wait for
company only where `pace_s` asks for it, and only while batches follow each other closely: one that comes to a queue at
rest goes at once.

A full queue refuses, unless somebody less urgent waits in it: then the newest of the least urgent gives way.

No threads and no clock in here: whoever holds the queue brings the lock and says what time it is (seconds, any origin).
"""

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.errors import EngineOverloaded

Job = TypeVar("Job")

REMEMBERED_CALLERS = 4096
"""How many callers' turns are remembered. A forgotten one counts as never served, which only moves it forward."""


@dataclass(frozen=True, slots=True, eq=False)
class Ticket(Generic[Job]):
    """A job in the queue. `number` grows by one with every job."""

    job: Job
    key: Hashable
    caller: str
    priority: int
    deadline: float
    queued_at: float
    number: int


class FairQueue(Generic[Job]):
    """A bounded queue of jobs; see the module for the rules."""

    def __init__(self, name: str, *, limit: int, max_batch: int = 1, pace_s: float = 0.0) -> None:
        """name: of the engine, for the error. limit: most jobs that may wait.

        pace_s: shortest time from one batch to the next, unless that is full.
        """
        if limit < 1 or max_batch < 1 or pace_s < 0:
            raise ValueError(
                f"limit and max_batch must be at least 1 and pace_s at least 0: {limit=} {max_batch=} {pace_s=}"
            )
        self._name = name
        self._limit = limit
        self._max_batch = max_batch
        self._pace_s = pace_s
        self._waiting: dict[int, Ticket[Job]] = {}
        self._numbers = 0
        self._turns = 0
        self._served: OrderedDict[str, int] = OrderedDict()
        self._taken_at = -math.inf

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, job: Job, *, key: Hashable, caller: str, priority: int, deadline: float, now: float) -> Ticket[Job]:
        """Let `job` wait until `deadline`. Raises EngineOverloaded when the queue is full."""
        if self._is_full(now):
            raise EngineOverloaded(
                f"The queue of {self._name} is full: its limit is {self._limit} waiting jobs. Try again later."
            )
        self._numbers += 1
        ticket = Ticket(job, key, caller, priority, deadline, now, self._numbers)
        self._waiting[ticket.number] = ticket
        return ticket

    def displace(self, priority: int, now: float) -> Ticket[Job] | None:
        """Make room for a job of `priority` in a full queue: the job that is to give way leaves it and is returned.

        None when there is room, or when nothing less urgent waits.
        """
        if not self._is_full(now):
            return None
        last = max(self._waiting.values(), key=lambda ticket: (ticket.priority, ticket.number))
        return self._waiting.pop(last.number) if last.priority > priority else None

    def discard(self, ticket: Ticket[Job]) -> None:
        """Forget a job that nobody waits for any more; one that already left the queue is ignored."""
        self._waiting.pop(ticket.number, None)

    def clear(self) -> list[Ticket[Job]]:
        """Empty the queue and return what was in it, oldest first."""
        left = list(self._waiting.values())
        self._waiting.clear()
        return left

    def take(self, now: float) -> list[Ticket[Job]]:
        """Remove and return the next batch: jobs of one key, first come first. Empty when there is none, or not yet."""
        batch = self._next_batch(now)
        if not batch or self._patience(batch, now) > 0:
            return []
        self._taken_at = now
        for ticket in batch:
            del self._waiting[ticket.number]
            self._turns += 1
            self._served[ticket.caller] = self._turns
            self._served.move_to_end(ticket.caller)
        while len(self._served) > REMEMBERED_CALLERS:
            self._served.popitem(last=False)
        return batch

    def ready_in(self, now: float) -> float | None:
        """Seconds until `take` gives something if nothing else happens, None while nothing waits."""
        batch = self._next_batch(now)
        return self._patience(batch, now) if batch else None

    def _patience(self, batch: list[Ticket[Job]], now: float) -> float:
        """Seconds for which this batch may still wait for company."""
        if len(batch) == self._max_batch:
            return 0.0
        return max(0.0, self._taken_at + self._pace_s - now)

    def _is_full(self, now: float) -> bool:
        if len(self._waiting) >= self._limit:
            self._drop_expired(now)
        return len(self._waiting) >= self._limit

    def _next_batch(self, now: float) -> list[Ticket[Job]]:
        self._drop_expired(now)
        order = self._in_order()
        return [ticket for ticket in order if ticket.key == order[0].key][: self._max_batch]

    def _in_order(self) -> list[Ticket[Job]]:
        """All waiting jobs by the rules. A caller's nth job of a priority competes with the others' nth."""
        nth: dict[tuple[int, str], int] = {}
        ranked: list[tuple[int, int, int, int, Ticket[Job]]] = []
        for ticket in self._waiting.values():
            place = nth.get((ticket.priority, ticket.caller), 0)
            nth[ticket.priority, ticket.caller] = place + 1
            ranked.append((ticket.priority, place, self._served.get(ticket.caller, 0), ticket.number, ticket))
        return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1])]

    def _drop_expired(self, now: float) -> None:
        for ticket in [ticket for ticket in self._waiting.values() if ticket.deadline <= now]:
            del self._waiting[ticket.number]
