import pytest

from pipeline.audio import Pcm
from tests.support.scripted_gateway import joined, silence, tone
from voicegw.client.levels import first_at, last_at, speech_level, trimmed


@pytest.mark.parametrize("amplitude", [100, 1000, 32000])
def test_a_recording_is_trimmed_to_its_speech_however_loud_it_is(amplitude: int) -> None:
    speech = tone(100, amplitude)
    assert trimmed(joined(silence(30), tone(10, amplitude // 100), speech, silence(50))) == speech


@pytest.mark.parametrize("empty", [silence(20), Pcm(b"", 24_000)])
def test_silence_holds_no_speech(empty: Pcm) -> None:
    assert speech_level(empty) == 1
    assert trimmed(empty).samples == 0
    assert first_at(empty, 1) is None
    assert last_at(empty, 1) is None


def test_the_loudest_negative_sample_has_a_level_too() -> None:
    pcm = Pcm(b"\0\0" + (-32768).to_bytes(2, "little", signed=True) + b"\0\0", 24_000)
    assert speech_level(pcm) == 655
    assert first_at(pcm, 32768) == last_at(pcm, 32768) == 1
