"""A call in a real browser, with scripted engines: what the learner hears, reads and can do."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np
import pytest

from bench.phone.browser import ONLY, RATE, TRANSPORTS, Phone, buzz, phone, pitch, recording, sounding
from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer
from pipeline.audio import Pcm
from pipeline.engines import Engines, Speaking, Spoken
from tests.support.gateway import gateway, scripted
from tests.support.until import until
from voicegw.transports import pulse

ANSWER = (
    "Good evening and welcome. For how many people should I lay the table tonight, and would you like to sit outside?"
)
HEARD = "A table, please."


def engines(**others) -> Engines:
    """Answers that last about ten seconds."""
    given = {
        "recognizer": ScriptedRecognizer([HEARD]),
        "chat": ScriptedChat(re.findall(r"\S+\s*", ANSWER)),
        "synthesizer": ScriptedSynthesizer(ms_per_char=80, part_ms=30_000),
    }
    return scripted(**(given | others))


@pytest.fixture(params=TRANSPORTS)
def over(request) -> str:
    """The transport; what is true of a call is true on each."""
    kind: str = request.param
    return kind


STEP_S, STEP_HZ, LOWEST_HZ = 0.25, 60, 300


class Scale(ScriptedSynthesizer):
    """Its pitch tells the place in ANSWER, at 80 ms a character: pauses and stretches do not count as heard."""

    async def stream(
        self, text: str, how: Speaking, *, caller: str, batch: bool = False
    ) -> AsyncGenerator[Spoken, None]:
        rate = self.voices[0].rate
        begins = ANSWER.index(text.strip()) * 0.08
        t = begins + np.arange(int(len(text) * 0.08 * rate)) / rate
        hz = LOWEST_HZ + STEP_HZ * np.floor(t / STEP_S)
        yield Spoken(Pcm((8192 * np.sin(2 * np.pi * np.cumsum(hz) / rate)).astype("<i2").tobytes(), rate, 0))


def place(sound: Pcm) -> float:
    """The second of ANSWER that the ear had reached, from the pitch of the last sound of a Scale."""
    end = int(np.flatnonzero(sounding(sound))[-1]) * 960
    hz = pitch(Pcm(sound.data[end - 3 * 960 : end], RATE))
    return (round((hz - LOWEST_HZ) / STEP_HZ) + 0.5) * STEP_S


def lasting(seconds: float, over: str) -> Any:
    """All of a sound. Where packets are late, on a busy machine, the browser's own WebRTC buffer stretches it."""
    if over == "websocket":
        return pytest.approx(seconds, abs=0.1)
    return pytest.approx(seconds * 1.15, rel=0.2)


async def until_quiet(line: Phone, seconds: float = 0.5) -> Pcm:
    """Wait until nothing was heard for so long; everything that was."""
    while True:
        heard = await line.heard()
        if not sounding(heard)[-int(seconds * 50) :].any():
            return heard
        await asyncio.sleep(0.1)


async def test_speak_and_be_answered_with_captions_that_keep_step_with_the_ear(tmp_path, over):
    microphone = recording(tmp_path / "turn.wav", [2.5, buzz(1.2)])
    short = scripted(
        recognizer=ScriptedRecognizer([HEARD]),
        chat=ScriptedChat(["Good ", "evening ", "and ", "welcome, ", "my ", "dear ", "friend."]),
        synthesizer=ScriptedSynthesizer(ms_per_char=80, part_ms=5000),
    )
    async with gateway(short) as running, phone(running.http, microphone, script=ONLY[over]) as line:
        await line.call(over)
        await line.says("#call-state", "Your turn")
        await line.floor("you")
        await line.says("#call-state", "Listening")
        await line.floor("tutor")
        assert (await line.page.inner_text(".caption.you")).strip() == HEARD
        lit, steps, states = 0, [], set()
        while await line.page.locator("#call[data-floor=tutor]").count():
            heard, begun, ahead, state = await line.page.evaluate(
                """() => [performance.now(), document.querySelectorAll(".tutor .heard, .tutor .now").length,
                          document.querySelectorAll(".tutor .ahead").length,
                          document.querySelector("#call-state").textContent]"""
            )
            states.add(state)
            assert begun >= lit
            if begun > lit:
                steps.append(heard / 1000)
            lit = begun
            await asyncio.sleep(0.02)
        assert await line.caption() == "Good evening and welcome, my dear friend."
        assert "The tutor speaks" in states
        assert lit == 7
        assert ahead == 0
        length = len("Good evening and welcome, my dear friend.") * 0.08
        sound = await until_quiet(line)
        loud = np.flatnonzero(sounding(sound))
        lasted = (loud[-1] - loud[0]) / 50
        assert lasted == lasting(length, over)
        # the words lie evenly in the sound, and so do the moments at which they light up
        assert len(steps) >= 6
        assert np.ptp(steps) == pytest.approx(lasted * 6 / 7, abs=0.5)
        assert over == "webrtc" or sounding(sound)[loud[0] : loud[-1]].all()  # without a gap
        voice = Pcm(sound.data[loud[0] * 960 : loud[-1] * 960], RATE)
        assert pitch(voice) == pytest.approx(300, abs=2)  # and it is the tutor's tone

        marks = await line.marks()
        assert marks["call:click"] < marks["call:connected"] < marks["turn:speech-end"] < marks["turn:first-sound"]
        assert not line.problems


