"""One function call of an answer on its way over the wire."""

from collections.abc import Callable
from typing import TypedDict

from pipeline.history import Item
from pipeline.notices import ReplyCallStarted
from voicegw.protocol.response_events import FunctionCallArgumentsDelta, FunctionCallArgumentsDone
from voicegw.protocol.server_events import ServerEvent


class _Place(TypedDict):
    response_id: str
    item_id: str
    output_index: int
    call_id: str


class CallTeller:
    """Arguments as they are written, then as a whole, unless the call was broken off: then nothing may be called."""

    def __init__(self, started: ReplyCallStarted, output_index: int, say: Callable[[ServerEvent], None]) -> None:
        self.after = started.after
        self._say = say
        self._place = _Place(
            response_id=started.reply,
            item_id=started.item.id,
            output_index=output_index,
            call_id=started.item.call.id if started.item.call else "",
        )

    def grow(self, arguments: str) -> None:
        self._say(FunctionCallArgumentsDelta(delta=arguments, **self._place))

    def end(self, item: Item) -> None:
        if item.call and item.status == "completed":
            self._say(FunctionCallArgumentsDone(name=item.call.name, arguments=item.call.arguments, **self._place))
