"""The answers that have begun and not ended, each told by its own `Reply`."""

from collections.abc import Callable
from typing import TypeAlias, assert_never

from pipeline import notices
from voicegw.protocol.reply import Reply
from voicegw.protocol.response_events import (
    OutputAudioBufferCleared,
    OutputAudioBufferStarted,
    OutputAudioBufferStopped,
)
from voicegw.protocol.server_events import ItemTruncated, ServerEvent
from voicegw.protocol.session import Session
from voicegw.protocol.sound import EncoderFactory

ReplyNotice: TypeAlias = (
    notices.ReplyStarted
    | notices.ReplyItemStarted
    | notices.ReplyText
    | notices.ReplyAudio
    | notices.ReplyHeard
    | notices.ReplySilenced
    | notices.ReplyCallStarted
    | notices.ReplyCallGrew
    | notices.ReplyCallEnded
    | notices.ReplyEnded
)


class Replies:
    """encoder: None where the sound does not travel in events (WebRTC); its beginning and end are told then."""

    def __init__(
        self, *, conversation_id: str, encoder: EncoderFactory | None, say: Callable[[ServerEvent], None]
    ) -> None:
        self.spoken = False
        self._conversation_id = conversation_id
        self._encoder = encoder
        self._say = say
        self._replies: dict[str, Reply] = {}
        self._audible: str | None = None  # the answer whose sound is being played
        self._heard_s = 0.0

    def heard(self, seconds: float) -> None:
        """The caller said something, which the next answer is charged for."""
        self._heard_s += seconds

    def tell(self, notice: ReplyNotice, session: Session) -> None:
        match notice:
            case notices.ReplyStarted():
                self._replies[notice.reply] = Reply(
                    notice,
                    session=session,
                    conversation_id=self._conversation_id,
                    say=self._say,
                    encoder=self._encoder,
                )
            case notices.ReplyHeard():
                self._audible = None
                self._say(OutputAudioBufferStopped(response_id=notice.reply))
            case notices.ReplySilenced():
                self._audible = None
                self._say(OutputAudioBufferCleared(response_id=notice.reply))
                self._say(ItemTruncated(item_id=notice.item, audio_end_ms=notice.audio_end_ms))
            case _:
                # After its end, what was still on its way must not be said any more.
                if reply := self._replies.get(notice.reply):
                    self._go_on(reply, notice)

    def _go_on(
        self,
        reply: Reply,
        notice: notices.ReplyItemStarted
        | notices.ReplyText
        | notices.ReplyAudio
        | notices.ReplyCallStarted
        | notices.ReplyCallGrew
        | notices.ReplyCallEnded
        | notices.ReplyEnded,
    ) -> None:
        match notice:
            case notices.ReplyItemStarted():
                reply.begin_item(notice)
            case notices.ReplyText():
                reply.text(notice)
            case notices.ReplyAudio():
                self._tell_audible(notice.reply)
                reply.audio(notice)
            case notices.ReplyCallStarted():
                reply.begin_call(notice)
            case notices.ReplyCallGrew():
                reply.grow_call(notice)
            case notices.ReplyCallEnded():
                reply.end_call(notice)
            case notices.ReplyEnded():
                del self._replies[notice.reply]
                heard, self._heard_s = self._heard_s, 0.0
                reply.end(notice, heard)
            case _:
                assert_never(notice)

    def _tell_audible(self, reply: str) -> None:
        self.spoken = True
        if self._encoder is None and self._audible != reply:
            self._audible = reply
            self._say(OutputAudioBufferStarted(response_id=reply))
