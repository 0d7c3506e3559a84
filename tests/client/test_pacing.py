from itertools import pairwise

import pytest

from voicegw.client.pacing import Pace


class Time:
    """A clock that only sleeping and the test move. wakes_early: what each sleep falls short of."""

    def __init__(self, wakes_early: float = 0.0) -> None:
        self.now = 100.0
        self.wakes_early = wakes_early

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += max(1e-4, seconds - self.wakes_early)


async def beats(pace: Pace, time: Time, count: int, work: float = 0.0) -> list[float]:
    found = []
    for _ in range(count):
        await pace.beat()
        found.append(time.now - 100)
        time.now += work
    return found


async def test_each_frame_has_its_time() -> None:
    time = Time()
    assert await beats(Pace(0.02, time.clock, time.sleep), time, 4) == pytest.approx([0, 0.02, 0.04, 0.06])


async def test_work_between_frames_does_not_make_the_stream_drift() -> None:
    time = Time()
    found = await beats(Pace(0.02, time.clock, time.sleep), time, 1001, work=0.007)
    assert found[-1] == pytest.approx(20.0)


async def test_a_sleep_that_wakes_early_does_not_make_the_stream_run_ahead() -> None:
    time = Time(wakes_early=0.003)
    found = await beats(Pace(0.02, time.clock, time.sleep), time, 101)
    assert found[-1] == pytest.approx(2.0, abs=0.001)
    assert all(at >= number * 0.02 - 1e-9 for number, at in enumerate(found))


async def test_a_stall_is_made_up_at_double_speed_and_never_in_a_burst() -> None:
    time = Time()
    pace = Pace(0.02, time.clock, time.sleep)
    await beats(pace, time, 5)
    time.now += 0.1
    found = await beats(pace, time, 20)
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert min(gaps) == pytest.approx(0.01)
    assert found[-1] == pytest.approx(24 * 0.02)
