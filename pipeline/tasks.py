"""The background work of one call, all of which ends with it."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from pipeline.actions import Ticket

T = TypeVar("T")


class Tasks:
    """Tasks that are remembered until they end; a crash in one is logged, never lost."""

    def __init__(self, log: logging.LoggerAdapter[logging.Logger]) -> None:
        self._log = log
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Cancel what still runs and wait for it to end."""
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._log.error("a task of the call crashed", exc_info=error, extra={"task": task.get_name()})


class TicketWork:
    """Work that is done for one attempt at a turn, and is of no use when that is given up."""

    def __init__(self, tasks: Tasks, caller: str) -> None:
        self._tasks = tasks
        self._caller = caller
        self._running: dict[Ticket, set[asyncio.Task[None]]] = {}

    def start(self, ticket: Ticket, work: Coroutine[Any, Any, None], what: str) -> None:
        task = self._tasks.spawn(work, f"{what} {self._caller} {ticket}")
        self._running.setdefault(ticket, set()).add(task)
        task.add_done_callback(lambda _: self._ended(ticket, task))

    def stop(self, ticket: Ticket) -> None:
        for task in self._running.pop(ticket, ()):
            task.cancel()

    def _ended(self, ticket: Ticket, task: asyncio.Task[None]) -> None:
        if tasks := self._running.get(ticket):
            tasks.discard(task)
            if not tasks:
                del self._running[ticket]


class Newest:
    """Work of which only the newest counts: it takes the place of the one before."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.stop()
        self._task = self._tasks.spawn(work, name)

    def stop(self) -> None:
        if self._task:
            self._task.cancel()
            self._task = None
