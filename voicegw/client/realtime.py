"""A caller: one call to a gateway over the OpenAI Realtime protocol, with a microphone that never stops."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn

from pipeline.audio import Pcm
from voicegw.client.conversation import Conversation, Turn
from voicegw.client.events import CallFailed, ErrorEvent, Event, SessionCreated, SessionUpdated
from voicegw.client.microphone import Microphone, ScriptedMicrophone, SpeechLog
from voicegw.client.pacing import Clock
from voicegw.client.wire import Wire, opened

ANSWER_WITHIN: Final = 60.0
"""Seconds after the end of a recording in which its answer must be complete."""
HEARD_WITHIN: Final = 10.0
"""Seconds after the last speech sample in which the gateway must have heard anything at all."""
SETTLED_AFTER: Final = 1.5
"""Seconds after the last speech sample in which one more turn may begin: what follows a pause is noticed late."""
_GREETED_WITHIN: Final = 10.0
_FORMAT: Final = {"type": "audio/pcm", "rate": 24000}

Watch = Callable[[Event, float], None]
"""Told of every event as it arrives, with its time on the caller's clock."""


def _unwatched(_: Event, __: float) -> None:
    return None


class RealtimeCaller:
    """One call. `connect` makes it; `configure` it, then `say` things, or `listen` while a live microphone talks.

    Every method raises CallFailed when the call cannot go on.
    """

    def __init__(self, wire: Wire, microphone: Microphone, clock: Clock, watch: Watch) -> None:
        self._wire = wire
        self._microphone = microphone
        self._clock = clock
        self._watch = watch
        self._sent = SpeechLog()
        self._broken: Exception | None = None
        self._event_ids = itertools.count(1)
        self.conversation = Conversation(self._sent.before)

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        url: str,
        key: str | None = None,
        *,
        microphone: Microphone | None = None,
        clock: Clock = time.monotonic,
        watch: Watch = _unwatched,
        within: float = _GREETED_WITHIN,
    ) -> AsyncIterator["RealtimeCaller"]:
        """Call the gateway at `url`, and hang up at the end.

        microphone: what is streamed from the start to the end of the call; a ScriptedMicrophone for `say` by default.
        within: seconds for the gateway to accept the call, and again for its greeting.
        """
        async with opened(url, key, within) as wire:
            caller = cls(wire, microphone or ScriptedMicrophone(clock, asyncio.sleep), clock, watch)
            await caller._greeted(within)
            streaming = asyncio.create_task(caller._stream(), name="microphone")
            try:
                yield caller
            finally:
                streaming.cancel()
                await asyncio.gather(streaming, return_exceptions=True)

    async def configure(
        self,
        *,
        instructions: str | None = None,
        language: str | None = None,
        eagerness: str | None = None,
        within: float = _GREETED_WITHIN,
    ) -> None:
        """Ask for captions of the caller's own words, and for 24 kHz PCM both ways; everything else stays as it is.

        instructions: what to tell the language model instead of the gateway's own. language: ISO 639-1 code of the
        caller's words; the gateway's own choice when None. eagerness: of semantic turn detection (`low`, `medium`,
        `high`); the gateway's own way to find the end of a turn when None.
        """
        session: dict[str, Any] = {
            "type": "realtime",
            "audio": {
                "input": {
                    "format": _FORMAT,
                    "transcription": {"model": "whisper-1"} | ({"language": language} if language else {}),
                },
                "output": {"format": _FORMAT},
            },
        }
        if eagerness is not None:
            session["audio"]["input"]["turn_detection"] = {"type": "semantic_vad", "eagerness": eagerness}
        if instructions is not None:
            session["instructions"] = instructions
        event_id = await self._send({"type": "session.update", "session": session})
        until = self._clock() + within
        while not isinstance(event := await self._step(until), SessionUpdated):
            if isinstance(event, ErrorEvent) and event.error.event_id in (event_id, None):
                raise CallFailed(f"The gateway refused the session: {event.error.message}")
            if event is None and self._clock() >= until:
                raise CallFailed(f"The gateway did not confirm the session within {within:.0f} s.")

    async def say(self, recording: Pcm, *, within: float = ANSWER_WITHIN) -> tuple[Turn, ...]:
        """Speak `recording` (24 kHz) in real time and hear the answers out, to the last sample.

        Returns a turn for each that the gateway made of it, none when it heard nothing. within: seconds after the end
        of the recording for the answers to be complete; a turn that has none by then is `unanswered`.
        """
        if not isinstance(self._microphone, ScriptedMicrophone):
            raise TypeError("say() needs a ScriptedMicrophone; with a live one, listen()")
        first = len(self.conversation.turns)
        self._microphone.say(recording)
        begun = self._clock()
        until = begun + recording.seconds + within
        while True:
            now = self._clock()
            busy = self.conversation.busy(first)
            ends = until if busy else self._settled_at(self._microphone, begun, now, first)
            if now >= ends:
                return self.conversation.turns[first:]
            await self._step(ends)

    async def listen(self) -> NoReturn:
        """Take part with a live microphone until cancelled."""
        while True:
            await self._step(self._clock() + 1.0)

    def _settled_at(self, microphone: ScriptedMicrophone, begun: float, now: float, first: int) -> float:
        """When nothing more is to be expected, if nothing more happens."""
        heard = len(self.conversation.turns) > first
        return max(
            now + microphone.remaining,
            max(begun, self._sent.latest or begun) + (SETTLED_AFTER if heard else HEARD_WITHIN),
            self.conversation.playback.ends_at,
        )

    async def _greeted(self, within: float) -> None:
        try:
            event = await self._wire.receive(within)
        except TimeoutError as late:
            raise CallFailed(
                f"What answered the call did not greet within {within:.0f} s: it is no realtime voice gateway."
            ) from late
        if isinstance(event, ErrorEvent):
            raise CallFailed(f"The gateway refused the call: {event.error.message}")
        if not isinstance(event, SessionCreated):
            raise CallFailed("What answered the call does not speak the OpenAI Realtime protocol: no session.created.")
        self._watch(event, self._clock())

    async def _send(self, event: dict[str, Any]) -> str:
        event_id = f"talk_{next(self._event_ids)}"
        await self._wire.send(event | {"event_id": event_id})
        return event_id

    async def _step(self, until: float) -> Event | None:
        """Wait for one event and take it in; None when none came before `until`, or one that does not matter."""
        try:
            event = await self._wire.receive(max(0.0, until - self._clock()))
        except TimeoutError:
            return None
        except CallFailed:
            if self._broken:
                raise self._broken from None
            raise
        if event is None:
            return None
        now = self._clock()
        cut = self.conversation.receive(event, now)
        self._watch(event, now)
        if cut:
            # the gateway cannot know how much was played: the caller has to say
            await self._send(
                {
                    "type": "conversation.item.truncate",
                    "item_id": cut.item_id,
                    "content_index": cut.content_index,
                    "audio_end_ms": cut.audio_end_ms,
                }
            )
        return event

    async def _stream(self) -> None:
        """Send the microphone's frames. What stops it ends the call, and is raised to whoever waits for events."""
        try:
            async for frame in self._microphone:
                await self._wire.send({"type": "input_audio_buffer.append", "audio": frame.data})
                self._sent.note(frame, self._clock())
        except Exception as error:
            self._broken = error
            await self._wire.close()