async def test_interrupting_silences_the_tutor_and_the_conversation_keeps_what_was_heard(tmp_path, over):
    microphone = recording(tmp_path / "barge.wav", [2.5, buzz(1.2), 4.0, buzz(1.5)])
    chat = ScriptedChat(re.findall(r"\S+\s*", ANSWER))
    async with (
        gateway(engines(chat=chat, synthesizer=Scale())) as running,
        phone(running.http, microphone, script=ONLY[over]) as line,
    ):
        await line.call(over)
        await line.floor("tutor")
        await line.floor("you")
        await line.page.wait_for_selector("#transcript-lines li.cut", state="attached")
        quiet = await until_quiet(line, 0.2)
        assert await line.page.locator("#call[data-floor=you]").count()  # silent while the learner still speaks
        # the model is told the words that were heard, and none of those behind them
        await until(lambda: any(m.role == "assistant" for m in chat.requests[-1].messages))
        (said,) = [m.text for m in chat.requests[-1].messages if m.role == "assistant"]
        assert ANSWER.startswith(said.strip())
        assert len(said) * 0.08 == pytest.approx(place(quiet), abs=0.7)  # to a word
        # and so is the learner
        await line.page.click("#transcript-button")
        struck = "".join(await line.page.locator("#transcript-lines li.cut s").all_inner_texts())
        assert struck or over == "webrtc"  # where the gateway plays, hardly a word comes before it is heard
        shown = await line.page.inner_text("#transcript-lines li.cut p")
        assert ANSWER.startswith(shown)
        assert len(shown.removesuffix(struck)) == pytest.approx(len(said), abs=10)  # a word more or less


async def test_muted_is_silent_and_unmuted_is_heard(tmp_path, over):
    microphone = recording(tmp_path / "mute.wav", [2.5, buzz(1.5), 3.0, buzz(1.5)])
    recognizer = ScriptedRecognizer([HEARD])
    async with (
        gateway(engines(recognizer=recognizer)) as running,
        phone(running.http, microphone, script=ONLY[over]) as line,
    ):
        await line.call(over)
        await line.page.keyboard.press("m")
        await line.says("#call-state", "Muted")
        assert await line.page.get_attribute("#mute-button", "aria-pressed") == "true"
        await asyncio.sleep(4.5)
        assert not recognizer.heard
        await line.page.keyboard.press("Space")
        await line.floor("you")
        await line.floor("tutor")


