"""models/llm_openai.py: the functions that a model may call, in requests and in answers."""

from typing import Any

import pytest

from pipeline.engines import ChatDelta, ChatMessage, ChatRequest, Tool, ToolCall, ToolCallPiece
from pipeline.errors import EngineDown
from tests.support.chatting import REQUEST, chatting, deltas
from tests.support.llm_server import Exchange, answer, llm_server

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
