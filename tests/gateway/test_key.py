"""The key: whether there is one, whether it will do, and who is served without one."""

import asyncio

import httpx2
import pytest
from starlette.requests import HTTPConnection

from tests.support.gateway import Running, gateway
from voicegw.errors import SettingsError
from voicegw.http.access import Doorkeeper, Refused
from voicegw.key import SHORTEST, Key
from voicegw.loopback import forwarded_for, host_named, is_loopback
from voicegw.sessions.ephemeral import EphemeralKeys
from voicegw.settings import Settings, refuse_exposure

LONG = "k" * SHORTEST


def settings(host: str, key: str | None) -> Settings:
    return Settings(host=host) if key is None else Settings(host=host, api_key=key)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.4", "voice.example", "127.1", "::ffff:10.0.0.1"])
@pytest.mark.parametrize("key", [None, "", " ", "\n", "\t  ", "k" * (SHORTEST - 1), f"  {'k' * (SHORTEST - 1)}  \n"])
def test_where_others_can_reach_it_nothing_starts_without_a_good_key(host, key):
    with pytest.raises(SettingsError, match="openssl rand -hex 24"):
        refuse_exposure(settings(host, key))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4"])
def test_a_key_of_sixteen_characters_will_do(host):
    refuse_exposure(settings(host, LONG))
    refuse_exposure(settings(host, f"{LONG}\n"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1"])
def test_on_this_machine_a_key_may_be_short_or_missing_but_never_empty(host):
    refuse_exposure(settings(host, None))
    refuse_exposure(settings(host, "short"))
    for empty in ("", "  ", "\n"):
        with pytest.raises(SettingsError, match="set and empty"):
            refuse_exposure(settings(host, empty))


@pytest.mark.parametrize(("text", "says"), [("sk-one\nsk-two-is-long", "control"), ("ek_" + LONG, "ephemeral")])
def test_a_key_that_could_never_open_is_refused(text, says):
    with pytest.raises(SettingsError, match=says) as refused:
        refuse_exposure(settings("127.0.0.1", text))
    assert text not in str(refused.value)


def test_no_gateway_can_be_made_with_an_empty_key():
    with pytest.raises(SettingsError):
        _ = Settings(api_key="").key
    assert LONG not in repr(Key(LONG))


@pytest.mark.parametrize(
    ("sent", "opens"),
    [
        ("Schlüssel-schlüssel".encode(), True),
        ("Schlüssel-schlüssel".encode("latin-1"), True),
        (b"Schluessel-schluessel", False),
        (b"", False),
    ],
)
def test_letters_beyond_ascii_open_as_clients_send_them(sent, opens):
    assert Key(" Schlüssel-schlüssel\n").opens(sent.decode("latin-1")) is opens


# --- who is on this machine ----------------------------------------------------------------------------------------


def caller(address: str | None, *headers: tuple[str, str], host: str = "localhost:8080") -> HTTPConnection:
    sent = [("host", host), *headers]
    return HTTPConnection({
        "type": "http", "client": None if address is None else (address, 40_000), "path": "/v1/info",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent],
    })  # fmt: skip


def doorkeeper(key: str | None = None) -> Doorkeeper:
    return Doorkeeper(None if key is None else Key(key), EphemeralKeys())


@pytest.mark.parametrize("address", ["203.0.113.9", "192.168.1.7", "::ffff:203.0.113.9", "fe80::1", "", None])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_without_a_key_a_stranger_is_not_served_whatever_the_host_header_says(address, host):
    with pytest.raises(Refused) as refused:
        doorkeeper().check(caller(address, host=host))
    assert (refused.value.status, refused.value.code) == (403, "address_refused")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost", "LocalHost:8080", "localhost.", "127.0.0.2:80", "[::1]", "localhost:"])
def test_without_a_key_who_is_on_this_machine_is_served(address, host):
    doorkeeper().check(caller(address, host=host))


@pytest.mark.parametrize(
    "header",
    [
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-For", "127.0.0.1, 203.0.113.9"),
        ("X-Forwarded-For", "203.0.113.9:4711"),
        ("X-Forwarded-For", "unknown"),
        ("X-Real-IP", "203.0.113.9"),
        ("Forwarded", 'for="[2001:db8::7]:4711";proto=https'),
        ("Forwarded", "proto=https;For=203.0.113.9"),
        ("Forwarded", "for=_hidden"),
        ("Forwarded", 'for="[127.0.0.1, for=203.0.113.9'),
        ("X-Client-IP", "203.0.113.9"),
        ("CF-Connecting-IP", "2001:db8::7"),
        ("True-Client-IP", "203.0.113.9"),
        ("Fly-Client-IP", "203.0.113.9"),
        ("X-Original-Forwarded-For", "203.0.113.9"),
    ],
)
def test_a_proxy_that_asks_for_a_stranger_needs_a_key(header):
    with pytest.raises(Refused, match="only the machine"):
        doorkeeper().check(caller("127.0.0.1", header))
    doorkeeper(LONG).check(caller("127.0.0.1", header, ("Authorization", f"Bearer {LONG}")))


def test_a_proxy_that_asks_for_this_machine_is_this_machine():
    doorkeeper().check(caller("127.0.0.1", ("X-Forwarded-For", "127.0.0.1, ::1")))


@pytest.mark.parametrize("name", ["voice.example", "localhost, voice.example", "192.168.1.7:8080", "["])
def test_a_proxy_that_was_asked_by_another_name_needs_a_key(name):
    header = ("X-Forwarded-Host", name)
    with pytest.raises(Refused) as refused:
        doorkeeper().check(caller("127.0.0.1", header, host="localhost"))
    assert refused.value.code == "host_refused"
    doorkeeper(LONG).check(caller("127.0.0.1", header, ("Authorization", f"Bearer {LONG}")))
    doorkeeper().check(caller("127.0.0.1", ("X-Forwarded-Host", "localhost:8080"), host="localhost"))


def test_behind_a_proxy_on_this_machine_a_key_that_is_set_is_needed():
    with pytest.raises(Refused) as refused:
        doorkeeper(LONG).check(caller("127.0.0.1", host="localhost"))
    assert refused.value.status == 401


@pytest.mark.parametrize(
    "origin", ["http://[", "http://evil.example", "null", "", "localhost:8080", "http://localhost"]
)
def test_what_is_no_origin_of_ours_is_refused(origin):
    with pytest.raises(Refused) as refused:
        doorkeeper().check(caller("127.0.0.1", ("Origin", origin)))
    assert refused.value.code == "origin_not_allowed"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:8080", "localhost"), ("[::1]:80", "::1"), ("[0::1]", "::1"), ("", ""), (":80", ""),
        ("a_b.c", "a_b.c"),
        ("[", None), ("[::1", None), ("::1", None), ("[localhost]", None), ("a:b", None), ("a:99999", None),
        ("user@localhost", None), ("user:word@localhost", None), ("localhost/x", None), ("local host", None),
        ("localhost:80:80", None), ("[::1]x", None), ("localhost?x", None), ("http://localhost", None),
    ],
)  # fmt: skip
def test_a_host_header_is_read_as_the_standard_says(header, name):
    assert host_named(header) == name


