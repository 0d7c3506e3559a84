"""models/llm_embedded.py and what it stands on: a real llama.cpp server with a real, small model."""

import asyncio
import itertools
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import httpx2
import psutil
import pytest

from models.call_grammar import grammar
from models.chat_limits import ChatLimits
from models.llama_process import Address
from models.llama_server import EmbeddedServer, Pulse
from models.llm_embedded import EmbeddedChat
from models.llm_openai import OpenAIChat
from models.weights.files import ModelStore
from pipeline.engines import ChatMessage, ChatRequest, Tool, ToolCall, Usage
from pipeline.errors import EngineDown, EngineError, EngineTimeout, OperatorError
from tests.support.until import until

pytestmark = pytest.mark.real

PATIENT = ChatLimits(first_token_s=60, gap_s=60, total_s=120)
INSTRUCTIONS = "You are a friendly tutor on the phone. Answer in one short sentence and ask about the learner's day."
SKY = ChatRequest((ChatMessage("user", "What colour is the sky?"),), max_tokens=40, temperature=0.0)


@pytest.fixture
def model(model_store: ModelStore) -> Path:
    return model_store.folder("smollm2-135m") / "SmolLM2-135M-Instruct.Q4_1.gguf"


def embedded(model: Path) -> EmbeddedServer:
    return EmbeddedServer(model, threads=2, slots=2, context=1024)


@asynccontextmanager
async def started(engine: Any) -> AsyncIterator[Any]:
    try:
        await engine.start()
        yield engine
    finally:
        await engine.close()


def asking(*texts: str, max_tokens: int = 8) -> ChatRequest:
    """A conversation that the caller began, with the answers between."""
    roles: list[Any] = ["user", "assistant"] * len(texts)
    said = (ChatMessage(role, text) for role, text in zip(roles, texts, strict=False))
    return ChatRequest((ChatMessage("system", INSTRUCTIONS), *said), max_tokens=max_tokens, temperature=0.0)


async def reply(chat: Any, request: ChatRequest, caller: str = "ann") -> tuple[str, Usage]:
    found = [delta async for delta in chat.stream(request, caller=caller)]
    assert found[-1].usage is not None
    return "".join(delta.text for delta in found), found[-1].usage


async def test_it_answers(model: Path) -> None:
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        text, usage = await reply(chat, SKY)
        assert "blue" in text
        assert usage.input > 10
        assert 1 <= usage.output <= 40
        assert (chat.info.role, chat.info.model, chat.info.device) == ("llm", model.stem, "cpu")


async def test_how_long_a_first_conversation_takes_to_read_is_known_from_the_start(model: Path) -> None:
    chat = EmbeddedChat(embedded(model), limits=PATIENT)
    assert chat.reading_s(spoken(LONG), caller="ann") == 0.0
    async with started(chat):
        assert chat.reading_s(spoken(LONG), caller="ann") > chat.reading_s(SKY, caller="ann") > 0.0


async def test_an_answer_cut_by_its_limit_says_so(model: Path) -> None:
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        found = [delta async for delta in chat.stream(asking("Tell me a long story.", max_tokens=3), caller="ann")]
        assert found[-1].finish == "length"
        assert found[-1].usage is not None
        assert found[-1].usage.output == 3


async def test_two_callers_in_turns_each_pay_for_the_new_words_only(model: Path) -> None:
    """With the same instructions: that is what makes the server itself mix them up."""
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        said: dict[str, list[str]] = {"ann": ["I went to the market."], "bob": ["I stayed at home."]}
        seen: dict[str, int] = {}
        for _ in range(4):
            for caller, texts in said.items():
                text, usage = await reply(chat, asking(*texts), caller)
                # All of the last request is still there; a few tokens at the seam may be cut differently.
                assert usage.cached >= seen.get(caller, 0) - 4
                seen[caller] = usage.input
                texts.extend([text or "Yes.", "And then?"])
        assert min(seen.values()) > 100


async def slots(address: Address) -> list[dict[str, Any]]:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {address.key}"}) as http:
        found: list[dict[str, Any]] = (await http.get(f"{address.url}/slots")).json()
    return found


