"""llama.cpp's HTTP server as a child process that is kept alive."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import httpx2

from models.chat_address import client
from models.chat_limits import DEFAULT_LIMITS
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


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a child that lives but does nothing is found out; seconds.

    every_s: pause between two looks. answer_s: how long its HTTP server may take to say that it is there.
    step_s: how long its engine, which answers between two steps, may take. A step is 64 tokens at most, a second for a
    small model on two cores; the time is for large models on busy machines.
    """

    every_s: float = 5.0
    answer_s: float = 5.0
    step_s: float = 60.0


class EmbeddedServer:
    """Starts the child, starts another when it dies or hangs, ends it. One at a time."""

    def __init__(
        self,
        model: Path,
        *,
        threads: int,
        slots: int,
        context: int,
        gpu_layers: int = 0,
        pulse: Pulse = Pulse(),
    ) -> None:
        """model: a GGUF file. slots: conversations held at the same time. context: tokens per slot."""
        self.options = LlamaOptions(model, threads, slots, context, gpu_layers)
        self._pulse = pulse
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
            await self._examine(address)
        except BaseException:
            await process.stop()
            raise
        self._process, self._address = process, address
        log.info("the embedded language model %s is ready, pid %d", self.options.name, process.pid)

    async def _keep(self) -> None:
        now = asyncio.get_running_loop().time
        pause = FIRST_PAUSE_S
        while self._process is not None and self._address is not None:
            born = now()
            status = await self._end(self._process, self._address)
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

    async def _end(self, process: LlamaProcess, address: Address) -> int:
        """Its exit status, when it dies, or when it has been found dead inside and is put out of its misery."""
        while True:
            dead = await process.dies(within_s=self._pulse.every_s)
            if dead is not None:
                return dead
            try:
                await self._examine(address)
            except OperatorError as error:
                log.error("%s; it is killed", error)  # noqa: TRY400 - the sentence says it all
                process.kill()

    async def _examine(self, address: Address) -> None:
        """Raises OperatorError when the server at `address` is not well."""
        # The first is answered by its HTTP threads; the second waits for the thread that runs the model.
        questions = (("health", self._pulse.answer_s), ("slots", self._pulse.step_s))
        async with client(httpx2.URL(address.url), address.key, DEFAULT_LIMITS) as http:
            for path, within_s in questions:
                try:
                    (await http.get(path, timeout=within_s)).raise_for_status()
                except httpx2.TimeoutException:
                    raise OperatorError(f"llama.cpp's server has not answered /{path} for {within_s:g} s") from None
                except httpx2.HTTPError as error:
                    raise OperatorError(
                        f"llama.cpp's server does not answer /{path} as it should: {error!r}"
                    ) from error
