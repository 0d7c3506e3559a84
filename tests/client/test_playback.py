import pytest

from voicegw.client.playback import Playback


def test_pieces_are_played_back_to_back() -> None:
    playback = Playback()
    assert playback.add(1.0, 10.0, first=True) == 10.0
    assert playback.add(0.5, 10.1, first=False) == 11.0
    assert playback.ends_at == 11.5
    assert playback.starved == 0


def test_a_late_piece_leaves_a_gap_inside_an_answer_but_not_between_two() -> None:
    playback = Playback()
    playback.add(1.0, 10.0, first=True)
    assert playback.add(1.0, 11.25, first=False) == 11.25
    assert playback.starved == pytest.approx(0.25)
    playback.add(1.0, 20.0, first=True)
    assert playback.starved == pytest.approx(0.25)


def test_stopping_tells_what_was_not_heard() -> None:
    playback = Playback()
    assert playback.stop(5.0) == 0
    playback.add(2.0, 10.0, first=True)
    assert playback.stop(10.5) == 1.5
    assert playback.stop(10.6) == 0
    assert playback.add(1.0, 11.0, first=True) == 11.0
