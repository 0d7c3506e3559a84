"""Every sample of the caller's speech belongs to a turn, but echoes, and what is nothing by itself and stands alone."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.scripted import ScriptedChat
from pipeline.actions import Answer, CloseTurn, Discard, LetPass, OpenTurn, Stop, Transcribe
from pipeline.audio import Span
from pipeline.events import (
    CommitRequested,
    PolicyChanged,
    ReplyOver,
    ReplyRequested,
    ReplySounding,
    StopRequested,
    TranscriptReady,
)
from pipeline.floor import Caller
from pipeline.probing import FOLLOWS_MS, REACH_MS
from pipeline.settings import CallSettings, Detection, ReplyOptions, TurnPolicy
from tests.support import virtual_clock
from tests.support.conversation import POLICY, Conversation, answered, kinds
from tests.support.telephone import Telephone

MS = 16
"""Samples."""
steps = st.one_of(
    st.tuples(st.just("speech"), st.integers(96, 1200)),
    st.tuples(st.just("speech"), st.integers(96, 320)),
    st.tuples(st.just("hush"), st.integers(32, 1500)),
    st.tuples(st.just("words"), st.sampled_from(["some", "none", "slight", "failed"])),
    st.tuples(st.just("sounding")),
    st.tuples(st.just("over")),
    st.tuples(st.just("commit")),
    st.tuples(st.just("respond")),
    st.tuples(st.just("stop")),
    st.tuples(st.just("stall")),
)
policies = st.builds(
    TurnPolicy,
    detection=st.sampled_from([Detection.ADAPTIVE, Detection.SILENCE]),
    silence=st.sampled_from([200, 500]),
    barge_in=st.sampled_from([96, 192]),
    create_response=st.booleans(),
    interrupt_response=st.booleans(),
)


@dataclass
class Heard:
    """What was said, and where it went. runs: of unbroken speech. passed: where each sound was let pass, in samples."""

    talk: Conversation
    runs: list[Span] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)

    def owners(self, run: Span) -> list[Span]:
        """The turns, closed or open, that have all of it."""
        return [one for one in self.turns if one.start <= run.start and run.end <= one.end]

    @property
    def turns(self) -> list[Span]:
        closed = [action.span for _, action in self.talk.log if isinstance(action, CloseTurn)]
        taker = self.talk.taker
        unsettled = taker.caller is not Caller.SILENT
        return [*closed, Span(taker.keep_from, self.talk.samples)] if unsettled else closed

    def let_pass(self, run: Span) -> int | None:
        """Where it was let pass; None if it was not."""
        return next((end for end in self.passed if end >= run.end), None)


ANSWERED = [("speech", 960), ("hush", 320), ("words", "some"), ("hush", 2500), ("respond",), ("sounding",)]


def conversation(script, policy: TurnPolicy) -> Heard:
    talk = Conversation(policy)
    heard = Heard(talk)
    for step, *value in script:
        before = len(talk.log)
        began = talk.samples
        asked, answers = talk.asked(Transcribe), talk.asked(Answer)
        match step:
            case "speech":
                talk.speak(*value)
                grown = heard.runs and heard.runs[-1].end == began and began not in [*heard.cuts, *heard.passed]
                start = heard.runs.pop().start if grown else began
                heard.runs.append(Span(start, talk.samples))
            case "hush":
                talk.hush(*value)
            case "stall":
                talk.stall(1.5)
            case "commit":
                talk.tell(CommitRequested(talk.samples))
                heard.cuts.append(talk.samples)
            case "words" if asked:
                kind = value[0]
                empty = kind in ("none", "failed")
                talk.tell(TranscriptReady(asked[-1].ticket, empty, kind == "failed", slight=kind == "slight"))
            case "sounding" if answers:
                talk.tell(ReplySounding(answers[-1].ticket))
            case "over" if answers:
                talk.tell(ReplyOver(answers[-1].ticket))
            case "respond":
                talk.tell(ReplyRequested(ReplyOptions()))
            case "stop":
                talk.tell(StopRequested())
        heard.passed += [ms * MS for ms, action in talk.log[before:] if isinstance(action, LetPass)]
        heard.cuts += [action.span.end for _, action in talk.log[before:] if isinstance(action, CloseTurn)]
    return heard


@given(st.lists(steps, max_size=40), st.booleans(), policies)
@settings(max_examples=400, deadline=None)
def test_all_speech_belongs_to_a_turn_or_was_judged_to_be_nothing(script, answered, policy):
    heard = conversation([*ANSWERED, *script] if answered else script, policy)
    noticed = max(policy.onset, policy.barge_in) * MS
    for run in heard.runs:
        whole = not any(
            run.start < cut < run.end for cut in heard.cuts
        )  # a cut run may have a rest too short to notice
        if whole and run.samples >= noticed and heard.let_pass(run) is None:
            assert len(heard.owners(run)) == 1
    for place, run in enumerate(heard.runs):
        if heard.owners(run) or heard.let_pass(run) is None:
            continue
        last = run
        for following in heard.runs[place + 1 :]:
            far = following.start - run.start > (REACH_MS - policy.prefix) * MS
            cut = any(run.start < one <= following.start for one in heard.cuts)
            if far or cut or following.start - last.end > FOLLOWS_MS * MS:
                break
            assert not heard.owners(following), "what follows at once goes on with it"
            if following.samples >= policy.onset * MS:  # or it is too short to be anything
                last = following


@pytest.fixture
def talk() -> Conversation:
    """Somebody is hearing an answer."""
    talk = Conversation(replace(POLICY, barge_in=96))
    answered(talk)
    talk.hush(640)
    return talk


def probe(talk: Conversation, **verdict) -> int:
    """A short sound, and what its words are; returns the sample at which it began."""
    began = talk.samples
    talk.speak(256)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), **({"empty": False} | verdict)))
    return began


@pytest.mark.parametrize(
    "verdict", [{"empty": True}, {"slight": True}, {"empty": True, "failed": True}, {"letters": 99}]
)
def test_what_was_let_pass_belongs_to_the_turn_that_follows(talk, verdict):
    began = probe(talk, **verdict)
    assert talk.asked(LetPass)
    talk.hush(320)
    talk.speak(960)
    assert talk.asked(OpenTurn)[-1].start <= began
    talk.hush(128)
    assert talk.asked(Transcribe)[-1].span.start <= began, "its words are looked for too"


def test_two_sounds_that_were_let_pass_belong_to_the_turn_that_follows(talk):
    began = probe(talk, slight=True)
    talk.hush(512)
    probe(talk, empty=True)
    talk.hush(512)
    talk.speak(960)
    assert talk.asked(OpenTurn)[-1].start <= began


def test_nor_does_a_sound_between_that_was_too_short_to_notice_part_them(talk):
    """ "Yeah … but … I wanted to ask": each follows the one before within a second."""
    talk.tell(PolicyChanged(replace(POLICY, barge_in=192), talk.samples))
    began = probe(talk, slight=True)
    talk.hush(640)
    talk.speak(128)
    talk.hush(640)
    talk.speak(960)
    assert talk.asked(OpenTurn)[-1].start <= began


def test_an_echo_does_not(talk):
    probe(talk, slight=True, echo=True)
    end = talk.samples
    talk.hush(320)
    talk.speak(960)
    asked = talk.asked(Transcribe)[-1]
    assert asked.span.start >= end - 300 * MS


def test_nor_does_what_was_said_long_before(talk):
    probe(talk, slight=True)
    end = talk.samples
    talk.hush(FOLLOWS_MS + 64)
    talk.speak(960)
    assert talk.asked(OpenTurn)[-1].start >= end


def test_a_sound_is_judged_by_its_own_words_and_then_the_whole_is_heard(talk):
    began = probe(talk, slight=True)
    talk.hush(320)
    second = talk.samples
    talk.speak(256)
    talk.hush(128)
    assert talk.asked(Transcribe)[-1].span.start >= second - 300 * MS, "or many a mhm would make an interruption"
    told = talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False))
    assert kinds(told) == [OpenTurn, Stop, Discard, Transcribe]
    asked = talk.asked(Transcribe)[-1]
    assert asked.span.start <= began
    talk.tell(TranscriptReady(asked.ticket, empty=False))
    talk.hush(512)
    assert talk.asked(CloseTurn)[-1].span.start <= began
    assert talk.asked(Answer)[-1].ticket == asked.ticket


def test_yes_is_an_answer_when_the_tutors_was_over_before_it_was_judged(talk):
    answer = talk.ticket(Answer)
    talk.speak(256)
    talk.tell(ReplyOver(answer))
    talk.hush(128)
    asked = talk.ticket(Transcribe)
    assert OpenTurn in kinds(talk.tell(TranscriptReady(asked, empty=False, slight=True)))


def test_a_short_interruption_is_heard_from_a_client_that_sends_no_silence(talk):
    talk.speak(256)
    assert kinds(talk.stall(1.0)) == [Transcribe]
    assert Stop in kinds(talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False)))
    assert CloseTurn in kinds(talk.stall(1.0))


def test_and_if_its_words_do_not_come_the_answer_goes_on(talk):
    talk.speak(256)
    talk.stall(1.0)
    assert kinds(talk.stall(1.0)) == [Discard, LetPass]


def test_words_that_never_come_are_a_turn_when_the_answer_is_over(talk):
    answer = talk.ticket(Answer)
    talk.speak(256)
    talk.tell(ReplyOver(answer))
    talk.hush(1600)
    assert len(talk.asked(OpenTurn)) == len(talk.asked(CloseTurn)) == 2


def test_a_change_of_rules_does_not_lose_the_sound_that_was_in_doubt(talk):
    began = talk.samples
    talk.speak(256)
    talk.tell(PolicyChanged(replace(POLICY, interrupt_response=False), talk.samples))
    talk.speak(512)
    assert talk.asked(OpenTurn)[-1].start <= began


@pytest.mark.parametrize("buffered", [False, True])
@pytest.mark.parametrize("detection", [Detection.ADAPTIVE, Detection.SILENCE])
def test_who_goes_on_over_a_short_answer_is_heard_from_the_first_word(buffered, detection):
    """The recognizer finds nothing in the first soft words; then the caller goes on, and the whole is heard."""

    async def main():
        found: dict[str, str | None] = {"words": "The meeting begins at nine."}
        settings = CallSettings(instructions="Be kind.", turn=TurnPolicy(detection=detection, silence=300))
        phone = Telephone(
            ScriptedChat(["I heard ", "you ", "well."]),
            texts=lambda pcm: f"{pcm.seconds:.1f} seconds" if found["words"] is None else found["words"],
            settings=settings,
            buffered=buffered,
        )
        await phone.speak(0.4)
        while not phone.sound:
            await phone.hush(0.02)
        found["words"] = ""
        await phone.speak(0.3)
        await phone.hush(0.4)
        found["words"] = None
        await phone.speak(0.5)
        await phone.hush(4.0)
        said = [text or "" for role, text in phone.words if role == "user"]
        assert said[0] == "The meeting begins at nine."
        assert float(said[1].split()[0]) >= 0.3 + 0.4 + 0.5
        await phone.hang_up()

    virtual_clock.run(main())
