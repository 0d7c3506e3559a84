"""Whatever happens, in whatever order: nothing raises, stale results never speak, no state is a dead end."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.actions import (
    Action,
    Answer,
    CloseTurn,
    Discard,
    Draft,
    DropTurn,
    Judge,
    LetPass,
    OpenTurn,
    Probe,
    Stop,
    Ticket,
    Transcribe,
)
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
    StopRequested,
    TranscriptReady,
)
from pipeline.floor import Caller, Tutor
from pipeline.settings import Detection, ReplyOptions, TurnPolicy
from tests.support.conversation import Conversation

tickets = st.builds(Ticket, st.integers(1, 6), st.integers(0, 3))
policies = st.builds(
    TurnPolicy,
    detection=st.sampled_from(Detection),
    silence=st.sampled_from([200, 500]),
    longest=st.sampled_from([3000, 60_000]),
    create_response=st.booleans(),
    interrupt_response=st.booleans(),
    idle_timeout=st.sampled_from([None, 500]),
)
steps = st.one_of(
    st.tuples(st.just("score"), st.integers(32, 900), st.sampled_from([0.0, 0.4, 0.9])),
    st.tuples(st.just("stall"), st.sampled_from([0.1, 1.5])),
    st.tuples(st.just("words"), tickets, st.booleans(), st.booleans()),
    st.tuples(st.just("latest words"), st.booleans(), st.booleans(), st.booleans()),
    st.tuples(st.just("latest sounding"),),
    st.tuples(st.just("judged"), st.sampled_from([None, 0.0, 0.5, 1.0])),
    st.tuples(st.just("drafted"),),
    st.tuples(st.just("sounding"), tickets),
    st.tuples(st.just("over"), tickets),
    st.tuples(st.just("latest over"),),
    st.tuples(st.just("commit"),),
    st.tuples(st.just("clear"),),
    st.tuples(st.just("respond"),),
    st.tuples(st.just("stop"),),
    st.tuples(st.just("policy"), policies),
)  # fmt: skip
steps_or_leaving = st.one_of(steps, st.tuples(st.just("leave"), st.sampled_from([0.0, 2.0])))


def event(talk: Conversation, step) -> Event | None:
    match step:
        case ("words", ticket, empty, failed):
            return TranscriptReady(ticket, empty, failed)
        case ("latest words", empty, slight, echo):
            asked = talk.asked(Transcribe)
            return TranscriptReady(asked[-1].ticket, empty, slight=slight or echo, echo=echo) if asked else None
        case ("latest sounding",):
            asked = talk.asked(Answer)
            return ReplySounding(asked[-1].ticket) if asked else None
        case ("judged", complete):
            asked = talk.asked(Judge)
            return CompletionJudged(asked[-1].ticket, complete) if asked else None
        case ("drafted",):
            asked = talk.asked(Draft)
            return DraftReady(asked[-1].ticket) if asked else None
        case ("sounding", ticket):
            return ReplySounding(ticket)
        case ("over", ticket):
            return ReplyOver(ticket)
        case ("latest over",):
            asked = talk.asked(Answer)
            return ReplyOver(asked[-1].ticket) if asked else None
        case ("commit",):
            return CommitRequested(talk.samples)
        case ("clear",):
            return ClearRequested(talk.samples)
        case ("respond",):
            return ReplyRequested(ReplyOptions())
        case ("stop",):
            return StopRequested()
        case ("leave", seconds):
            return LeaveRequested("Bye!", talk.now + seconds)
        case ("policy", policy):
            return PolicyChanged(policy, talk.samples)
    raise AssertionError(step)


def play(script, policy: TurnPolicy) -> Conversation:
    talk, leaving = Conversation(policy), False
    for step in script:
        match step:
            case ("score", ms, probability):
                talk.score(ms, probability)
            case ("stall", seconds):
                talk.stall(seconds)
            case _:
                if (told := event(talk, step)) is not None:
                    talk.tell(told)
        leaving = leaving or step[0] == "leave"
        check_step(talk, leaving)
    return talk


def check_step(talk: Conversation, leaving: bool) -> None:
    assert talk.taker.keep_from <= talk.samples
    if not leaving:  # which happens in time, whoever speaks
        assert (talk.taker.deadline is None) == (talk.taker.caller is Caller.SILENT)


def check_log(actions: list[Action]) -> None:
    closed: set[int] = set()
    gone: set[Ticket] = set()
    answered: set[int] = set()
    speaking: Ticket | None = None
    open_turn: int | None = None
    paused: int | None = None
    last_end = 0
    for action in actions:
        match action:
            case Probe(ticket, start, reply):
                assert reply == speaking
                assert paused is None
                assert start >= last_end
                paused = ticket.turn
            case LetPass(ticket, reply):
                assert reply in (None, speaking)
                assert open_turn is None
                paused = None
            case OpenTurn(ticket, start):
                assert open_turn is None
                assert paused in (None, ticket.turn)
                paused = None
                assert start >= last_end  # a sample belongs to one turn only
                open_turn = ticket.turn
            case CloseTurn(ticket, span, opened):
                assert ticket.turn not in closed
                assert span.start >= last_end
                assert opened == (open_turn == ticket.turn)
                closed.add(ticket.turn)
                last_end = span.end
                open_turn = None if opened else open_turn
            case DropTurn(ticket):
                assert open_turn == ticket.turn
                open_turn = None
            case Transcribe(ticket, span):
                assert ticket not in gone
                assert ticket.turn not in answered
            case Draft(ticket):
                assert ticket not in gone
                assert ticket.turn == open_turn
            case Discard(ticket):
                gone.add(ticket)
            case Answer(ticket):
                assert ticket not in gone  # nothing of a discarded revision is ever heard
                assert ticket.turn not in answered
                assert ticket.turn != open_turn  # and nothing before the turn is closed
                answered.add(ticket.turn)
                speaking = ticket
            case Stop(ticket):
                assert ticket == speaking
                speaking = None


@given(st.lists(steps_or_leaving, max_size=40), policies)
@settings(max_examples=300, deadline=None)
def test_no_sequence_of_events_breaks_the_rules(script, policy):
    talk = play(script, policy)
    check_log([action for _, action in talk.log])


@given(st.lists(steps, max_size=25), policies)
@settings(max_examples=200, deadline=None)
def test_from_every_state_an_ordinary_turn_is_answered_again(script, policy):
    talk = play(script, policy)
    talk.tell(StopRequested())
    talk.tell(ClearRequested(talk.samples))
    talk.tell(PolicyChanged(TurnPolicy(detection=Detection.SILENCE), talk.samples))
    talk.hush(1000)
    before = len(talk.log)
    talk.speak(1000)
    talk.hush(128)
    talk.tell(TranscriptReady(talk.ticket(Transcribe), empty=False))
    talk.hush(1000)
    new = [type(action) for _, action in talk.log[before:]]
    assert new == [OpenTurn, Transcribe, Draft, CloseTurn, Answer]
    assert (talk.taker.caller, talk.taker.tutor) == (Caller.SILENT, Tutor.THINKING)
