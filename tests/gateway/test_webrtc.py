"""Calls over WebRTC: a real gateway with scripted engines, aiortc as the caller, real sockets."""

import asyncio

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from bench.phone.lossy_link import lossy_link
from models.scripted import ScriptedChat, ScriptedSynthesizer
from tests.support.footprint import footprint, same_footprint
from tests.support.gateway import gateway, scripted
from tests.support.rtc_caller import LOUD, RtcCaller, calling
from tests.support.until import until
from tests.support.wire import dial
from voicegw.settings import RtcSettings


async def test_a_turn_is_heard_and_answered():
    async with gateway(scripted(synthesizer=ScriptedSynthesizer(ms_per_char=40))) as running:
        async with calling(running.http) as caller:
            assert running.calls == 1
            await caller.speak(1.0)
            await caller.event("input_audio_buffer.committed")
            await caller.sound()
            await caller.event("output_audio_buffer.stopped")
            kinds = caller.kinds
        await until(lambda: running.calls == 0, 5.0)
    assert "response.output_audio.delta" not in kinds
    order = [
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "output_audio_buffer.started",
        "response.output_audio.done",
        "response.done",
        "output_audio_buffer.stopped",
    ]
    places = [kinds.index(kind) for kind in order]
    assert places == sorted(places), kinds


async def test_talking_over_the_tutor_silences_it_and_tells_where():
    story = ScriptedChat([f"This is sentence number {n}. " for n in range(20)])
    async with gateway(scripted(chat=story)) as running, calling(running.http) as caller:
        await caller.speak(1.0)
        await until(lambda: sum(level > LOUD for _, level in caller.levels) > 30)  # frames of 20 ms
        begun = asyncio.get_running_loop().time()
        caller.microphone.speaking = True
        await caller.event("output_audio_buffer.cleared")
        quiet = await caller.sound(loud=False)
        caller.microphone.speaking = False
        truncated = await caller.event("conversation.item.truncated")
        assert quiet - begun < 2.5
        done = next(event for event in caller.seen if event["type"] == "response.done")
        assert done["response"]["status"] == "cancelled"
        # As much as sounded until we were heard: about a second, and not the ten that were made.
        heard = sum(0.02 for at, level in caller.levels if level > LOUD and at < quiet)
        assert abs(truncated["audio_end_ms"] / 1000 - heard) < 0.3


async def test_the_answer_comes_whole_and_no_faster_than_it_sounds():
    chat = ScriptedChat(["a" * 50 + "."])  # 51 characters of 40 ms
    async with gateway(scripted(chat=chat, synthesizer=ScriptedSynthesizer(ms_per_char=40))) as running:
        async with calling(running.http) as caller:
            caller.send({"type": "response.create"})
            await caller.event("output_audio_buffer.stopped")
            await caller.sound(loud=False)
            loud = [at for at, level in caller.levels if level > LOUD]
        assert abs(len(loud) * 0.02 - 51 * 0.04) < 0.1
        assert loud[-1] - loud[0] > 51 * 0.04 - 0.1


async def test_silence_by_request():
    story = ScriptedChat([f"This is sentence number {n}. " for n in range(20)])
    async with gateway(scripted(chat=story)) as running, calling(running.http) as caller:
        caller.send({"type": "response.create"})
        await caller.sound()
        caller.send({"type": "output_audio_buffer.clear"})
        cleared = await caller.event("output_audio_buffer.cleared")
        started = next(event for event in caller.seen if event["type"] == "output_audio_buffer.started")
        assert cleared["response_id"] == started["response_id"]
        await caller.sound(loud=False)


async def test_audio_is_not_taken_from_the_channel():
    async with gateway() as running, calling(running.http) as caller:
        caller.send({"type": "input_audio_buffer.append", "audio": "AAA=", "event_id": "mine"})
        error = (await caller.event("error"))["error"]
        assert error["event_id"] == "mine"
        assert "track" in error["message"]


