"""/readyz tells the truth: about the language model's server, the engines, the places, and it says nothing more."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from models.chat_health import ChatHealth
from models.llm_openai import OpenAIChat
from models.scripted import ScriptedChat, ScriptedTurnDetector
from models.voices import Voices
from pipeline.errors import ConversationTooLong, EngineDown, EngineError, EngineTimeout
from tests.support.chatting import HASTY, KEY
from tests.support.gateway import Running, gateway, scripted
from tests.support.llm_server import MODELS, LlmServer, answer, llm_server, page
from tests.support.wire import dial
from voicegw.http import readiness


@pytest.fixture(autouse=True)
def _looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "FRESH_S", 0.0)
    monkeypatch.setattr("models.chat_health.FRESH_S", 0.0)
    monkeypatch.setattr("models.chat_health.ASK_S", 0.0)


async def told(running: Running, query: str = "") -> tuple[int, dict[str, Any]]:
    async with httpx2.AsyncClient() as client:
        said = await client.get(f"{running.http}/readyz{query}")
    return said.status_code, said.json()


async def turn(running: Running) -> str:
    """What becomes of an answer."""
    async with dial(running.url) as wire:
        await wire.send({"type": "response.create"})
        done = await wire.event("response.done")
    return str(done["response"]["status"])


def chat(server: LlmServer) -> OpenAIChat:
    return OpenAIChat(server.url, "first", KEY, limits=HASTY)


DOWN = page(500, "<html>internal.example: secret stack</html>")
HELLO = answer("Hello there.")


@pytest.mark.parametrize(
    ("fails", "why"),
    [
        (page(401, '{"error": {"message": "no key for org-secret"}}'), "refuses requests"),
        (page(403), "refuses requests"),
        (DOWN, "is down"),
        (page(502), "is down"),
        (lambda exchange: exchange.hung_up(), "does not answer"),
    ],
)
async def test_a_model_server_that_fails_is_told_of_and_so_is_its_return(fails, why, monkeypatch):
    monkeypatch.setattr(readiness, "PROBE_S", 0.3)
    async with llm_server(HELLO) as server, gateway(scripted(chat=chat(server))) as running:
        assert await told(running) == (200, {"status": "ready"})
        server.models[:] = [fails]
        status, body = await told(running)
        assert (status, body) == (503, {"status": "down", "down": {"llm": why}})
        server.models[:] = [MODELS]
        assert await told(running) == (200, {"status": "ready"})


@pytest.mark.parametrize(("fails", "why"), [(page(401, "no"), "refuses requests"), (DOWN, "is down")])
async def test_a_server_that_lists_its_models_and_answers_nothing_is_found_out_by_a_call(fails, why):
    async with llm_server(HELLO) as server, gateway(scripted(chat=chat(server))) as running:
        server.chat[:] = [fails]
        assert await told(running) == (200, {"status": "ready"})  # nobody can know yet
        assert await turn(running) == "failed"
        status, body = await told(running)
        assert (status, body) == (503, {"status": "down", "down": {"llm": why}})
        server.chat[:] = [HELLO]
        assert await told(running) == (200, {"status": "ready"})
        assert await turn(running) == "completed"


async def test_a_model_server_that_is_gone_is_told_of():
    async with AsyncExitStack() as stack:
        async with llm_server(HELLO) as server:
            running = await stack.enter_async_context(gateway(scripted(chat=chat(server))))
            assert (await told(running))[0] == 200
        assert await told(running) == (503, {"status": "down", "down": {"llm": "is down"}})


async def test_a_gateway_without_a_place_is_not_ready():
    async with gateway(max_calls=1) as running:
        async with dial(running.url) as wire:
            await wire.event("session.created")
            assert await told(running) == (503, {"status": "full", "places": {"taken": 1, "all": 1}})
            assert await told(running, "?full=ok") == (200, {"status": "ready"})  # nobody starts it anew for that
        while (await told(running))[0] != 200:
            await asyncio.sleep(0.01)


class Probed(ScriptedChat):
    """Counts how often it is asked; says what `trouble` says."""

    probes = 0
    takes_s = 0.0
    trouble: EngineError | None = None

    async def probe(self) -> None:
        self.probes += 1
        await asyncio.sleep(self.takes_s)
        if self.trouble:
            raise self.trouble


async def test_looking_is_bounded_shared_and_remembered_for_a_moment(monkeypatch):
    monkeypatch.setattr(readiness, "PROBE_S", 0.3)
    monkeypatch.setattr(readiness, "FRESH_S", 60.0)
    engine = Probed([])
    engine.takes_s = 60.0
    async with gateway(scripted(chat=engine)) as running:
        began = time.monotonic()
        said = await asyncio.gather(*(told(running) for _ in range(20)))
        assert time.monotonic() - began < 5
        assert said == [(503, {"status": "down", "down": {"chat": "does not answer"}})] * 20
        assert await told(running) == said[0]
        assert engine.probes == 1


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(EngineDown("http://user:secret@internal"), "is down"), (EngineTimeout("secret"), "does not answer")],
)
async def test_the_reason_is_in_words_of_ours(trouble, why):
    engine = Probed([])
    async with gateway(scripted(chat=engine)) as running:
        engine.trouble = trouble
        assert await told(running) == (503, {"status": "down", "down": {"chat": why}})


async def test_what_calls_can_do_without_is_noted():
    class Detector(ScriptedTurnDetector):
        async def probe(self) -> None:
            raise EngineDown("gone")

    async with gateway(scripted(turn_detector=Detector(1.0))) as running:
        assert await told(running) == (200, {"status": "ready", "notes": ["turn is down"]})


async def test_running_out_of_descriptors_is_noted():
    async with gateway() as running:
        running.app.state.gateway.connections.short_at = asyncio.get_running_loop().time()
        assert await told(running) == (200, {"status": "ready", "notes": ["file descriptors are running out"]})


async def test_a_voice_that_hangs_among_several_is_noticed():
    from models.scripted import ScriptedSynthesizer

    class Hanging(ScriptedSynthesizer):
        stuck = True

    async with gateway(scripted(synthesizer=Voices(ScriptedSynthesizer(), Hanging()))) as running:
        assert await told(running) == (503, {"status": "stuck", "stuck": ["tts"]})


# --- what is known of a server, on a clock of the test ----------------------------------------------------------------


async def test_an_answer_is_asked_for_only_after_one_failed_and_now_and_then(monkeypatch):
    monkeypatch.setattr("models.chat_health.FRESH_S", 2.0)
    monkeypatch.setattr("models.chat_health.ASK_S", 5.0)
    now, asked = [0.0], list[str]()

    async def look() -> None:
        asked.append("look")

    async def ask() -> None:
        asked.append("ask")
        raise EngineDown("still down")

    health = ChatHealth(look, ask, lambda: now[0])
    await health.probe()
    await health.probe()
    assert asked == ["look"]
    health.failed(ConversationTooLong("the caller's own doing"))
    now[0] = 3.0
    await health.probe()
    assert asked == ["look", "look"]
    health.failed(EngineDown("HTTP 500"))
    for _ in range(3):
        with pytest.raises(EngineDown):
            await health.probe()
    assert asked[2:] == ["ask"]
    now[0] = 9.0
    with pytest.raises(EngineDown, match="still"):
        await health.probe()
    health.answered()  # a real one
    await health.probe()
    assert asked[2:] == ["ask", "ask"]
