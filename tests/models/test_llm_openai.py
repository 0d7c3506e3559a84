"""models/llm_openai.py against servers that answer well, and callers who leave."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from models.chat_limits import ChatLimits
from pipeline.engines import ChatDelta, ChatRequest, Usage
from tests.support.chatting import KEY, REQUEST, chatting, deltas, stalls, text
from tests.support.llm_server import Exchange, Script, answer, llm_server, page


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

    @pytest.mark.parametrize(
        ("reason", "finish"), [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter")]
    )
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
