"""The Realtime protocol of one session: a pull interface without I/O, clock or chance.

The caller's part:

1. `open()`, once, before anything else.
2. For each frame of the client: `receive(frame)`, and carry out the commands it returns, in order. One that the call
   refuses with an error goes to `refuse(error, command.event_id)`; the item that a `RetrieveItem` asks for goes to
   `retrieved(item)`.
3. For each notice of the call, in order: `notify(notice)`.
4. After every one of these: send what `events()` gives, in order, each through `codec.encode`. Nothing here sends by
   itself, and what is not drained is kept.

Bad input of the client never raises: it queues an `error` event, and the session goes on.
"""

from collections.abc import Callable
from typing import Literal, assert_never

from msgspec import UNSET, UnsetType, structs

from pipeline.audio import Pcm
from pipeline.errors import CallerError, EngineError
from pipeline.history import Item
from pipeline.notices import Notice
from pipeline.settings import CallSettings, ReplyOptions
from voicegw.protocol import client_events as client
from voicegw.protocol import codec, commands
from voicegw.protocol import server_events as server
from voicegw.protocol.alone import Refusals
from voicegw.protocol.available import with_voice_of
from voicegw.protocol.call_settings import reply_options
from voicegw.protocol.commands import Command
from voicegw.protocol.formats import AudioFormat
from voicegw.protocol.input_items import Reader, item_from
from voicegw.protocol.items import wire_item
from voicegw.protocol.misread import Misread
from voicegw.protocol.narrator import Narrator
from voicegw.protocol.offer import Offer
from voicegw.protocol.replies import Replies
from voicegw.protocol.server_events import ServerEvent
from voicegw.protocol.session import AnySession, Session, TranscriptionSession
from voicegw.protocol.sound import EncoderFactory
from voicegw.protocol.wire import Voice

_OF_CONVERSATIONS = (
    client.ConversationItemCreate,
    client.ConversationItemTruncate,
    client.ResponseCreate,
    client.ResponseCancel,
)
"""Events that mean nothing where nobody answers."""


