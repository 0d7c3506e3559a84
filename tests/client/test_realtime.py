import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import closing

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from pipeline.errors import OperatorError
from tests.support.scripted_gateway import Line, joined, scripted_gateway, silence, tone
from voicegw.client import events as ev
from voicegw.client import realtime, timing
from voicegw.client.events import CallFailed
from voicegw.client.microphone import Frame
from voicegw.client.realtime import RealtimeCaller


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts answer at once, so a caller need not allow for a slow gateway."""
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)
    monkeypatch.setattr(realtime, "HEARD_WITHIN", 1.5)


async def test_a_question_and_its_answer() -> None:
    update = {}

    async def script(line: Line) -> None:
        await line.send("session.created", session={"type": "realtime"})
        update.update(await line.expect("session.update"))
        await line.send("session.updated", session=update["session"])
        await line.hear("u1", "How are you?")
        await line.answer("r1", "Very well.", joined(silence(40), tone(100)))

    seen: list[ev.Event] = []
    async with (
        scripted_gateway(script, key="secret") as url,
        RealtimeCaller.connect(url, "secret", watch=lambda event, _: seen.append(event)) as caller,
    ):
        await caller.configure(instructions="Be kind.", language="en")
        (turn,) = await caller.say(tone(200))
    assert update["session"]["instructions"] == "Be kind."
    assert update["session"]["audio"]["input"]["transcription"]["language"] == "en"
    assert (turn.status, turn.heard, turn.reply) == ("completed", "How are you?", "Very well.")
    assert turn.audio == joined(silence(40), tone(100))
    at = turn.moments
    since = timing.since_speech_end(at)
    assert list(since) == list(timing.STEPS), "every step happened"
    assert list(timing.waits(at))[:5] == list(timing.STEPS)[:5], "and those that come one by one, in order"
    assert since["first_audible"] - since["first_audio"] == pytest.approx(40, abs=1)
    assert [type(event) for event in seen[:3]] == [ev.SessionCreated, ev.SessionUpdated, ev.SpeechStarted]


async def test_the_gateway_receives_exactly_what_is_said_between_silences() -> None:
    lines: list[Line] = []

    async def script(line: Line) -> None:
        lines.append(line)
        await line.greet()
        await line.hear("u1", "")

    said = tone(230)
    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        await caller.say(said)
    audio = bytes(lines[0].audio)
    heard = np.frombuffer(audio, dtype="<i2")
    first, last = np.flatnonzero(heard)[[0, -1]]
    assert heard[first : last + 1].tobytes() == said.data
    assert len(heard) % 480 == 0
    assert len(heard) - last > 480, "the microphone does not stop with the speech"


async def test_a_pause_in_the_recording_gives_two_turns() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "One.")
        await line.answer("r1", "First.", tone(20))
        await line.hear("u2", "Two.")
        await line.answer("r2", "Second.", tone(20))

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        turns = await caller.say(joined(tone(100), silence(200), tone(100)))
    assert [(turn.heard, turn.reply) for turn in turns] == [("One.", "First."), ("Two.", "Second.")]
    ends = [turn.moments.speech_end for turn in turns]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[1] - ends[0] > 0.2


async def test_a_pause_longer_than_the_answer_does_not_end_the_recording() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        for number in ("1", "2"):
            await line.hear(f"u{number}", number)
            await line.answer(f"r{number}", number, tone(20))

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        turns = await caller.say(joined(tone(60), silence(700), tone(60)))
    assert [turn.heard for turn in turns] == ["1", "2"]


async def test_one_call_holds_many_turns() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        for number in range(3):
            await line.hear(f"u{number}", f"question {number}")
            await line.answer(f"r{number}", f"answer {number}", tone(20))

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        for number in range(3):
            (turn,) = await caller.say(tone(60))
            assert (turn.heard, turn.reply) == (f"question {number}", f"answer {number}")


async def test_speaking_during_the_answer_stops_it_and_says_how_much_was_heard() -> None:
    truncated = {}

    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "Tell me all.")
        await line.begin_answer("r1", "It began ...", tone(10_000))
        await line.send("input_audio_buffer.speech_started", item_id="u2", audio_start_ms=await line.speech())
        truncated.update(await line.expect("conversation.item.truncate"))
        await line.end_answer("r1", "cancelled", {"type": "cancelled", "reason": "turn_detected"})
        await line.send("input_audio_buffer.speech_stopped", item_id="u2", audio_end_ms=await line.speech_end())
        await line.answer("r2", "Sorry.", tone(20))

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        first, second = await caller.say(joined(tone(100), silence(300), tone(100)))
    assert (first.status, second.status) == ("cancelled", "completed")
    assert truncated["item_id"] == "item_r1"
    assert truncated["content_index"] == 0
    assert truncated["audio_end_ms"] == first.audio.samples * 1000 // 24_000
    assert 0 < first.audio.seconds < 1


async def test_the_answer_is_heard_out() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "Sing.")
        await line.answer("r1", "La.", tone(600))

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        (turn,) = await caller.say(tone(60))
        assert turn.moments.played is not None
        assert asyncio.get_running_loop().time() >= turn.moments.played


async def test_a_gateway_that_never_answers() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "Hello?")

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        (turn,) = await caller.say(tone(60), within=0.3)
    assert (turn.status, turn.heard, turn.reply) == ("unanswered", "Hello?", "")


async def test_a_gateway_that_hears_nothing() -> None:
    async with scripted_gateway(Line.greet) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        assert await caller.say(tone(60)) == ()


async def test_a_failed_answer_and_an_error_do_not_end_the_call() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "Hello?")
        await line.send("error", error={"type": "server_error", "code": "engine_unavailable", "message": "No model."})
        await line.send("response.created", response={"id": "r1", "status": "in_progress"})
        await line.end_answer("r1", "failed", {"type": "failed", "error": {"type": "server_error", "message": "Gone."}})
        await line.hear("u2", "And now?")
        await line.answer("r2", "Back again.", tone(20))

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        (failed,) = await caller.say(tone(60))
        (answered,) = await caller.say(tone(60))
    assert (failed.status, failed.errors) == ("failed", ("No model.", "Gone."))
    assert (answered.status, answered.errors) == ("completed", ())


async def test_a_refused_session_is_told_with_the_gateways_reason() -> None:
    async def script(line: Line) -> None:
        await line.send("session.created", session={})
        event = await line.expect("session.update")
        error = {"type": "invalid_request_error", "message": "No such language.", "event_id": event["event_id"]}
        await line.send("error", error=error)

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        with pytest.raises(CallFailed, match=r"refused the session: No such language\."):
            await caller.configure(language="xx")


async def test_a_session_that_is_never_confirmed() -> None:
    async def script(line: Line) -> None:
        await line.send("session.created", session={})

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        with pytest.raises(CallFailed, match="did not confirm the session"):
            await caller.configure(within=0.1)


@pytest.mark.parametrize(("code", "reason"), [(1011, "the model died"), (1001, "")])
async def test_a_gateway_that_hangs_up_in_the_middle_of_the_answer(code: int, reason: str) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "Hello?")
        await line.begin_answer("r1", "I was", tone(20))
        await line.socket.close(code, reason)

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        with pytest.raises(CallFailed, match=rf"ended the call \(code {code}{f', {reason}' if reason else ''}\)"):
            await caller.say(tone(60))


async def test_a_connection_that_breaks() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        line.socket.transport.abort()

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        with pytest.raises(CallFailed, match="connection to the gateway broke"):
            await caller.say(tone(60))


async def test_a_microphone_that_fails_ends_the_call_with_its_own_words() -> None:
    async def unplugged() -> AsyncIterator[Frame]:
        yield Frame(bytes(960), 0)
        raise OperatorError("The microphone was unplugged.")

    async def script(line: Line) -> None:
        await line.send("session.created", session={})

    async with scripted_gateway(script) as url:
        with pytest.raises(OperatorError, match="unplugged"):
            async with RealtimeCaller.connect(url, microphone=unplugged()) as caller:
                await caller.listen()


async def test_saying_something_needs_a_microphone_that_can() -> None:
    async def live() -> AsyncIterator[Frame]:
        await asyncio.Event().wait()
        yield Frame(b"", 0)

    async def script(line: Line) -> None:
        await line.send("session.created", session={})

    async with scripted_gateway(script) as url, RealtimeCaller.connect(url, microphone=live()) as caller:
        with pytest.raises(TypeError, match="ScriptedMicrophone"):
            await caller.say(tone(20))


async def test_hanging_up_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    async with scripted_gateway(Line.greet) as url, RealtimeCaller.connect(url) as caller:
        await caller.configure()
        assert any(task.get_name() == "microphone" for task in asyncio.all_tasks())
    assert asyncio.all_tasks() == before


# --- calls that never come about -----------------------------------------------------------------------------------


async def refused(url: str, key: str | None = None, within: float = 10.0) -> str:
    with pytest.raises(CallFailed) as failure:
        async with RealtimeCaller.connect(url, key, within=within):
            pytest.fail("the call came about")
    return str(failure.value)


async def test_no_gateway_there() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        sentence = await refused(f"ws://127.0.0.1:{port}/v1/realtime")
    assert "start it with `make run`" in sentence


async def test_a_wrong_key() -> None:
    async with scripted_gateway(Line.greet, key="secret") as url:
        assert "refused the key (HTTP 401)" in await refused(url, "guess")
        assert "refused the key (HTTP 401)" in await refused(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "127.0.0.1:8080", ""])
async def test_an_address_that_is_none(url: str) -> None:
    assert "must begin with ws:// or wss://" in await refused(url)


async def http_server(answer: bytes) -> asyncio.Server:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(handle, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "not a realtime voice gateway: HTTP 404"),
        (b"220 mail.example ESMTP\r\n", "not a realtime voice gateway"),
        (
            b'HTTP/1.1 503 Busy\r\nContent-Length: 42\r\n\r\n{"error":{"message":"All lines are busy"}}',
            "did not take the call (HTTP 503): All lines are busy",
        ),
    ],
)
async def test_something_else_answers(answer: bytes, sentence: str) -> None:
    async with await http_server(answer) as server:
        port = server.sockets[0].getsockname()[1]
        assert sentence in await refused(f"ws://127.0.0.1:{port}/v1/realtime")


async def websocket_server(first: str | None) -> AsyncIterator[str]:
    async def talk(connection: ServerConnection) -> None:
        if first is not None:
            await connection.send(first)
        await connection.wait_closed()

    async with serve(talk, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ("welcome to the chat", "does not speak the OpenAI Realtime protocol"),
        ('{"type":"session.started"}', "no session.created"),
        ('{"type":"error","error":{"message":"Come back tomorrow."}}', "refused the call: Come back tomorrow."),
        (None, "did not greet"),
    ],
)
async def test_another_protocol(first: str | None, sentence: str) -> None:
    async for url in websocket_server(first):
        assert sentence in await refused(url, within=0.3 if first is None else 10.0)
