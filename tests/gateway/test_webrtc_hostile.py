"""Callers who mean no good, or do not know what they do: each meets a limit with a name, and leaves nothing behind."""

import asyncio
import itertools

import httpx2
import pytest
from aiortc.rtp import RtpPacket

from models.scripted import ScriptedChat
from tests.support.footprint import Footprint, footprint, same_footprint
from tests.support.gateway import Running, gateway, scripted
from tests.support.rtc_caller import RtcCaller, calling
from tests.support.until import until
from voicegw.http import calls
from voicegw.transports import channel, pulse, webrtc

SDP = {"Content-Type": "application/sdp"}


def slots(running: Running) -> int:
    """Places taken, in the table of calls and at the switchboard."""
    return running.calls + len(running.app.state.gateway.switchboard)


async def prepared(running: Running) -> Footprint:
    """What the process holds between two calls."""
    async with calling(running.http):
        pass
    await until(lambda: slots(running) == 0)
    return await footprint()


async def gone(running: Running, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    await until(lambda: slots(running) == 0)
    await until(lambda: any(getattr(record, "reason", None) == reason for record in caplog.records))


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", SDP, 400, "invalid_offer"),
        (b"hello", SDP, 400, "invalid_offer"),
        (b"v=0\r\n" * 4000, SDP, 400, "no_audio"),
        (b"v=0\r\n" + b"a=x\r\n" * 20_000, SDP, 400, "offer_too_large"),
        (bytes(calls.BODY_BYTES + 1), SDP, 413, "offer_too_large"),
        (b"\xff\xfe", SDP, 400, "invalid_offer"),
        (b"{}", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        (b"", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "invalid_offer"),
        (b"", {"Content-Type": "multipart/form-data"}, 400, "invalid_offer"),
        (
            b'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\nv=0\r\n'
            b'--x\r\nContent-Disposition: form-data; name="session"\r\n\r\n[1]\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
            400,
            "invalid_json",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\nv=0\r\n'
            b'--x\r\nContent-Disposition: form-data; name="session"\r\n\r\n{"type":"realtime","tools":7}\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
            400,
            "invalid_value",
        ),
    ],
)
async def test_what_is_no_offer_is_refused_by_name(body, headers, status, code):
    async with gateway() as running, httpx2.AsyncClient(trust_env=False) as client:
        await client.get(f"{running.http}/healthz")  # the connection for both requests
        before = await footprint()
        reply = await client.post(f"{running.http}/v1/realtime/calls", content=body, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code), reply.text
        assert slots(running) == 0
        await same_footprint(before)


@pytest.mark.parametrize(
    "change",
    [
        lambda sdp: sdp.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 ZZ"),
        lambda sdp: sdp.replace("a=setup:actpass", "a=setup:nonsense"),
        lambda sdp: sdp.replace("a=sctp-port:5000", "a=sctp-port:x"),
        lambda sdp: sdp.replace("a=mid:1", "a=mid:0"),
        lambda sdp: sdp.replace("a=rtcp-mux", "a=x"),
        lambda sdp: sdp.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 7 8"),
        lambda sdp: sdp.replace("UDP/DTLS/SCTP", "DTLS/SCTP"),
        lambda sdp: sdp.replace("a=ice-ufrag:", "a=ice-ufrag:\0"),
    ],
)
async def test_an_offer_that_was_tampered_with_leaves_nothing(change, monkeypatch):
    async with gateway() as running:
        before = await prepared(running)
        monkeypatch.setattr(webrtc, "CONNECT_S", 1.0)
        caller = RtcCaller()
        try:
            reply = await caller.dial_only(running.http, change)
            assert reply.status_code in (201, 400), reply.text
            if reply.status_code == 400:
                assert reply.json()["error"]["message"]
        finally:
            await caller.hang_up()
        await until(lambda: slots(running) == 0)
        await same_footprint(before)


async def test_one_caller_too_many_is_told_so():
    async with gateway(max_calls=1) as running, calling(running.http):
        before = await footprint()
        late = RtcCaller()
        try:
            reply = await late.dial(running.http)
            assert (reply.status_code, reply.json()["error"]["code"]) == (503, "server_full")
        finally:
            await late.hang_up()
        await same_footprint(before)


async def test_who_makes_many_calls_and_connects_none_takes_no_more_than_the_places(monkeypatch, caplog):
    caplog.set_level("INFO")
    async with gateway(max_calls=2) as running:
        before = await prepared(running)
        monkeypatch.setattr(webrtc, "CONNECT_S", 1.0)
        callers = [RtcCaller() for _ in range(10)]
        try:
            replies = await asyncio.gather(*(caller.dial_only(running.http) for caller in callers))
            assert sorted(reply.status_code for reply in replies) == [201] * 2 + [503] * 8
            await gone(running, "the connection or its data channel never came up", caplog)
        finally:
            await asyncio.gather(*(caller.hang_up() for caller in callers))
        await same_footprint(before)
        async with calling(running.http):
            pass  # a place is free again


async def test_a_caller_needs_the_key():
    async with gateway(api_key="secret") as running:
        caller = RtcCaller()
        try:
            assert (await caller.dial(running.http)).status_code == 401
            async with httpx2.AsyncClient(trust_env=False) as client:
                for method, path in [("GET", "ice"), ("POST", "calls/rtc_1/hangup"), ("DELETE", "calls/rtc_1")]:
                    reply = await client.request(method, f"{running.http}/v1/realtime/{path}")
                    assert reply.status_code == 401
        finally:
            await caller.hang_up()


