"""What a learner meets in the first minutes: who speaks first, where the focus is, and always a way on."""

import asyncio
import itertools
from typing import Any

import pytest
from playwright.async_api import ViewportSize

from bench.phone.browser import Phone, buzz, phone, recording
from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer
from pipeline.engines import Voice
from tests.support.gateway import gateway, scripted
from tests.support.until import until

GREETING = "Hello! I'm glad you called. How are you today?"
HEARD = "A table, please."
SMALL: list[ViewportSize] = [
    {"width": 360, "height": 640},
    {"width": 740, "height": 360},
    {"width": 640, "height": 400},
    {"width": 853, "height": 533},
]
OUT_OF_REACH = """selector => [...document.querySelectorAll(selector)].filter(one => {
    const { left, top, right, bottom, width, height } = one.getBoundingClientRect();
    if (!width) return false;  // not on this screen
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight || !seen || !one.contains(seen);
}).map(one => one.id)"""

OUT_OF_SIGHT = """() => [...document.querySelectorAll("main:not([hidden]) :is(button, input, select, summary)")]
  .filter(one => {
    one.focus();
    const place = one.closest("label") ?? one;
    const { left, top, width, height } = place.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    return document.activeElement === one && !place.contains(seen);
  }).map(one => one.id || one.value)"""
"""What is covered by something else when a key brings it into focus."""


async def focus(line: Phone) -> str:
    return str(await line.page.evaluate("document.activeElement.id"))


async def test_every_control_is_in_reach_in_small_windows():
    async def reach(line: Phone, selector: str) -> None:
        for size in SMALL:
            await line.page.set_viewport_size(size)
            assert await line.page.evaluate(OUT_OF_REACH, selector) == [], size
            assert await line.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size

    async with gateway(api_key="secret") as running, phone(running.http) as line:
        await line.says("#problem-title", "This server wants a key")
        await reach(line, "dialog[open] button")
        await line.page.fill("#key", "secret")
        await line.page.click("#problem-action")
        await line.ready()
        await line.page.click("#more > summary")
        for size in SMALL:
            await line.page.set_viewport_size(size)
            assert await line.page.evaluate(OUT_OF_SIGHT) == [], size
        await line.page.evaluate("document.activeElement.blur()")
        await reach(line, "#call-button")
        await line.page.keyboard.press("?")
        await reach(line, "#help button")
        await line.page.click("#help-close")
        for talk in (False, True):
            if talk:
                await line.page.check("#push-to-talk")
            await line.call()
            await reach(line, "#call button")
            await line.page.click("#transcript-button")
            await reach(line, "#call button")
            await line.page.keyboard.press("Escape")
            await reach(line, "#sure button")
            await line.page.click("#sure-yes")
            await reach(line, "#after .dial button")
            await line.page.click("#to-lobby")


async def test_the_tutor_speaks_first_when_that_is_wanted_and_may_be_interrupted(tmp_path):
    microphone = recording(tmp_path / "barge.wav", [4.5, buzz(1.5)])
    chat, voice = ScriptedChat(["Fine."]), ScriptedSynthesizer(ms_per_char=150, part_ms=30_000)
    async with (
        gateway(scripted(recognizer=ScriptedRecognizer([HEARD]), chat=chat, synthesizer=voice)) as running,
        phone(running.http, microphone, greeting=True) as line,
    ):
        await line.call()
        await line.floor("tutor")
        assert not chat.requests  # nobody had to think of it
        await line.floor("you")
        await line.page.wait_for_selector("#transcript-lines li.cut", state="attached")
        await until(lambda: any(len(request.messages) == 3 for request in chat.requests))
        _, greeting, heard = chat.requests[-1].messages
        assert greeting.role == "assistant"
        assert GREETING.startswith(greeting.text.strip())
        assert heard.text == HEARD
    assert voice.spoken[0].startswith("Hello!")


