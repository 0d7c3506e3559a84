"""Who has the floor: the rules of turn-taking, without I/O, clock or audio.

A call has two sides, each with its own small state, because both can hold the floor at once: a caller may talk over an
answer that must not be interrupted, and a client may ask for an answer while the caller speaks.

The caller is SILENT until `onset` milliseconds of speech gather; then SPEAKING (`pipeline.open_turn`). After `pause`
milliseconds without speech the caller is PAUSED: perhaps done, perhaps thinking. At that moment a new revision of the
turn begins, and everything that an answer needs is started and held: transcript, answer, voice. (The transcript even
before that, when the sound falls to the level of the room: the pause will most likely be noticed in a moment.) If
speech comes back, the revision is discarded, and nobody heard anything of it. If the silence lasts, the turn is closed
and the held answer is let go. So patience costs no time when the answer is ready before it runs out.

While the tutor is heard, the caller's sounds are first a question: PROBING (`pipeline.probing`). The answer pauses
after `barge_in` milliseconds of speech. After `confirm` milliseconds it is certain: the caller has the floor. A shorter
sound is judged by its words; a cough, a "mhm" in the caller's language, or the tutor's own words coming back from a
loudspeaker are let pass, and the answer goes on. What was let pass is not lost: speech that follows within a second
makes one turn with it, unless it was an echo. And when the answer is heard to its end before a sound is judged, "yes"
is a turn like any other. Once an echo has been caught, the answer no longer pauses at a sound:
it would stutter at every echo; then only words that are not its own stop it.

The tutor is IDLE, THINKING from the moment an answer is promised, SPEAKING from its first sound until its last sound
has reached the ear. Speech of the caller stops an answer in either state, unless the policy says otherwise.

How long the silence must last is fixed, or follows from how complete the turn sounds (`pipeline.endpoint`); then it is
judged again whenever more becomes known. And then a turn is not closed before its answer could be heard: closing it
earlier would bring the caller nothing, and cut off those who only paused.

Silence is counted in samples of the caller's audio, not by a clock: a file that is sent faster than it sounds is judged
as it would be when heard. Only when audio stops arriving altogether (`stall`) does the clock count in its place.

Usage: `handle(event, now)` returns the actions to carry out, in order; call it with TimePassed when `deadline` comes.
"""

from dataclasses import replace

from pipeline.actions import (
    Action,
    CloseTurn,
    Discard,
    Draft,
    DropTurn,
    Judge,
    LetPass,
    OpenTurn,
    Probe,
    SpeakUp,
    Ticket,
    Transcribe,
    Weigh,
    WindUp,
)
from pipeline.audio import HEARING_RATE, Span, samples_in
from pipeline.endpoint import Habits
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
from pipeline.floor import CALLER, Caller, Cue, Tutor
from pipeline.open_turn import Turn
from pipeline.probing import Probing
from pipeline.promises import FAREWELL, NUDGE, Promises
from pipeline.settings import Detection, ReplyOptions, TurnPolicy
from pipeline.sound import Sound

DOUBT = 0.2
"""The voice is asked only when the words leave more doubt than this: with less, the wait (0.48 s with the usual
patience) is over before an answer is made, and the asking would only slow that down. On the places of `bench quality
--evidence`, of synthetic speech and of people's, no pause up to 1.2 s was cut that was not cut before."""
RESUME_MS = 64
"""Speech that ends a pause: two windows, so that one noisy window does not throw a good draft away."""
KEEP_MS = 30_000
"""Audio kept from before the caller speaks, for a client that commits by itself while turns are detected."""