async def test_who_takes_the_answer_and_never_connects_is_let_go(monkeypatch, caplog):
    caplog.set_level("INFO")
    async with gateway() as running:
        before = await prepared(running)
        monkeypatch.setattr(webrtc, "CONNECT_S", 0.5)
        caller = RtcCaller()
        try:
            assert (await caller.dial_only(running.http)).status_code == 201
            await gone(running, "the connection or its data channel never came up", caplog)
        finally:
            await caller.hang_up()
        await same_footprint(before)


async def test_who_connects_and_never_opens_the_channel_is_let_go(monkeypatch, caplog):
    caplog.set_level("INFO")
    async with gateway() as running:
        before = await prepared(running)
        monkeypatch.setattr(webrtc, "CONNECT_S", 1.5)
        caller = RtcCaller(channel=None, empty_sctp=True)
        try:
            assert (await caller.dial(running.http)).status_code == 201
            await gone(running, "the connection or its data channel never came up", caplog)
        finally:
            await caller.hang_up()
        await same_footprint(before)


async def test_who_opens_another_channel_is_let_go(caplog):
    caplog.set_level("INFO")
    async with gateway() as running:
        before = await prepared(running)
        async with calling(running.http) as caller:
            caller.pc.createDataChannel("more")
            await gone(running, "the caller opened more than one data channel", caplog)
        await same_footprint(before)


async def test_who_never_sends_sound_is_let_go(monkeypatch, caplog):
    caplog.set_level("INFO")
    async with gateway() as running:
        before = await prepared(running)
        monkeypatch.setattr(pulse, "MEDIA_S", 2.0)
        async with calling(running.http) as caller:
            caller.microphone.broken = True
            await gone(running, "the caller sends no media", caplog)
        await same_footprint(before)


async def test_who_floods_the_channel_is_let_go(caplog):
    caplog.set_level("INFO")
    async with gateway() as running:
        before = await prepared(running)
        async with calling(running.http) as caller:
            for _ in range(4 * channel.MESSAGES):
                caller.send("{}")
            await gone(running, "the caller sends more than a call needs", caplog)
        await same_footprint(before)


async def test_who_floods_with_sound_is_let_go(monkeypatch, caplog):
    caplog.set_level("INFO")
    async with gateway() as running:
        before = await prepared(running)
        monkeypatch.setattr(pulse, "FLOOD_BYTES", 20_000)  # what a busy machine can still send and take in
        async with calling(running.http) as caller:
            line = caller.pc.getSenders()[0].transport
            payload = bytes(1000)

            async def flood() -> None:
                for n in itertools.count():  # until it is let go, however fast this machine is
                    packet = RtpPacket(
                        payload_type=96, sequence_number=n % 65536, timestamp=960 * n % 2**32, payload=payload
                    )
                    await line._send_rtp(packet.serialize())
                    await asyncio.sleep(0)

            flooding = asyncio.create_task(flood())
            try:
                await gone(running, "the caller sends more than a call needs", caplog)
            finally:
                flooding.cancel()
                await asyncio.gather(flooding, return_exceptions=True)
        await same_footprint(before)


async def test_who_sends_one_endless_message_is_let_go(monkeypatch, caplog):
    """Bytes count, not only messages: the library would put the pieces together until the memory is full."""
    caplog.set_level("INFO")
    async with gateway() as running:
        before = await prepared(running)
        monkeypatch.setattr(pulse, "FLOOD_BYTES", 200_000)
        async with calling(running.http) as caller:
            caller.channel.transport._remote_max_message_size = 0
            caller.send("x" * 20_000_000)
            await gone(running, "the caller sends more than a call needs", caplog)
        await same_footprint(before)


async def test_who_never_reads_its_events_is_let_go(monkeypatch, caplog):
    caplog.set_level("INFO")
    chat = ScriptedChat(["word " * 20 + ". "] * 500)
    async with gateway(scripted(chat=chat)) as running:
        before = await prepared(running)
        monkeypatch.setattr(channel, "SEND_S", 1.0)
        monkeypatch.setattr(channel, "UNSENT_BYTES", 20_000)
        async with calling(running.http) as caller:
            caller.stop_reading()
            for _ in range(8):
                caller.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
            await gone(running, "the caller does not read its events", caplog)
        await same_footprint(before)


@pytest.mark.parametrize("junk", ["not json", "[]", '{"type": 7}', '{"type": "nonsense"}', "\0" * 1000])
async def test_junk_on_the_channel_is_answered_and_the_call_goes_on(junk):
    async with gateway() as running, calling(running.http) as caller:
        caller.send(junk)
        await caller.event("error")
        caller.channel.send(b"\xff\xfe")
        await caller.event("error")
        await caller.speak(0.8)
        await caller.sound()


async def test_sound_that_is_not_opus_is_dropped_and_the_call_goes_on():
    async with gateway() as running, calling(running.http) as caller:
        caller.microphone.junk = True
        await asyncio.sleep(0.5)
        caller.microphone.junk = False
        await caller.speak(0.8)
        await caller.sound()
