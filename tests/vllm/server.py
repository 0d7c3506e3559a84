"""A real vLLM server, for as long as a test needs it."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from models.vllm_metrics import VllmMetrics, parse

KEY = "sk-for-the-test"
MODEL = "smollm2"
START_S = 300.0
STOP_S = 20.0
OPTIONS = [
    "--served-model-name", MODEL, "--api-key", KEY, "--host", "127.0.0.1", "--max-model-len", "1024",
    "--max-num-seqs", "4", "--block-size", "32",
    # without these it compiles for two minutes, tells nobody what its cache saved, and refuses tools
    "--enforce-eager", "--enable-prompt-tokens-details", "--enable-auto-tool-choice", "--tool-call-parser", "hermes",
]  # fmt: skip
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}


@dataclass(frozen=True)
class Vllm:
    url: str

    async def metrics(self) -> VllmMetrics:
        async with httpx2.AsyncClient() as http:
            return parse((await http.get(f"{self.url}/metrics")).text)


@asynccontextmanager
async def vllm_server(python: Path, gguf: Path, scratch: Path) -> AsyncIterator[Vllm]:
    """python: of vLLM's environment. gguf: the model. scratch: a folder for its weights and its log."""
    weights = await asyncio.create_subprocess_exec(
        python, Path(__file__).with_name("weights.py"), gguf, scratch / "weights"
    )
    assert await weights.wait() == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (scratch / "vllm.log").open("wb") as log:
        # Its own command looks for a distribution named vllm, which the CPU build is not. It has children: a session of
        # its own makes them one group.
        process = await asyncio.create_subprocess_exec(
            python, "-m", "vllm.entrypoints.openai.api_server", "--model", scratch / "weights", "--port", str(port),
            *OPTIONS, env=os.environ | ENVIRONMENT, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    server = Vllm(f"http://127.0.0.1:{port}")
    try:
        assert await _healthy(server, process), (scratch / "vllm.log").read_text()[-4000:]
        yield server
    finally:
        await _stop(process)


async def _healthy(server: Vllm, process: asyncio.subprocess.Process) -> bool:
    """False when it died before it could be used."""
    async with asyncio.timeout(START_S), httpx2.AsyncClient() as http:
        while process.returncode is None:
            try:
                if (await http.get(f"{server.url}/health")).is_success:
                    return True
            except httpx2.TransportError:
                await asyncio.sleep(0.5)
    return False


async def _stop(process: asyncio.subprocess.Process) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is None:
            os.killpg(process.pid, sign)
            await asyncio.wait({asyncio.ensure_future(process.wait())}, timeout=STOP_S)
