"""One call: the asyncio shell around the turn-taking core.

The core decides, the listener and the speaker do, and this file connects them: `_tell` feeds the core and carries out
its actions, one timer keeps its deadline. Everything here runs on one event loop; nothing blocks it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import assert_never

from pipeline import prompt
from pipeline.actions import (
    Action,
    Answer,
    CloseTurn,
    Discard,
    Draft,
    DropTurn,
    HangUp,
    Judge,
    LetPass,
    OpenTurn,
    Overhear,
    Probe,
    SpeakUp,
    Stop,
    Ticket,
    Transcribe,
    Weigh,
    WindUp,
)
from pipeline.asides import Asides
from pipeline.audio import HEARING_RATE, Pcm, Span, samples_in
from pipeline.backchannels import is_backchannel, is_echo
from pipeline.call_log import CallLog
from pipeline.dictation import dictated
from pipeline.endings import ending
from pipeline.engines import ChatRequest, Engines, Transcript
from pipeline.errors import CallerError, ConversationTooLong
from pipeline.events import (
    ClearRequested,
    CommitRequested,
    CompletionJudged,
    DraftReady,
    Event,
    LeaveRequested,
    PolicyChanged,
    ReplyOver,
    ReplyRequested,
    ReplySounding,
    SentenceJudged,
    SpeechScored,
    StopRequested,
    TimePassed,
    TranscriptReady,
)
from pipeline.farewells import farewell
from pipeline.floor import Caller, Tutor
from pipeline.history import History, Item
from pipeline.line import Line
from pipeline.listener import Listener
from pipeline.notices import (
    CallOver,
    InputCleared,
    ItemAdded,
    ItemDeleted,
    ItemTruncated,
    Notice,
    TranscriptDone,
    TranscriptFailed,
    TurnTimed,
)
from pipeline.recordings import Heard, Inputs, Recordings, with_words
from pipeline.reply import Plan, Reply
from pipeline.settings import CallSettings, Reference, ReplyOptions
from pipeline.speaker import Speaker
from pipeline.tasks import Tasks
from pipeline.timings import Stopwatch
from pipeline.turn import TurnTaker
from pipeline.witnesses import Witnesses

ECHO_WINDOW_MS = 400
ECHO_BEFORE_S = 1.4
ECHO_AFTER_S = 0.2
"""Sound that is compared with what the caller hears, which may lag behind our count by a network and a buffer."""
ECHO_LIKENESS = 0.13
"""Two voices that have nothing to do with each other stay below 0.12; nine in ten echoes of 0.4 s are above."""
ECHO_LIKELY = 0.09
ECHO_LASTS_S = 0.5
"""Right after an echo less likeness will do: nineteen in twenty strangers are below."""

READ_WITHIN_S = 6.0
"""Longest that an answer waits for the language model to read what it has not read yet; older messages are let go."""
READ_AHEAD_S = 20.0
"""The same for what is read before it is needed: to a conversation told at once the caller speaks a while later."""

COMMIT_MS = 100
"""Least audio that can be committed; shorter holds no word (same bound as the Realtime protocol's)."""


class Call:
    """A conversation between one caller and the engines.

    notify: told of everything that happens, in order, from within the event loop; it must not block.
    new_id: makes a fresh id for a kind of thing (`item`, `resp`).
    lead: seconds of the answer's sound that may be sent ahead of the ear (see Playout).
    buffered: the client plays from a buffer of its own and empties it at SpeechStarted (WebSocket); otherwise this side
    paces the sound itself (WebRTC), and the client need not know of a pause. backlog: see Playout.
    Methods raise CallerError for what the caller may not do just now; the call goes on.
    """

    def __init__(  # noqa: PLR0913 - all but the first are given by name
        self,
        engines: Engines,
        settings: CallSettings,
        *,
        caller: str,
        notify: Callable[[Notice], None],
        new_id: Callable[[str], str],
        lead: float,
        buffered: bool = True,
        backlog: Callable[[], float] | None = None,
    ) -> None:
        log = CallLog(__name__, caller)
        self.history = History()
        self._log = log
        self._engines = engines
        self._settings = settings
        self._notify = notify
        self._taker = TurnTaker(settings.turn)
        self._tasks = Tasks(log)
        self._stopwatch = Stopwatch()
        self._timer: asyncio.TimerHandle | None = None
        self._buffered = buffered
        self._closed = False
        self._caller = caller
        self._echo_until = 0.0
        self._heard_language = ""  # of the last words
        line = Line(caller, engines, self.history, self._tasks, notify, new_id, log)
        self._listener = Listener(line, self._heard, self._read_along)
        self._witnesses = Witnesses(
            line,
            judged=lambda ticket, complete: self._tell(CompletionJudged(ticket, complete)),
            weighed=lambda ticket, finished: self._tell(SentenceJudged(ticket, finished)),
        )
        self._speaker = Speaker(
            line,
            lead,
            buffered=buffered,
            backlog=backlog,
            plan=self._plan,
            ready=lambda ticket: self._tell(DraftReady(ticket)),
            sounding=self._sounding,
            over=lambda ticket: self._tell(ReplyOver(ticket)),
        )
        self._recordings = Recordings(line)
        self._inputs = Inputs()
        self._asides = Asides(line, self._plan, self._settled)

        if settings.turn.goodbye is not None:
            self._tell(TimePassed())  # from here on silence counts
        self._prime()

    # --- what the other side may do ----------------------------------------------------------------------------------

    def check_room(self, seconds: float) -> None:
        """Raises CallerError when so much more sound cannot be taken in."""
        self._listener.check_room(seconds)

    async def hear(self, data: bytes) -> None:
        """Take in 16 kHz 16-bit mono samples. Raises EngineError when voice activity detection fails."""
        try:
            scores = await self._listener.push(data)
            self._stopwatch.arrived(self._listener.end, self._now())
            for score in scores:
                echo = score.probability >= self._settings.turn.release and self._is_echo(score.span)
                self._tell(SpeechScored(score.span, 0.0 if echo else score.probability, score.level))
        finally:
            self._listener.forget(self._taker.keep_from)

    def commit_input(self) -> None:
        """End the caller's turn here. An answer is not made until asked for."""
        held = (self._listener.end - self._taker.keep_from) * 1000 / HEARING_RATE
        if held < COMMIT_MS:
            raise CallerError(
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{COMMIT_MS}ms of audio, but buffer only has {held:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )
        self._tell(CommitRequested(self._listener.end))
        self._listener.forget(self._taker.keep_from)

    def clear_input(self) -> None:
        """Throw away the audio that is not committed."""
        self._tell(ClearRequested(self._listener.end))
        self._listener.forget(self._taker.keep_from)
        self._notify(InputCleared())

    def configure(self, settings: CallSettings) -> None:
        """Adopt new settings; an answer that is being heard keeps its own."""
        before, self._settings = self._settings, settings
        if settings.turn != before.turn:
            self._tell(PolicyChanged(settings.turn, self._listener.end))
        if (settings.instructions, settings.tools) != (before.instructions, before.tools):
            self._prime()

    def add_item(self, item: Item, after: str | None, sound: Pcm | None = None) -> None:
        """sound: words of the item that are not known yet (16 kHz); answers wait for them."""
        if sound:
            self._recordings.check(1)
        self._notify(ItemAdded(item, self.history.add(item, after)))
        self._speaker.read_soon(lambda: self._asked(ReplyOptions(), "", READ_AHEAD_S))
        if sound:
            seconds = sound.seconds
            self._recordings.add(sound, self._settings.listening, lambda words: self._read(item.id, words, seconds))

    def delete_item(self, item_id: str) -> None:
        self.history.delete(item_id)
        self._notify(ItemDeleted(item_id))

    def truncate_item(self, item_id: str, audio_end_ms: int) -> None:
        """The caller's player stopped there: what came after was not heard."""
        kept = self.history.truncate(item_id, audio_end_ms / 1000)
        self._notify(ItemTruncated(item_id, min(audio_end_ms, round(kept * 1000))))

    def respond(self, options: ReplyOptions) -> None:
        """Answer the conversation as it stands, or the input that takes its place."""
        for index, item in enumerate(options.input or ()):
            if isinstance(item, Reference) and self.history.get(item.id) is None:
                raise CallerError(f"Item with item_id '{item.id}' not found.", param=f"response.input[{index}].id")
        self._recordings.check(len(options.sounds))
        if not options.in_conversation:
            if not self._buffered and self._spoken(options):
                raise CallerError(
                    "A response beside the conversation cannot be spoken into it: ask for output_modalities ['text'].",
                    param="response.output_modalities",
                )
            self._asides.start(options)
            self._listen_to(options)
            return
        if active := self._speaker.active:
            raise CallerError(
                f"Conversation already has an active response in progress: {active}. "
                "Wait until the response is finished before creating a new one.",
                code="conversation_already_has_active_response",
            )
        self._listen_to(options)
        self._tell(ReplyRequested(options))

    def cancel(self, reply: str | None = None) -> None:
        """Stop the present answer (or the one with this id, if it is the present one)."""
        if reply is not None and self._asides.cancel(reply):
            return
        active = self._speaker.active
        if self._speaker.paused and active is None:
            self._tell(StopRequested())  # its end was told when it paused; now it will not go on either
        if active is None or reply not in (None, active):
            raise CallerError(
                "Cancellation failed: no active response found", code="response_cancel_not_active", param="response_id"
            )
        self._tell(StopRequested())

    def hold(self) -> None:
        """The line is down: the tutor says nothing until `go_on`. The call keeps everything it has."""
        self._speaker.hold()

    def go_on(self) -> None:
        """The line is up again; an answer goes on where it stopped."""
        self._speaker.go_on()

    @property
    def waits(self) -> bool:
        """Somebody speaks, or waits for an answer that cannot be heard yet: work that can wait should."""
        return self._taker.caller is not Caller.SILENT or self._taker.tutor is Tutor.THINKING

    def leave(self, within: float) -> bool:
        """Say goodbye in the call's language, at the latest in `within` seconds, and hang up; CallOver tells when.

        False where the tutor does not speak by itself: answers are written, or only given when the client asks.
        """
        if not (self._settings.audio and self._settings.turn.create_response):
            return False
        self._tell(LeaveRequested(farewell(self._language), self._now() + within))
        return True

    async def close(self) -> None:
        """Hang up: all work of the call stops. Safe to call twice."""
        self._closed = True
        if self._timer:
            self._timer.cancel()
            self._timer = None
        await self._tasks.close()

    # --- the core and its actions ------------------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        if self._closed:
            return
        now = self._now()
        self._stopwatch.told(event, now)
        for action in self._taker.handle(event, now):
            self._stopwatch.asked(action, self._taker.speech_end, now)
            self._carry_out(action)
        self._keep_deadline()

    def _carry_out(self, action: Action) -> None:
        self._log.debug("turn", extra={"action": type(action).__name__, "ticket": str(action.ticket)})
        match action:
            case Probe(ticket, start, reply):
                if self._buffered:
                    self._listener.open(ticket, start)
                self._speaker.pause(reply)
            case LetPass(ticket, reply):
                self._listener.drop(ticket)
                if reply is not None:
                    self._speaker.resume(reply)
            case OpenTurn(ticket, start):
                self._listener.open(ticket, start)
                self._witnesses.read_along(ticket, "", self._said_before)
            case CloseTurn(ticket, span, opened):
                self._listener.close(ticket, span, opened=opened)
            case DropTurn(ticket):
                self._listener.drop(ticket)
            case SpeakUp(_, span):
                self._listener.speak_up(span)
            case HangUp():
                self._notify(CallOver())
            case Overhear(ticket, span, lull):
                self._listener.overhear(ticket, span, self._settings.listening, lull=lull)
            case Transcribe(ticket, span, said):
                self._listener.transcribe(ticket, span, self._settings.listening, said)
            case Judge(ticket, span):
                self._witnesses.judge(ticket, self._listener.read(span))
            case Weigh(ticket):
                if words := self._listener.transcript(ticket):
                    conversation = prompt.request(self.history, self._settings, ReplyOptions(), words.text)
                    self._witnesses.weigh(ticket, words, self._said_before, conversation)
            case Draft(ticket):
                self._speaker.draft(ticket)
            case Discard(ticket):
                self._listener.discard(ticket)
                self._witnesses.discard(ticket)
                self._speaker.discard(ticket)
            case Answer(ticket, options):
                self._speaker.answer(ticket, options, self._settled)
            case Stop(ticket, reason):
                self._speaker.stop(ticket, reason)
            case WindUp(ticket):
                self._speaker.wind_up(ticket)
            case _:
                assert_never(action)

    def _is_echo(self, window: Span) -> bool:
        """Whether what sounds like speech is the tutor's own voice, from the caller's loudspeaker."""
        detector = self._engines.echo_detector
        if detector is None or (played := self._speaker.playing(ECHO_BEFORE_S, ECHO_AFTER_S)) is None:
            return False
        start = max(0, window.end - samples_in(ECHO_WINDOW_MS, HEARING_RATE))
        likeness = detector.likeness(self._listener.read(Span(start, window.end)), played)
        now = self._now()
        if likeness >= (ECHO_LIKELY if now < self._echo_until else ECHO_LIKENESS):
            self._echo_until = now + ECHO_LASTS_S
            return True
        return False

    def _heard(self, ticket: Ticket, transcript: Transcript | None) -> None:
        if transcript is None:
            self._tell(TranscriptReady(ticket, empty=True, failed=True))
        else:
            text, language = transcript.text, transcript.language
            self._heard_language = language or self._heard_language
            echo = is_echo(text, self._speaker.recent_words())
            self._tell(
                TranscriptReady(
                    ticket,
                    empty=not text,
                    ending=ending(text, language, self._said_before),
                    slight=echo or (is_backchannel(text, language) and not self._speaker.nearly_over),
                    echo=echo,
                    letters=sum(map(str.isalnum, text)),
                    dictated=dictated(text, language),
                )
            )

    async def _settled(self) -> None:
        """Wait until all words are known that an answer depends on."""
        await self._listener.settled()
        await self._recordings.settled()

    def _listen_to(self, options: ReplyOptions) -> None:
        for item, sound in options.sounds:
            self._recordings.add(sound, self._settings.listening, partial(self._inputs.heard, item))

    def _read(self, item_id: str, words: Heard, seconds: float) -> None:
        """The words of a message that came as sound are known."""
        item = self.history.get(item_id)
        if item is None or self._closed:
            return
        if isinstance(words, Transcript):
            self.history.put(with_words(item, words.text))
            self._notify(TranscriptDone(item_id, words, seconds))
        else:
            self._notify(TranscriptFailed(item_id, words.code, str(words)))

    def _sounding(self, ticket: Ticket, reply: Reply) -> None:
        self._tell(ReplySounding(ticket))
        timings = self._stopwatch.sounding(ticket, reply.milestones, self._now())
        if timings and (active := self._speaker.active):
            self._notify(TurnTimed(active, timings))

    def _prime(self) -> None:
        if self._settings.instructions:
            self._speaker.work_ahead(prompt.request(self.history, self._settings, ReplyOptions()))

    @property
    def _language(self) -> str:
        """ISO 639-1 code of what is spoken here: as set, else as last heard; empty when nothing was yet."""
        return self._settings.listening.language or self._heard_language

    @property
    def _said_before(self) -> str:
        return self.history.last_words("assistant")

    def _read_along(self, ticket: Ticket, words: str) -> None:
        """Some of what the caller is saying is known: who reads the words need not wait for the rest."""
        self._witnesses.read_along(ticket, words, self._said_before)
        if self._settings.turn.create_response and self._listener.all_known:
            self._speaker.work_ahead(prompt.request(self.history, self._settings, ReplyOptions(), words))

    def _plan(self, ticket: Ticket, options: ReplyOptions) -> Plan:
        """What an answer to the conversation as it stands depends on, with the words of a turn that is still open."""
        settings, heard = self._settings, self._listener.transcript(ticket)
        return Plan(
            request=self._asked(self._inputs.read(options), heard.text if heard else "", READ_WITHIN_S),
            speaking=options.speaking or settings.speaking,
            audio=self._spoken(options),
            fault=None if options.words else self._inputs.fault(options) or self._overflow(),
            words=options.words,
        )

    def _asked(self, options: ReplyOptions, words: str, within_s: float) -> ChatRequest:
        """What the language model is asked: of the conversation as much as it can read in time."""
        settings, chat, caller = self._settings, self._engines.chat, self._caller
        asked = prompt.request(self.history, settings, options, words)
        while settings.forgets and options.input is None and chat.reading_s(asked, caller=caller) > within_s:
            shown = sum(len(message.text) for message in asked.messages if message.role != "system")
            settings = replace(settings, memory=shown - 1)
            shorter = prompt.request(self.history, settings, options, words)
            if len(shorter.messages) >= len(asked.messages):
                break
            asked = shorter
        return asked

    def _spoken(self, options: ReplyOptions) -> bool:
        return self._settings.audio if options.audio is None else options.audio

    def _overflow(self) -> ConversationTooLong | None:
        if self._settings.forgets or self.history.characters <= self._settings.memory:
            return None
        sentence = (
            f"The conversation holds {self.history.characters} characters; with truncation disabled it may have at "
            f"most {self._settings.memory}. Delete items, or allow truncation."
        )
        return ConversationTooLong(sentence, told=sentence)

    # --- time --------------------------------------------------------------------------------------------------------

    def _keep_deadline(self) -> None:
        """Deadlines move on with every window of audio, so a timer that is early may fire, and is set again then."""
        deadline = self._taker.deadline
        if deadline is None or (self._timer and self._timer.when() <= deadline):
            return
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._tell(TimePassed())

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