class RealtimeProtocol:
    """One session's side of the conversation with its client."""

    def __init__(
        self,
        offer: Offer,
        session: AnySession,
        *,
        conversation_id: str,
        new_id: Callable[[str], str],
        encoder: EncoderFactory,
        timings: bool = False,
        refusals: Refusals | None = None,
    ) -> None:
        """session: the one to begin with, of this offer. refusals: what of the client's wishes it lacks.

        new_id: makes an id of at most 32 characters for what it is told (`event`, `item`), unique within the session.
        encoder: makes what turns the audio of one answer into the session's output format.
        timings: also say where the time of each turn went (`voicegw.turn.timings`).
        """
        self._offer = offer
        self._new_id = new_id
        self._queue: list[ServerEvent] = []
        replies = Replies(conversation_id=conversation_id, encoder=encoder, say=self._say)
        self._narrator = Narrator(replies, self._say, timings=timings)
        self._heard = 0  # samples of the input stream
        self._misread = Misread()
        self._doubted = False
        self._session = session
        self._shown = offer.shown(session)
        self._refusals = refusals or Refusals()

    @property
    def session(self) -> AnySession:
        """The configuration in force, as the client is shown it."""
        return self._shown

    def open(self) -> None:
        """Queues session.created, which must be the first event a client sees."""
        self._say(server.SessionCreated(session=self._shown))
        if self._refusals.error:
            self.refuse(self._refusals.error, None)

    def receive(self, frame: str | bytes) -> list[Command]:
        """What the client wants; empty when it was refused, or when there is nothing for the call to do."""
        event_id, refusals = None, Refusals()
        try:
            event = codec.decode(frame, refusals)
            event_id = event.event_id
            command = self._command(event, refusals)
        except codec.RefusedFrame as error:
            self.refuse(error, error.event_id)
        except CallerError as error:
            self.refuse(error, event_id)
        else:
            if refusals.error:
                self.refuse(refusals.error, event_id)
            return [command]
        return []

    def refuse(self, error: CallerError | EngineError, event_id: str | None) -> None:
        """Queues an `error` event about the client's event `event_id`; the session goes on."""
        if isinstance(error, CallerError):
            detail = server.ErrorDetail("invalid_request_error", error.code, str(error), error.param, event_id)
        else:
            detail = server.ErrorDetail("server_error", error.code, error.told, None, event_id)
        self._say(server.Error(error=detail))

    def retrieved(self, item: Item) -> None:
        """Queues the answer to a `RetrieveItem`."""
        self._say(server.ItemRetrieved(item=wire_item(item)))

    def doubt(self, mistake: str, event_id: str | None) -> None:
        """Queues an `error` event, once in a session: the sound is not what the session says, but `mistake`."""
        if not self._doubted:
            self._doubted = True
            self.refuse(_misread(mistake, self._session.audio.input.format), event_id)

    def notify(self, notice: Notice) -> None:
        """Queues the events that tell the client about `notice`."""
        self._narrator.tell(notice, self._shown)

    def sounding(self, what: Literal["started", "stopped", "cleared"], reply: str) -> None:
        """Queues word of an answer's sound, where this side plays it: it began, came to its end, or was cut off."""
        match what:
            case "started":
                self._say(server.OutputStarted(response_id=reply))
            case "stopped":
                self._say(server.OutputStopped(response_id=reply))
            case "cleared":
                self._say(server.OutputCleared(response_id=reply))
            case _:
                assert_never(what)

    def events(self) -> list[ServerEvent]:
        """Everything queued since the last call, to be sent in this order."""
        queued, self._queue = self._queue, []
        return queued

    def _say(self, event: ServerEvent) -> None:
        self._queue.append(structs.replace(event, event_id=self._new_id("event")))

    def _command(self, event: client.ClientEvent, refusals: Refusals) -> Command:
        if isinstance(event, _OF_CONVERSATIONS):
            self._check_conversation(event)
        match event:
            case client.SessionUpdate():
                return commands.Configure(event.event_id, self._update(event, refusals))
            case client.InputAudioBufferAppend():
                return commands.AppendAudio(event.event_id, self._pcm(event))
            case client.InputAudioBufferCommit():
                return commands.CommitInput(event.event_id)
            case client.InputAudioBufferClear():
                return commands.ClearInput(event.event_id)
            case client.OutputAudioBufferClear():
                return commands.ClearOutput(event.event_id)
            case client.ConversationItemCreate():
                written = item_from(event.item, self._reader(refusals))
                return commands.AddItem(event.event_id, written.item, event.previous_item_id, written.sound)
            case client.ConversationItemDelete():
                return commands.DeleteItem(event.event_id, event.item_id)
            case client.ConversationItemRetrieve():
                return commands.RetrieveItem(event.event_id, event.item_id)
            case client.ConversationItemTruncate():
                return commands.TruncateItem(event.event_id, event.item_id, event.audio_end_ms)
            case client.ResponseCreate():
                return commands.CreateResponse(event.event_id, self._reply_options(event, refusals))
            case client.ResponseCancel():
                return commands.CancelResponse(event.event_id, event.response_id)
            case _:
                assert_never(event)

    def _update(self, event: client.SessionUpdate, refusals: Refusals) -> CallSettings:
        """Applies the update and queues session.updated, or raises and leaves everything as it was."""
        session = self._offer.updated(self._session, event.session, refusals)
        if isinstance(session, Session) and isinstance(self._session, Session):
            try:
                self._check_voice(session.audio.output.voice, "session.audio.output.voice")
            except CallerError as error:
                refusals.add(error)
                session = with_voice_of(session, self._session)
        settings = self._offer.settings(session)
        self._session, self._shown = session, self._offer.shown(session)
        self._say(server.SessionUpdated(session=self._shown))
        return settings

    def _reply_options(self, event: client.ResponseCreate, refusals: Refusals) -> ReplyOptions:
        if event.response is None:
            return ReplyOptions()
        assert isinstance(self._session, Session)
        options = self._with_voice(event.response, refusals)
        language = self._offer.settings(self._session).listening.language
        return reply_options(options, self._session, self._offer.spoken, language, self._reader(refusals))

    def _reader(self, refusals: Refusals) -> Reader:
        return Reader(self._new_id, self._session.audio.input.format, refusals)

    def _with_voice(self, options: client.ResponseOptions, refusals: Refusals) -> client.ResponseOptions:
        """With a voice that the response can have: else it is spoken by the session's."""
        output = options.audio.output if options.audio else None
        if options.audio is None or output is None or output.voice is None:
            return options
        param = "response.audio.output.voice"
        try:
            self._offer.spoken.named(output.voice, param)
            self._check_voice(output.voice, param)
        except CallerError as error:
            refusals.add(error)
            audio = structs.replace(options.audio, output=structs.replace(output, voice=None))
            return structs.replace(options, audio=audio)
        return options

    def _check_conversation(self, event: client.ClientEvent) -> None:
        if isinstance(self._session, TranscriptionSession):
            kind = event.__struct_config__.tag
            raise CallerError(f"'{kind}' has no meaning in a transcription session: nobody answers.", param="type")

    def _check_voice(self, voice: Voice | UnsetType, param: str) -> None:
        """A voice that was heard stays. One that nobody chose, and an alias, may follow the language all the same."""
        assert isinstance(self._shown, Session)
        if self._narrator.spoken and voice is not UNSET and voice != self._shown.audio.output.voice:
            raise CallerError(
                "The voice cannot be changed any more: this conversation already holds spoken answers.",
                code="cannot_update_voice",
                param=param,
            )

    def _pcm(self, event: client.InputAudioBufferAppend) -> Pcm:
        wire = self._session.audio.input.format
        pcm = Pcm(wire.decode(event.audio), wire.rate, self._heard)
        self._heard += pcm.samples
        if mistake := self._misread.push(event.audio, wire):
            self.doubt(mistake, event.event_id)
        return pcm


def _misread(mistake: str, wire: AudioFormat) -> CallerError:
    return CallerError(
        f"The sound in input_audio_buffer.append should be {wire.words}, as session.audio.input.format says, but "
        f"it looks like {mistake}. It is heard as it came, so nobody will be understood. A session says this once.",
        code="input_audio_format_mismatch",
        param="session.audio.input.format",
    )
