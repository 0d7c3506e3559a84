"""Sound on its way to the track: exact counts, and word of each answer's beginning and end."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio import Pcm
from voicegw.transports.spool import Spool

RATE = 48_000
FRAME = 960


def sound(samples: int, rate: int = RATE, value: int = 7) -> Pcm:
    return Pcm(value.to_bytes(2, "little") * samples, rate)


class Told(list[tuple[str, str]]):
    def __call__(self, what: str, reply: str) -> None:
        self.append((what, reply))


def test_an_answer_is_told_of_when_its_first_and_its_last_sample_leave():
    told = Told()
    spool = Spool(RATE, told)
    spool.play("a", sound(FRAME + 1))
    assert told == []
    spool.take(FRAME)
    assert told == [("started", "a")]
    spool.finish("a")
    assert spool.take(FRAME) == sound(1).data + bytes(2 * FRAME - 2)
    assert told == [("started", "a"), ("stopped", "a")]
    assert spool.left == FRAME + 1


def test_an_answer_that_is_not_complete_may_go_on_after_a_silence():
    told = Told()
    spool = Spool(RATE, told)
    spool.play("a", sound(FRAME))
    frames = [spool.take(FRAME) for _ in range(3)]
    assert frames[1:] == [bytes(2 * FRAME)] * 2
    spool.play("a", sound(FRAME))
    spool.take(FRAME)
    spool.finish("a")
    spool.take(FRAME)
    assert told == [("started", "a"), ("stopped", "a")]


def test_what_is_cleared_never_leaves():
    told = Told()
    spool = Spool(RATE, told)
    spool.play("a", sound(5 * FRAME))
    spool.take(FRAME)
    spool.clear()
    assert spool.take(FRAME) == bytes(2 * FRAME)
    assert spool.left == FRAME
    assert told == [("started", "a"), ("cleared", "a")]
    spool.clear()
    spool.finish("a")
    assert len(told) == 2


def test_an_answer_that_never_sounded_has_nothing_to_tell():
    told = Told()
    spool = Spool(RATE, told)
    spool.play("a", sound(FRAME))
    spool.clear()
    spool.finish("b")
    spool.take(FRAME)
    assert told == []


def test_the_next_answer_ends_the_one_before():
    told = Told()
    spool = Spool(RATE, told)
    spool.play("a", sound(FRAME))
    spool.take(FRAME)
    spool.play("b", sound(FRAME))
    spool.take(FRAME)
    assert told == [("started", "a"), ("stopped", "a"), ("started", "b")]


@given(st.lists(st.integers(100, 4000), min_size=1, max_size=30), st.sampled_from([16_000, 22_050, 24_000, 48_000]))
def test_every_sample_of_a_voice_leaves(pieces, rate):
    told = Told()
    spool = Spool(RATE, told)
    for samples in pieces:
        spool.play("a", sound(samples, rate))
    spool.finish("a")
    while spool.seconds:
        spool.take(FRAME)
    spool.take(FRAME)
    wanted = sum(pieces) * RATE / rate
    assert abs(spool.left - wanted) <= 0.002 * RATE
    assert told == [("started", "a"), ("stopped", "a")]
