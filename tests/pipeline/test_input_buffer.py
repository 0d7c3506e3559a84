import pytest

from pipeline.audio import HEARING_RATE, Span
from pipeline.errors import CallerError
from pipeline.input_buffer import InputBuffer


def samples(count: int, value: int = 1) -> bytes:
    return value.to_bytes(2, "little") * count


def test_audio_is_found_again_by_its_place_in_the_stream():
    buffer = InputBuffer(limit_s=10)
    assert buffer.append(samples(100, 1)).start == 0
    assert buffer.append(samples(50, 2)).start == 100
    assert buffer.end == 150
    assert buffer.read(Span(99, 102)).data == samples(1, 1) + samples(2, 2)


def test_forgotten_audio_is_gone_and_the_rest_keeps_its_place():
    buffer = InputBuffer(limit_s=10)
    buffer.append(samples(2 * HEARING_RATE, 1) + samples(10, 2))
    buffer.forget(2 * HEARING_RATE)
    kept = buffer.read(Span(0, buffer.end))
    assert (kept.data, kept.start) == (samples(10, 2), 2 * HEARING_RATE)


def test_a_client_that_never_commits_meets_the_limit():
    buffer = InputBuffer(limit_s=1)
    buffer.append(samples(HEARING_RATE))
    with pytest.raises(CallerError, match="limit of 1 seconds"):
        buffer.append(samples(1))
