"""llama.cpp's HTTP server as a child process that is kept alive."""

import asyncio
import logging
from pathlib import Path

import httpx2

from models.llama_process import Address, LlamaOptions, LlamaProcess
from pipeline.errors import OperatorError

log = logging.getLogger(__name__)

START_S = 120.0
"""How long a model may take to load; seconds. From a cold disk a large one takes most of a minute."""
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
"""Pause before a restart: doubled from the first to the longest, so that what dies at once does not eat the machine."""
STEADY_S = 60.0
"""A child that lived this long counts as well again: the next pause is the first."""


class EmbeddedServer:
    """Starts the child, starts another when it dies, ends it. One at a time."""

    def __init__(
        self,
        model: Path,
        *,
        threads: int,
        slots: int,
        context: int,
        gpu_layers: int = 0,
    ) -> None:
        """model: a GGUF file. slots: conversations held at the same time. context: tokens per slot."""
        self.options = LlamaOptions(model, threads, slots, context, gpu_layers)
        self._address: Address | None = None
        self._restarts = 0
        self._process: LlamaProcess | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def address(self) -> Address | None:
        """Where it listens now; None while it is down."""
        return self._address

    @property
    def restarts(self) -> int:
        """How often it has died and was started again, or tried to be."""
        return self._restarts

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._address else None

    async def start(self) -> None:
        """Returns when the model is loaded and the server healthy. Raises OperatorError."""
        if not self.options.model.is_file():
            raise OperatorError(
                f"The language model {self.options.model} is not there; `voicegw models pull` fetches it."
            )
        await self._launch()
        self._keeper = asyncio.create_task(self._keep(), name="llama-keeper")

    async def close(self) -> None:
        self._address = None
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
        if self._process is not None:
            await self._process.stop()

    async def _launch(self) -> None:
        process = await LlamaProcess.spawn(self.options)
        try:
            address = await process.ready(START_S)
            await _healthy(address)
        except BaseException:
            await process.stop()
            raise
        self._process, self._address = process, address
        log.info("the embedded language model %s is ready, pid %d", self.options.name, process.pid)

    async def _keep(self) -> None:
        now = asyncio.get_running_loop().time
        pause = FIRST_PAUSE_S
        while self._process is not None:
            born = now()
            status = await self._process.wait()
            self._address = None
            log.error(
                "the embedded language model died (exit status %d) and is restarted; its last words:\n%s",
                status, self._process.last_words,
            )  # fmt: skip
            if now() - born > STEADY_S:
                pause = FIRST_PAUSE_S
            while self._address is None:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                self._restarts += 1
                try:
                    await self._launch()
                except OperatorError as error:
                    log.warning("the embedded language model does not come back: %s", error)


async def _healthy(address: Address) -> None:
    """Raises OperatorError when the server that says it is ready does not answer."""
    async with httpx2.AsyncClient(trust_env=False, timeout=5.0) as client:
        try:
            (await client.get(f"{address.url}/health")).raise_for_status()
        except httpx2.HTTPError as error:
            raise OperatorError(f"llama.cpp's server at {address.url} does not answer: {error!r}") from error