async def idle(address: Address) -> bool:
    return not any(slot["is_processing"] for slot in await slots(address))


async def read(address: Address) -> int:
    """Tokens of their present prompts that the slots have read so far."""
    return sum(slot.get("n_prompt_tokens_processed", 0) for slot in await slots(address))


async def until_it_is(address: Address, *, rest: bool) -> None:
    """Wait until the server generates nothing, or does."""
    async with asyncio.timeout(30):
        while await idle(address) != rest:
            await asyncio.sleep(0.01)


async def metric(address: Address, name: str) -> int:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {address.key}"}) as http:
        metrics = (await http.get(f"{address.url}/metrics")).text
    found = re.search(rf"^llamacpp:{name} (\d+)", metrics, re.MULTILINE)
    assert found
    return int(found[1])


SYSTEM = ChatMessage("system", INSTRUCTIONS)
STORY = "Yesterday I went to the market with my sister and we bought some bread and a lot of cheese for the party."


def spoken(words: str) -> ChatRequest:
    return ChatRequest((SYSTEM, ChatMessage("user", words)), max_tokens=8, temperature=0.0)


async def test_what_is_read_ahead_is_not_read_again(model: Path) -> None:
    """The caller is still speaking: only the words that were missing, and the template's tail, are left to read."""
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        missing = 3
        await chat.prefill(ChatRequest((SYSTEM,)), caller="ann")
        await chat.prefill(spoken(" ".join(STORY.split()[:-missing])), caller="ann")
        text, usage = await reply(chat, spoken(STORY))
        tail = 6  # <|im_end|>, a line's end, <|im_start|>, assistant (two), a line's end
        assert usage.input - usage.cached <= missing + 1 + tail
        assert text == (await reply(chat, spoken(STORY), "bob"))[0]


async def test_reading_ahead_generates_nothing(model: Path) -> None:
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        address = chat._server.address
        before = await metric(address, "tokens_predicted_total")
        await chat.prefill(spoken(STORY), caller="ann")
        # The last token read foretells one more, at no cost.
        assert await metric(address, "tokens_predicted_total") - before <= 1


LONG = "never mind " * 400
"""800 tokens."""


@asynccontextmanager
async def reading_ahead(chat: EmbeddedChat, address: Address) -> AsyncIterator[asyncio.Task[None]]:
    """Until the server has read a part of something long, and is not done with it."""
    task = asyncio.create_task(chat.prefill(spoken(LONG), caller="ann"))
    async with asyncio.timeout(30):
        while await read(address) < 64:
            await asyncio.sleep(0.01)
    assert not task.done()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_an_answer_goes_on_from_where_reading_ahead_is(model: Path) -> None:
    server = EmbeddedServer(model, threads=2, slots=2, context=4096)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        assert server.address is not None
        async with reading_ahead(chat, server.address) as task:
            _, usage = await reply(chat, spoken(LONG + "and thank you"))
            assert usage.cached >= 64
            await asyncio.wait_for(task, 1)  # which was told nothing of it


async def test_an_answer_to_other_words_does_not_wait_for_the_end(model: Path) -> None:
    server = EmbeddedServer(model, threads=2, slots=2, context=4096)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        assert server.address is not None
        before = await metric(server.address, "prompt_tokens_total")
        async with reading_ahead(chat, server.address):
            await reply(chat, spoken("How are you?"))
            # Of 800, with what the answer itself needed.
            assert await metric(server.address, "prompt_tokens_total") - before < 500


async def test_reading_ahead_stops_when_it_is_cancelled(model: Path) -> None:
    server = EmbeddedServer(model, threads=2, slots=2, context=4096)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        assert server.address is not None
        before = await metric(server.address, "prompt_tokens_total")
        async with reading_ahead(chat, server.address) as task:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until_it_is(server.address, rest=True)
            assert await metric(server.address, "prompt_tokens_total") - before < 500


