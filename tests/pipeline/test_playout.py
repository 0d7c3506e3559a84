import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio import Pcm
from pipeline.playout import SLICE_S, Piece, Playout

RATE = 1000


def sound(seconds: float, text: str = "", start: int = 0) -> Piece:
    return Piece(text, Pcm(bytes(2 * int(seconds * RATE)), RATE, start))


def texts(pieces):
    return [piece.text for piece in pieces]


def test_nothing_leaves_before_it_is_released():
    playout = Playout(lead=1.0)
    playout.hold(sound(0.1, "one"))
    assert playout.due(0.0) == []
    assert playout.next_due() is None
    playout.release(0.0)
    assert texts(playout.due(5.0)) == ["one"]


def test_pieces_leave_no_further_ahead_of_the_ear_than_the_lead():
    playout = Playout(lead=0.3)
    playout.release(0.0)
    for _ in range(10):
        playout.hold(sound(0.2))
    assert len(playout.due(10.0)) == 2  # 0.4 s are on their way: one piece passed the lead
    assert playout.next_due() == pytest.approx(10.1)
    assert playout.due(10.0) == []
    assert len(playout.due(10.1)) == 1


def test_live_pacing_has_no_lead():
    playout = Playout(lead=0.0)
    playout.release(0.0)
    playout.hold(sound(0.2))
    playout.hold(sound(0.2))
    assert len(playout.due(1.0)) == 1
    assert len(playout.due(1.2)) == 1


def test_heard_counts_what_reached_the_ear():
    playout = Playout(lead=9.0)
    playout.release(0.0)
    playout.hold(sound(1.0))
    playout.due(10.0)
    assert playout.sent == pytest.approx(1.0)
    assert playout.heard(10.0) == pytest.approx(0.0)
    assert playout.heard(10.4) == pytest.approx(0.4)
    assert playout.heard(99.0) == pytest.approx(1.0)


def test_a_gap_in_the_making_is_silence_at_the_ear_not_lost_time():
    playout = Playout(lead=9.0)
    playout.release(0.0)
    playout.hold(sound(1.0))
    playout.due(10.0)
    playout.hold(sound(1.0))
    playout.due(15.0)
    assert playout.heard(15.5) == pytest.approx(1.5)


def test_an_answer_queues_behind_what_the_ear_has_not_heard_yet():
    playout = Playout(lead=0.5)
    playout.release(ear_end=3.0)
    playout.hold(sound(0.2))
    assert playout.due(2.0) == []
    assert playout.next_due() == pytest.approx(2.5)
    assert len(playout.due(2.5)) == 1


def test_flushing_forgets_what_has_not_left():
    playout = Playout(lead=0.3)
    playout.release(0.0)
    for _ in range(5):
        playout.hold(sound(0.2))
    playout.due(1.0)
    playout.flush(1.1)
    assert playout.due(9.0) == []
    assert playout.drained
    assert playout.heard(9.0) == pytest.approx(0.1)  # what was on its way is not heard either
    assert playout.waiting == 0


def test_a_pause_holds_everything_back_and_resuming_goes_on_with_the_next_sample():
    playout = Playout(lead=0.0)
    playout.release(0.0)
    for number in range(5):
        playout.hold(sound(0.2, str(number), start=200 * number))
    assert texts(playout.due(1.0)) == ["0"]
    playout.pause()
    assert playout.due(5.0) == []
    assert playout.next_due() is None
    playout.resume()
    assert texts(playout.due(5.0)) == ["1"]
    assert playout.heard(5.1) == pytest.approx(0.3)


def test_rewinding_sends_again_exactly_what_the_ear_did_not_hear():
    data = b"".join(number.to_bytes(2, "little") for number in range(1000))
    playout = Playout(lead=9.0)
    playout.release(0.0)
    playout.hold(Piece("all the words", Pcm(data, RATE)))
    playout.due(10.0)
    playout.hold(sound(0.3, "later"))
    playout.pause()
    playout.silence(10.45)  # 0.45 s were heard
    assert playout.heard(12.0) == pytest.approx(0.45)
    playout.rewind(0.45, "the rest")
    playout.resume()
    playout.release(12.0)
    again = playout.due(12.0)
    assert texts(again)[0] == "the rest"
    sounds = [piece.pcm for piece in again if piece.pcm]
    assert b"".join(pcm.data for pcm in sounds).startswith(data[2 * 450 :])
    assert sounds[0].start == 450
    assert "later" in texts(again)
    assert playout.sent == pytest.approx(1.3)
    assert playout.heard(12.5) == pytest.approx(0.95)


def test_rewinding_to_the_end_of_a_piece_sends_nothing_of_it():
    playout = Playout(lead=9.0)
    playout.release(0.0)
    for number in range(5):
        playout.hold(sound(0.1, str(number), start=100 * number))
    playout.due(0.0)
    playout.rewind(0.1 + 0.2 - 1e-9, "")  # times are floating point
    playout.resume()
    playout.release(1.0)
    assert [piece.pcm.start for piece in playout.due(1.0) if piece.pcm] == [300, 400]


def test_what_was_surely_heard_is_not_kept():
    playout = Playout(lead=0.0)
    playout.release(0.0)
    now = 0.0
    for _ in range(300):
        playout.hold(sound(0.2))
        now += 0.2
        playout.due(now)
    playout.rewind(0.0, "")
    assert playout.waiting < 6.0


def test_what_is_made_of_a_broken_answer_leaves_at_once():
    playout = Playout(lead=0.0)
    playout.release(0.0)
    for _ in range(5):
        playout.hold(sound(0.2))
    playout.hurry()
    assert len(playout.due(1.0)) == 5
    assert playout.heard(1.5) == pytest.approx(0.5)


def test_long_sound_is_cut_into_slices_that_join_to_the_whole():
    data = bytes(range(256)) * 10
    playout = Playout(lead=99)
    playout.hold(Piece("a few words", Pcm(data[:600], RATE, 7)))
    playout.release(0.0)
    pieces = playout.due(0.0)
    sounds = [piece.pcm for piece in pieces if piece.pcm]
    assert b"".join(pcm.data for pcm in sounds) == data[:600]
    assert texts(pieces) == ["a few", " words"]
    assert sounds[1].start == 7 + int(SLICE_S * RATE)
    assert all(piece.seconds <= SLICE_S for piece in pieces)


def test_words_without_sound_leave_at_once():
    playout = Playout(lead=0.0)
    playout.release(ear_end=100.0)
    playout.hold(Piece("shown"))
    playout.finish()
    assert texts(playout.due(0.0)) == ["shown"]
    assert playout.drained


@given(
    st.lists(st.tuples(st.sampled_from(["hold", "wait", "flush", "release"]), st.floats(0.01, 3)), max_size=40),
    st.sampled_from([0.0, 0.5, 3.0]),
)
def test_heard_never_exceeds_sent_and_sent_never_exceeds_made(script, lead):
    playout, now, made, last = Playout(lead), 0.0, 0.0, 0.0
    for step, amount in script:
        match step:
            case "hold":
                piece = sound(amount)
                made += piece.seconds
                playout.hold(piece)
            case "wait":
                now += amount
            case "flush":
                playout.flush(now)
            case "release":
                playout.release(playout.ear_end)
        playout.due(now)
        heard = playout.heard(now)
        assert -1e-9 <= heard <= playout.sent + 1e-9
        assert playout.sent <= made + 1e-9
        assert playout.ear_end - now <= max(lead, 0) + SLICE_S + 1e-9 or step == "release"
        assert step == "flush" or heard >= last - 1e-9
        last = heard