async def test_the_words_stand_in_the_order_of_time_and_no_state_flashes(tmp_path):
    microphone = recording(tmp_path / "turns.wav", [2.5, buzz(1.2), 5.0, buzz(1.2)])
    states = """document.addEventListener("DOMContentLoaded", () => {
        window.__states = [];
        const place = document.querySelector("#call-state");
        new MutationObserver(() => __states.push([performance.now(), place.textContent]))
            .observe(place, { childList: true, characterData: true, subtree: true });
    });"""
    engines = scripted(
        recognizer=ScriptedRecognizer([HEARD]),
        chat=ScriptedChat(["Very ", "well, ", "a table."]),
        synthesizer=ScriptedSynthesizer(ms_per_char=60),
    )
    async with gateway(engines) as running, phone(running.http, microphone, script=states) as line:
        await line.call()
        for _ in range(2):
            await line.floor("tutor")
            await line.floor("none")
        assert await line.page.evaluate("[...document.querySelectorAll('.caption')].map(p => p.classList[1])") == [
            "you", "tutor", "you", "tutor",
        ]  # fmt: skip
        boxes = [await caption.bounding_box() for caption in await line.page.locator(".caption").all()]
        tops = [box["y"] for box in boxes if box]
        assert tops == sorted(tops)
        await asyncio.sleep(0.5)
        shown = await line.page.evaluate("__states")
        stood = [(words, round(end - at)) for (at, words), (end, _) in itertools.pairwise(shown) if words]
        assert all(ms >= 290 for _, ms in stood), stood
        # from the learner's last word to the answer nobody is told that it is their turn
        words = [state for _, state in shown]
        for i, state in enumerate(words[:-1]):
            assert not (state == "Listening" and words[i + 1] == "Your turn"), words


async def test_keys_act_only_where_nothing_else_has_the_focus_and_can_be_switched_off():
    async with gateway() as running, phone(running.http) as line:
        await line.call()
        assert await focus(line) == "call-title"
        await line.page.keyboard.press("Space")
        assert await line.page.get_attribute("#mute-button", "aria-pressed") == "true"
        await line.page.keyboard.press("Space")
        await line.page.focus("#transcript-button")
        await line.page.keyboard.press("Space")  # presses the button, and nothing else
        assert await line.page.is_visible("#transcript")
        assert await line.page.get_attribute("#mute-button", "aria-pressed") == "false"
        await line.page.keyboard.press("m")
        assert await line.page.get_attribute("#mute-button", "aria-pressed") == "false"
        await line.page.keyboard.press("Space")
        assert await line.page.is_hidden("#transcript")
        await line.page.click("#hang-up-button")
        assert await focus(line) == "after-title"
        await line.page.click("#to-lobby")
        assert await focus(line) == "lobby-title"
        await line.page.click("#more > summary")
        await line.page.uncheck("#shortcuts")
        await line.page.check("#push-to-talk")
        await line.call()
        assert await focus(line) == "hold-button"
        for key in ("m", "h", "t", "?", "Escape"):
            await line.page.keyboard.press(key)
        assert not await line.page.locator("#transcript:not([hidden]), dialog[open]").count()
        await line.page.keyboard.down("Space")  # the button that is held is held by keys too
        await line.says("#call-state", "Listening")
        await line.page.keyboard.up("Space")
        await line.says("#call-state", "Hold to talk")
        await line.page.keyboard.down("Space")  # and let go when the window loses the keyboard
        await line.says("#call-state", "Listening")
        await line.page.evaluate("window.dispatchEvent(new Event('blur'))")
        await line.says("#call-state", "Hold to talk")


async def test_a_tap_of_push_to_talk_silences_the_tutor_and_asks_for_nothing(tmp_path):
    microphone = recording(tmp_path / "talk.wav", [buzz(60)])
    chat, voice = ScriptedChat(["Welcome, ", "my friend."]), ScriptedSynthesizer(ms_per_char=300, part_ms=30_000)
    async with (
        gateway(scripted(chat=chat, synthesizer=voice)) as running,
        phone(running.http, microphone) as line,
    ):
        await line.page.click("#more > summary")
        await line.page.check("#push-to-talk")
        await line.call()
        await line.page.keyboard.down("Space")
        await asyncio.sleep(1.0)
        await line.page.keyboard.up("Space")
        await line.floor("tutor")
        asked = len(chat.requests)
        await line.page.keyboard.press("Space", delay=60)
        await line.says("#notice", "That was very short")
        await line.floor("none")
        await asyncio.sleep(1.5)
        assert await line.page.locator("#call[data-floor=none]").count()
        assert len(chat.requests) == asked
        assert len(voice.spoken) == 1


