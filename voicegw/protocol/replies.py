"""The answers that have begun and not ended, each told by its own `Reply`."""

from collections.abc import Callable
from typing import TypeAlias, assert_never

from pipeline import notices
from voicegw.protocol.reply import Reply
from voicegw.protocol.server_events import ServerEvent
from voicegw.protocol.session import Session
from voicegw.protocol.sound import EncoderFactory

ReplyNotice: TypeAlias = (
    notices.ReplyStarted
    | notices.ReplyItemStarted
    | notices.ReplyText
    | notices.ReplyAudio
    | notices.ReplyCallStarted
    | notices.ReplyCallGrew
    | notices.ReplyCallEnded
    | notices.ReplyEnded
)


class Replies:
    """spoken: the client has been sent any audio of an answer."""

    def __init__(self, *, conversation_id: str, encoder: EncoderFactory, say: Callable[[ServerEvent], None]) -> None:
        self.spoken = False
        self._conversation_id = conversation_id
        self._encoder = encoder
        self._say = say
        self._replies: dict[str, Reply] = {}
        self._heard_s = 0.0

    def heard(self, seconds: float) -> None:
        """The caller said something, which the next answer is charged for."""
        self._heard_s += seconds

    def deleted(self, item: str) -> None:
        """The client deleted an item, perhaps one that is still being made."""
        for reply in self._replies.values():
            reply.deleted(item)

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
                self.spoken = True
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