async def test_times_in_the_callers_audio_are_those_of_the_caller():
    async with gateway() as running, calling(running.http) as caller:
        await until(lambda: caller.microphone.sent_s > 0.7)
        before = caller.microphone.sent_s
        await caller.speak(0.8)
        started = await caller.event("input_audio_buffer.speech_started")
        prefix = 0.3  # which the session's settings put before the onset
        assert abs(started["audio_start_ms"] / 1000 - (before - prefix)) < 0.15


async def test_a_call_with_a_session_of_its_own_comes_as_a_form():
    async with gateway() as running:
        caller = RtcCaller()
        try:
            session = {"type": "realtime", "instructions": "Speak like a pirate."}
            reply = await caller.dial(running.http, session=session)
            assert reply.status_code == 201, reply.text
            created = await caller.event("session.created")
            assert created["session"]["instructions"] == "Speak like a pirate."
        finally:
            await caller.hang_up()


async def test_what_a_session_cannot_have_is_told_in_the_call():
    async with gateway() as running:
        caller = RtcCaller()
        try:
            session = {"type": "realtime", "instructions": "Sing.", "prompt": {"id": "p"}, "colour": 1}
            reply = await caller.dial(running.http, session=session)
            assert reply.status_code == 201, reply.text
            created = await caller.event("session.created")
            assert (created["session"]["instructions"], created["session"]["prompt"]) == ("Sing.", None)
            error = (await caller.event("error"))["error"]
            assert "session.prompt" in error["message"]
            assert "session.colour" in error["message"]
        finally:
            await caller.hang_up()


@pytest.mark.parametrize("how", ["caller closes", "channel closes", "POST", "DELETE", "gateway drains"])
async def test_hanging_up_frees_everything(how):
    async with gateway() as running:
        async with calling(running.http):
            pass  # what is made once and kept (a thread pool, a resolver) is made now
        await until(lambda: running.calls == 0)
        before = await footprint()
        async with calling(running.http) as caller:
            await caller.speak(0.5)
            async with httpx2.AsyncClient(trust_env=False) as client:
                match how:
                    case "channel closes":
                        caller.channel.close()
                    case "POST":
                        assert (await client.post(f"{running.http}{caller.location}/hangup")).status_code == 200
                    case "DELETE":
                        assert (await client.delete(f"{running.http}{caller.location}")).status_code == 200
                    case "gateway drains":
                        await running.app.state.gateway.drain()
            if how != "caller closes":
                await until(lambda: running.calls == 0, 5.0)
                async with asyncio.timeout(5):
                    await caller.closed.wait()
        await until(lambda: running.calls == 0, 5.0)
        assert len(running.app.state.gateway.switchboard) == 0
        await same_footprint(before)


async def test_a_server_watches_steers_and_ends_a_call_by_its_id():
    async with gateway(scripted(synthesizer=ScriptedSynthesizer(ms_per_char=40))) as running:
        async with calling(running.http) as caller:
            sideband = running.url.replace("model=test", f"call_id={caller.location.rsplit('/', 1)[-1]}")
            async with dial(sideband) as server:
                await server.event("session.created")
                await server.send({"type": "session.update", "session": {"type": "realtime", "instructions": "Sing."}})
                assert (await caller.event("session.updated"))["session"]["instructions"] == "Sing."
                await server.send({"type": "response.create"})
                await caller.sound()
                for told in (caller, server):
                    await told.event("response.output_audio_transcript.delta")
                    await told.event("output_audio_buffer.stopped")
                assert "response.output_audio.delta" not in server.kinds
                await server.send({"type": "input_audio_buffer.append", "audio": "AAA="})
                assert (await server.error())["param"] == "type"
                assert "error" not in caller.kinds
            await caller.speak(1.0)
            await caller.event("response.created")  # the call outlives who watched it
            async with dial(sideband) as server:
                await server.event("session.created")
                await caller.hang_up()
                async with asyncio.timeout(10):
                    await server.socket.wait_closed()
                assert server.socket.close_code == 1000
        await until(lambda: running.calls == 0)
        with pytest.raises(InvalidStatus, match="404"):
            async with dial(sideband):
                pass


