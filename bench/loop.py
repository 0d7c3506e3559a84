"""How long a caller waits for the gateway's event loop while another client does its worst."""

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from bench.attacks import ATTACKS
from bench.gateway import ended

EVERY_S = 0.01
"""How often the caller asks for something that needs no model: an empty buffer to be cleared."""
PREPARED_S = 30.0
"""Longest that the attacker may take to make what it sends."""
BEFORE_S = 0.5
"""For so long it is sending already when the caller is timed."""
WITHIN_S = 60.0


async def measure(http: str, attack: str, seconds: float) -> dict[str, Any]:
    """Milliseconds from a question to its answer: p50, p99 and the longest, and how many there were."""
    where = urlsplit(http)
    attacker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.attacks", attack, str(where.hostname), str(where.port),
        str(BEFORE_S + seconds), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with connect(f"ws://{where.netloc}/v1/realtime", max_size=None, ping_interval=None, proxy=None) as wire:
            assert attacker.stdout is not None
            async with asyncio.timeout(PREPARED_S):
                await attacker.stdout.readline()
            await asyncio.sleep(BEFORE_S)
            until, waits = time.monotonic() + seconds, list[float]()
            while time.monotonic() < until:
                waits.append(await _asked(wire))
                await asyncio.sleep(EVERY_S)
    finally:
        await ended(attacker)
    waits.sort()
    return {
        "attack": attack,
        "questions": len(waits),
        "p50_ms": _ms(waits, 0.5),
        "p99_ms": _ms(waits, 0.99),
        "max_ms": _ms(waits, 1.0),
    }


async def _asked(wire: ClientConnection) -> float:
    began = time.perf_counter()
    await wire.send('{"type": "input_audio_buffer.clear"}')
    async with asyncio.timeout(WITHIN_S):
        while json.loads(await wire.recv())["type"] != "input_audio_buffer.cleared":
            pass
    return time.perf_counter() - began


def _ms(waits: list[float], share: float) -> float:
    return round(1000 * waits[min(len(waits) - 1, int(share * len(waits)))], 1)


def names() -> list[str]:
    """Of all attacks; the first is none, to compare with."""
    return list(ATTACKS)
