"""What the page and its transport add to a turn: the same gateway asked by the bench's caller and by the page."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.caller import Asked, ask
from bench.phone.browser import ONLY, buzz, phone
from bench.phone.conversation import SPEAKS_S, WATCH, Talk, turns_file
from bench.report import statistics, turn_facts
from bench.speech import Prompt

PATIENCE: Final = "medium"
"""How eagerly a turn is taken for over, in the protocol's words: what the page asks for unless it is told otherwise."""
METHOD: Final = {
    "caller": "as in `bench turn`: from the frame with the last speech sample, handed to the socket, to the first "
    "audible sample received",
    "page": "the page's own measure `turn`: from the last loud frame of the microphone to the first audible sample of "
    "what it plays, behind the browser's buffer; not in it: what the browser's own capture and a loudspeaker take",
    "connected": "from the press of the button to the moment at which the caller can talk; one call of each kind",
    "warm_up": "the first turn of each is not counted",
}


async def measure(http: str, folder: Path, *, turns: int) -> dict[str, Any]:
    """So many turns of the caller over a WebSocket, then of the page over each transport.

    http: a scripted gateway. folder: for the microphone's file.
    """
    caller = await _caller(http, turns)
    connected: dict[str, float] = {}
    page = {over: await _page(http, folder, turns, over, connected) for over in ("websocket", "webrtc")}
    found = {"caller": statistics(caller)} | {f"page_{over}": statistics(ms) for over, ms in page.items()}
    added = {over: round(float(np.median(ms) - np.median(caller)), 1) for over, ms in page.items()}
    return {"turns": turns, "latency_ms": found, "added_ms": added, "connected_ms": connected, "method": METHOD}


async def _caller(http: str, turns: int) -> list[float]:
    found: list[float] = []

    def tell(asked: Asked) -> None:
        found.append(turn_facts(asked)["latency_ms"])

    prompts = [Prompt("hum", None, buzz(SPEAKS_S))] * (turns + 1)
    await ask(http.replace("http", "ws", 1) + "/v1/realtime", None, prompts, tell, eagerness=PATIENCE)
    return found[1:]


async def _page(http: str, folder: Path, turns: int, over: str, connected: dict[str, float]) -> list[float]:
    """Milliseconds of each turn. connected: takes the time that the call took to stand."""
    microphone = turns_file(folder / f"{over}.wav", turns + 1)
    async with phone(http, microphone, script=ONLY[over] + WATCH) as line:
        await line.call(over)
        marks = await line.marks()
        connected[over] = round((marks["call:connected"] - marks["call:click"]) * 1000, 1)
        talk = Talk(line)
        for _ in range(turns + 1):
            await talk.until_answered()
        return [waited * 1000 for _, waited in (await talk.latencies())[1:]]