async def test_a_caller_who_vanishes_is_gone_within_five_seconds():
    async with gateway() as running, lossy_link() as link, calling(running.http, link=link):
        link.cut = True
        await until(lambda: running.calls == 0, 5.0)


async def test_a_caller_who_comes_back_finds_the_conversation():
    async with gateway(rtc=RtcSettings(grace_s=15)) as running, lossy_link() as link:
        async with calling(running.http, link=link, ticket="new") as caller:
            await caller.speak(0.8)
            done = await caller.event("response.done")
            spoken = done["response"]["output"][0]["id"]
            (call,) = running.app.state.gateway.switchboard._calls.values()
            link.cut = True
            await until(call.peer._over.done, 5.0)  # when a call that nobody may take up again would end
            assert running.calls == 1, "the call waits"
            again = RtcCaller()
            try:
                began = asyncio.get_running_loop().time()
                reply = await again.dial(running.http, f"{caller.location}/resume", ticket=caller.ticket)
                assert reply.status_code == 201, reply.text
                await again.event("session.created")
                assert asyncio.get_running_loop().time() - began < 3.0
                again.send({"type": "conversation.item.retrieve", "item_id": spoken})
                item = (await again.event("conversation.item.retrieved"))["item"]
                assert item["content"][0]["transcript"] == "Good morning to you, my friend."
                await again.speak(0.8)
                await again.sound()
                assert running.calls == 1
            finally:
                await again.hang_up()
        await until(lambda: running.calls == 0, 5.0)


async def test_words_are_kept_while_nobody_hears_them():
    """A break in the middle of an answer: what was not heard is said after it."""
    chat = ScriptedChat([f"This is sentence number {n}. " for n in range(10)])
    whole_s = sum(len(f"This is sentence number {n}.") for n in range(10)) * 0.02
    async with (
        gateway(scripted(chat=chat), rtc=RtcSettings(grace_s=15)) as running,
        lossy_link() as link,
        calling(running.http, link=link, ticket="new") as caller,
    ):
        caller.send({"type": "response.create"})
        await caller.sound()
        await asyncio.sleep(0.5)
        link.cut = True
        await asyncio.sleep(3.0)
        again = RtcCaller()
        try:
            await again.dial(running.http, f"{caller.location}/resume", ticket=caller.ticket)
            await again.event("output_audio_buffer.stopped")
        finally:
            await again.hang_up()
        heard = sum(0.02 for _, level in caller.levels + again.levels if level > LOUD)
        assert heard > whole_s - 1.5, "at most the second in which the break was not known yet is lost"


async def test_a_ticket_is_good_once_and_for_one_call():
    async with gateway(rtc=RtcSettings(grace_s=5)) as running:
        async with calling(running.http, ticket="new") as caller, calling(running.http, ticket="new") as other:
            for location, ticket in [
                (caller.location, other.ticket),
                (caller.location, "x"),
                ("/v1/realtime/calls/rtc_x", "x"),
            ]:
                stranger = RtcCaller()
                try:
                    reply = await stranger.dial(running.http, f"{location}/resume", ticket=ticket)
                    assert reply.status_code == 404
                finally:
                    await stranger.hang_up()
            again = RtcCaller()
            try:
                first = caller.ticket
                reply = await again.dial(running.http, f"{caller.location}/resume", ticket=first)
                assert reply.status_code == 201
                assert again.ticket not in (None, first)
                await again.event("session.created")
                late = RtcCaller()
                try:
                    assert (await late.dial(running.http, f"{caller.location}/resume", ticket=first)).status_code == 404
                finally:
                    await late.hang_up()
            finally:
                await again.hang_up()
        await until(lambda: running.calls == 0, 10.0)
