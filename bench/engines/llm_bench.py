"""The embedded language model: how soon the first token is there, by how much of the prompt was read ahead.

    python -m pytest bench/engines/llm_bench.py -s [--benchmark-json FILE] [-k MODEL]

A caller says 12 words to a tutor with standing orders of about 100 tokens. Each round asks three times, in turn, so
that a busy moment of the machine falls on all:

    nothing   the whole prompt is read when the caller is done
    orders    the standing orders were read before
    words     and so was what the caller said, but for the last three words
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from models.llama_server import EmbeddedServer
from models.llm_embedded import EmbeddedChat
from models.weights.files import ModelStore
from models.weights.manifest import default_manifest
from pipeline.engines import ChatMessage, ChatRequest, Usage
from voicegw import settings

ROUNDS = 9
THREADS = 2
ORDERS = (
    "You are a warm, patient conversation partner on the phone. Everything you write is spoken aloud, so answer in one "
    "to three short, natural sentences of plain words: no lists, no markdown, no emoji, no code. Answer in the "
    "language you are spoken to. Often end with a short question that keeps the talk going, and never correct more "
    "than one mistake at a time."
)
SAID = "Yesterday I went to the market with my sister and bought bread."
TOKENS = 16
"""Tokens of an answer, to measure the pace at which they come."""


@dataclass(frozen=True)
class Turn:
    """first: seconds to the first token. pace: seconds from one token to the next, in the mean."""

    first: float
    pace: float
    usage: Usage


class Talker:
    """One caller after another, none of whom the server has met."""

    def __init__(self, chat: EmbeddedChat) -> None:
        self._chat = chat
        self._callers = 0

    async def turn(self, ahead: str) -> Turn:
        """ahead: what was read ahead, `nothing`, `orders` or `words`."""
        self._callers += 1
        caller = str(self._callers)
        # The prompt is another one from its beginning on: nothing of it is in the server's memory.
        orders = ChatMessage("system", f"{caller} is the number of this call. {ORDERS}")
        if ahead != "nothing":
            await self._chat.prefill(ChatRequest((orders,)), caller=caller)
        if ahead == "words":
            heard = ChatMessage("user", SAID.rsplit(maxsplit=3)[0])
            await self._chat.prefill(ChatRequest((orders, heard)), caller=caller)
        return await self._answer(ChatRequest((orders, ChatMessage("user", SAID)), TOKENS, 0.0), caller)

    async def _answer(self, request: ChatRequest, caller: str) -> Turn:
        began, times = time.perf_counter(), []
        async for delta in self._chat.stream(request, caller=caller):
            times.append(time.perf_counter() - began)
            usage = delta.usage
        assert usage is not None
        # The last delta is the end, not a token.
        return Turn(times[0], (times[-2] - times[0]) / (len(times) - 2), usage)


@pytest.fixture(params=["smollm2-135m", "qwen2.5-coder-1.5b"])
def turn(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Turn]]:
    model = default_manifest().model(request.param)
    file: Path = ModelStore(settings.load().models_dir).require(model) / model.files[0].name
    chat = EmbeddedChat(EmbeddedServer(file, threads=THREADS, slots=4, context=3072))
    with asyncio.Runner() as runner:
        runner.run(chat.start())
        talker = Talker(chat)
        yield lambda ahead: runner.run(talker.turn(ahead))
        runner.run(chat.close())


def test_first_token(benchmark: BenchmarkFixture, turn: Callable[[str], Turn], request: pytest.FixtureRequest) -> None:
    turns: dict[str, list[Turn]] = {"nothing": [], "orders": [], "words": []}

    def round_of_three() -> None:
        for ahead, taken in turns.items():
            taken.append(turn(ahead))

    benchmark.pedantic(round_of_three, rounds=ROUNDS, warmup_rounds=1)
    first = {ahead: median(one.first for one in taken) * 1000 for ahead, taken in turns.items()}
    read = {ahead: taken[0].usage.input - taken[0].usage.cached for ahead, taken in turns.items()}
    pace = median(one.pace for taken in turns.values() for one in taken) * 1000
    benchmark.extra_info.update(first_token_ms=first, tokens_read=read, token_ms=pace)
    print(f"\n{request.node.callspec.id}: one token {pace:.0f} ms; first token")  # noqa: T201 - it was asked for
    for ahead, ms in first.items():
        print(f"  {ahead:>8} read ahead, {read[ahead]:3} tokens left: {ms:5.0f} ms")  # noqa: T201
