"""models/llm_openai.py against a real vLLM: `make test-vllm`.

One server, started once for all of these tests.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from models.chat_limits import ChatLimits
from models.llm_openai import OpenAIChat
from models.weights.files import ModelStore
from pipeline.engines import ChatDelta, ChatMessage, ChatRequest, Tool, ToolCall, Usage
from pipeline.errors import EngineError, OperatorError
from tests.vllm.server import KEY, MODEL, Vllm, vllm_server

ENVIRONMENT = os.environ.get("TEST_VLLM")
pytestmark = [
    pytest.mark.vllm,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not ENVIRONMENT, reason="asked for with `make test-vllm`"),
]

PATIENT = ChatLimits(start_s=120, first_token_s=60, gap_s=60, total_s=120)
BLOCK = 32
"""Tokens that this server's prefix cache keeps together: the fewest a CPU can; on a GPU vLLM's own choice is 16."""
ORDERS = (
    "You are a warm, patient conversation partner on the phone. Everything you write is spoken aloud, so answer in one "
    "to three short, natural sentences of plain words, and often end with a short question that keeps the talk going."
)
WEATHER = Tool(
    "get_weather",
    "The weather in a city",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vllm(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Vllm]:
    from voicegw import settings

    model = ModelStore(settings.load().models_dir).folder("smollm2-135m") / "SmolLM2-135M-Instruct.Q4_1.gguf"
    python = Path.cwd() / (ENVIRONMENT or "") / "bin/python"
    async with vllm_server(python, model, tmp_path_factory.mktemp("vllm")) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(vllm: Vllm) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(vllm.url, "auto", KEY, limits=PATIENT)
    await chat.start()
    yield chat
    await chat.close()


def asking(*texts: str, orders: str = ORDERS, max_tokens: int = 12) -> ChatRequest:
    roles = ("user", "assistant") * len(texts)
    said = (ChatMessage(role, text) for role, text in zip(roles, texts, strict=False))  # type: ignore[arg-type]
    return ChatRequest((ChatMessage("system", orders), *said), max_tokens=max_tokens, temperature=0.0)


async def deltas(chat: OpenAIChat, request: ChatRequest) -> list[ChatDelta]:
    return [delta async for delta in chat.stream(request, caller="ann")]


async def reply(chat: OpenAIChat, request: ChatRequest) -> tuple[str, Usage]:
    found = await deltas(chat, request)
    assert found[-1].usage is not None
    return "".join(delta.text for delta in found), found[-1].usage


async def test_it_is_known_for_what_it_is(chat: OpenAIChat) -> None:
    assert (chat.info.engine, chat.info.model) == ("vllm", MODEL)


async def test_words_come_one_by_one_and_are_counted(chat: OpenAIChat) -> None:
    found = await deltas(chat, ChatRequest((ChatMessage("user", "What colour is the sky?"),), 20, 0.0))
    assert "blue" in "".join(delta.text for delta in found)
    assert len([delta for delta in found if delta.text]) > 10
    assert found[-1].usage is not None
    assert found[-1].usage.output <= 20


async def test_a_conversation_reads_only_what_is_new(chat: OpenAIChat, vllm: Vllm) -> None:
    said, seen = ["I went to the market this morning."], 0
    for more in ("And then I met an old friend there.", "We had a cup of tea together.", "It was very nice."):
        before = await vllm.metrics()
        text, usage = await reply(chat, asking(*said))
        after = await vllm.metrics()
        # All of the last prompt, but for the block that it did not fill and the template's last words.
        assert usage.cached >= seen - 2 * BLOCK
        assert after.cache_hits - before.cache_hits == usage.cached
        assert after.generated_tokens - before.generated_tokens == usage.output
        seen = usage.input
        said.extend([text, more])
    assert seen > 100


async def test_what_is_read_ahead_is_found_again(chat: OpenAIChat, vllm: Vllm) -> None:
    story = "Yesterday I went to the market with my sister and we bought some bread and a lot of cheese for the party."
    orders = f"Your name is Zoe. {ORDERS}"  # that nobody has sent before
    await chat.prefill(asking(" ".join(story.split()[:-3]), orders=orders), caller="ann")
    before = await vllm.metrics()
    _, usage = await reply(chat, asking(story, orders=orders))
    assert usage.cached >= usage.input - 2 * BLOCK
    assert (await vllm.metrics()).cache_hits - before.cache_hits == usage.cached


async def test_leaving_an_answer_stops_the_server(vllm: Vllm) -> None:
    chat = OpenAIChat(vllm.url, MODEL, KEY, limits=PATIENT, extra={"ignore_eos": True})
    before = await vllm.metrics()
    async with aclosing(chat.stream(asking("Tell me a long story.", max_tokens=800), caller="ann")) as stream:
        await anext(stream)
        assert (await vllm.metrics()).running == 1
    async with asyncio.timeout(10):
        while (await vllm.metrics()).running:
            await asyncio.sleep(0.05)
    assert (await vllm.metrics()).generated_tokens - before.generated_tokens < 400
    await chat.close()


async def test_two_callers_at_once(chat: OpenAIChat) -> None:
    both = await asyncio.gather(reply(chat, asking("I like tea.")), reply(chat, asking("I like rain.")))
    assert all(text for text, _ in both)


async def test_a_required_call_is_made_and_its_result_is_read(chat: OpenAIChat) -> None:
    question = ChatMessage("user", "What is the weather in Paris?")
    found = await deltas(
        chat, ChatRequest((question,), max_tokens=60, temperature=0.0, tools=(WEATHER,), tool_choice="required")
    )
    pieces = [delta.call for delta in found if delta.call and delta.call.index == 0]
    call = ToolCall(pieces[0].id, pieces[0].name, "".join(piece.arguments for piece in pieces))
    assert call.id
    assert call.name == "get_weather"
    assert "Paris" in str(msgspec.json.decode(call.arguments))
    answered = ChatRequest(
        (question, ChatMessage("assistant", "", (call,)), ChatMessage("tool", '{"sky": "clear"}', call_id=call.id)),
        max_tokens=20,
        temperature=0.0,
    )
    assert (await reply(chat, answered))[0]


async def test_what_it_refuses_is_told(chat: OpenAIChat, vllm: Vllm) -> None:
    with pytest.raises(EngineError, match=r"refused the request .HTTP 400.*1024"):
        await deltas(chat, asking("never mind " * 1000))
    stranger = OpenAIChat(vllm.url, MODEL, "sk-wrong")
    with pytest.raises(OperatorError, match="VOICEGW_LLM_API_KEY"):
        await stranger.start()
    await stranger.close()
    lost = OpenAIChat(vllm.url, "another", KEY)
    with pytest.raises(OperatorError, match=f"does not know the model 'another'.*It offers: {MODEL}"):
        await lost.start()
    await lost.close()
