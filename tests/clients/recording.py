"""Keeps what passes through the protocol while a client runs, so that it can be replayed without one.

A recording is JSON lines, in the order in which things happened. `{"call": "realtime"}` begins each connection; then
come the protocol's inputs (`client`, `notice`, `refused`, `retrieved`, `sounding`, `opened`) and, after each that had
any, `told`: the types of the events that the client was sent. Of sound there is only its length.
"""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

from pydantic import TypeAdapter

from pipeline.errors import CallerError, EngineError
from pipeline.history import Item
from pipeline.notices import Notice, ReplyAudio, TurnTimed
from voicegw.http import gateway
from voicegw.protocol.commands import Command
from voicegw.protocol.offer import Offer
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.protocol.server_events import ServerEvent
from voicegw.protocol.session import AnySession

RECORDINGS = Path(__file__).parent.parent / "protocol" / "recordings"
Line = dict[str, Any]


class Tape:
    """The connections of one client, each whole, in the order in which they were made."""

    def __init__(self) -> None:
        self._calls: list[list[Line]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep what every session says that begins meanwhile."""

        def recorded(offer: Offer, session: AnySession, **options: Any) -> RealtimeProtocol:
            self._calls.append([{"call": session.__struct_config__.tag}])
            return _RecordedProtocol(self._calls[-1], offer, session, **options)

        with patch.object(gateway, "RealtimeProtocol", recorded):
            yield

    def save(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        lines = [json.dumps(line, separators=(",", ":")) for call in self._calls for line in call]
        path.write_text("\n".join(lines) + "\n")


class _RecordedProtocol(RealtimeProtocol):
    def __init__(self, lines: list[Line], offer: Offer, session: AnySession, **options: Any) -> None:
        self._lines = lines
        self._receiving = False
        super().__init__(offer, session, **options)

    def open(self) -> None:
        self._lines.append({"opened": True})
        super().open()

    def receive(self, frame: str | bytes) -> list[Command]:
        self._lines.append({"client": _without_sound(json.loads(frame))})
        self._receiving = True
        try:
            return super().receive(frame)
        finally:
            self._receiving = False

    def refuse(self, error: CallerError | EngineError, event_id: str | None) -> None:
        if not self._receiving:  # what the protocol refuses by itself, it will refuse again
            assert isinstance(error, CallerError), "scripted engines do not fail"
            told = {"message": str(error), "code": error.code, "param": error.param}
            self._lines.append({"refused": told, "event_id": event_id})
        super().refuse(error, event_id)

    def retrieved(self, item: Item) -> None:
        self._lines.append({"retrieved": plain(item)})
        super().retrieved(item)

    def notify(self, notice: Notice) -> None:
        if not isinstance(notice, TurnTimed):  # only clients of our own ask for it
            self._lines.append({"notice": type(notice).__name__, "says": _said(notice)})
        super().notify(notice)

    def sounding(self, what: Literal["started", "stopped", "cleared"], reply: str) -> None:
        self._lines.append({"sounding": what, "reply": reply})
        super().sounding(what, reply)

    def events(self) -> list[ServerEvent]:
        events = super().events()
        if events:
            self._lines.append({"told": [event.__struct_config__.tag for event in events]})
        return events


def plain(value: object) -> dict[str, Any]:
    """A dataclass as JSON, but for what has its default."""
    said: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json", exclude_defaults=True)
    return said


def _said(notice: Notice) -> dict[str, Any]:
    if isinstance(notice, ReplyAudio):
        return {"reply": notice.reply, "item": notice.item, "samples": notice.pcm.samples, "rate": notice.pcm.rate}
    return plain(notice)


def _without_sound(event: dict[str, Any]) -> dict[str, Any]:
    """With the number of bytes in place of them."""
    if event["type"] != "input_audio_buffer.append":
        return event
    return event | {"audio": len(base64.b64decode(event["audio"]))}
