"""One WebSocket to a gateway: opening it, events in and out, and sentences for all that goes wrong with it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.http11 import Response

from voicegw.client.events import CallFailed, Event, decode

_SEND_WITHIN: Final = 10.0  # seconds; a gateway that reads nothing for so long is not coming back
_LARGEST_FRAME: Final = 4 * 2**20  # bytes; the protocol keeps what a server sends under 1 MiB
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Wire:
    """Events both ways. Every method raises CallFailed once the connection is gone."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, event: Mapping[str, Any]) -> None:
        """Hand one event to the socket; bytes in it are written as base64."""
        try:
            async with asyncio.timeout(_SEND_WITHIN):
                await self._socket.send(msgspec.json.encode(event), text=True)
        except TimeoutError as late:
            raise CallFailed(f"The gateway read nothing for {_SEND_WITHIN:.0f} s: look at its log.") from late
        except ConnectionClosed as closed:
            raise _ended(closed) from closed

    async def receive(self, within: float) -> Event | None:
        """The next event, of a type that a caller knows or None for others; TimeoutError after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                return decode(await self._socket.recv())
        except ConnectionClosed as closed:
            raise _ended(closed) from closed

    async def close(self) -> None:
        await self._socket.close()


@asynccontextmanager
async def opened(url: str, key: str | None, within: float) -> AsyncIterator[Wire]:
    """A connection to `url` (`ws://…/v1/realtime`), closed at the end. Raises CallFailed when none can be had."""
    if urlsplit(url).scheme not in ("ws", "wss"):
        raise CallFailed(f"The address {url} is not a WebSocket address: it must begin with ws:// or wss://.")
    try:
        socket = await connect(
            url,
            additional_headers={"Authorization": f"Bearer {key}"} if key else None,
            # a proxy for the outside world cannot reach this machine's own loopback
            proxy=None if urlsplit(url).hostname in _LOOPBACK else True,
            compression=None,  # base64 sound does not shrink enough to pay for the time
            open_timeout=within,
            close_timeout=2,
            max_size=_LARGEST_FRAME,
        )
    except InvalidStatus as refusal:
        raise _refused(url, refusal.response) from refusal
    except (InvalidURI, InvalidHandshake) as error:
        raise CallFailed(f"What answers at {url} is not a realtime voice gateway: {error}.") from error
    except (OSError, TimeoutError) as error:
        raise CallFailed(f"No gateway can be reached at {url}: start it with `make run`, or give --url.") from error
    try:
        yield Wire(socket)
    finally:
        await socket.close()


class _Problem(msgspec.Struct):
    message: str


class _Refusal(msgspec.Struct):
    """The body of a refusal, as the protocol writes HTTP errors."""

    error: _Problem


def _refused(url: str, response: Response) -> CallFailed:
    status = response.status_code
    try:
        reason = msgspec.json.decode(response.body or b"", type=_Refusal).error.message
    except msgspec.DecodeError:
        reason = None
    if status == HTTPStatus.UNAUTHORIZED:
        return CallFailed(f"The gateway at {url} refused the key (HTTP {status}): give a valid one with --key.")
    if reason is not None:
        return CallFailed(f"The gateway at {url} did not take the call (HTTP {status}): {reason}")
    if status == HTTPStatus.FORBIDDEN:  # what servers answer that know neither the path nor the caller
        return CallFailed(
            f"What answers at {url} takes no calls there (HTTP {status}): correct the address, or give a --key."
        )
    return CallFailed(f"What answers at {url} is not a realtime voice gateway: HTTP {status} instead of a call.")


def _ended(closed: ConnectionClosed) -> CallFailed:
    frame = closed.rcvd
    if frame is None:
        return CallFailed("The connection to the gateway broke: look at its log for the reason.")
    reason = f", {frame.reason}" if frame.reason else ""
    return CallFailed(f"The gateway ended the call (code {frame.code}{reason}).")
