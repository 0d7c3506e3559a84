"""Where recordings are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio import Span, samples_in
from pipeline.engines import SpeechScore
from voicegw.media.cutting import EDGE_MS, GAP_MS, LONGEST_MS, Cutter

WINDOW = 512
RATE = 16_000
runs = st.lists(st.tuples(st.booleans(), st.integers(1, 900)), max_size=12)


def scores(runs: list[tuple[bool, int]], levels: list[float]) -> list[SpeechScore]:
    made: list[SpeechScore] = []
    for speech, windows in runs:
        for _ in range(windows):
            at = len(made)
            span = Span(at * WINDOW, (at + 1) * WINDOW)
            made.append(SpeechScore(span, 0.9 if speech else 0.1, levels[at % len(levels)]))
    return made


def cut(given: list[SpeechScore], at_a_time: int) -> tuple[list[Span], int]:
    """The pieces; and the most samples that had to be kept."""
    cutter, pieces, kept = Cutter(), list[Span](), 0
    for at in range(0, len(given), at_a_time):
        some = given[at : at + at_a_time]
        before = cutter.keep_from
        new = cutter.push(some)
        assert all(piece.start >= before for piece in new)
        pieces += new
        kept = max(kept, some[-1].span.end - cutter.keep_from)
    return pieces + cutter.finish(len(given) * WINDOW), kept


@given(runs, st.lists(st.floats(-90, 0), min_size=1, max_size=50), st.integers(1, 200))
def test_all_speech_is_in_one_piece_and_none_in_two(runs, levels, at_a_time):
    said = scores(runs, levels)
    pieces, kept = cut(said, at_a_time)
    assert all(one.end <= other.start for one, other in pairwise(pieces))
    longest = samples_in(LONGEST_MS + 2 * EDGE_MS, RATE) + WINDOW
    assert all(piece.samples <= longest for piece in pieces)
    for score in said:
        inside = sum(piece.start <= score.span.start and score.span.end <= piece.end for piece in pieces)
        assert inside == 1 or (score.probability < 0.5 and inside == 0)
    assert kept <= longest + samples_in(GAP_MS, RATE)


def test_who_speaks_without_a_pause_is_cut_where_it_was_quietest():
    said = scores([(True, 430)], [-20.0])
    said[380] = SpeechScore(said[380].span, 0.9, -50.0)
    pieces, _ = cut(said, 31)
    assert pieces[0].end == pieces[1].start == 380 * WINDOW
