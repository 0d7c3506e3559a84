"""The watch on the event loop."""

import asyncio
import logging
import time

import httpx2
import pytest

from tests.support.gateway import gateway
from tests.support.until import until
from voicegw.lag import LATE_S, QUIET_S, LagWatch


def test_it_tells_how_late_the_loop_was_and_does_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    watch = LagWatch()
    assert watch.facts() == {"p50": 0.0, "p99": 0.0, "max": 0.0}
    for beat in range(200):
        watch.beat(0.001 if beat % 100 else 2 * LATE_S, beat * 0.02)
    assert watch.facts() == {"p50": 1.0, "p99": 2000 * LATE_S, "max": 2000 * LATE_S}
    assert len(caplog.records) == 1
    watch.beat(2 * LATE_S, 200 * 0.02 + QUIET_S)
    assert [vars(record)["late_ms"] for record in caplog.records] == [2000 * LATE_S] * 2


async def test_a_gateway_shows_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        await asyncio.sleep(0.05)
        time.sleep(1.5 * LATE_S)  # noqa: ASYNC251 - what must never be: something long on the event loop
        await until(lambda: any("event loop was late" in record.message for record in caplog.records))
        told = (await client.get("/v1/info")).json()["loop_late_ms"]
        assert told["max"] >= 1000 * LATE_S
