"""models/llm_openai.py against servers that answer well, badly, late, or not at all."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from typing import Any

import pytest

from models.chat_limits import ChatLimits
from models.llm_openai import OpenAIChat
from pipeline.engines import ChatDelta, ChatMessage, ChatRequest, Tool, ToolCall, ToolCallPiece, Usage
from pipeline.errors import EngineDown, EngineError, EngineOverloaded, EngineTimeout, OperatorError
from tests.support.llm_server import Exchange, Script, answer, llm_server, page

REQUEST = ChatRequest((ChatMessage("system", "Be brief."), ChatMessage("user", "Who are you?")))
HASTY = ChatLimits(connect_s=0.2, first_token_s=0.2, gap_s=0.2, total_s=5, start_s=0.4)
KEY = "sk-very-secret"


@asynccontextmanager
async def chatting(*args: Any, **kwargs: Any) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(*args, **kwargs)
    try:
        yield chat
    finally:
        await chat.close()


async def deltas(chat: OpenAIChat, request: ChatRequest = REQUEST) -> list[ChatDelta]:
    async with asyncio.timeout(5):
        return [delta async for delta in chat.stream(request, caller="ann")]


def text(found: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in found)


class TestAnswers:
    async def test_words_come_as_they_are_made(self) -> None:
        more = asyncio.Event()

        async def script(exchange: Exchange) -> None:
            await exchange.begin()
            await exchange.token("Hello")
            await more.wait()
            await exchange.token(" there.")
            await exchange.finish()

        async with llm_server(script) as server, chatting(server.url, "m") as chat:
            found = []
            async with asyncio.timeout(5), aclosing(chat.stream(REQUEST, caller="ann")) as stream:
                async for delta in stream:
                    found.append(delta)
                    more.set()
            assert [delta.text for delta in found] == ["Hello", " there.", ""]
            assert [delta.finish for delta in found] == [None, None, "stop"]

    @pytest.mark.parametrize(
        ("last", "usage"),
        [
            ({}, None),
            ({"usage": {"prompt_tokens": 9, "completion_tokens": 2}}, Usage(9, 2, 0)),
            (
                {
                    "usage": {
                        "prompt_tokens": 9,
                        "completion_tokens": 2,
                        "prompt_tokens_details": {"cached_tokens": 7, "audio_tokens": 0},
                    }
                },
                Usage(9, 2, 7),
            ),
            ({"usage": {"prompt_tokens": 9, "completion_tokens": 2}, "timings": {"cache_n": 5}}, Usage(9, 2, 5)),
        ],
        ids=["none", "plain", "OpenAI's cached tokens", "llama.cpp's timings"],
    )
    async def test_tokens_are_counted(self, last: dict[str, Any], usage: Usage | None) -> None:
        async with llm_server(answer("Hi", **last)) as server, chatting(server.url, "m") as chat:
            assert (await deltas(chat))[-1] == ChatDelta(finish="stop", usage=usage)

    @pytest.mark.parametrize(("reason", "finish"), [("stop", "stop"), ("length", "length"), ("content_filter", "stop")])
    async def test_the_last_delta_says_why_it_ended(self, reason: str, finish: str) -> None:
        async with llm_server(answer("Hi", reason=reason)) as server, chatting(server.url, "m") as chat:
            assert [delta.finish for delta in await deltas(chat)] == [None, finish]

    async def test_the_request_says_what_was_asked_for(self) -> None:
        ours = {"limits": ChatLimits(max_tokens=50), "temperature": 0.3, "extra": {"seed": 7}}
        async with llm_server() as server, chatting(server.url, "m", KEY, **ours) as chat:
            await deltas(chat)
            await deltas(chat, ChatRequest(REQUEST.messages, max_tokens=8, temperature=0.0))
            first, second = server.seen
            assert first.path == "/v1/chat/completions"
            assert first.headers["authorization"] == f"Bearer {KEY}"
            assert first.body == {
                "model": "m",
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}],
                "max_tokens": 50,
                "temperature": 0.3,
                "stream": True,
                "stream_options": {"include_usage": True},
                "seed": 7,
            }
            assert (second.body["max_tokens"], second.body["temperature"]) == (8, 0.0)

    async def test_one_connection_serves_many_answers(self) -> None:
        async with llm_server() as server, chatting(server.url, "m") as chat:
            for _ in range(3):
                await deltas(chat)
            assert (len(server.seen), server.connections) == (3, 1)

    async def test_thoughts_are_not_spoken(self) -> None:
        async def script(exchange: Exchange) -> None:
            await exchange.begin()
            await exchange.token("Let me see", field="reasoning_content")
            await exchange.token("and see", field="reasoning")
            for piece in ("<thi", "nk>more", " of it</", "think>\n\n", "Forty", "-two."):
                await exchange.token(piece)
            await exchange.finish()

        async with llm_server(script) as server, chatting(server.url, "m") as chat:
            assert text(await deltas(chat)) == "Forty-two."

    async def test_a_farewell_that_does_not_come_costs_nothing_that_was_said(self) -> None:
        async def script(exchange: Exchange) -> None:
            await exchange.begin()
            await exchange.token("Hello")
            await exchange.event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
            exchange.vanish()

        async with llm_server(script) as server, chatting(server.url, "m") as chat:
            assert await deltas(chat) == [ChatDelta("Hello"), ChatDelta(finish="stop")]


WEATHER = Tool("get_weather", "The weather in a city", {"type": "object", "properties": {"city": {"type": "string"}}})
CALL = ToolCall("call_1", "get_weather", '{"city": "Paris"}')


def piece(index: int = 0, **fields: Any) -> dict[str, Any]:
    """A piece of a tool call as a server sends it."""
    return {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, **fields}]}, "finish_reason": None}]}


class TestTools:
    async def test_the_request_offers_them(self) -> None:
        bare = Tool("stop")
        async with llm_server() as server, chatting(server.url, "m") as chat:
            await deltas(chat, ChatRequest(REQUEST.messages, tools=(WEATHER, bare), tool_choice="required"))
            body = server.seen[0].body
            assert body["tool_choice"] == "required"
            assert [tool["function"]["name"] for tool in body["tools"]] == ["get_weather", "stop"]
            assert body["tools"][0] == {
                "type": "function",
                "function": {
                    "name": "get_weather",
                    "description": "The weather in a city",
                    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
                },
            }
            assert body["tools"][1]["function"]["parameters"] == {"type": "object", "properties": {}}

    async def test_the_request_tells_of_calls_and_what_came_of_them(self) -> None:
        messages = (
            ChatMessage("user", "What is the weather in Paris?"),
            ChatMessage("assistant", "Let me look.", calls=(CALL,)),
            ChatMessage("tool", "Rain.", call_id="call_1"),
        )
        async with llm_server() as server, chatting(server.url, "m") as chat:
            await deltas(chat, ChatRequest(messages))
            body = server.seen[0].body
            assert "tools" not in body
            assert "tool_choice" not in body
            function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
            assert body["messages"][1:] == [
                {
                    "role": "assistant",
                    "content": "Let me look.",
                    "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
                },
                {"role": "tool", "content": "Rain.", "tool_call_id": "call_1"},
            ]

    async def test_calls_come_in_pieces(self) -> None:
        async def script(exchange: Exchange) -> None:
            await exchange.begin()
            await exchange.token("Let me look.")
            await exchange.event(piece(id="a", type="function", function={"name": "get_weather", "arguments": ""}))
            await exchange.event(piece(function={"arguments": '{"city"'}))
            await exchange.event(piece(function={"arguments": ': "Paris"}'}))
            await exchange.event(piece(1, id="b", type="function", function={"name": "stop", "arguments": "{}"}))
            await exchange.finish("tool_calls")

        async with llm_server(script) as server, chatting(server.url, "m") as chat:
            assert await deltas(chat) == [
                ChatDelta("Let me look."),
                ChatDelta(call=ToolCallPiece(0, "", "a", "get_weather")),
                ChatDelta(call=ToolCallPiece(0, '{"city"')),
                ChatDelta(call=ToolCallPiece(0, ': "Paris"}')),
                ChatDelta(call=ToolCallPiece(1, "{}", "b", "stop")),
                ChatDelta(finish="stop"),
            ]

    async def test_a_name_said_twice_and_an_id_never_given(self) -> None:
        async def script(exchange: Exchange) -> None:
            await exchange.begin()
            for index in (0, 0, 1):
                await exchange.event(piece(index, function={"name": "stop", "arguments": "{"}))
            await exchange.finish("tool_calls")

        async with llm_server(script) as server, chatting(server.url, "m") as chat:
            first, again, second = (delta.call for delta in await deltas(chat) if delta.call)
            assert (first.name, again.name, second.name) == ("stop", "", "stop")
            assert again.id == ""
            assert first.id.startswith("call_")
            assert first.id != second.id

    async def test_a_connection_lost_within_a_call_is_not_tried_again(self) -> None:
        async def script(exchange: Exchange) -> None:
            await exchange.begin()
            await exchange.event(piece(id="a", function={"name": "stop", "arguments": ""}))
            exchange.vanish()

        async with llm_server(script, answer("Hello")) as server, chatting(server.url, "m") as chat:
            with pytest.raises(EngineDown, match="broke off"):
                await deltas(chat)
            assert len(server.seen) == 1


def listed(owner: str) -> Script:
    return page(200, json.dumps({"data": [{"id": "m", "owned_by": owner}]}))


class TestPrefill:
    @pytest.mark.parametrize("owner", ["vllm", "sglang", "llamacpp", "library"])
    async def test_where_it_is_remembered_it_is_an_answer_of_one_token(self, owner: str) -> None:
        async with llm_server(models=(listed(owner),)) as server, chatting(server.url, "m") as chat:
            await chat.start()
            await chat.prefill(ChatRequest(REQUEST.messages, max_tokens=50), caller="ann")
            _, prefill = server.seen  # behind the warm-up
            assert prefill.body["max_tokens"] == 1
            assert prefill.body["messages"][-1] == {"role": "user", "content": "Who are you?"}

    async def test_where_it_may_be_billed_and_forgotten_it_is_nothing(self) -> None:
        async with llm_server(models=(listed("openai"),)) as server, chatting(server.url, "m") as chat:
            await chat.start()
            await chat.prefill(REQUEST, caller="ann")
            assert len(server.seen) == 1  # the warm-up

    async def test_cancelling_it_hangs_up(self) -> None:
        asked, left = asyncio.Event(), asyncio.Event()

        async def script(exchange: Exchange) -> None:
            asked.set()
            await exchange.hung_up()
            left.set()

        async with llm_server(answer("Hi"), script, models=(listed("vllm"),)) as server, chatting(server.url) as chat:
            await chat.start()
            task = asyncio.create_task(chat.prefill(REQUEST, caller="ann"))
            async with asyncio.timeout(2):
                await asked.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await left.wait()


async def hangs(exchange: Exchange) -> None:
    await exchange.hung_up()


async def stalls(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.token("Well")
    await exchange.hung_up()


async def chatters(exchange: Exchange) -> None:
    """Keeps the connection warm and never says a word."""
    await exchange.begin()
    while not exchange.reader.at_eof():
        await exchange.raw(b": still here\n\n")
        await asyncio.sleep(0)


async def never_ends(exchange: Exchange) -> None:
    await exchange.begin()
    while not exchange.reader.at_eof():
        await exchange.token("well ")
        await asyncio.sleep(0.001)


async def dies_before_headers(exchange: Exchange) -> None:
    exchange.vanish()


async def dies_before_first_token(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.event({"choices": [{"delta": {"role": "assistant", "content": None}}]})
    exchange.vanish()


async def dies_in_the_middle(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.token("Well, ")
    exchange.vanish()


async def ends_early(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.token("Well, ")
    await exchange.end()


async def sends_garbage(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.event('{"choices": [')
    await exchange.end()


async def sends_other_types(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.event({"choices": "none"})
    await exchange.end()


async def sends_an_endless_line(exchange: Exchange) -> None:
    await exchange.begin()
    for _ in range(40):
        await exchange.raw(b"x" * 65536)
    await exchange.hung_up()


async def reports_an_error(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.token("Well, ")
    await exchange.event({"error": {"message": "the GPU is on fire", "code": 500}})
    await exchange.end()


async def reports_overload(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.event({"error": {"message": "no more", "code": 429}})
    await exchange.end()


def said(message: str) -> str:
    return json.dumps({"error": {"message": message}})


FAILURES = [
    (page(429, said("slow down")), EngineOverloaded, "too much to do .HTTP 429.*slow down"),
    (page(503, said("loading")), EngineOverloaded, "HTTP 503.*loading"),
    (page(500, "out of memory", "text/plain"), EngineDown, "failed .HTTP 500.*out of memory"),
    (page(401, said(f"bad key {KEY}")), EngineError, r"refused the key.*VOICEGW_LLM_API_KEY.*bad key \*\*\*"),
    (page(404, said("no such model")), EngineError, "'m'.*VOICEGW_LLM_MODEL.*no such model"),
    (page(400, said("context of 4096 exceeded")), EngineError, "refused the request.*context of 4096 exceeded"),
    (page(307, ""), EngineError, "HTTP 307.*gives no reason"),
    (page(200, "<html>", "text/html"), EngineError, "text/html instead of a stream.*VOICEGW_LLM_URL"),
    (page(200, "{}"), EngineError, "application/json instead of a stream"),
    (sends_garbage, EngineError, "not a chat-completions stream"),
    (sends_other_types, EngineError, "not a chat-completions stream"),
    (sends_an_endless_line, EngineError, "longer than 1048576 bytes"),
    (reports_an_error, EngineError, "the GPU is on fire"),
    (reports_overload, EngineOverloaded, "no more"),
    (dies_in_the_middle, EngineDown, "broke off an answer"),
    (ends_early, EngineDown, "before its answer was complete"),
    (hangs, EngineTimeout, "did not begin to answer within 0.2 s.*VOICEGW_LLM_FIRST_TOKEN_S"),
    (chatters, EngineTimeout, "did not begin to answer within 0.2 s"),
    (stalls, EngineTimeout, "sent nothing for 0.2 s"),
]


class TestFailures:
    @pytest.mark.parametrize(("script", "kind", "sentence"), FAILURES)
    async def test_each_is_one_error_after_one_request(
        self, script: Script, kind: type[EngineError], sentence: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        async with llm_server(script) as server, chatting(server.url, "m", KEY, limits=HASTY) as chat:
            with pytest.raises(EngineError, match=sentence) as caught:
                await deltas(chat)
            assert type(caught.value) is kind
            assert server.url in str(caught.value)
            assert KEY not in str(caught.value)
            assert KEY not in caplog.text
            assert len(server.seen) == 1

    async def test_what_was_said_before_the_failure_is_delivered(self) -> None:
        async with llm_server(dies_in_the_middle) as server, chatting(server.url, "m") as chat:
            stream = chat.stream(REQUEST, caller="ann")
            async with asyncio.timeout(5):
                assert await anext(stream) == ChatDelta("Well, ")
                with pytest.raises(EngineDown):
                    await anext(stream)

    async def test_a_whole_answer_has_its_limit(self) -> None:
        async with llm_server(never_ends) as server, chatting(server.url, "m", limits=ChatLimits(total_s=0.3)) as chat:
            with pytest.raises(EngineTimeout, match=r"more than 0.3 s for one answer \(VOICEGW_LLM_TOTAL_S\)"):
                await deltas(chat)

    async def test_nobody_listens(self) -> None:
        async with llm_server() as server:
            gone = server.url
        async with chatting(gone, "m") as chat:
            with pytest.raises(EngineDown, match="cannot be reached") as caught:
                await deltas(chat)
        assert gone in str(caught.value)

    async def test_nobody_accepts(self) -> None:
        with ExitStack() as stack:
            deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(8):  # more than its backlog holds
                caller = stack.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex(deaf.getsockname())
            async with chatting(
                f"http://127.0.0.1:{deaf.getsockname()[1]}", "m", limits=ChatLimits(connect_s=0.2)
            ) as chat:
                with pytest.raises(EngineDown, match="does not accept a connection in time"):
                    await deltas(chat)

    async def test_too_many_at_once(self) -> None:
        limits = ChatLimits(connect_s=0.2, streams=1)
        async with (
            llm_server(stalls) as server,
            chatting(server.url, "m", limits=limits) as chat,
            aclosing(chat.stream(REQUEST, caller="ann")) as first,
        ):
            await anext(first)
            with pytest.raises(EngineOverloaded, match="1 requests already"):
                await deltas(chat)

    async def test_closed(self) -> None:
        chat = OpenAIChat("http://127.0.0.1:9", "m")
        await chat.close()
        await chat.close()
        with pytest.raises(EngineDown, match="closed"):
            await deltas(chat)


class TestRetry:
    @pytest.mark.parametrize("death", [dies_before_headers, dies_before_first_token])
    async def test_a_connection_lost_before_the_first_token_is_made_good(self, death: Script) -> None:
        async with llm_server(death, answer("Hello")) as server, chatting(server.url, "m") as chat:
            assert text(await deltas(chat)) == "Hello"
            assert len(server.seen) == 2

    @pytest.mark.parametrize("death", [dies_before_headers, dies_before_first_token])
    async def test_only_once(self, death: Script) -> None:
        async with llm_server(death, death, answer("Hello")) as server, chatting(server.url, "m") as chat:
            with pytest.raises(EngineDown, match="cannot be reached"):
                await deltas(chat)
            assert len(server.seen) == 2


class TestLeaving:
    async def test_closing_the_stream_hangs_up(self) -> None:
        left = asyncio.Event()

        async def script(exchange: Exchange) -> None:
            await stalls(exchange)
            left.set()

        async with llm_server(script) as server, chatting(server.url, "m") as chat:
            stream = chat.stream(REQUEST, caller="ann")
            await anext(stream)
            assert not left.is_set()
            await stream.aclose()
            async with asyncio.timeout(2):
                await left.wait()

    @pytest.mark.parametrize("behind_headers", [False, True])
    async def test_cancelling_before_the_first_token_hangs_up(self, *, behind_headers: bool) -> None:
        asked, left = asyncio.Event(), asyncio.Event()

        async def script(exchange: Exchange) -> None:
            if behind_headers:
                await exchange.begin()
            asked.set()
            await exchange.hung_up()
            left.set()

        async with llm_server(script) as server, chatting(server.url, "m") as chat:
            task = asyncio.create_task(deltas(chat))
            async with asyncio.timeout(2):
                await asked.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await left.wait()


class TestStart:
    @pytest.mark.parametrize("model", [None, "auto"])
    async def test_the_first_model_is_taken_when_none_is_named(self, model: str | None) -> None:
        async with llm_server() as server, chatting(server.url, model) as chat:
            assert chat.info.model == "auto"
            await chat.start()
            assert (chat.info.role, chat.info.model, chat.info.engine) == ("llm", "first", "test")
            assert chat.info.device in server.url

    async def test_it_warms_up_with_one_token(self) -> None:
        async with llm_server() as server, chatting(server.url, "second") as chat:
            await chat.start()
            assert [(seen.body["model"], seen.body["max_tokens"]) for seen in server.seen] == [("second", 1)]

    async def test_it_waits_for_a_server_that_is_still_loading(self) -> None:
        listing = page(200, json.dumps({"data": [{"id": "late"}]}))
        async with (
            llm_server(models=(page(503, said("Loading model")), listing)) as server,
            chatting(server.url) as chat,
        ):
            await chat.start()
            assert chat.info.model == "late"

    async def test_a_server_without_a_list_is_good_enough_for_a_named_model(self) -> None:
        async with llm_server(models=(page(404),)) as server, chatting(server.url, "m") as chat:
            await chat.start()
            assert chat.info.model == "m"

    @pytest.mark.parametrize(
        ("models", "chat", "named", "sentence"),
        [
            (page(401), answer(), "m", "refused the key.*VOICEGW_LLM_API_KEY"),
            (page(503), answer(), "m", "cannot be reached .HTTP 503, for 0.4 s"),
            (page(200, "<html>", "text/html"), answer(), "m", "not answer like an OpenAI-compatible server"),
            (page(404), answer(), None, "lists no models; name one with VOICEGW_LLM_MODEL"),
            (page(200, '{"data": []}'), answer(), None, "lists no models"),
            (
                page(200, '{"data": [{"id": "a"}, {"id": "b"}]}'),
                page(404, said("unknown")),
                "m",
                "does not know the model 'm'.*It offers: a, b",
            ),
            (page(404), hangs, "m", "did not begin to answer within 0.4 s"),
        ],
    )
    async def test_each_mistake_is_one_sentence(
        self, models: Script, chat: Script, named: str | None, sentence: str
    ) -> None:
        async with (
            llm_server(chat, models=(models,)) as server,
            chatting(server.url, named, KEY, limits=HASTY) as client,
        ):
            with pytest.raises(OperatorError, match=sentence) as caught:
                await client.start()
            assert server.url in str(caught.value)
            assert KEY not in str(caught.value)

    async def test_nobody_there(self) -> None:
        async with chatting("http://127.0.0.1:9", limits=HASTY) as chat:
            with pytest.raises(OperatorError, match=r"127.0.0.1:9/v1 cannot be reached \(.*correct VOICEGW_LLM_URL"):
                await chat.start()


class TestAddress:
    @pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host/v1", "http://", "", "http://host:port/v1"])
    def test_what_is_no_url_is_refused(self, url: str) -> None:
        with pytest.raises(OperatorError, match="VOICEGW_LLM_URL"):
            OpenAIChat(url)

    @pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
    async def test_the_path_may_be_left_out(self, path: str) -> None:
        async with llm_server() as server, chatting(server.url.removesuffix("/v1") + path, "m") as chat:
            await deltas(chat)
            assert server.seen[0].path == "/v1/chat/completions"

    async def test_another_path_is_kept(self) -> None:
        async with llm_server() as server, chatting(server.url.removesuffix("/v1") + "/api/v3", "m") as chat:
            await deltas(chat)
            assert server.seen[0].path == "/api/v3/chat/completions"

    async def test_a_password_is_used_and_never_shown(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        async with llm_server(page(500)) as server, chatting(server.url.replace("//", "//ann:hush@"), "m") as chat:
            with pytest.raises(EngineDown) as caught:
                await deltas(chat)
            assert server.seen[0].headers["authorization"] == "Basic YW5uOmh1c2g="
            assert "hush" not in str(caught.value) + str(chat.info) + caplog.text