def test_names_that_only_look_like_this_machine():
    for name in ("localhost.evil.example", "0.0.0.0", "::", "127.0.0.1.evil.example", "2130706433", "localhost..", ""):
        assert not is_loopback(name), name


def test_everybody_that_a_proxy_names_is_found():
    assert forwarded_for(["1.2.3.4, [::1]:80"], ['for=5.6.7.8:99, For="[2001:db8::1]"']) == [
        "1.2.3.4", "::1", "5.6.7.8", "2001:db8::1",
    ]  # fmt: skip


# --- on the wire ---------------------------------------------------------------------------------------------------


async def raw(running: Running, *lines: str) -> tuple[int, bytes]:
    """Status and page of a request that no library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    head, _, page = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), page


UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")  # fmt: skip # noqa: E501


@pytest.mark.parametrize("key", [None, LONG])
@pytest.mark.parametrize("host", ["[", "[::1", "user@localhost", "localhost:99999", "localhost:x", "a b"])
async def test_a_host_header_that_is_none_is_said_to_be_so_by_every_endpoint(key, host):
    async with gateway(**({} if key is None else {"api_key": key})) as running:
        for path in ("/", "/healthz", "/readyz", "/v1/info", "/v1/models", "/v1/voicegw/lobby", "/nowhere"):
            status, page = await raw(running, f"GET {path} HTTP/1.1", f"Host: {host}", f"api-key: {LONG}")
            assert (status, b"invalid_host" in page) == (400, True), (path, page)
        status, page = await raw(running, "GET /v1/realtime HTTP/1.1", f"Host: {host}", *UPGRADE)
        assert (status, b"invalid_host" in page) == (400, True), page


async def test_without_a_host_header_there_is_no_entry_without_a_key():
    async with gateway() as running:
        for lines in (
            ("GET /v1/info HTTP/1.0",),
            ("GET /v1/info HTTP/1.1", "Host:"),
            ("GET /v1/info HTTP/1.1", "Host: :80"),
        ):
            assert (await raw(running, *lines))[0] == 403
        assert (await raw(running, "GET /v1/info HTTP/1.1"))[0] == 400


async def test_a_forwarded_stranger_is_refused_on_the_wire_and_no_header_makes_one_a_neighbour():
    async with gateway() as running, httpx2.AsyncClient(base_url=running.http) as client:
        stranger = await client.get("/v1/info", headers={"X-Forwarded-For": "203.0.113.9"})
        assert (stranger.status_code, stranger.json()["error"]["code"]) == (403, "address_refused")
        assert (await client.get("/v1/info")).status_code == 200
    async with gateway(api_key=LONG) as running, httpx2.AsyncClient(base_url=running.http) as client:
        for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"Host": "localhost"}):
            assert (await client.get("/v1/info", headers=headers)).status_code == 401
        assert (await client.get("/v1/info", headers={"Authorization": f"bearer  {LONG}"})).status_code == 200
