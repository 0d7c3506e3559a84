"""llama.cpp's HTTP server as a child process that is kept alive."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from models.chat_address import client
from models.chat_limits import DEFAULT_LIMITS
from models.llama_process import Address, LlamaOptions, LlamaProcess
from models.looking import cannot_look
from pipeline.errors import EngineDown, EngineTimeout, OperatorError

log = logging.getLogger(__name__)

START_S = 120.0
"""How long a model may take to load; seconds. From a cold disk a large one takes most of a minute."""
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
"""Pause before a restart: doubled from the first to the longest, so that what dies at once does not eat the machine."""
LOOK_S = 2.0
"""How long it may take to tell somebody who only wants to know that it is there; seconds."""
LOOKS = 2
"""Looks in a row that must find it unwell before it is killed."""
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


class CannotLook(Exception):
    """Whether the child is well is not known: this process could not ask."""


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

    async def look(self) -> None:
        """Whether the server is there, by its HTTP threads: they answer at once, also while the model is busy.

        Raises EngineDown while it is down, EngineTimeout when it does not answer; nothing when we cannot look.
        """
        address = self._address
        if address is None:
            raise EngineDown(f"The embedded language model {self.options.name} is down.")
        try:
            async with client(httpx2.URL(address.url), address.key, DEFAULT_LIMITS) as http:
                (await http.get("health", timeout=LOOK_S)).raise_for_status()
        except httpx2.TimeoutException:
            raise EngineTimeout(f"The embedded language model {self.options.name} does not answer.") from None
        except (httpx2.HTTPError, OSError) as error:
            if not cannot_look(error):
                raise EngineDown(f"The embedded language model {self.options.name} is down: {error!r}.") from error

    async def _launch(self) -> None:
        process = await LlamaProcess.spawn(self.options)
        try:
            address = await process.ready(START_S)
            with suppress(CannotLook):  # it said itself that it is ready
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
        """Its exit status, when it dies, or when it has been found dead inside and is put out of its misery.

        That takes two looks in a row: one alone may have failed because this process was held up.
        """
        unwell = 0
        while True:
            dead = await process.dies(within_s=self._pulse.every_s)
            if dead is not None:
                return dead
            try:
                await self._examine(address)
                unwell = 0
            except OperatorError as error:
                unwell += 1
                if unwell >= LOOKS:
                    log.error("%s; it is killed", error)  # noqa: TRY400 - the sentence says it all
                    process.kill()
            except Exception as error:  # whatever it is, it says nothing about the child
                log.warning("the embedded language model could not be asked how it is, and is left as it is: %r", error)

    async def _examine(self, address: Address) -> None:
        """Raises OperatorError when the server at `address` is not well, CannotLook when that is not known."""
        # The first is answered by its HTTP threads; the second waits for the thread that runs the model.
        questions = (("health", self._pulse.answer_s), ("slots", self._pulse.step_s))
        async with client(httpx2.URL(address.url), address.key, DEFAULT_LIMITS) as http:
            for path, within_s in questions:
                try:
                    (await http.get(path, timeout=within_s)).raise_for_status()
                except (httpx2.HTTPError, OSError) as error:
                    if cannot_look(error):
                        raise CannotLook(f"llama.cpp's server could not be asked for /{path}: {error!r}") from error
                    if isinstance(error, httpx2.TimeoutException):
                        raise OperatorError(f"llama.cpp's server has not answered /{path} for {within_s:g} s") from None
                    raise OperatorError(
                        f"llama.cpp's server does not answer /{path} as it should: {error!r}"
                    ) from error
