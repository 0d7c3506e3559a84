"""One answer on its way over the wire.

The order of events, with those in brackets only when there was a first word, or a function to call, and deltas as they
come:

    response.created
    [response.output_item.added, conversation.item.added, response.content_part.added]
    [response.output_audio_transcript.delta and response.output_audio.delta, or response.output_text.delta]
    [response.output_item.added, conversation.item.added, response.function_call_arguments.delta and .done,
     conversation.item.done, response.output_item.done]
    [response.output_audio.done, response.output_audio_transcript.done, or response.output_text.done]
    [response.content_part.done, conversation.item.done, response.output_item.done]
    response.done

An answer beside the conversation has no conversation.item events, and an item that was deleted meanwhile no second one.
"""

from collections.abc import Callable
from typing import TypedDict

from pipeline import notices
from pipeline.engines import Usage
from pipeline.history import Item
from voicegw.protocol import response_events as wire
from voicegw.protocol.called import CallTeller
from voicegw.protocol.items import WireItem, wire_item
from voicegw.protocol.response import begun_response, ended_response
from voicegw.protocol.server_events import ItemAdded, ItemDone, ServerEvent
from voicegw.protocol.session import Session
from voicegw.protocol.sound import EncoderFactory, SoundTeller
from voicegw.protocol.usage import response_usage


class Place(TypedDict):
    response_id: str
    item_id: str
    output_index: int


class Reply:
    """Tells the facts about one answer, from its `ReplyStarted` to its `ReplyEnded`, in the order above."""

    def __init__(
        self,
        started: notices.ReplyStarted,
        *,
        session: Session,
        conversation_id: str,
        say: Callable[[ServerEvent], None],
        encoder: EncoderFactory,
    ) -> None:
        """Says `response.created`. What `session` says now holds for this answer to its end."""
        self._say = say
        self._in_conversation = started.options.in_conversation
        self._audible = False
        self._after: str | None = None
        self._words: list[str] = []
        self._items: list[str] = []  # ids, each at its output index
        self._deleted: set[str] = set()
        self._response = begun_response(started.reply, started.options, session, conversation_id)
        self._sound = SoundTeller(self._response.audio.output.format, encoder)
        self._place = Place(response_id=started.reply, item_id="", output_index=0)
        self._calls: dict[str, CallTeller] = {}
        say(wire.ResponseCreated(response=self._response))

    def begin_item(self, notice: notices.ReplyItemStarted) -> None:
        self._audible = notice.item.audio
        self._place = self._begin(notice.item, notice.after)
        self._after = notice.after
        self._say(wire.ContentPartAdded(part=_part(notice.item, ""), **self._place))

    def text(self, notice: notices.ReplyText) -> None:
        self._words.append(notice.text)
        if self._audible:
            self._say(wire.OutputAudioTranscriptDelta(delta=notice.text, **self._place))
        else:
            self._say(wire.OutputTextDelta(delta=notice.text, **self._place))

    def audio(self, notice: notices.ReplyAudio) -> None:
        for piece in self._sound.pieces(notice.pcm):
            self._say(wire.OutputAudioDelta(delta=piece, **self._place))

    def begin_call(self, notice: notices.ReplyCallStarted) -> None:
        place = self._begin(notice.item, notice.after)
        self._calls[notice.item.id] = CallTeller(notice, place["output_index"], self._say)

    def grow_call(self, notice: notices.ReplyCallGrew) -> None:
        self._calls[notice.item].grow(notice.arguments)

    def end_call(self, notice: notices.ReplyCallEnded) -> None:
        call = self._calls[notice.item.id]
        call.end(notice.item)
        self._end(notice.item, call.after)

    def deleted(self, item: str) -> None:
        """The conversation does not have this item any more; the response still has it in its output."""
        self._deleted.add(item)

    def end(self, notice: notices.ReplyEnded, heard_s: float) -> None:
        """Flushes the audio of an answer that was made to its end, and drops the rest of one that was not.

        heard_s: seconds of the caller's sound that this answers.
        """
        if notice.status in ("completed", "incomplete"):
            for piece in self._sound.rest():
                self._say(wire.OutputAudioDelta(delta=piece, **self._place))
        if notice.item is not None:
            self._end_message(notice.item)
        made = [item for item in (notice.item, *notice.calls) if item is not None]
        output = [wire_item(item) for item in sorted(made, key=lambda item: self._items.index(item.id))]
        usage = response_usage(notice.usage or Usage(), heard_s, self._sound.seconds)
        self._say(wire.ResponseDone(response=ended_response(self._response, notice, output, usage)))

    def _end_message(self, item: Item) -> None:
        """The closing events repeat the words that were sent; the item has those that the conversation keeps."""
        words = "".join(self._words)
        if item.audio:
            self._say(wire.OutputAudioDone(**self._place))
            self._say(wire.OutputAudioTranscriptDone(transcript=words, **self._place))
        else:
            self._say(wire.OutputTextDone(text=words, **self._place))
        self._say(wire.ContentPartDone(part=_part(item, words), **self._place))
        self._end(item, self._after)

    def _begin(self, item: Item, after: str | None) -> Place:
        place = Place(response_id=self._response.id, item_id=item.id, output_index=len(self._items))
        self._items.append(item.id)
        told = wire_item(item)
        self._say(wire.OutputItemAdded(response_id=place["response_id"], item=told, output_index=place["output_index"]))
        if self._in_conversation:
            self._say(ItemAdded(previous_item_id=after, item=told))
        return place

    def _end(self, item: Item, after: str | None) -> None:
        told: WireItem = wire_item(item)
        if self._in_conversation and item.id not in self._deleted:
            self._say(ItemDone(previous_item_id=after, item=told))
        index = self._items.index(item.id)
        self._say(wire.OutputItemDone(response_id=self._response.id, item=told, output_index=index))


def _part(item: Item, words: str) -> wire.AudioPart | wire.TextPart:
    return wire.AudioPart(words) if item.audio else wire.TextPart(words)
