"""models/prefills.py: who makes way for whom."""

import asyncio
from collections.abc import Coroutine

import pytest

from models.prefills import Prefills


class Work:
    """Something that takes until it is let go. ended: how it came to its end."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.ended = ""

    async def __call__(self) -> None:
        try:
            await self.go.wait()
            self.ended = "done"
        except asyncio.CancelledError:
            self.ended = "stopped"
            raise


def begin(work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


async def test_it_returns_when_the_work_is_done() -> None:
    prefills, work = Prefills(), Work()
    running = begin(prefills.run(0, work()))
    await asyncio.sleep(0)
    assert not running.done()
    work.go.set()
    await running
    assert work.ended == "done"


async def test_it_raises_what_the_work_raises() -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await Prefills().run(0, fails())


async def test_a_newer_one_takes_the_place_of_an_older_in_the_same_slot_only() -> None:
    prefills = Prefills()
    works = [Work(), Work(), Work()]
    old, other = begin(prefills.run(0, works[0]())), begin(prefills.run(1, works[1]()))
    await asyncio.sleep(0.01)
    new = begin(prefills.run(0, works[2]()))
    await old  # told nothing of it
    assert [work.ended for work in works] == ["stopped", "", ""]
    for work in works:
        work.go.set()
    await asyncio.gather(other, new)
    assert [work.ended for work in works] == ["stopped", "done", "done"]


async def test_stopping_makes_way() -> None:
    prefills, work = Prefills(), Work()
    running = begin(prefills.run(0, work()))
    await asyncio.sleep(0.01)
    prefills.stop(0)
    prefills.stop(0)
    prefills.stop(1)
    await running
    assert work.ended == "stopped"


async def test_cancelling_stops_the_work() -> None:
    prefills, work = Prefills(), Work()
    running = begin(prefills.run(0, work()))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert work.ended == "stopped"
