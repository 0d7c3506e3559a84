"""One life of the llama.cpp child process: born, ready, dead."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from models import child, llama_child
from pipeline.errors import OperatorError

log = logging.getLogger(__name__)

CHILD, SCRIPT = (str(Path(str(module.__file__)).resolve()) for module in (child, llama_child))
QUOTED_LINES = 20
LONGEST_LINE = 500
"""Characters kept of one line of the child's log."""
TERMINATE_S = 5.0
"""How long the child may take to end when asked; seconds."""

ENVIRONMENT = {
    # How often OpenMP's threads look again at a barrier before they sleep; libgomp's own choice is 300000. A token has
    # hundreds of barriers, and a thread that spins keeps the one it waits for from the core: with speech recognition on
    # the other core a token then takes 0.1 to 2 s instead of 0.05. With no spinning at all a token takes half as long
    # again on an idle machine. 300 costs little of either.
    "GOMP_SPINCOUNT": "300",
}


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    """What llama.cpp is told. context: tokens per slot. gpu_layers: 0 none, -1 all."""

    model: Path
    threads: int
    slots: int
    context: int
    gpu_layers: int = 0

    @property
    def name(self) -> str:
        return self.model.stem

    @property
    def arguments(self) -> list[str]:
        return [
            f"--model={self.model}", f"--name={self.name}", f"--threads={self.threads}", f"--slots={self.slots}",
            f"--context={self.context}", f"--gpu-layers={self.gpu_layers}",
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """Where one life of the child listens. Each has another one."""

    url: str
    key: str = field(repr=False)


class LlamaProcess:
    """Made by `spawn`; the one who made it must `stop` it."""

    def __init__(self, options: LlamaOptions, process: asyncio.subprocess.Process) -> None:
        self._options = options
        self._process = process
        self._last_lines: deque[str] = deque(maxlen=QUOTED_LINES)
        self._reading = asyncio.create_task(self._read_log(), name="llama-log")

    @classmethod
    async def spawn(cls, options: LlamaOptions) -> Self:
        """Raises OperatorError when this machine cannot start another process."""
        # By path and without the working directory in front of sys.path (-P): the child is the same wherever the
        # gateway is started. In a session of its own, so that Ctrl-C reaches the gateway only, which then ends it.
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", CHILD, SCRIPT, *options.arguments,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                start_new_session=True, env=ENVIRONMENT | os.environ,
            )  # fmt: skip
        except OSError as error:
            raise OperatorError(f"The process of the language model cannot be started: {error}.") from error
        return cls(options, process)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ready(self, within_s: float) -> Address:
        """Where it listens, as soon as the model is loaded. Raises OperatorError, with its last words."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                line = await self._process.stdout.readline()
                if not line:  # it is dying
                    await self.wait()
        except TimeoutError:
            raise OperatorError(
                f"The language model {self._options.model} was not loaded within {within_s:g} s; "
                "choose a smaller one, or a machine with more memory or a faster disk."
            ) from None
        if not line:
            raise OperatorError(self._obituary())
        return Address(**json.loads(line))

    async def wait(self) -> int:
        """Its exit status, once it is dead and its last words are known."""
        status = await self._process.wait()
        await asyncio.wait({self._reading})
        return status

    async def dies(self, within_s: float) -> int | None:
        """Its exit status, None if it is still alive then."""
        try:
            async with asyncio.timeout(within_s):
                return await self.wait()
        except TimeoutError:
            return None

    async def stop(self) -> None:
        """End it: with a request first, then without. Safe to call twice, and on the dead."""
        if self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(TERMINATE_S):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        await self.wait()

    def kill(self) -> None:
        """Without a request, which a process that hangs does not hear. Nothing happens to the dead."""
        if self._process.returncode is None:
            self._process.kill()

    @property
    def last_words(self) -> str:
        return "\n".join(f"  {line}" for line in self._last_lines)

    def _obituary(self) -> str:
        words, status = self.last_words, self._process.returncode
        if status == -signal.SIGKILL or "alloc" in words:
            remedy = (
                "This machine has too little memory for it: choose a smaller model, or a smaller VOICEGW_LLM_CONTEXT."
            )
        elif "libgomp" in words:
            remedy = "The GNU OpenMP library is missing; on Debian: apt-get install libgomp1."
        elif "failed to load model" in words:
            remedy = (
                "The file is damaged or no GGUF model: `voicegw models verify` tells, `voicegw models pull` repairs."
            )
        else:
            remedy = "Its last words, below, say why."
        return f"The language model {self._options.model} did not start (exit status {status}). {remedy}\n{words}"

    async def _read_log(self) -> None:
        async for line in self._lines():
            self._last_lines.append(line)
            log.debug("llama.cpp: %s", line)

    async def _lines(self) -> AsyncIterator[str]:
        assert self._process.stderr is not None
        rest = b""
        while piece := await self._process.stderr.read(4096):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line[:LONGEST_LINE].decode(errors="replace").rstrip()
            rest = rest[:LONGEST_LINE]
        if rest:
            yield rest.decode(errors="replace").rstrip()
