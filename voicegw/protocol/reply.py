"""One answer on its way over the wire.

The order of events, with those in brackets only when there was a first word, and deltas as they come:

    response.created
    [response.output_item.added, conversation.item.added, response.content_part.added]
    [response.output_audio_transcript.delta and response.output_audio.delta, or response.output_text.delta]
    [response.output_audio.done, response.output_audio_transcript.done, or response.output_text.done]
    [response.content_part.done, conversation.item.done, response.output_item.done]
    response.done
"""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias, TypedDict

from pipeline import notices
from pipeline.audio import Pcm
from pipeline.history import Item
from voicegw.protocol import response_events as wire
from voicegw.protocol.items import Message, wire_item
from voicegw.protocol.response import begun_response, ended_response
from voicegw.protocol.server_events import ItemAdded, ItemDone, ServerEvent
from voicegw.protocol.session import Session
from voicegw.protocol.wire import AudioFormat

DELTA_MS = 200
"""Longest audio in one delta: far below the 1 MiB at which the strictest client closes the connection."""


class AudioEncoder(Protocol):
    """Turns one answer's audio into the session's output format; keeps what its resampler still holds back."""

    def encode(self, pcm: Pcm) -> bytes: ...

    def flush(self) -> bytes:
        """What was held back. The encoder is not used again."""


EncoderFactory: TypeAlias = Callable[[AudioFormat, int], AudioEncoder]
"""Called with the output format and the rate in Hz of the audio to come."""


class _Place(TypedDict):
    response_id: str
    item_id: str


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
        self._new_encoder = encoder
        self._encoder: AudioEncoder | None = None
        self._audible = False
        self._after: str | None = None
        self._words: list[str] = []
        self._response = begun_response(started.reply, started.options, session, conversation_id)
        self._format = self._response.audio.output.format
        self._place = _Place(response_id=started.reply, item_id="")
        say(wire.ResponseCreated(response=self._response))

    def begin_item(self, notice: notices.ReplyItemStarted) -> None:
        self._audible = notice.item.audio
        self._after = notice.after
        self._place["item_id"] = notice.item.id
        item = wire_item(notice.item)
        self._say(wire.OutputItemAdded(response_id=notice.reply, item=item))
        self._say(ItemAdded(previous_item_id=notice.after, item=item))
        self._say(wire.ContentPartAdded(part=_part(notice.item, ""), **self._place))

    def text(self, notice: notices.ReplyText) -> None:
        self._words.append(notice.text)
        if self._audible:
            self._say(wire.OutputAudioTranscriptDelta(delta=notice.text, **self._place))
        else:
            self._say(wire.OutputTextDelta(delta=notice.text, **self._place))

    def audio(self, notice: notices.ReplyAudio) -> None:
        if self._encoder is None:
            self._encoder = self._new_encoder(self._format, notice.pcm.rate)
        self._say_audio(self._encoder.encode(notice.pcm))

    def end(self, notice: notices.ReplyEnded) -> None:
        """Flushes the audio of an answer that was made to its end, and drops the rest of one that was not."""
        if self._encoder is not None and notice.status in ("completed", "incomplete"):
            self._say_audio(self._encoder.flush())
        output = []
        if notice.item is not None:
            output.append(wire_item(notice.item))
            self._end_item(notice.item, output[0])
        self._say(wire.ResponseDone(response=ended_response(self._response, notice, output)))

    def _end_item(self, item: Item, told: Message) -> None:
        """The closing events repeat the words that were sent; the item has those that the conversation keeps."""
        words = "".join(self._words)
        if item.audio:
            self._say(wire.OutputAudioDone(**self._place))
            self._say(wire.OutputAudioTranscriptDone(transcript=words, **self._place))
        else:
            self._say(wire.OutputTextDone(text=words, **self._place))
        self._say(wire.ContentPartDone(part=_part(item, words), **self._place))
        self._say(ItemDone(previous_item_id=self._after, item=told))
        self._say(wire.OutputItemDone(response_id=self._response.id, item=told))

    def _say_audio(self, encoded: bytes) -> None:
        for piece in _pieces(encoded, self._format.bytes_per_ms * DELTA_MS):
            self._say(wire.OutputAudioDelta(delta=piece, **self._place))


def _part(item: Item, words: str) -> wire.AudioPart | wire.TextPart:
    return wire.AudioPart(words) if item.audio else wire.TextPart(words)


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