class TurnTaker:
    """The state of one call's conversation floor. See the module's text for the rules."""

    def __init__(self, policy: TurnPolicy) -> None:
        self.caller = Caller.SILENT
        self._promises = Promises()
        self._policy = policy
        self._turns = 0
        self._open_turn: Turn | None = None  # unless the caller is SILENT
        self._probing = Probing()
        self._habits = Habits()
        self._floor = 0  # audio before this is committed or cleared
        self._sound = Sound()
        self._arrived = 0.0  # when audio last arrived
        self._active: float | None = None  # when anything but silence last happened
        self._leaving: LeaveRequested | None = None
        self._left = False  # the goodbye of a gateway that goes away was promised

    @property
    def _turn(self) -> Turn:
        assert self._open_turn is not None
        return self._open_turn

    @property
    def tutor(self) -> Tutor:
        return self._promises.state

    @property
    def speech_end(self) -> int:
        """End of the last window with speech of the turn that is open, or was last."""
        early = self._open_turn is not None and self._open_turn.known.early
        return self._sound.lull_began if early else self._sound.speech_end

    @property
    def keep_from(self) -> int:
        """First sample that may still be asked for; audio before it can be forgotten."""
        if self._open_turn is not None:
            return self._open_turn.start
        if self._policy.detection is Detection.MANUAL:
            return self._floor
        return max(self._floor, self._sound.end - samples_in(KEEP_MS, HEARING_RATE))

    @property
    def deadline(self) -> float | None:
        """When to send TimePassed (same clock as `now`); None: nothing to wait for."""
        leave = None if self._leaving is None or self._left else self._leaving.by
        return min((moment for moment in (self._silent_too_long, leave) if moment is not None), default=None)

    @property
    def _silent_too_long(self) -> float | None:
        """When a caller from whom nothing comes has been silent for long enough to act on it."""
        if self.caller is not Caller.SILENT:
            return self._arrived + self._policy.stall / 1000
        if self._policy.goodbye is None or self._active is None or self.tutor is not Tutor.IDLE:
            return None
        return self._active + self._policy.goodbye / 1000

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take notice of `event` and say what to do about it. now: seconds, never going back."""
        actions = self._noticed(event, now)
        return actions + self._leave_when_free(now) if self._leaving else actions

    def _noticed(self, event: Event, now: float) -> list[Action]:
        if self._active is None or not isinstance(event, SpeechScored | TimePassed):
            self._active = now
        match event:
            case SpeechScored():
                return self._scored(event, now)
            case TranscriptReady():
                return self._transcribed(event)
            case CompletionJudged(ticket, complete):
                return self._judged(ticket, complete)
            case SentenceJudged(ticket, finished):
                return self._weighed(ticket, finished)
            case DraftReady(ticket):
                return self._drafted(ticket)
            case CommitRequested(end):
                return self._commit(end)
            case ClearRequested(end):
                return self._clear(end)
            case ReplyRequested(options):
                return self._asked(options)
            case StopRequested():
                return [*self._promises.stop("client_cancelled")]
            case LeaveRequested():
                return self._prepare_to_leave(event)
            case ReplySounding(ticket):
                self._promises.sounding(ticket)
                return []
            case ReplyOver(ticket):
                return self._over(ticket)
            case PolicyChanged(policy, end):
                return self._adopt(policy, end)
            case TimePassed():
                return self._stalled(now)

    # --- the caller ------------------------------------------------------------------------------------------------

    def _scored(self, event: SpeechScored, now: float) -> list[Action]:
        # Hysteresis: what sounds like speech goes on doing so down to a lower probability.
        flowing = self._sound.gathering or (self.caller is Caller.SPEAKING and not self._sound.silence)
        speech = self._sound.take(event, self._policy.release if flowing else self._policy.threshold)
        self._arrived = now
        if self._policy.detection is Detection.MANUAL:
            return []
        if speech:
            self._active = now
            if self._open_turn is not None:
                self._open_turn.voiced += event.span.samples * 1000 / HEARING_RATE
        else:
            self._pass_over()
            self._sound.scatter()
            return self._idle() if self.caller is Caller.SILENT else self._quiet()
        match self.caller:
            case Caller.SPEAKING:
                self._sound.heard()
                too_long = self._turn.span.samples >= samples_in(self._policy.longest, HEARING_RATE)
                return self._cut_short() if too_long else self._turn.listen(speech=True)
            case Caller.PAUSED:
                return self._resume() if self._sound.gather(event.span) >= RESUME_MS else []
            case Caller.PROBING:
                return self._probed(event.span)
            case Caller.SILENT:
                if self._sound.gather(event.span) < (self._policy.barge_in if self._audible else self._policy.onset):
                    return []
                return self._probe() if self._audible and self._policy.interrupt_response else self._open()

    @property
    def _audible(self) -> bool:
        """There is an answer to interrupt."""
        return self.tutor is Tutor.SPEAKING

    def _pass_over(self) -> None:
        """Speech that was enough for a turn, but not for an interruption, may be the first of what follows."""
        run = self._sound.gathering
        if run and self.caller is Caller.SILENT and run.samples >= samples_in(self._policy.onset, HEARING_RATE):
            self._probing.let_pass(run)

    def _begin(self) -> Turn:
        """A new turn, from the speech that has gathered."""
        run = self._sound.gathering
        assert run is not None
        self._turns += 1
        self._promises.caller_spoke()
        start = max(self._floor, run.start - samples_in(self._policy.prefix, HEARING_RATE))
        self._open_turn = Turn(self._turns, max(self._floor, self._probing.reached_back(run, start)), self._sound)
        self._open_turn.voiced = run.samples * 1000 / HEARING_RATE
        self._probing.begin(run, start)
        self._sound.heard()
        self._sound.scatter()
        return self._open_turn

    def _open(self) -> list[Action]:
        if self.tutor is Tutor.THINKING:
            self._habits.cut_off()
        turn = self._begin()
        self.caller = CALLER[self.caller][Cue.ONSET]
        return [OpenTurn(turn.ticket, turn.start), *self._take_floor()]

    def _take_floor(self) -> list[Action]:
        """The caller speaks: an answer that is promised or heard gives way."""
        if not self._policy.interrupt_response:
            return []
        return [*self._promises.stop("turn_detected")]

    def _probe(self) -> list[Action]:
        turn = self._begin()
        self.caller = CALLER[self.caller][Cue.PROBE]
        if self._probing.wary or self._promises.reply is None:
            return []
        return [Probe(turn.ticket, turn.start, self._promises.reply)]

    def _probed(self, span: Span) -> list[Action]:
        """More speech while it is not certain what the sound is."""
        actions: list[Action] = []
        probing = self._probing
        probing.go_on(span)
        self._sound.heard()
        if probing.asked and not probing.wary:
            probing.asked = False  # it was not over: those are not all of its words
            actions.append(Discard(self._turn.ticket))
        if probing.voiced < self._policy.confirm:
            return actions
        if not probing.wary:
            return actions + self._certain(Cue.CERTAIN)
        return [] if probing.asked else self._ask_for_words()

    def _ask_for_words(self) -> list[Action]:
        """What was that? What was let pass before it has been judged."""
        self._probing.asked = True
        return [Transcribe(self._turn.revise(), Span(self._probing.start, self._sound.end))]

    def _answered_probe(self, event: TranscriptReady) -> list[Action]:
        """The words of a sound that may be an interruption."""
        if self._probing.interrupts(event, audible=self._audible):
            certain = self._certain(Cue.WORDS)
            if self._turn.start < self._probing.start:  # it goes on with what was let pass: those are not all its words
                return [*certain, Discard(event.ticket), self._turn.ask()]
            return certain + self._heard(event)
        still_heard = self._probing.wary and not self._sound.silence
        return [] if still_heard else self._let_pass()

    def _certain(self, cue: Cue) -> list[Action]:
        """The sound was an interruption."""
        self.caller = CALLER[self.caller][cue]
        return [OpenTurn(self._turn.ticket, self._turn.start), *self._take_floor()]

    def _let_pass(self) -> list[Action]:
        """The sound was nothing."""
        ticket = self._turn.ticket
        self._probing.let_pass(self._turn.span)
        self._leave(Cue.DROP, self._floor)
        return [Discard(ticket), LetPass(ticket, self._promises.reply)]

    def _fallen_silent(self, *, late: bool) -> list[Action]:
        """The sound that may be an interruption is over. late: its words should be known by now."""
        if late:
            return self._let_pass() if self._audible else self._certain(Cue.WORDS)
        if self._probing.asked:
            return []
        return self._let_pass() if self._probing.wordless and self._audible else self._ask_for_words()

    def _quiet(self) -> list[Action]:
        silence = self._sound.silence
        if self.caller is Caller.PROBING:
            return self._fallen_silent(late=silence >= self._policy.doubt) if silence >= self._policy.pause else []
        if self.caller is Caller.SPEAKING:
            return self._pause() if silence >= self._policy.pause else self._turn.listen(speech=False)
        if self.caller is Caller.PAUSED and self._turn.known.over(silence, self._policy, self._habits):
            return self._close(self._sound.end)
        return []

    def _pause(self) -> list[Action]:
        turn = self._turn
        self.caller = CALLER[self.caller][Cue.PAUSE]
        asked: list[Action] = [] if turn.known.early else [turn.ask()]
        self._sound.pause(turn.start)
        turn.known.early, known = False, turn.known.heard_early
        return self._heard(known) if known else asked

    def _resume(self) -> list[Action]:
        run = self._sound.gathering
        assert run is not None
        self._habits.paused((run.start - self._sound.speech_end) * 1000 / HEARING_RATE)
        self.caller = CALLER[self.caller][Cue.RESUME]
        self._sound.heard()
        self._sound.scatter()
        return [Discard(self._turn.ticket)]

    def _close(self, end: int) -> list[Action]:
        """The silence lasted: the turn is over, and its answer is due."""
        start, ticket, words = self._turn.start, self._turn.ticket, self._turn.known.words
        spoken = self._turn.voiced >= self._policy.wordless
        actions: list[Action] = [CloseTurn(ticket, Span(start, end), opened=True)]
        self._leave(Cue.END, end)
        if not self._policy.create_response:
            return actions
        if words is None:
            self._promises.await_words(ticket, spoken=spoken)
        elif words:
            actions += self._promises.give_in_turn(ticket)
        else:
            actions += self._promises.nothing_said(ticket, spoken=spoken)
        return actions

    def _cut_short(self) -> list[Action]:
        """The caller does not stop, or something else makes noise: take what there is as a turn."""
        spoken = self._turn.voiced >= self._policy.wordless
        actions = self._commit(self._sound.end)
        closed = actions[-1]
        if isinstance(closed, Transcribe) and self._policy.create_response:
            self._promises.await_words(closed.ticket, spoken=spoken)
        return actions

    def _leave(self, cue: Cue, floor: int) -> None:
        """The open turn is gone, by being closed or dropped."""
        self.caller = CALLER[self.caller][cue]
        self._open_turn = None
        self._sound.scatter()
        self._floor = floor

    def _commit(self, end: int) -> list[Action]:
        """The client closes the turn, and will ask for an answer itself when it wants one."""
        if self._open_turn is None:
            self._turns += 1
            ticket, span = Ticket(self._turns), Span(self.keep_from, end)
            self._floor = end
            self._sound.scatter()
            return [CloseTurn(ticket, span, opened=False), Transcribe(ticket, span)]
        opening = self._certain(Cue.CERTAIN) if self.caller is Caller.PROBING else []
        # What was made at the last pause lacks the audio since.
        last, span = self._turn.ticket, Span(self._turn.start, end)
        ticket = self._turn.revise()
        self._leave(Cue.END, end)
        return [*opening, Discard(last), CloseTurn(ticket, span, opened=True), Transcribe(ticket, span)]

    def _clear(self, end: int) -> list[Action]:
        actions: list[Action] = []
        if self.caller is Caller.PROBING:
            actions = self._let_pass()
        elif self._open_turn is not None:
            actions = [Discard(self._turn.ticket), DropTurn(self._turn.ticket)]
            self._leave(Cue.DROP, end)
        self._floor = end
        self._sound.scatter()
        return actions

    def _adopt(self, policy: TurnPolicy, end: int) -> list[Action]:
        """An open turn ends by the rules under which it can still end: push-to-talk has no onset, so it starts anew."""
        actions: list[Action] = []
        if self.caller is Caller.PROBING and not policy.interrupt_response:
            actions = self._let_pass()  # whatever it is, it may not interrupt any more
        if policy.detection is Detection.MANUAL and self._open_turn is not None:
            start = self._open_turn.start
            actions = self._clear(end)
            self._floor = start  # its audio stays, for the client to commit
        self._sound.scatter()
        # Who is about to hang up takes no more turns, and lets nobody interrupt the goodbye.
        self._policy = replace(policy, create_response=False, interrupt_response=False) if self._leaving else policy
        return actions

    def _stalled(self, now: float) -> list[Action]:
        if self._silent_too_long is None or now < self._silent_too_long:
            return []
        self._arrived = now
        match self.caller:
            case Caller.SPEAKING:
                return self._pause()
            case Caller.PAUSED:
                return self._close(self._sound.end)
            case Caller.PROBING:  # a client that sends nothing but speech says "stop" and falls silent
                return self._fallen_silent(late=self._probing.asked)
            case Caller.SILENT:
                return self._take_leave(FAREWELL)

    def _take_leave(self, options: ReplyOptions) -> list[Action]:
        self._turns += 1
        return [*self._promises.take_leave(Ticket(self._turns), options)]

    def _prepare_to_leave(self, event: LeaveRequested) -> list[Action]:
        """No new answer begins; one that is heard comes to the end of its sentence."""
        if self._leaving or self._promises.parting:
            return []
        self._leaving = event
        actions = self._let_pass() if self.caller is Caller.PROBING else []
        self._policy = replace(self._policy, create_response=False, interrupt_response=False)
        if self.tutor is Tutor.THINKING:
            return [*actions, *self._promises.stop("client_cancelled")]
        if self._promises.reply:
            actions.append(WindUp(self._promises.reply))
        return actions

    def _leave_when_free(self, now: float) -> list[Action]:
        """Say goodbye as soon as nobody speaks, or when there is no more time to wait for that."""
        assert self._leaving
        busy = self.caller is not Caller.SILENT or self.tutor is not Tutor.IDLE
        if self._left or (busy and now < self._leaving.by):
            return []
        self._left = True
        actions = [*self._promises.stop("client_cancelled")]
        return actions + self._take_leave(ReplyOptions(words=self._leaving.words))

    def _idle(self) -> list[Action]:
        """The caller says nothing after an answer: the tutor may speak up."""
        since = self._promises.silence_too_long(self._sound.end, self._policy.idle_timeout)
        if since is None:
            return []
        self._turns += 1
        ticket, span = Ticket(self._turns), Span(max(since, self._floor), self._sound.end)
        self._floor = self._sound.end
        return [SpeakUp(ticket, span), *self._promises.give(ticket, NUDGE)]

    # --- what becomes known ----------------------------------------------------------------------------------------

    def _transcribed(self, event: TranscriptReady) -> list[Action]:
        turn = self._open_turn
        if turn and event.ticket == turn.ticket:
            if self.caller is Caller.PROBING:
                return self._answered_probe(event)
            if self.caller is Caller.PAUSED:
                return self._heard(event)
            if turn.known.early:
                turn.known.heard_early = event
                return []
        return [*self._promises.words_known(event.ticket, any_words=not (event.empty or event.failed))]

    def _heard(self, event: TranscriptReady) -> list[Action]:
        """The words of the open turn, up to this pause."""
        known = self._turn.known
        known.heard(event)
        asked: list[Action] = []
        # The words are weighed first: who weighs them may be the model that makes the answer, and begins with that.
        if known.words and self._policy.detection is Detection.ADAPTIVE:
            asked.append(Weigh(event.ticket))
        if known.words and self._policy.create_response:
            asked.append(Draft(event.ticket))
        return asked + self._reconsider()

    def _paused_at(self, ticket: Ticket) -> Turn | None:
        """The open turn, if its caller is still in the pause that `ticket` names."""
        turn = self._open_turn
        return turn if turn and turn.ticket == ticket and self.caller is Caller.PAUSED else None

    def _weighed(self, ticket: Ticket, finished: float | None) -> list[Action]:
        """All is known that the words can tell."""
        turn = self._paused_at(ticket)
        if turn is None:
            return []
        turn.known.evidence = evidence = replace(turn.known.evidence, finished=finished)
        asked: list[Action] = []
        if evidence.complete is None and evidence.doubt > DOUBT:
            silence = samples_in(self._policy.pause, HEARING_RATE)
            asked.append(Judge(ticket, Span(turn.start, min(self._sound.end, self._sound.speech_end + silence))))
        return asked + self._reconsider()

    def _judged(self, ticket: Ticket, complete: float | None) -> list[Action]:
        turn = self._paused_at(ticket)
        if turn is None:
            return []
        turn.known.evidence = replace(turn.known.evidence, complete=complete)
        return self._reconsider()

    def _drafted(self, ticket: Ticket) -> list[Action]:
        turn = self._paused_at(ticket)
        if turn is None:
            return []
        turn.known.ready = True
        return self._reconsider()

    def _reconsider(self) -> list[Action]:
        """More is known: the silence so far may be long enough. Not while speech may be coming back."""
        return [] if self._sound.gathering else self._quiet()

    def _asked(self, options: ReplyOptions) -> list[Action]:
        self._turns += 1
        return [*self._promises.give(Ticket(self._turns), options)]

    def _over(self, ticket: Ticket) -> list[Action]:
        if ticket == self._promises.reply:
            self._habits.went_well()
            self._probing.heard_out = True
        return [*self._promises.over(ticket, self._sound.end)]
