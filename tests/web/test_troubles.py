"""What the page says when something is in the way, and that its one button helps."""

import asyncio

import pytest

from bench.phone.browser import buzz, phone, recording
from models.scripted import ScriptedChat, ScriptedSynthesizer
from pipeline.errors import EngineError
from tests.support.gateway import gateway, scripted
from tests.support.wire import dial

FAILS = "navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('busy', '{}'); }};"


async def test_a_blocked_microphone():
    async with gateway() as running, phone(running.http, flags=["--use-fake-device-for-media-stream"]) as line:
        await line.ready()
        await line.page.click("#call-button")
        await line.says("#problem-title", "The microphone is blocked")
        assert running.calls == 0
        await line.page.context.grant_permissions(["microphone"])
        await line.page.click("#problem-action")
        await line.page.wait_for_selector("#call[data-phase=live]")


async def test_no_microphone():
    async with gateway() as running, phone(running.http, flags=["--use-fake-ui-for-media-stream"]) as line:
        await line.ready()
        await line.page.click("#check-microphone")
        await line.says("#problem-title", "No microphone was found")


async def test_a_microphone_that_another_program_has():
    async with gateway() as running, phone(running.http, script=FAILS.format("NotReadableError")) as line:
        await line.ready()
        await line.page.click("#call-button")
        await line.says("#problem-title", "The microphone is busy")
        await line.page.click("#problem-close")
        await line.ready()


async def test_a_browser_that_cannot():
    async with gateway() as running, phone(running.http, script="delete window.AudioWorkletNode;") as line:
        await line.says("#problem-title", "This browser is too old")


async def test_an_address_without_https():
    script = "Object.defineProperty(window, 'isSecureContext', {value: false});"
    async with gateway() as running, phone(running.http, script=script) as line:
        await line.says("#problem-title", "not safe for a microphone")


async def test_when_all_lines_are_busy_the_page_waits_and_calls():
    async with gateway(max_calls=1) as running, phone(running.http) as line:
        await line.ready()
        async with dial(running.url) as other:
            await other.event("session.created")
            await line.page.click("#call-button")
            await line.says("#problem-title", "All lines are busy")
            await line.page.click("#problem-action")
            await line.says("#problem-wait", "Looking again in")
        await line.page.wait_for_selector("#call[data-phase=live]")


async def test_a_gateway_that_is_still_starting():
    warm = asyncio.Event()

    class Slow(ScriptedChat):
        async def start(self) -> None:
            await warm.wait()

    async with gateway(scripted(chat=Slow(["Hi."])), wait=False) as running, phone(running.http) as line:
        await line.says("#getting-ready", "getting ready")
        assert await line.page.is_disabled("#call-button")
        warm.set()
        await line.call()


@pytest.mark.parametrize("given", ["wrong", "secret"])
async def test_a_key(given):
    async with gateway(api_key="secret") as running, phone(running.http) as line:
        await line.says("#problem-title", "This server wants a key")
        await line.page.fill("#key", given)
        await line.page.keyboard.press("Enter")
        if given == "wrong":
            await line.page.wait_for_selector("#problem[open]")
            await line.page.fill("#key", "secret")
            await line.page.click("#problem-action")
        await line.call()


async def test_a_tutor_that_cannot_answer_is_told_and_the_call_goes_on(tmp_path):
    microphone = recording(tmp_path / "turn.wav", [2.5, buzz(1.2), 3.0, buzz(1.2)])
    chat = ScriptedChat(["Welcome."])
    chat.fail_at, chat.error = 0, EngineError("The model is asleep.")
    voice = ScriptedSynthesizer(ms_per_char=150)
    async with gateway(scripted(chat=chat, synthesizer=voice)) as running, phone(running.http, microphone) as line:
        await line.call()
        await line.says("#notice", "The tutor could not answer just now")
        chat.fail_at = None
        await line.floor("tutor")
        assert await line.page.is_hidden("#notice")


async def test_a_call_that_reached_its_longest_time():
    async with gateway(max_call_minutes=0.03) as running, phone(running.http) as line:
        await line.call()
        await line.says("#problem-title", "This call reached its longest time")
        await line.says("#after-title", "Call ended")


@pytest.mark.parametrize(("status", "code", "then"), [(404, "", "call"), (503, "server_full", "busy")])
async def test_where_webrtc_does_not_get_through_the_websocket_does(status, code, then):
    """A gateway that refuses for a reason refuses on every line: that is told, and not tried again."""
    async with gateway() as running, phone(running.http, open_page=False) as line:

        async def offer(route) -> None:
            given = await (await route.fetch()).json()
            await route.fulfill(json=given | {"transports": ["webrtc", "websocket"]})

        async def refuse(route) -> None:
            assert "m=audio" in (route.request.post_data or "")
            await route.fulfill(status=status, json={"error": {"code": code, "message": "no"}})

        await line.page.route("**/v1/voicegw/lobby", offer)
        await line.page.route("**/v1/realtime/calls", refuse)
        await line.page.goto(running.http)
        await line.ready()
        await line.page.click("#call-button")
        if then == "call":
            await line.page.wait_for_selector("#call[data-phase=live]")
            assert running.calls == 1
        else:
            await line.says("#problem-title", "All lines are busy")
            assert running.calls == 0