async def test_while_the_caller_is_answered_nothing_is_read_ahead(model: Path) -> None:
    async with (
        started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat,
        aclosing(chat.stream(spoken(STORY), caller="ann")) as stream,
    ):
        await anext(stream)
        before = await metric(chat._server.address, "prompt_tokens_total")
        await chat.prefill(spoken("Wait"), caller="ann")
        assert await metric(chat._server.address, "prompt_tokens_total") == before


async def test_a_prompt_that_cannot_be_read_is_an_error(model: Path) -> None:
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        with pytest.raises(EngineError, match=r"The embedded language model refused .*context"):
            await chat.prefill(spoken(LONG * 3), caller="ann")


async def test_a_memory_cut_at_its_front_is_moved_and_not_read_again(model: Path) -> None:
    server = EmbeddedServer(model, threads=2, slots=1, context=4096)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        said = [f"Here is story number {number}: {STORY}" for number in range(20)]
        first = (await reply(chat, asking(*said)))[1]
        assert first.input > 500
        _, usage = await reply(chat, asking(*said[6:], "Nice.", "And then?"))
        assert usage.input - usage.cached < 40


WEATHER = Tool(
    "get_weather",
    "The weather in a city",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


async def test_a_required_call_is_made(model: Path) -> None:
    """By a model that knows nothing of tools."""
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        question = ChatMessage("user", "What is the weather in Paris?")
        offer = ChatRequest((question,), max_tokens=80, temperature=0.0, tools=(WEATHER,), tool_choice="required")
        found = [delta async for delta in chat.stream(offer, caller="ann")]
        assert not any(delta.text for delta in found)
        [piece] = [delta.call for delta in found if delta.call]
        assert piece.name == "get_weather"
        assert isinstance(json.loads(piece.arguments)["city"], str)
        call = ToolCall(piece.id, piece.name, piece.arguments)
        story = (question, ChatMessage("assistant", "", (call,)), ChatMessage("tool", "Rain.", call_id=call.id))
        await chat.prefill(ChatRequest(story, tools=(WEATHER,)), caller="ann")
        assert (await reply(chat, ChatRequest(story, max_tokens=10, tools=(WEATHER,))))[0]


async def test_strangers_schemas_do_not_break_the_server(model: Path) -> None:
    """Deep, wide, with odd names and unknown words: llama.cpp takes the grammars that are made of them."""
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        deep = {"type": "object", "properties": {'in "\\n': deep}, "required": ['in "\\n']}
    wide = {"type": "object", "properties": {f"k{n}": {"enum": [n, "]\n", None]} for n in range(300)}}
    odd = {"type": "bogus", "properties": {"a": {"$ref": "#/x"}, "b": {"anyOf": []}, "c": {"pattern": "(("}}}
    choices: tuple[Literal["auto", "required"], ...] = ("auto", "required")
    async with started(embedded(model)) as server:
        chat = OpenAIChat(server.address.url, api_key=server.address.key, limits=PATIENT)
        for parameters, choice in itertools.product((deep, wide, odd), choices):
            # With a short prompt: to read all these properties is the model's work, not the grammar's.
            held = {"grammar": grammar((Tool("x", parameters=parameters), WEATHER), choice)}
            found = [delta async for delta in chat.stream(replace(SKY, max_tokens=4), caller="ann", extra=held)]
            assert found[-1].finish == "length"
            assert (found[0].text[0] in "{<") == (choice == "required")  # a call, or its mark
        assert server.restarts == 0
        await chat.close()


async def test_tools_that_are_not_to_be_called_do_not_hold_words_back(model: Path) -> None:
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        offer = replace(SKY, tools=(WEATHER,), tool_choice="none")
        assert "blue" in (await reply(chat, offer))[0]


async def test_leaving_an_answer_stops_the_server(model: Path) -> None:
    async with started(embedded(model)) as server:
        address = server.address
        chat = OpenAIChat(address.url, api_key=address.key, limits=PATIENT, extra={"ignore_eos": True})
        async with aclosing(chat.stream(asking("Tell me a story.", max_tokens=900), caller="ann")) as stream:
            await anext(stream)
            assert not await idle(address)
        await until_it_is(address, rest=True)
        assert await metric(address, "tokens_predicted_total") < 500
        await chat.close()


async def test_leaving_while_the_prompt_is_read_stops_the_server(model: Path) -> None:
    """Also when it has other things to tell, here about its slots: those keep it from looking who has left."""
    server = EmbeddedServer(model, threads=2, slots=1, context=8192)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        address = server.address
        assert address is not None
        before = await metric(address, "prompt_tokens_total")
        waiting = asyncio.create_task(reply(chat, asking("never mind " * 2500)))
        await until_it_is(address, rest=False)
        waiting.cancel()
        await asyncio.wait({waiting})
        await until_it_is(address, rest=True)
        # Of 5000.
        assert await metric(address, "prompt_tokens_total") - before < 2000


async def test_a_server_started_by_somebody_else_is_used_by_its_url(model: Path) -> None:
    async with started(embedded(model)) as server:
        chat = OpenAIChat(f"{server.address.url}/v1", "auto", server.address.key, limits=PATIENT)
        async with started(chat):
            assert (chat.info.model, chat.info.engine) == (model.stem, "llamacpp")
            text, usage = await reply(chat, SKY)
            assert "blue" in text
            assert usage.input > 10

        stranger = OpenAIChat(server.address.url, api_key="wrong")
        with pytest.raises(OperatorError, match="VOICEGW_LLM_API_KEY") as caught:
            await stranger.start()
        assert server.address.key not in str(caught.value)
        await stranger.close()


async def test_death_in_the_middle_is_told_at_once_and_mended(model: Path) -> None:
    server = embedded(model)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        first = server.address
        stream = chat.stream(asking("Tell me a long story about a river.", max_tokens=900), caller="ann")
        await anext(stream)
        assert server.pid is not None
        psutil.Process(server.pid).kill()
        async with asyncio.timeout(2):
            with pytest.raises(EngineDown, match="is restarted by itself"):
                async for _ in stream:
                    pass
        await until(lambda: server.address not in (None, first), 30)
        assert "blue" in (await reply(chat, SKY))[0]
        assert server.restarts == 1


async def test_while_it_cannot_come_back_every_request_is_refused_at_once(model: Path, tmp_path: Path) -> None:
    here = tmp_path / "model.gguf"
    here.symlink_to(model)
    server = embedded(here)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        here.unlink()
        assert server.pid is not None
        psutil.Process(server.pid).kill()
        await until(lambda: server.restarts >= 2, 30)
        assert server.address is None
        async with asyncio.timeout(2):
            with pytest.raises(EngineDown, match="is restarting"):
                await reply(chat, asking("Hello?"))
        here.symlink_to(model)
        await until(lambda: server.address is not None, 30)
        await reply(chat, asking("Hello?"))


async def test_a_child_that_hangs_is_replaced(model: Path) -> None:
    server = EmbeddedServer(model, threads=2, slots=2, context=1024, pulse=Pulse(every_s=0.2, answer_s=1.0))
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        first = server.address
        assert server.pid is not None
        child = psutil.Process(server.pid)
        child.suspend()
        waiting = asyncio.create_task(reply(chat, asking("Hello?")))
        await until(lambda: server.address not in (None, first), 30)
        with pytest.raises(EngineDown, match="is restarted by itself"):
            await waiting
        assert not child.is_running()
        assert "blue" in (await reply(chat, SKY))[0]
        assert server.restarts == 1


async def test_whether_it_would_answer_can_be_asked(model: Path) -> None:
    """While it works, while it hangs, while it is dead, and when it is back."""
    server = embedded(model)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        stream = chat.stream(asking("Tell me a long story about a river.", max_tokens=900), caller="ann")
        await anext(stream)
        await chat.probe()
        await stream.aclose()
        assert server.pid is not None
        child = psutil.Process(server.pid)
        child.suspend()
        with pytest.raises(EngineTimeout):
            await chat.probe()
        child.resume()
        await chat.probe()
        child.kill()
        await until(lambda: server.address is None)
        with pytest.raises(EngineDown):
            await chat.probe()
        await until(lambda: server.address is not None, 30)
        await chat.probe()


async def test_nothing_is_left_after_closing(model: Path) -> None:
    tasks = asyncio.all_tasks()
    server = embedded(model)
    async with started(EmbeddedChat(server, limits=PATIENT)) as chat:
        assert server.pid is not None
        child = psutil.Process(server.pid)
        stream = chat.stream(asking("Tell me a story.", max_tokens=900), caller="ann")
        await anext(stream)
        await stream.aclose()
    assert not child.is_running()
    assert asyncio.all_tasks() == tasks
    assert server.address is None
    await chat.close()
    with pytest.raises(EngineDown):
        await reply(chat, asking("Hello?"))


async def test_closing_before_starting() -> None:
    await EmbeddedChat(embedded(Path("nowhere.gguf"))).close()


async def test_giving_up_while_it_loads_leaves_nothing(model: Path) -> None:
    before = set(psutil.Process().children())
    server = embedded(model)
    starting = asyncio.create_task(server.start())
    await until(lambda: set(psutil.Process().children()) != before)
    starting.cancel()
    await asyncio.wait({starting})
    assert set(psutil.Process().children()) == before
    await server.close()


@pytest.fixture
def half(model: Path, tmp_path: Path) -> Path:
    path = tmp_path / "half.gguf"
    path.write_bytes(model.read_bytes()[:1_000_000])
    return path


async def test_a_damaged_file(half: Path) -> None:
    before = set(psutil.Process().children())
    with pytest.raises(OperatorError, match=r"half.gguf did not start.*damaged.*voicegw models verify") as caught:
        await embedded(half).start()
    assert "failed to load model" in str(caught.value)
    assert set(psutil.Process().children()) == before


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"none.gguf is not there.*voicegw models pull"):
        await embedded(tmp_path / "none.gguf").start()


