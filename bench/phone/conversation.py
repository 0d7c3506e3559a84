"""A conversation in the page, turn after turn by the clock of its microphone, and what came of it."""

import asyncio
from pathlib import Path
from typing import Final

from bench.phone.browser import Phone, buzz, recording

SPEAKS_S: Final = 1.2
PERIOD_S: Final = 8.0
"""From the beginning of one of the learner's turns to the next: time to be answered in five seconds."""
SETTLES_S: Final = 2.5
"""Silence before the first turn: the call must be up."""
BACK_WITHIN_S: Final = 60.0
"""The page tries no longer than that."""
HELD_EVERY_S: Final = 0.5
WATCH: Final = Path(__file__).with_name("watch.js").read_text(encoding="utf-8")


def turns_file(path: Path, turns: int) -> Path:
    """What the learner's microphone hears."""
    parts = [part for _ in range(turns) for part in (buzz(SPEAKS_S), PERIOD_S - SPEAKS_S)]
    return recording(path, [SETTLES_S, *parts])


class Talk:
    """One call in the page, which was given WATCH as a script. Times are seconds of the page's clock."""

    def __init__(self, line: Phone) -> None:
        self._line = line
        self._held: list[tuple[float, float, int]] = []
        self._answers = 0

    async def until_answered(self) -> None:
        """Wait until the tutor has spoken once more than before, and is silent again."""
        self._answers += 1
        enough = "many => performance.getEntriesByName('turn').length >= many"
        await self._line.page.wait_for_function(enough, arg=self._answers)
        await self._line.floor("none")

    async def now(self) -> float:
        return float(await self._line.page.evaluate("performance.now() / 1000"))

    async def transport(self) -> str | None:
        return await self._line.page.get_attribute("#call", "data-transport")

    async def spoken(self) -> list[tuple[str, str]]:
        """The transcript, as the page shows it: who, and what."""
        script = (
            "[...document.querySelectorAll('#transcript-lines li')]"
            ".map(li => [li.classList[0], li.querySelector('p').textContent])"
        )
        return [(who, words) for who, words in await self._line.page.evaluate(script)]

    async def latencies(self) -> list[tuple[float, float]]:
        """Of each turn: when the learner had said the last word, and seconds from there to the answer's first sound."""
        script = "performance.getEntriesByName('turn').map(turn => [turn.startTime / 1000, turn.duration / 1000])"
        return [(end, waited) for end, waited in await self._line.page.evaluate(script)]

    async def phases(self) -> list[tuple[float, str]]:
        """When the call became what: connecting, live, reconnecting, ended."""
        states = await self._line.page.evaluate("window.__watch.states.map(({at, phase}) => [at / 1000, phase])")
        changes: list[tuple[float, str]] = []
        for at, phase in states:
            if not changes or changes[-1][1] != phase:
                changes.append((at, phase))
        return changes

    async def until_live(self, since: float) -> float:
        """Wait until the call, which was not, is live again after this time; when that was."""
        script = """since => window.__watch.states.find(({at, phase}, i, all) =>
            at > since * 1000 && phase === "live" && all[i - 1]?.phase !== "live")?.at"""
        found = await self._line.page.wait_for_function(script, arg=since, timeout=BACK_WITHIN_S * 1000)
        return float(await found.json_value()) / 1000

    async def watch_buffer(self) -> None:
        """Note how long sound waits in the browser's buffer, for as long as this is left running."""
        while True:
            at, seconds, samples = await self._line.page.evaluate("window.__watch.held()")
            self._held.append((at / 1000, seconds, samples))
            await asyncio.sleep(HELD_EVERY_S)

    def buffered(self, start: float, end: float) -> float:
        """Seconds that sound waited in the browser's buffer between these times, on average."""
        within = [(seconds, samples) for at, seconds, samples in self._held if start <= at <= end]
        (first, before), (last, after) = within[0], within[-1]
        return (last - first) / (after - before)
