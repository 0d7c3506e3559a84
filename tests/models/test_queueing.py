"""The order of waiting jobs, with exact times and no threads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.queueing import FairQueue, Ticket
from pipeline.errors import EngineOverloaded


def add(
    queue: FairQueue[str],
    job: str,
    *,
    caller: str = "anna",
    key: str = "",
    priority: int = 0,
    deadline: float = 100.0,
    now: float = 0.0,
) -> Ticket[str]:
    return queue.add(job, key=key, caller=caller, priority=priority, deadline=deadline, now=now)


def taken(queue: FairQueue[str], now: float = 0.0) -> list[str]:
    return [ticket.job for ticket in queue.take(now)]


def order(queue: FairQueue[str]) -> list[str]:
    """All jobs, one batch after the other."""
    jobs: list[str] = []
    while batch := taken(queue):
        jobs += batch
    return jobs


def test_the_older_job_of_a_caller_goes_first() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9)
    for job in ("one", "two", "three"):
        add(queue, job)
    assert order(queue) == ["one", "two", "three"]


def test_a_smaller_priority_number_goes_first_whoever_asks() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9)
    add(queue, "partial", priority=1)
    add(queue, "another partial", caller="ben", priority=1)
    add(queue, "final", caller="ben", priority=0)
    assert order(queue)[0] == "final"


def test_callers_take_turns_however_many_jobs_one_of_them_has() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9)
    for job in ("a1", "a2", "a3"):
        add(queue, job, caller="anna")
    for job in ("b1", "b2"):
        add(queue, job, caller="ben")
    add(queue, "c1", caller="carla")
    assert order(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_callers_who_come_one_job_at_a_time_do_not_starve_one_with_a_backlog() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9)
    for job in ("c1", "c2", "c3"):
        add(queue, job, caller="carla")
    served = []
    for round_ in range(3):
        add(queue, f"a{round_}", caller="anna")
        add(queue, f"b{round_}", caller="ben")
        served += [*taken(queue), *taken(queue), *taken(queue)]
    assert [job for job in served if job[0] == "c"] == ["c1", "c2", "c3"]


def test_a_batch_holds_jobs_of_one_key_up_to_its_size() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9, max_batch=2)
    add(queue, "en 1", key="en", caller="anna")
    add(queue, "de 1", key="de", caller="ben")
    add(queue, "en 2", key="en", caller="carla")
    add(queue, "en 3", key="en", caller="dora")
    assert taken(queue) == ["en 1", "en 2"]
    assert taken(queue) == ["de 1"]
    assert taken(queue) == ["en 3"]
    assert taken(queue) == []


def test_a_batch_is_shared_between_callers_before_one_gets_two_places() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9, max_batch=2)
    add(queue, "a1", caller="anna")
    add(queue, "a2", caller="anna")
    add(queue, "b1", caller="ben")
    assert taken(queue) == ["a1", "b1"]


def test_a_job_past_its_deadline_is_skipped() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9)
    add(queue, "late", deadline=5.0)
    add(queue, "in time", deadline=5.1)
    assert taken(queue, now=5.0) == ["in time"]
    assert len(queue) == 0


def test_a_discarded_job_is_not_taken_and_discarding_it_again_is_nothing() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9)
    ticket = add(queue, "given up")
    queue.discard(ticket)
    queue.discard(ticket)
    assert taken(queue) == []


def test_a_full_queue_refuses_and_names_its_limit() -> None:
    queue: FairQueue[str] = FairQueue("speech recognition", limit=2)
    add(queue, "one")
    add(queue, "two")
    with pytest.raises(EngineOverloaded, match=r"speech recognition.* 2 waiting jobs"):
        add(queue, "three")
    assert len(queue) == 2


def test_expired_jobs_make_room_in_a_full_queue() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=1)
    add(queue, "late", deadline=1.0)
    add(queue, "next", now=1.0)
    assert taken(queue, now=1.0) == ["next"]


def test_nothing_waits_for_company_unless_asked() -> None:
    queue: FairQueue[str] = FairQueue("vad", limit=9, max_batch=4)
    assert queue.ready_in(0.0) is None
    add(queue, "one")
    assert queue.ready_in(0.0) == 0.0
    assert taken(queue) == ["one"]


def test_a_paced_queue_gives_a_batch_at_a_time_unless_it_is_full() -> None:
    queue: FairQueue[str] = FairQueue("vad", limit=9, max_batch=2, pace_s=0.25)
    add(queue, "comes to a queue at rest", now=1.0)
    assert taken(queue, now=1.0) == ["comes to a queue at rest"]
    add(queue, "one", now=1.125)
    assert taken(queue, now=1.125) == []
    assert queue.ready_in(1.125) == 0.125
    assert taken(queue, now=1.25) == ["one"]
    add(queue, "two", now=1.25)
    add(queue, "three", now=1.375)
    assert taken(queue, now=1.375) == ["two", "three"]


def test_in_a_full_queue_the_newest_of_the_least_urgent_gives_way() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=3)
    add(queue, "older partial", priority=1)
    add(queue, "newer partial", caller="ben", priority=1)
    assert queue.displace(0, now=0.0) is None  # there is room
    add(queue, "final", priority=0)
    displaced = queue.displace(0, now=0.0)
    assert displaced is not None
    assert displaced.job == "newer partial"
    add(queue, "another final", caller="ben", priority=0)
    assert order(queue) == ["final", "another final", "older partial"]


def test_nobody_gives_way_to_a_job_that_is_no_more_urgent() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=2)
    add(queue, "final", priority=0)
    add(queue, "partial", priority=1)
    assert queue.displace(1, now=0.0) is None
    with pytest.raises(EngineOverloaded):
        add(queue, "another partial", priority=1)
    assert len(queue) == 2


def test_a_job_past_its_deadline_makes_room_before_anybody_gives_way() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=2)
    add(queue, "late", deadline=1.0)
    add(queue, "partial", priority=1)
    assert queue.displace(0, now=1.0) is None
    add(queue, "final", now=1.0)
    assert order(queue) == ["final", "partial"]


def test_clearing_gives_back_what_waits_oldest_first() -> None:
    queue: FairQueue[str] = FairQueue("asr", limit=9)
    add(queue, "one", priority=1)
    add(queue, "two", priority=0)
    assert [ticket.job for ticket in queue.clear()] == ["one", "two"]
    assert len(queue) == 0


@pytest.mark.parametrize(("limit", "max_batch", "pace_s"), [(0, 1, 0.0), (1, 0, 0.0), (1, 1, -1.0)])
def test_impossible_sizes_are_refused(limit: int, max_batch: int, pace_s: float) -> None:
    with pytest.raises(ValueError, match="at least"):
        FairQueue("asr", limit=limit, max_batch=max_batch, pace_s=pace_s)


STEP = st.one_of(
    st.tuples(st.just("add"), st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 2), st.integers(1, 6)),
    st.tuples(st.just("take")),
    st.tuples(st.just("discard"), st.integers(0, 30)),
)


LIMIT = 8


@given(st.lists(STEP, max_size=60), st.integers(1, 3))
def test_whatever_happens_every_job_leaves_once_in_due_order(steps: list[tuple[object, ...]], max_batch: int) -> None:
    queue: FairQueue[int] = FairQueue("any", limit=LIMIT, max_batch=max_batch)
    waiting: dict[int, Ticket[int]] = {}
    for now, step in enumerate(steps):
        match step:
            case ("add", str(caller), str(key), int(priority), int(patience)):
                if len(waiting) == LIMIT:
                    waiting = {job: ticket for job, ticket in waiting.items() if ticket.deadline > now}
                less_urgent = [ticket for ticket in waiting.values() if ticket.priority > priority]
                displaced = queue.displace(priority, now)
                if len(waiting) < LIMIT or not less_urgent:
                    assert displaced is None
                else:
                    assert displaced is max(less_urgent, key=lambda ticket: (ticket.priority, ticket.number))
                    del waiting[displaced.job]
                if len(waiting) == LIMIT:
                    with pytest.raises(EngineOverloaded):
                        queue.add(now, key=key, caller=caller, priority=priority, deadline=now + patience, now=now)
                else:
                    waiting[now] = queue.add(
                        now, key=key, caller=caller, priority=priority, deadline=now + patience, now=now
                    )
                assert len(queue) == len(waiting) <= LIMIT
            case ("discard", int(job)) if job in waiting:
                queue.discard(waiting.pop(job))
            case ("take",):
                waiting = {job: ticket for job, ticket in waiting.items() if ticket.deadline > now}
                batch = queue.take(now)
                assert bool(batch) == bool(waiting)
                if not batch:
                    continue
                leader = batch[0]
                assert leader.priority == min(ticket.priority for ticket in waiting.values())
                alike = [ticket for ticket in waiting.values() if ticket.key == leader.key]
                assert len(batch) == min(max_batch, len(alike))
                for ticket in batch:
                    assert waiting.pop(ticket.job) is ticket
                    assert ticket.key == leader.key
                    # A caller's own jobs never overtake each other within a key and a priority.
                    assert not any(
                        other.number < ticket.number
                        for other in waiting.values()
                        if (other.caller, other.key, other.priority) == (ticket.caller, ticket.key, ticket.priority)
                    )


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=4), min_size=1, max_size=30))
def test_a_job_waits_for_at_most_one_of_each_other_caller(arrivals: list[list[str]]) -> None:
    """Nobody starves: between the arrival of a caller's only job and its turn, no other caller is served twice."""
    queue: FairQueue[int] = FairQueue("any", limit=200)
    for job, caller in enumerate("abcde"):
        add_number(queue, job, caller)
    patient = add_number(queue, 1000, "patient")
    served: list[str] = []
    for at, callers in enumerate(arrivals):
        for nth, caller in enumerate(callers):
            add_number(queue, 10 + 10 * at + nth, caller)
        (ticket,) = queue.take(0.0)
        if ticket is patient:
            break
        served.append(ticket.caller)
    assert len(served) == len(set(served))


def add_number(queue: FairQueue[int], job: int, caller: str) -> Ticket[int]:
    return queue.add(job, key="", caller=caller, priority=0, deadline=100.0, now=0.0)