async def test_hanging_up_frees_the_line_and_the_microphone_and_leaves_a_transcript_to_hear(tmp_path, over):
    microphone = recording(tmp_path / "turn.wav", [2.5, buzz(1.2)])
    tracks = "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);" \
        "window.tracks = []; navigator.mediaDevices.getUserMedia = async (how) => {" \
        "const stream = await ask(how); window.tracks.push(...stream.getTracks()); return stream; };"  # fmt: skip
    short = scripted(synthesizer=ScriptedSynthesizer(ms_per_char=30))
    async with gateway(short) as running, phone(running.http, microphone, script=ONLY[over] + tracks) as line:
        await line.page.click("#more > summary")
        await line.page.check("#keep-my-voice")
        await line.call(over)
        await line.floor("tutor")
        await line.floor("none")
        await line.page.keyboard.press("Escape")
        await line.says("#sure", "Hang up?")
        await line.page.click("#sure-yes")
        await line.says("#after-title", "Call ended")
        await until(lambda: running.calls == 0)
        assert await line.page.evaluate("tracks.length > 0 && tracks.every(track => track.readyState === 'ended')")
        assert await line.page.locator("#after-lines li").all_inner_texts() == [
            "You\n\nhello there", "Tutor\n\nGood morning to you, my friend."
        ]  # fmt: skip
        for who, hz in (("tutor", 300), ("you", 140)):
            await line.page.click(f"#after-lines .{who} button")
            await line.page.wait_for_timeout(700)
            script = "[...window.__ears.at(-1).blocks.slice(-40).flatMap(block => [...block.samples])]"
            heard = np.array(await line.page.evaluate(script))
            rate = await line.page.evaluate("window.__ears.at(-1).rate")
            spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
            loudest = float(np.argmax(spectrum) * rate / len(heard))
            assert loudest % hz < 20 or hz - loudest % hz < 20, who


async def test_push_to_talk_answers_when_the_key_is_let_go(tmp_path, over):
    microphone = recording(tmp_path / "talk.wav", [buzz(30)])
    recognizer = ScriptedRecognizer([HEARD])
    async with (
        gateway(engines(recognizer=recognizer)) as running,
        phone(running.http, microphone, script=ONLY[over]) as line,
    ):
        await line.page.click("#more > summary")
        await line.page.check("#push-to-talk")
        await line.call(over)
        await line.says("#call-state", "Hold to talk")
        await asyncio.sleep(0.5)
        assert not recognizer.heard
        await line.page.keyboard.down("Space")
        await line.says("#call-state", "Listening")
        await asyncio.sleep(1.0)
        await line.page.keyboard.up("Space")
        await line.floor("tutor")
        assert 0.8 < recognizer.heard[-1].audio.seconds < 1.6
        # pressing again silences the tutor
        await line.page.keyboard.down("Space")
        await line.page.wait_for_selector("#transcript-lines li.cut", state="attached")
        await line.floor("you")
        await asyncio.sleep(1.0)
        await line.page.keyboard.up("Space")
        await line.floor("tutor")


async def test_hint_again_and_slower_ask_the_tutor_and_leave_the_conversation_as_it_was(tmp_path, over):
    microphone = recording(tmp_path / "turn.wav", [2.5, buzz(1.2)])

    def words(request) -> list[str]:
        orders = request.messages[0].text
        return ["I ", "would ", "like ", "tea."] if "You never teach" in orders else ["Welcome, ", "my ", "friend."]

    chat, voice = ScriptedChat(words), ScriptedSynthesizer(ms_per_char=150)
    async with (
        gateway(engines(chat=chat, synthesizer=voice)) as running,
        phone(running.http, microphone, script=ONLY[over]) as line,
    ):
        await line.call(over)
        await line.floor("tutor")
        await line.floor("none")
        await line.page.keyboard.press("h")
        await line.says("#hint", "I would like tea.")
        captions = "const { scrollHeight, scrollTop, clientHeight } = document.querySelector('live-captions');"
        await line.page.set_viewport_size({"width": 320, "height": 360})
        await line.page.wait_for_function(f"() => {{ {captions} return scrollHeight > clientHeight; }}")
        at_end = f"() => {{ {captions} return scrollHeight - scrollTop - clientHeight < 2; }}"
        await line.page.wait_for_function(at_end)  # however little room is left, the last words are in sight
        # asked by a model that plays the learner, whom the tutor has asked something
        assert [(m.role, m.text) for m in chat.requests[-1].messages[1:]] == [
            ("assistant", HEARD), ("user", "Welcome, my friend."),
        ]  # fmt: skip
        await line.says("#slower-button", "Slower: 0.8×")
        await line.page.keyboard.press("s")
        await line.says("#slower-button", "Slower: 0.6×")
        await line.page.keyboard.press("s")
        await line.says("#slower-button", "Normal: 1×")
        await line.page.keyboard.press("ArrowRight")
        await line.page.keyboard.press("ArrowRight")
        await line.says("#slower-button", "Slower: 0.6×")
        asked = len(chat.requests)
        await line.page.keyboard.press("r")
        await line.floor("tutor")
        await line.floor("none")
        assert await line.caption() == "Welcome, my friend."
        assert list(voice.spoken)[-2:] == ["Welcome, my friend."] * 2
        assert len(chat.requests) == asked  # the words are known
        heard = await until_quiet(line)
        tail = np.flatnonzero(sounding(heard))
        start = tail[np.flatnonzero(np.diff(tail) > 5)[-1] + 1]
        assert (tail[-1] - start) / 50 == lasting(len("Welcome, my friend.") * 0.15 / 0.8, over)
        # neither is part of what was said
        (session,) = running.app.state.gateway.table._sessions
        await until(lambda: len(session.call.history) == 2)
        assert [item.text for item in session.call.history] == [HEARD, "Welcome, my friend."]


