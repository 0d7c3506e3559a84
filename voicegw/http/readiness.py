"""Would a call be answered? What the engines say when they are asked, for a moment at a time."""

import asyncio
import logging
from collections.abc import Mapping

from pipeline.engines import Engine, Engines, Probed
from pipeline.errors import EngineDown, EngineError, EngineOverloaded, EngineTimeout

log = logging.getLogger(__name__)

FRESH_S = 1.0
"""How long what was found is told again: whoever asks, and how often, costs one look a second."""
PROBE_S = 3.0
"""Longest that one engine may take to say that it is there."""


class Readiness:
    """Looks when somebody asks, once for all who ask at the same time."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._found: Mapping[str, str] = {}
        self._found_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    @property
    def without(self) -> frozenset[str]:
        """Roles that a call can do without."""
        optional = (self._engines.turn_detector, self._engines.sentence_detector)
        return frozenset(engine.info.role for engine in optional if engine is not None)

    async def troubles(self) -> Mapping[str, str]:
        """What is wrong with an engine, by its role, in words that everybody may read."""
        if asyncio.get_running_loop().time() - self._found_at > FRESH_S:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look(), name="readiness")
            await asyncio.shield(self._looking)
        return self._found

    async def _look(self) -> None:
        engines = [engine for engine in self._engines.all if isinstance(engine, Probed)]
        said = await asyncio.gather(*(self._trouble(engine) for engine in engines))
        found = {engine.info.role: trouble for engine, trouble in zip(engines, said, strict=True) if trouble}
        if found != self._found:
            log.log(
                logging.WARNING if found else logging.INFO, "what the engines say of themselves", extra={"down": found}
            )
        self._found, self._found_at = found, asyncio.get_running_loop().time()

    async def _trouble(self, engine: Engine) -> str | None:
        assert isinstance(engine, Probed)
        try:
            async with asyncio.timeout(PROBE_S):
                await engine.probe()
        except (TimeoutError, EngineTimeout):
            return "does not answer"
        except EngineOverloaded:
            return "has too much to do"
        except EngineError as error:
            return "is down" if isinstance(error, EngineDown) else "refuses requests"
        return None