PARENT = """
import asyncio, sys
from pathlib import Path
from models.llama_server import EmbeddedServer, Pulse

async def main():
    server = EmbeddedServer(Path(sys.argv[1]), threads=1, slots=1, context=512)
    await server.start()
    print(server.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_it_dies_with_its_parent(model: Path) -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, str(model), stdout=subprocess.PIPE)
    assert parent.stdout is not None
    async with asyncio.timeout(60):
        child = psutil.Process(int(await parent.stdout.readline()))
    assert child.is_running()
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    # Where nobody adopts orphans a dead one stays listed, as a zombie.
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


async def test_the_model_that_answers_says_whether_the_callers_words_could_end(model):
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        talk = asking("Hello.", "Where do you live?", "")

        async def ends(words: str) -> float:
            told = await chat.finished(words, before="Where do you live?", caller="anna", conversation=talk)
            return float(told)

        assert await ends("I live in a.") < await ends("I live in London.")
        assert await ends("我住在") >= 0
        assert await chat.finished("In London.", before="Where do you live?", caller="ben") > 0


async def test_an_answer_asked_for_meanwhile_begins_behind_the_judgement_and_with_what_it_read(model):
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        request = asking("I would like to tell you about my day at the market with my mother.")
        judged: list[str] = []

        async def judge() -> None:
            said = request.messages[-1].text
            await chat.finished(said, before="", caller="anna", conversation=request)
            judged.append("judged")

        async def answer() -> Usage | None:
            usage = None
            async with aclosing(chat.stream(request, caller="anna")) as deltas:
                async for delta in deltas:
                    judged.append("answered")
                    usage = delta.usage or usage
            return usage

        _, usage = await asyncio.gather(judge(), answer())
        assert judged[0] == "judged"
        assert usage is not None
        assert usage.input - usage.cached < 15, "the template's tail, and the mark at the end"


async def test_who_is_being_answered_is_not_judged_meanwhile(model):
    async with started(EmbeddedChat(embedded(model), limits=PATIENT)) as chat:
        async with aclosing(chat.stream(SKY, caller="anna")) as deltas:
            await anext(deltas)
            with pytest.raises(EngineError, match="busy"):
                await chat.finished("And then", before="", caller="anna")
        assert 0 <= await chat.finished("And then", before="", caller="anna") <= 1
