"""Credentials that run out, and a real TURN server that takes them."""

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aioice
import pytest

from tests.support.gateway import gateway
from tests.support.rtc_caller import RtcCaller
from tests.support.until import until
from voicegw.settings import RtcSettings
from voicegw.transports.ice import IceServers, turn_credentials

SECRET = "not so secret"
TURNSERVER = shutil.which("turnserver")


def test_credentials_are_those_of_coturns_rest_scheme():
    # The expected hash is that of: printf '1700000000:ada' | openssl dgst -sha1 -hmac north -binary | base64
    assert turn_credentials("north", "ada", 1_700_000_000) == ("1700000000:ada", "ndZ88ryT1whVxdkcRLepT9D1MpM=")


def test_a_caller_is_told_of_servers_with_credentials_of_its_own():
    servers = IceServers(("stun:s",), ("turn:t", "turns:t"), SECRET, ttl_s=600)
    stun, turn = servers.told("ada", now=1000.9)
    assert stun == {"urls": ["stun:s"]}
    assert turn["urls"] == ["turn:t", "turns:t"]
    assert turn["username"] == "1600:ada"
    assert IceServers().told("ada", now=0) == []


@asynccontextmanager
async def turn_server(tmp_path: Path, address: str) -> AsyncIterator[str]:
    """A coturn of our own; its address as host:port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        TURNSERVER or "turnserver", "-n", "--listening-ip", address, "--relay-ip", address,
        "--listening-port", str(port), "-v",
        "--use-auth-secret", "--static-auth-secret", SECRET, "--realm", "voicegw", "--no-tls", "--no-dtls", "--no-cli",
        "--pidfile", str(tmp_path / "pid"), "--log-file", "stdout", "--allow-loopback-peers",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    try:
        yield f"{address}:{port}"
    finally:
        process.terminate()
        await process.wait()


def own_address() -> str:
    """An address of this machine that is not loopback, which ICE leaves out."""
    found = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False)
    return found[0] if found else ""


async def allocation(server: str, username: str, password: str) -> list[aioice.Candidate]:
    host, port = server.split(":")
    connection = aioice.Connection(
        ice_controlling=True, turn_server=(host, int(port)), turn_username=username, turn_password=password
    )
    try:
        await connection.gather_candidates()
        return [candidate for candidate in connection.local_candidates if candidate.type == "relay"]
    finally:
        await connection.close()


needs_turn = pytest.mark.skipif(
    TURNSERVER is None or not own_address(),
    reason="needs coturn (apt-get install coturn) and an address beside loopback",
)


@needs_turn
async def test_coturn_takes_our_credentials_until_they_run_out(tmp_path):
    async with turn_server(tmp_path, own_address()) as server:
        async with asyncio.timeout(10):
            while not (relayed := await allocation(server, *turn_credentials(SECRET, "ada", int(time.time()) + 600))):
                await asyncio.sleep(0.1)  # it is still coming up
        assert len(relayed) == 1
        assert await allocation(server, *turn_credentials(SECRET, "ada", 1_000_000_000)) == []
        assert await allocation(server, *turn_credentials("another", "ada", int(time.time()) + 600)) == []


@needs_turn
async def test_a_call_goes_through_the_relay_when_there_is_no_other_way(tmp_path):
    async with turn_server(tmp_path, own_address()) as server:
        rtc = RtcSettings(turn=f"turn:{server}", turn_secret=SECRET)
        async with gateway(rtc=rtc) as running:
            servers = await RtcCaller.ice_servers(running.http)
            async with asyncio.timeout(10):
                while True:
                    caller = RtcCaller(relay=servers)
                    if "typ relay" in await caller.offer():
                        break
                    await caller.hang_up()
            try:
                assert (await caller.dial(running.http)).status_code == 201
                await caller.connected()
                await caller.speak(0.8)
                await caller.sound()
            finally:
                await caller.hang_up()
            await until(lambda: running.calls == 0)