@pytest.mark.parametrize("key", ["h", "r"])
async def test_hint_and_again_never_cancel_an_answer_on_its_way(tmp_path, over, key):
    microphone = recording(tmp_path / "turn.wav", [2.5, buzz(1.2)])

    def words(request) -> list[str]:
        return ["Tea."] if "You never teach" in request.messages[0].text else ["Welcome, ", "my ", "friend."]

    chat, voice = ScriptedChat(words), ScriptedSynthesizer(ms_per_char=150)
    async with (
        gateway(engines(chat=chat, synthesizer=voice)) as running,
        phone(running.http, microphone, script=ONLY[over]) as line,
    ):
        await line.call(over)
        await line.page.wait_for_selector("#call[data-floor=tutor] .tutor .now")
        await line.page.keyboard.press(key)
        captions = ["Welcome, my friend."]
        if key == "h":
            await line.says("#hint", "Tea.")
        else:
            captions *= 2
            await line.page.wait_for_selector(".caption.tutor:nth-child(3)")
        await line.floor("none")
        assert await line.page.locator(".caption.tutor").all_inner_texts() == captions
        assert not await line.page.locator("li.cut").count()


async def test_after_a_lost_connection_the_call_goes_on_with_its_history(tmp_path, over):
    microphone = recording(tmp_path / "lost.wav", [2.5, buzz(1.2), 12.0, buzz(1.2)])
    chat, voice = ScriptedChat(["Welcome."]), ScriptedSynthesizer(ms_per_char=250)
    async with (
        gateway(engines(chat=chat, synthesizer=voice)) as running,
        phone(running.http, microphone, script=ONLY[over]) as line,
    ):
        await line.call(over)
        await line.floor("tutor")
        await line.floor("none")
        first = chat.requests[-1]
        if over == "websocket":  # the page tells the new connection what was said
            for session in list(running.app.state.gateway.table._sessions):
                session.end(1011, "the line broke, says the test")
            await line.says("#call-state", "Reconnecting")
        else:  # the page comes back to the same call with its ticket
            (session,) = running.app.state.gateway.table._sessions
            await line.page.context.set_offline(True)
            await line.says("#call-state", "Reconnecting")
            await line.page.context.set_offline(False)
        await line.page.wait_for_selector("#call[data-phase=live]")
        assert running.calls == 1
        assert over == "websocket" or session in running.app.state.gateway.table._sessions
        await line.floor("tutor")
        told = [(m.role, m.text) for m in chat.requests[-1].messages if m.role != "system"]
        assert told == [("user", HEARD), ("assistant", "Welcome."), ("user", HEARD)]
        assert [m.text for m in first.messages if m.role == "user"] == [HEARD]


@pytest.mark.parametrize("way", ["another page", "closed"])
async def test_a_page_that_goes_away_says_so_and_its_call_ends_at_once(over, way):
    async with gateway() as running, phone(running.http, script=ONLY[over]) as line:
        await line.call(over)
        assert running.calls == 1
        if way == "closed":
            await line.page.close()
        else:
            await line.page.goto("about:blank")
        await until(lambda: running.calls == 0, pulse.LOST_S / 2)  # sooner than silence would be noticed


async def test_the_page_comes_from_the_file_cache_when_the_server_is_gone():
    async with gateway() as running, phone(running.http) as line:
        await line.ready()
        await line.page.evaluate("navigator.serviceWorker.ready")
        await line.page.wait_for_function("navigator.serviceWorker.controller !== null")
        url = running.http
        await line.page.context.set_offline(True)
        await line.page.goto(url)
        await line.says("#problem-title", "The server cannot be reached")
        await line.page.context.set_offline(False)
        await line.page.click("#problem-action")
        await line.ready()
