"""One recording, played to the real call in virtual time; what the call told and what was heard are written down.

The caller's side is a plain WebSocket client: it streams 20 ms frames as a microphone would, and plays what comes back
without a gap. The moment the call says that speech started it falls silent, and reports how much was heard. Every
recording is a call of its own, so that nothing learned from one caller helps with the next.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bench.quality import sound, virtual_time
from bench.quality.ear import Ear
from bench.quality.labels import Item
from pipeline.call import Call
from pipeline.engines import Engines, Listening
from pipeline.errors import OperatorError
from pipeline.notices import InputCommitted, Notice, ReplyAudio, SpeechStarted, SpeechStopped
from pipeline.settings import CallSettings, ReplyOptions, TurnPolicy

FRAME: Final = sound.RATE // 50
WAIT_S: Final = 5.0
"""A turn that is not closed so long after its end is missed."""
SETTLED_S: Final = 3.0
"""A call in which nothing has happened for so long is over: longer than any doubt about a sound lasts."""
LONGEST_S: Final = 60.0
ENOUGH_TURNS: Final = 3
"""A tutor that answers its own echo would go on for ever; after so many turns there is nothing new to see."""
AHEAD_S: Final = 3.0
"""Sound that is sent ahead of the ear, as to any WebSocket client."""


@dataclass(slots=True)
class Log:
    """What happened in one call. Times are seconds of the call.

    begins: when the first sample of the recording sounded. told: notices with their times. ear: what was heard.
    """

    begins: float = 0.0
    told: list[tuple[float, Notice]] = field(default_factory=list)
    ear: Ear = field(default_factory=Ear)

    def times(self, kind: type[Notice]) -> list[float]:
        """Of all notices of a kind, in seconds of the recording."""
        return [at - self.begins for at, notice in self.told if isinstance(notice, kind)]


def perform(item: Item, engines: Engines, policy: TurnPolicy, *, briefly: bool = False) -> Log:
    """Play `item` to a call. briefly: hang up once it is known when its turns ended, without waiting for an answer."""
    return virtual_time.run(_Performance(item, engines, policy, briefly).play())


class _Performance:
    def __init__(self, item: Item, engines: Engines, policy: TurnPolicy, briefly: bool) -> None:
        self._label = item.label
        self._briefly = briefly
        self._obeys = policy.interrupt_response  # a client that asked not to be interrupted plays on
        self._log = Log()
        self._recording = sound.from_s16(sound.read(item.path).data)
        self._sent = 0  # samples streamed so far
        self._playing: tuple[str, str] | None = None  # the answer that sounds, and its item
        self._cut: tuple[str, int] | None = None  # item that was cut short, and the milliseconds of it that were heard
        self._begins: int | None = None  # sample of the call at which the recording starts
        self._call = Call(
            engines,
            CallSettings(turn=policy, listening=Listening(language=item.label.language)),
            caller=item.name,
            notify=self._told,
            new_id=lambda kind: f"{kind}{len(self._log.told)}",
            lead=AHEAD_S,
        )

    async def play(self) -> Log:
        try:
            if tutor := self._label.tutor:
                self._call.respond(ReplyOptions(instructions=tutor.text))
                await self._stream(lambda: bool(self._log.ear.heard))
                if not self._log.ear.heard:
                    raise OperatorError(f"The tutor did not speak in {self._label.audio}: the voice does not work.")
                begins = self._log.ear.heard[0].start + tutor.offset
                self._begins = max(self._sent, round(begins * sound.RATE))
            else:
                self._begins = 0
            self._log.begins = self._begins / sound.RATE
            await self._stream(self._over)
        finally:
            await self._call.close()
        return self._log

    async def _stream(self, done: Callable[[], bool]) -> None:
        """Send frames, each when its last sample has sounded, until `done`."""
        clock = asyncio.get_running_loop()
        while not done() and self._sent < LONGEST_S * sound.RATE:
            frame = sound.s16(self._frame())
            self._sent += FRAME
            await asyncio.sleep(self._sent / sound.RATE - clock.time())
            await self._call.hear(frame)
            self._report_cut()

    def _frame(self) -> sound.Floats:
        frame = np.zeros(FRAME, dtype=np.float32)
        if self._begins is not None:
            at = self._sent - self._begins  # of the recording
            lead = max(0, -at)
            part = self._recording[max(0, at) : max(0, at + FRAME)]
            frame[lead : lead + len(part)] = part
        if self._label.echo:
            frame += self._log.ear.returning(self._label.echo, self._sent, FRAME)
        return frame

    def _over(self) -> bool:
        """Nothing more can happen that is measured."""
        at = self._sent / sound.RATE - self._log.begins  # of the recording
        if self._label.kind == "turn":
            return self._turn_over(at, self._label.speech[-1][1])
        if len(self._log.times(InputCommitted)) >= ENOUGH_TURNS:
            return True
        quiet_since = max(self._log.ear.silent_at, self._log.told[-1][0] if self._log.told else 0.0)
        ended = at >= len(self._recording) / sound.RATE + WAIT_S / 2
        return ended and self._sent / sound.RATE > quiet_since + SETTLED_S

    def _turn_over(self, at: float, speech_end: float) -> bool:
        if at >= speech_end + WAIT_S:
            return True
        if self._briefly and self._label.pauses:
            return at > self._label.pauses[-1].end + 0.5  # its end is as any other's
        closed = [time for time in self._log.times(SpeechStopped) if time > speech_end - 0.1]
        if self._briefly or not closed:
            return bool(closed)
        return any(one.start - self._log.begins >= closed[0] for one in self._log.ear.heard)

    def _told(self, notice: Notice) -> None:
        now = asyncio.get_running_loop().time()
        self._log.told.append((now, notice))
        match notice:
            case ReplyAudio(reply, item, pcm):
                self._log.ear.play(reply, pcm, now)
                self._playing = (reply, item)
            case SpeechStarted() if self._obeys:
                playing = self._log.ear.silent_at > now
                self._log.ear.stop(now)
                if playing and self._playing:
                    reply, item = self._playing
                    self._cut = (item, round(self._log.ear.seconds(reply) * 1000))
            case _:
                pass

    def _report_cut(self) -> None:
        if self._cut:
            item, heard_ms = self._cut
            self._cut = None
            self._call.truncate_item(item, heard_ms)
