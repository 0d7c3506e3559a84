"""Tells the client what happens in the call: notices in, server events out, in the protocol's order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from msgspec import UNSET

from pipeline import notices
from pipeline.notices import Notice
from voicegw.protocol import server_events as server
from voicegw.protocol.items import wire_item
from voicegw.protocol.replies import Replies
from voicegw.protocol.server_events import ServerEvent
from voicegw.protocol.session import AnySession, Session
from voicegw.protocol.timings import in_milliseconds
from voicegw.protocol.told import whole

_InputNotice: TypeAlias = (
    notices.SpeechStarted | notices.SpeechStopped | notices.InputCommitted | notices.InputCleared | notices.IdleTimedOut
)
_TranscriptNotice: TypeAlias = notices.TranscriptGrew | notices.TranscriptDone | notices.TranscriptFailed
_ItemNotice: TypeAlias = notices.ItemAdded | notices.ItemDeleted | notices.ItemTruncated

OPEN_TURNS = 64
"""Most turns of the caller whose words are on their way; in a conversation there are one or two."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What is known of a turn that is still being said. told: how much of it the client has as deltas."""

    text: str = ""
    told: int = 0

    @property
    def untold(self) -> str:
        return self.text[self.told :]


class Narrator:
    """Keeps only what spans several notices: the answers and transcripts that have begun and not ended."""

    def __init__(self, replies: Replies, say: Callable[[ServerEvent], None], *, timings: bool = False) -> None:
        """timings: the client asked where the time of its turns goes."""
        self._replies = replies
        self._say = say
        self._timings = timings
        self._heard: dict[str, _Heard] = {}  # of the caller's turns, until their words are known

    @property
    def spoken(self) -> bool:
        """Whether the client has been sent any audio of an answer."""
        return self._replies.spoken

    def tell(self, notice: Notice, session: AnySession) -> None:
        """session: as it is now; an answer that begins keeps to it until its end."""
        match notice:
            case (
                notices.SpeechStarted()
                | notices.SpeechStopped()
                | notices.InputCommitted()
                | notices.InputCleared()
                | notices.IdleTimedOut()
            ):
                self._tell_input(notice)
            case notices.TranscriptGrew() | notices.TranscriptDone() | notices.TranscriptFailed():
                self._tell_transcript(notice, wanted=session.audio.input.transcription is not None)
            case notices.ItemAdded() | notices.ItemDeleted() | notices.ItemTruncated():
                self._tell_item(notice)
            case notices.CallOver():
                pass  # the protocol has no event for it: the connection ends
            case notices.TurnTimed():
                if self._timings:
                    self._say(server.TurnTimings(response_id=notice.reply, **in_milliseconds(notice.timings)))
            case notices.ReplyReading():
                if self._timings:
                    self._say(server.ResponseReading(response_id=notice.reply, read=round(notice.share, 3)))
            case _:
                assert isinstance(session, Session)  # nobody answers in a transcription session
                self._replies.tell(notice, session)

    def _tell_input(self, notice: _InputNotice) -> None:
        match notice:
            case notices.SpeechStarted():
                self._say(server.SpeechStarted(audio_start_ms=notice.at_ms, item_id=notice.item))
            case notices.SpeechStopped():
                self._say(server.SpeechStopped(audio_end_ms=notice.at_ms, item_id=notice.item))
            case notices.InputCommitted():
                self._say(server.InputCommitted(item_id=notice.item.id, previous_item_id=notice.after))
                self._tell_item(notices.ItemAdded(notice.item, notice.after))
            case notices.IdleTimedOut():
                self._say(
                    server.TimeoutTriggered(
                        audio_start_ms=notice.start_ms, audio_end_ms=notice.end_ms, item_id=notice.item
                    )
                )
            case notices.InputCleared():
                self._say(server.InputCleared())
            case _:
                assert_never(notice)

    def _tell_transcript(self, notice: _TranscriptNotice, *, wanted: bool) -> None:
        """wanted: False when the client has transcription off, and is told only of what went wrong."""
        heard = self._heard.pop(notice.item, _Heard())
        match notice:
            case notices.TranscriptGrew():
                heard = replace(heard, text=heard.text + notice.text)
                if wanted:
                    self._say(server.TranscriptionDelta(item_id=notice.item, delta=heard.untold))
                    heard = replace(heard, told=len(heard.text))
                self._keep_heard(notice.item, heard)
            case notices.TranscriptDone():
                self._replies.heard(notice.seconds)
                if wanted:
                    self._tell_words(notice, heard.text[: heard.told])
            case notices.TranscriptFailed() if wanted:
                error = server.TranscriptionError("server_error", notice.code, notice.message)
                self._say(server.TranscriptionFailed(item_id=notice.item, error=error))
            case notices.TranscriptFailed():
                self._say(server.Error(error=server.ErrorDetail("server_error", notice.code, notice.message)))

    def _tell_words(self, notice: notices.TranscriptDone, told: str) -> None:
        text = whole(told, notice.transcript.text)
        if rest := text[len(told) :]:
            self._say(server.TranscriptionDelta(item_id=notice.item, delta=rest))
        usage = server.Duration(notice.seconds)
        told_of = [server.LogProb(one.text, one.logprob, list(one.text.encode())) for one in notice.transcript.tokens]
        self._say(
            server.TranscriptionCompleted(
                item_id=notice.item, transcript=text, usage=usage, logprobs=told_of if told_of else UNSET
            )
        )

    def _keep_heard(self, item: str, heard: _Heard) -> None:
        self._heard[item] = heard
        while len(self._heard) > OPEN_TURNS:  # turns that were dropped are never done
            del self._heard[next(iter(self._heard))]

    def _tell_item(self, notice: _ItemNotice) -> None:
        match notice:
            case notices.ItemAdded():
                item = wire_item(notice.item)
                self._say(server.ItemAdded(previous_item_id=notice.after, item=item))
                self._say(server.ItemDone(previous_item_id=notice.after, item=item))
            case notices.ItemDeleted():
                self._replies.deleted(notice.item)
                self._say(server.ItemDeleted(item_id=notice.item))
            case notices.ItemTruncated():
                self._say(server.ItemTruncated(item_id=notice.item, audio_end_ms=notice.audio_end_ms))
            case _:
                assert_never(notice)
