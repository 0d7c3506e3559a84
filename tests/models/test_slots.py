"""models/slots.py: who gets which slot."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from models.slots import Slots
from pipeline.errors import EngineOverloaded


async def use(slots: Slots, caller: str) -> int:
    async with slots.lend(caller, within_s=5) as slot:
        return slot


async def test_a_caller_keeps_its_slot() -> None:
    slots = Slots(2, waiting=1)
    first, second = await use(slots, "ann"), await use(slots, "bob")
    assert first != second
    assert [await use(slots, name) for name in ("bob", "ann", "ann", "bob")] == [second, first, first, second]


async def test_a_newcomer_gets_the_slot_that_rested_longest() -> None:
    slots = Slots(2, waiting=1)
    ann, bob = await use(slots, "ann"), await use(slots, "bob")
    assert await use(slots, "ann") == ann
    assert await use(slots, "cid") == bob


async def test_a_busy_slot_is_not_lent() -> None:
    slots = Slots(2, waiting=1)
    async with slots.lend("ann", within_s=5) as first, slots.lend("ann", within_s=5) as second:
        assert {first, second} == {0, 1}


async def test_a_reserved_slot_is_the_callers_next() -> None:
    slots = Slots(2, waiting=1)
    ann, bob = await use(slots, "ann"), await use(slots, "bob")
    assert slots.reserve("bob") == bob
    cid = slots.reserve("cid")
    assert cid == ann
    assert [await use(slots, name) for name in ("bob", "cid")] == [bob, cid]


async def test_nothing_is_reserved_while_the_caller_is_answered_or_all_are_busy() -> None:
    slots = Slots(2, waiting=1)
    async with slots.lend("ann", within_s=5):
        assert slots.reserve("ann") is None
        assert slots.reserve("bob") is not None
        async with slots.lend("bob", within_s=5):
            assert slots.reserve("cid") is None
    assert slots.reserve("ann") is not None


async def test_waiting_ends_with_a_free_slot() -> None:
    slots = Slots(1, waiting=1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(slots.lend("ann", within_s=5))
        waiting = asyncio.create_task(use(slots, "bob"))
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting == 0


async def test_waiting_ends_in_time() -> None:
    slots = Slots(1, waiting=1)
    async with slots.lend("ann", within_s=5):
        with pytest.raises(EngineOverloaded, match="VOICEGW_LLM_SLOTS"):
            await use_briefly(slots)
    assert await use(slots, "bob") == 0


async def test_the_queue_has_an_end() -> None:
    slots = Slots(1, waiting=1)
    async with slots.lend("ann", within_s=5):
        waiting = asyncio.create_task(use(slots, "bob"))
        await asyncio.sleep(0)
        with pytest.raises(EngineOverloaded, match="is giving 1 answers already"):
            await use(slots, "cid")
        waiting.cancel()
        await asyncio.wait({waiting})
    assert await use(slots, "cid") == 0


async def use_briefly(slots: Slots) -> None:
    async with slots.lend("bob", within_s=0.01):
        raise AssertionError("the slot was taken")
