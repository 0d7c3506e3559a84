import numpy as np
import pytest

from pipeline.audio import Pcm
from tests.client.test_pacing import Time
from tests.support.scripted_gateway import joined, silence, tone
from voicegw.client.microphone import Frame, ScriptedMicrophone, SpeechLog


def microphone(time: Time, room: Pcm | None = None) -> ScriptedMicrophone:
    return ScriptedMicrophone(time.clock, time.sleep, room)


async def frames(source: ScriptedMicrophone, count: int) -> list[Frame]:
    return [await anext(source) for _ in range(count)]


async def test_silence_before_and_after_a_recording_without_a_gap() -> None:
    time = Time()
    source = microphone(time)
    before = await frames(source, 2)
    said = tone(50)
    source.say(said)
    assert source.remaining == pytest.approx(0.05)
    during = await frames(source, 3)
    after = await frames(source, 2)
    assert [frame.data for frame in before + after] == [bytes(960)] * 4
    assert b"".join(frame.data for frame in during) == said.data + bytes(480)
    assert [frame.speech for frame in before + during + after] == [0, 0, 480, 480, 240, 0, 0]
    assert source.remaining == 0
    assert time.now - 100 == pytest.approx(6 * 0.02)


async def test_speech_is_measured_against_the_peak_of_the_recording() -> None:
    source = microphone(Time())
    source.say(joined(tone(20, 400), tone(20, 7), tone(20, 8)))
    assert [frame.speech > 0 for frame in await frames(source, 3)] == [True, False, True]


async def test_the_room_is_heard_all_the_time_and_is_never_speech() -> None:
    room = Pcm(np.arange(1, 1001, dtype="<i2").tobytes(), 24_000)
    source = microphone(Time(), room)
    source.say(silence(20))
    heard = np.frombuffer(b"".join(frame.data for frame in await frames(source, 5)), dtype="<i2")
    assert np.array_equal(heard, np.resize(np.arange(1, 1001), 2400))
    source.say(tone(20, 32767))
    (loud,) = await frames(source, 1)
    assert np.frombuffer(loud.data, dtype="<i2").max() == 32767
    assert loud.speech == 480


async def test_one_recording_at_a_time_and_only_at_the_wires_rate() -> None:
    source = microphone(Time())
    source.say(tone(40))
    with pytest.raises(RuntimeError, match="still delivering"):
        source.say(tone(40))
    with pytest.raises(ValueError, match="16000 Hz"):
        microphone(Time()).say(Pcm(b"\0\0", 16_000))


def test_the_log_knows_when_the_last_speech_before_a_verdict_was_sent() -> None:
    assert SpeechLog().latest is None
    assert SpeechLog().before(1000) is None
    log = SpeechLog()
    for number, speech in enumerate([0, 480, 100, 0, 0, 480, 0]):
        log.note(Frame(bytes(960), speech), at=float(number))
    assert log.latest == 5.0
    assert log.before(20) is None
    assert log.before(40) == 1.0  # the second frame ends exactly here
    assert log.before(44) == 1.0  # 4 ms into the third: its 100 samples of speech are not over
    assert log.before(45) == 2.0
    assert log.before(119) == 2.0
    assert log.before(10_000) == 5.0
