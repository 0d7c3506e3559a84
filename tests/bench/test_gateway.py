import asyncio
import signal
import sys

import pytest

from bench import gateway
from pipeline.errors import OperatorError


async def http_server(body: bytes, seen: list[bytes], status: bytes = b"200 OK") -> asyncio.Server:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(handle, "127.0.0.1", 0)


async def about(body: bytes, key: str | None = None, status: bytes = b"200 OK") -> tuple[object, bytes]:
    seen: list[bytes] = []
    async with await http_server(body, seen, status) as server:
        port = server.sockets[0].getsockname()[1]
        return await gateway.about(f"ws://127.0.0.1:{port}/v1/realtime?model=x", key), seen[0]


async def test_what_the_gateway_says_about_itself() -> None:
    told, request = await about(b'{"engines": []}', key="secret")
    assert told == {"engines": []}
    assert request.startswith(b"GET /v1/info HTTP")
    assert b"authorization: bearer secret" in request.lower()


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [(b"[]", b"200 OK", "HTTP 200"), (b"{}", b"404 Not Found", "HTTP 404"), (b"hello", b"200 OK", "JSONDecodeError")],
)
async def test_a_gateway_of_another_make_is_unknown(body: bytes, status: bytes, why: str) -> None:
    told, _ = await about(body, status=status)
    assert isinstance(told, dict)
    assert list(told) == ["unknown"]
    assert why in told["unknown"]


async def test_a_gateway_that_does_not_start_says_why() -> None:
    with pytest.raises(OperatorError, match=r"ended before it was ready\. It said: .*VOICEGW_TYPO"):
        async with gateway.own_gateway({"VOICEGW_TYPO": "1"}):
            pytest.fail("it started")


async def test_a_gateway_that_is_never_ready_is_given_up_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_READY_WITHIN", 0.05)
    children: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def started(*command: str, **options: object) -> asyncio.subprocess.Process:
        children.append(await start(*command, **options))  # type: ignore[arg-type]
        return children[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    with pytest.raises(OperatorError, match="was not ready after"):
        async with gateway.own_gateway({}):
            pytest.fail("it cannot be ready")
    assert children[0].returncode is not None


async def test_a_process_that_will_not_end_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_ENDED_WITHIN", 0.1)
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", stubborn, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    await gateway.ended(process)
    assert process.returncode == -signal.SIGKILL
    await gateway.ended(process)  # twice is no harm