@pytest.mark.parametrize("over", ["websocket", "webrtc"])
async def test_a_call_that_was_left_is_taken_up_again_with_its_words(tmp_path, over):
    microphone = recording(tmp_path / "turn.wav", [2.5, buzz(1.2)])
    chat, voice = ScriptedChat(["Welcome."]), ScriptedSynthesizer(ms_per_char=100)
    script = "delete window.RTCPeerConnection;" if over == "websocket" else None
    async with (
        gateway(scripted(recognizer=ScriptedRecognizer([HEARD]), chat=chat, synthesizer=voice)) as running,
        phone(running.http, microphone, script=script) as line,
    ):
        warned: list[str] = []

        async def leave(dialog: Any) -> None:
            warned.append(dialog.type)
            await dialog.accept()

        line.page.on("dialog", leave)
        await line.call(over)
        await line.floor("tutor")
        await line.floor("none")
        await line.page.reload()
        assert warned == ["beforeunload"]
        await line.says("#back-words", "English")
        await line.ready()
        await until(lambda: running.calls == 0)  # the line was given back
        await line.page.click("#back-yes")
        await line.page.wait_for_selector("#call[data-phase=live]")
        assert await line.page.locator(".caption").all_inner_texts() == [HEARD, "Welcome."]
        await line.floor("tutor")  # the microphone's file begins anew
        told = [(m.role, m.text) for m in chat.requests[-1].messages if m.role != "system"]
        assert told == [("user", HEARD), ("assistant", "Welcome."), ("user", HEARD)]
        await line.page.click("#hang-up-button")
        await line.page.reload()
        await line.ready()
        assert await line.page.is_hidden("#back")  # who hangs up is done
        assert warned == ["beforeunload"]


async def test_there_is_a_way_on_from_a_missing_and_from_a_wrong_key():
    async with gateway(api_key="secret") as running, phone(running.http) as line:
        await line.says("#problem-title", "This server wants a key")
        await line.page.click("#problem-close")
        await line.says("#getting-ready", "This server wants a key")
        await line.page.click("#way-on")
        await line.page.fill("#key", "wröng key")  # which no header can hold
        await line.page.keyboard.press("Enter")
        await line.says("#problem-title", "That key does not fit")
        await line.page.fill("#key", "wrong")
        await line.page.keyboard.press("Enter")
        await line.says("#problem-title", "That key does not fit")
        await line.page.click("#problem-close")
        await line.page.click("#way-on")
        await line.page.fill("#key", "secret")
        await line.page.keyboard.press("Enter")
        await line.call()


@pytest.mark.parametrize("over", ["websocket", "webrtc"])
async def test_a_key_with_signs_that_a_subprotocol_cannot_hold(over):
    key = "c2VjcmV0/a+key=="
    script = "delete window.RTCPeerConnection;" if over == "websocket" else None
    async with gateway(api_key=key) as running, phone(running.http, script=script) as line:
        await line.page.fill("#key", key)
        await line.page.keyboard.press("Enter")
        await line.call(over)


async def test_a_server_that_cannot_be_reached_is_asked_again():
    async with gateway() as running, phone(running.http, open_page=False) as line:
        away = True

        async def offer(route) -> None:
            await (route.abort() if away else route.continue_())

        await line.page.route("**/v1/voicegw/lobby", offer)
        await line.page.goto(running.http)
        await line.says("#problem-title", "The server cannot be reached")
        await line.page.click("#problem-close")
        await line.says("#getting-ready", "The server cannot be reached")
        assert await line.page.is_visible("#way-on")
        away = False
        await line.ready()  # by itself
        assert await line.page.is_hidden("#way-on")


