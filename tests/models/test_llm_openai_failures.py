"""models/llm_openai.py against servers that answer badly, late, or not at all."""

import asyncio
import logging
import socket
from contextlib import ExitStack, aclosing
from dataclasses import replace

import pytest

from models.chat_limits import ChatLimits
from models.llm_openai import OpenAIChat
from pipeline.engines import ChatDelta
from pipeline.errors import (
    ContentFiltered,
    ConversationTooLong,
    EngineBroken,
    EngineDown,
    EngineError,
    EngineOverloaded,
    EngineRefused,
    EngineTimeout,
)
from tests.support.chatting import HASTY, KEY, REQUEST, chatting, deltas, hangs, said, stalls, text
from tests.support.llm_server import Exchange, Script, answer, llm_server, page


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


def reports(event: object) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.event(event)
        await exchange.end()

    return script


FAILURES = [
    (page(429, said("slow down")), EngineOverloaded, "too much to do .HTTP 429.*slow down"),
    (page(503, said("loading")), EngineOverloaded, "HTTP 503.*loading"),
    (page(500, "out of memory", "text/plain"), EngineDown, "failed .HTTP 500.*out of memory"),
    (page(401, said(f"bad key {KEY}")), EngineRefused, r"refused the key.*VOICEGW_LLM_API_KEY.*bad key \*\*\*"),
    (page(404, said("no such model")), EngineRefused, "'m'.*VOICEGW_LLM_MODEL.*no such model"),
    (page(400, said("no such field")), EngineRefused, "refused the request.*no such field"),
    (page(400, said("context of 4096 exceeded")), ConversationTooLong, "refused the request.*context of 4096 exceeded"),
    (page(400, said("maximum context length is 8192 tokens")), ConversationTooLong, "maximum context length"),
    (page(500, said("the request exceeds the available context size")), ConversationTooLong, "context size"),
    (page(400, said("ResponsibleAIPolicyViolation")), ContentFiltered, "refused the request"),
    (page(402, said("You exceeded your current quota")), EngineOverloaded, "quota"),
    (page(504, "<html>504 Gateway Time-out</html>", "text/html"), EngineTimeout, "gave up waiting .HTTP 504"),
    (page(502, "<html>Bad gateway, ask ops@corp.internal</html>", "text/html"), EngineDown, "HTTP 502"),
    (page(500, '["no object"]'), EngineDown, "HTTP 500"),
    (page(307, ""), EngineRefused, "HTTP 307.*gives no reason"),
    (page(301, "<html>"), EngineRefused, "sends us elsewhere .HTTP 301"),
    (page(200, "<html>", "text/html"), EngineBroken, "text/html instead of a stream.*VOICEGW_LLM_URL"),
    (page(200, "{}"), EngineBroken, "application/json instead of a stream"),
    (sends_garbage, EngineBroken, "not a chat-completions stream"),
    (sends_other_types, EngineBroken, "not a chat-completions stream"),
    (sends_an_endless_line, EngineBroken, "longer than 1048576 bytes"),
    (reports_an_error, EngineError, "the GPU is on fire"),
    (reports_overload, EngineOverloaded, "no more"),
    (reports({"error": "out of quota"}), EngineOverloaded, "out of quota"),
    (reports({"error": {"message": "maximum context length exceeded", "code": 400}}), ConversationTooLong, "context"),
    (reports({"error": {"message": f"bad {KEY}", "code": "x"}}), EngineError, r"bad \*\*\*"),
    (reports({"object": "error", "message": "engine is dead", "code": 500}), EngineError, "engine is dead"),
    (reports({"detail": "not today"}), EngineError, "not today"),
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
            for inside in (server.url, "VOICEGW", "HTTP", KEY, "127.0.0.1", "corp"):
                assert inside not in caught.value.told

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

    async def test_a_server_that_knows_no_bound_is_cut_off_and_the_answer_is_as_long_as_it_may_be(self) -> None:
        limits = ChatLimits(max_tokens=10, token_chars=5)
        async with llm_server(never_ends) as server, chatting(server.url, "m", limits=limits) as chat:
            found = await deltas(chat)
            assert text(found) == ("well " * 10)
            assert found[-1].finish == "length"
            own = await deltas(chat, replace(REQUEST, max_tokens=4))
            assert text(own) == ("well " * 4)

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


def reads(*done: int, total: int = 1000, first_s: float = 0.0, each_s: float = 0.1) -> Script:
    """A llama.cpp server that is so far with the prompt every each_s, and answers after the last of these."""

    async def script(exchange: Exchange) -> None:
        await exchange.begin()
        await asyncio.sleep(first_s)
        for processed in done:
            told = {"total": total, "cache": 0, "processed": processed, "time_ms": processed}
            await exchange.event({"choices": [{"delta": {"content": None}}], "prompt_progress": told})
            await asyncio.sleep(each_s)
        await exchange.token("Hello")
        await exchange.finish()

    return script


class TestLongPrompts:
    async def test_the_first_tokens_deadline_begins_when_the_prompt_is_read(self) -> None:
        async with llm_server(reads(*range(100, 1001, 100))) as server, chatting(server.url, "m", limits=HASTY) as chat:
            found = await deltas(chat)
            assert text(found) == "Hello"
            assert [delta.reading.share for delta in found if delta.reading][-1] == 1.0

    async def test_a_step_of_reading_may_take_longer_than_the_first_token(self) -> None:
        """On a busy machine 64 tokens of a prompt took 10 s, and the answer was given up half read."""
        slow = replace(HASTY, step_s=60.0)
        script = reads(500, 750, each_s=2 * slow.first_token_s)
        async with llm_server(script) as server, chatting(server.url, "m", limits=slow) as chat:
            assert text(await deltas(chat)) == "Hello"

    async def test_the_first_step_of_a_server_of_ours_too(self) -> None:
        slow = replace(HASTY, step_s=60.0)
        script = reads(500, 1000, first_s=2 * slow.first_token_s)
        async with llm_server(script) as server, chatting(server.url, "m", limits=slow, own=True) as chat:
            assert text(await deltas(chat)) == "Hello"

    async def test_once_all_is_read_the_first_token_is_waited_for_as_always(self) -> None:
        slow = replace(HASTY, step_s=60.0)
        script = reads(500, 1000, each_s=2 * slow.first_token_s)
        async with llm_server(script) as server, chatting(server.url, "m", limits=slow) as chat:
            with pytest.raises(EngineTimeout, match="did not begin"):
                await deltas(chat)

    async def test_a_server_that_gets_nowhere_is_not_waited_for(self) -> None:
        async with llm_server(reads(*[500] * 50)) as server, chatting(server.url, "m", limits=HASTY) as chat:
            with pytest.raises(EngineTimeout, match="did not begin"):
                await deltas(chat)

    async def test_reading_has_its_own_limit(self) -> None:
        limits = replace(HASTY, reading_s=0.3)
        async with llm_server(reads(*range(1, 50))) as server, chatting(server.url, "m", limits=limits) as chat:
            with pytest.raises(EngineTimeout):
                await deltas(chat)

    async def test_of_short_prompts_nobody_is_told(self) -> None:
        async with llm_server(reads(50, 100, total=100)) as server, chatting(server.url, "m", limits=HASTY) as chat:
            assert not any(delta.reading for delta in await deltas(chat))


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
