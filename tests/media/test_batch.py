"""Batch jobs: how many there may be, and that they come in gaps between the callers' turns."""

import asyncio
from contextlib import ExitStack

import pytest

from tests.support.virtual_clock import run
from voicegw.media import batch
from voicegw.media.batch import BatchDesk, TooManyJobs


def test_no_more_jobs_are_taken_in_than_may_wait():
    desk = BatchDesk(2, lambda: False, waiting=1)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(desk.taken_in())
        with pytest.raises(TooManyJobs, match="2 such requests are being worked on and 1 wait"), desk.taken_in():
            pass
    with desk.taken_in():
        pass


def test_a_job_waits_for_a_place_and_not_for_ever():
    async def scene() -> None:
        desk, worked = BatchDesk(1, lambda: False), list[str]()

        async def work(name: str, seconds: float) -> None:
            async with desk.worked_on():
                worked.append(name)
                await asyncio.sleep(seconds)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(work("first", 20))
            tasks.create_task(work("second", 40))
            await asyncio.sleep(1)
            with pytest.raises(TooManyJobs, match="none was done within 30 s"):
                await work("third", 1)  # the second has the place from second 20 to 60
        assert worked == ["first", "second"]

    run(scene())


def test_pieces_go_one_by_one_in_a_gap():
    async def scene() -> None:
        loop, busy, together, most = asyncio.get_running_loop(), True, 0, 0
        desk = BatchDesk(4, lambda: busy)

        async def piece() -> float:
            nonlocal together, most
            async with desk.piece():
                together, began = together + 1, loop.time()
                most = max(most, together)
                await asyncio.sleep(0.5)
                together -= 1
            return began

        pieces = [asyncio.create_task(piece()) for _ in range(3)]
        await asyncio.sleep(2)
        assert most == 0
        busy, free_at = False, loop.time()
        begun = await asyncio.gather(*pieces)
        assert most == 1
        assert free_at <= begun[0] <= free_at + batch.LOOK_S

    run(scene())


def test_where_callers_talk_without_end_a_piece_goes_on_now_and_then():
    async def scene() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with BatchDesk(1, lambda: True).piece():
            return loop.time() - began

    assert run(scene()) == pytest.approx(batch.GAP_S)