async def test_waiting_for_the_microphone_says_so():
    script = "navigator.mediaDevices.getUserMedia = () => new Promise(() => {});"
    async with gateway() as running, phone(running.http, script=script) as line:
        await line.ready()
        await line.page.click("#check-microphone")
        await line.says("#check-words", "Your browser is asking")
        await line.page.click("#call-button")
        await line.says("#call-state", "Your browser is asking")
        await line.page.click("#hang-up-button")
        await line.says("#after-title", "Call ended")
        assert await line.page.inner_text("#after-lead") == ""  # nobody talked, not even for 0 s


async def test_a_call_in_the_middle_of_the_sound_check_has_the_microphone_for_itself():
    script = """
    const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media), asked = [];
    window.tracks = [];
    window.allow = () => asked.splice(0).forEach((go) => go());
    media.getUserMedia = async (how) => {
      await new Promise((go) => asked.push(go));
      const stream = await ask(how);
      window.tracks.push(...stream.getTracks());
      return stream;
    };"""
    async with gateway() as running, phone(running.http, script=script) as line:
        await line.ready()
        await line.page.click("#check-microphone")
        await line.page.click("#call-button")
        await line.says("#call-state", "Your browser is asking")
        await line.page.evaluate("allow()")
        await line.page.wait_for_selector("#call[data-phase=live]")
        await line.page.wait_for_function("tracks.filter((track) => track.readyState === 'live').length === 1")
        await line.page.click("#hang-up-button")
        await line.page.wait_for_function("tracks.every((track) => track.readyState === 'ended')")
        assert await line.page.inner_text("#check-words") == ""


async def test_a_call_that_does_not_come_about_leads_back_to_where_one_was(tmp_path):
    microphone = recording(tmp_path / "turn.wav", [1.0, buzz(1.2)])
    busy = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('busy', 'NotReadableError'); }"
    async with gateway() as running, phone(running.http, microphone) as line:
        line.page.on("dialog", lambda dialog: dialog.accept())
        await line.call()
        await line.floor("tutor")
        await line.floor("none")
        await line.page.reload()
        await line.ready()
        await line.page.evaluate(f"() => {{ {busy}; }}")
        await line.page.click("#back-yes")
        await line.says("#problem-title", "The microphone is busy")
        await line.page.click("#problem-close")
        assert await line.page.is_visible("#back")  # it is still there to go back to
        await line.page.reload()
        await line.ready()
        await line.page.click("#back-yes")
        await line.page.wait_for_selector("#call[data-phase=live]")
        await line.page.click("#hang-up-button")
        lines = await line.page.inner_text("#after-lines")
        assert "hello there" in lines
        await line.page.evaluate(f"() => {{ {busy}; }}")
        await line.page.click("#call-again")
        await line.says("#problem-title", "The microphone is busy")
        await line.page.click("#problem-close")
        assert await line.page.inner_text("#after-lines") == lines
        assert await focus(line) == "after-title"


async def test_the_language_chooses_the_voice_and_the_page_shows_it():
    voice = ScriptedSynthesizer()
    voice.voices = (
        Voice("joe", ("en",), 24_000),
        Voice("espeak-fr", ("fr",), 24_000, natural=False),
        Voice("siwis", ("fr",), 24_000),
        Voice("espeak-fi", ("fi",), 24_000, natural=False),
    )
    ear = ScriptedRecognizer(["hello there"])
    ear.languages = frozenset({"en", "fr", "fi"})
    engines = scripted(synthesizer=voice, recognizer=ear)
    async with gateway(engines) as running, phone(running.http, greeting=True) as line:
        await line.ready()
        await line.page.click("#more > summary")
        await line.page.click("#more-languages > summary")
        await line.page.check("input[name=language][value=fi]", force=True)
        await line.page.click(".voice button")  # a language that this page itself does not speak
        await until(lambda: any(said.startswith("Hei!") for said in voice.spoken))
        await line.page.check("input[name=language][value=fr]", force=True)
        assert await line.page.locator("input[name=voice]:checked").get_attribute("value") == "siwis"
        await line.call()
        await line.floor("tutor")
        (session,) = running.app.state.gateway.table._sessions
        assert session.call._settings.speaking.voice == "siwis"
        assert await line.page.locator(".caption.tutor").inner_text() != ""
        assert any(said.startswith("Bonjour") for said in voice.spoken)
        assert not line.problems
