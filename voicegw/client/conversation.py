"""What two sides said to each other, put together from the events of one call (sans-I/O)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.audio import SAMPLE_BYTES, Pcm, milliseconds
from voicegw.client import events as ev
from voicegw.client.levels import AUDIBLE, first_at
from voicegw.client.microphone import WIRE_RATE
from voicegw.client.playback import Playback
from voicegw.client.timing import Moments

UNANSWERED = "unanswered"
"""Status of a turn to which no answer was completed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One sentence of the caller and the answer to it.

    status: of the answer, in the protocol's words (`completed`, `cancelled`, `incomplete`, `failed`), or `unanswered`.
    heard: the caller's words as the gateway understood them, None when it never said.
    reply: the caption of the answer. audio: its voice, as far as it was played (24 kHz).
    starved: seconds of silence inside the answer because its audio came late.
    errors: what the gateway reported meanwhile.
    timed: where the gateway says that the time went, None when it does not say.
    """

    status: str
    heard: str | None
    reply: str
    audio: Pcm
    moments: Moments
    starved: float
    errors: tuple[str, ...]
    timed: ev.TurnTimings | None = None


@dataclass(frozen=True, slots=True)
class Interruption:
    """The caller began to speak during an answer: of `item_id`, only the first `audio_end_ms` were played."""

    item_id: str
    content_index: int
    audio_end_ms: int


@dataclass(slots=True)
class _Draft:
    """A turn in the making. item_at: where in `audio` the answer's present item begins."""

    at: dict[str, float] = field(default_factory=dict)
    speaking: bool = False
    deaf: bool = False
    heard: str | None = None
    response: str | None = None
    status: str | None = None
    reply: list[str] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    item: tuple[str, int] | None = None
    item_at: int = 0
    starved: float = 0.0
    interrupted: bool = False
    errors: list[str] = field(default_factory=list)
    timed: ev.TurnTimings | None = None

    @property
    def open(self) -> bool:
        """Something is still to come: more speech, or an answer. Nothing answers what held no words."""
        if self.speaking:
            return True
        wordless = self.deaf or (self.heard is not None and not self.heard.strip())
        return self.status is None and not (wordless and self.response is None)

    def mark(self, step: str, at: float) -> None:
        self.at.setdefault(step, at)

    def turn(self) -> Turn:
        return Turn(
            status=self.status or UNANSWERED,
            heard=self.heard,
            reply="".join(self.reply),
            audio=Pcm(bytes(self.audio), WIRE_RATE),
            moments=Moments(**self.at),
            starved=self.starved,
            errors=tuple(self.errors),
            timed=self.timed,
        )


class Conversation:
    """Feed it every event with the time of its arrival; read `turns`.

    errors: what the gateway reported before the first turn. playback: what the caller's loudspeaker would be doing.
    spoken: when the last speech sample among the first so many milliseconds of the caller's audio was sent.
    """

    def __init__(self, spoken: Callable[[int], float | None]) -> None:
        self._spoken = spoken
        self._drafts: list[_Draft] = []
        self._by_item: dict[str, _Draft] = {}
        self._by_response: dict[str, _Draft] = {}
        self._playing: _Draft | None = None
        self.errors: list[str] = []
        self.playback = Playback()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Every turn so far, oldest first; the last ones may be unfinished."""
        return tuple(draft.turn() for draft in self._drafts)

    def busy(self, since: int = 0) -> bool:
        """Whether any turn from number `since` on still waits for speech or for its answer."""
        return any(draft.open for draft in self._drafts[since:])

    def receive(self, event: ev.Event, now: float) -> Interruption | None:
        """Take in one event; an Interruption when it cut the answer that was being played."""
        match event:
            case ev.SpeechStarted(item_id=item):
                self._draft_of(item).speaking = True
                return self._interrupt(now)
            case ev.SpeechStopped(item_id=item, audio_end_ms=end):
                self._stopped(self._draft_of(item), end, now)
            case ev.Heard(item_id=item, transcript=text):
                draft = self._draft_of(item)
                draft.heard = text
                draft.mark("transcript", now)
            case ev.HearingFailed(item_id=item, error=problem):
                draft = self._draft_of(item)
                draft.deaf = True
                draft.errors.append(problem.message)
            case ev.ErrorEvent(error=problem):
                (self._drafts[-1].errors if self._drafts else self.errors).append(problem.message)
            case ev.ResponseCreated(response=response):
                self._answered(response.id).mark("response_created", now)
            case ev.TextDelta(response_id=response, delta=text) | ev.CaptionDelta(response_id=response, delta=text):
                self._caption(self._answered(response), text, now)
            case ev.AudioDelta():
                self._voice(self._answered(event.response_id), event, now)
            case ev.TurnTimings(response_id=response):
                self._answered(response).timed = event
            case ev.ResponseDone(response=response):
                self._done(self._answered(response.id), response, now)
            case _:
                pass
        return None

    def _stopped(self, draft: _Draft, end_ms: int, now: float) -> None:
        draft.speaking = False
        draft.mark("speech_stopped", now)
        spoken = self._spoken(end_ms)
        if spoken is not None:
            draft.mark("speech_end", spoken)

    def _caption(self, draft: _Draft, text: str, now: float) -> None:
        if text:
            draft.mark("first_text", now)
            draft.reply.append(text)

    def _voice(self, draft: _Draft, event: ev.AudioDelta, now: float) -> None:
        if draft.interrupted or not event.delta:
            return  # it was already on its way when the caller interrupted
        piece = Pcm(event.delta, WIRE_RATE)
        starved = self.playback.starved
        sounds_at = self.playback.add(piece.seconds, now, first=not draft.audio)
        draft.starved += self.playback.starved - starved
        if draft.item is None or draft.item[0] != event.item_id:
            draft.item, draft.item_at = (event.item_id, event.content_index), len(draft.audio)
        draft.audio += piece.data
        draft.mark("first_audio", now)
        audible = first_at(piece, AUDIBLE)
        if audible is not None:
            draft.mark("first_audible", sounds_at + audible / WIRE_RATE)
        draft.at["played"] = self.playback.ends_at
        self._playing = draft

    def _done(self, draft: _Draft, response: ev.Response, now: float) -> None:
        draft.status = response.status
        draft.mark("done", now)
        if response.status_details and response.status_details.error:
            draft.errors.append(response.status_details.error.message)

    def _interrupt(self, now: float) -> Interruption | None:
        draft, unheard = self._playing, self.playback.stop(now)
        if draft is None or draft.item is None or not unheard:
            return None
        cut = min(round(unheard * WIRE_RATE), len(draft.audio) // SAMPLE_BYTES) * SAMPLE_BYTES
        del draft.audio[len(draft.audio) - cut :]
        draft.at["played"] = now
        draft.interrupted = True
        self._playing = None
        played = max(0, len(draft.audio) - draft.item_at) // SAMPLE_BYTES
        return Interruption(*draft.item, milliseconds(played, WIRE_RATE))

    def _draft_of(self, item: str) -> _Draft:
        if item not in self._by_item:
            self._by_item[item] = self._new()
        return self._by_item[item]

    def _answered(self, response: str) -> _Draft:
        """The turn that a response answers: the latest one; a new one when that has its answer already."""
        if response not in self._by_response:
            draft = self._latest()
            if draft.response is not None:
                draft = self._new()
            draft.response = response
            self._by_response[response] = draft
        return self._by_response[response]

    def _latest(self) -> _Draft:
        return self._drafts[-1] if self._drafts else self._new()

    def _new(self) -> _Draft:
        self._drafts.append(_Draft())
        return self._drafts[-1]
