"""A protocol under test, with readable ids and an encoder whose bytes can be counted."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from pipeline.audio import Pcm
from pipeline.errors import CallerError, EngineError
from pipeline.history import Item
from pipeline.notices import Notice
from pipeline.settings import CallSettings, Detection, TurnPolicy
from voicegw.protocol import codec
from voicegw.protocol.commands import Command
from voicegw.protocol.formats import AudioFormat
from voicegw.protocol.offer import Offer
from voicegw.protocol.realtime import RealtimeProtocol
from voicegw.protocol.server_events import ServerEvent
from voicegw.protocol.session import SessionType
from voicegw.protocol.sound import EncoderFactory

LANGUAGES = frozenset({"de", "en"})


def offer(settings: CallSettings, *voices: str) -> Offer:
    return Offer("local", voices or ("joe", "amy"), settings, LANGUAGES)


OFFER = offer(CallSettings(instructions="Be brief.", turn=TurnPolicy(Detection.SILENCE)))
EXPIRES = 1_900_000_000


class LateEncoder:
    """Audio already at the wire's rate passes; the last two bytes wait, as a resampler's tail does."""

    def __init__(self) -> None:
        self._tail = b""

    def encode(self, pcm: Pcm) -> bytes:
        held = self._tail + pcm.data
        self._tail = held[-2:]
        return held[:-2]

    def flush(self) -> bytes:
        return self._tail


@dataclass
class Line:
    """What goes in, and as plain JSON what comes out. encoder: another than the one above."""

    offer: Offer = OFFER
    kind: SessionType = "realtime"
    wishes: dict[str, Any] | None = None
    encoders: list[tuple[AudioFormat, int]] = field(default_factory=list)
    encoder: EncoderFactory | None = None

    def __post_init__(self) -> None:
        numbers = itertools.count(1)
        self.protocol = RealtimeProtocol(
            self.offer,
            self.offer.session(self.kind, "sess_1", EXPIRES, self.wishes),
            conversation_id="conv_1",
            new_id=lambda kind: f"{kind}_{next(numbers)}",
            encoder=self.encoder or self._encoder,
        )

    def open(self) -> list[dict[str, Any]]:
        self.protocol.open()
        return self.sent()

    def send(self, *events: dict[str, Any] | str | bytes) -> list[Command]:
        """Events as dicts, or frames as they are."""
        return [
            command
            for event in events
            for command in self.protocol.receive(event if isinstance(event, str | bytes) else json.dumps(event))
        ]

    def update(self, **session: Any) -> list[Command]:
        return self.send({"type": "session.update", "session": {"type": self.kind, **session}})

    def notify(self, *notices: Notice) -> list[dict[str, Any]]:
        for notice in notices:
            self.protocol.notify(notice)
        return self.sent()

    def refuse(self, error: CallerError | EngineError, event_id: str | None = None) -> list[dict[str, Any]]:
        self.protocol.refuse(error, event_id)
        return self.sent()

    def retrieved(self, item: Item) -> list[dict[str, Any]]:
        self.protocol.retrieved(item)
        return self.sent()

    def events(self) -> list[ServerEvent]:
        return self.protocol.events()

    def sent(self) -> list[dict[str, Any]]:
        """Events since the last look, as the client reads them."""
        return [json.loads(codec.encode(event)) for event in self.protocol.events()]

    def _encoder(self, wire: AudioFormat, rate: int) -> LateEncoder:
        self.encoders.append((wire, rate))
        return LateEncoder()


def without_ids(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in event.items() if key != "event_id"} for event in events]


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]
