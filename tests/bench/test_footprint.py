import mmap
import os
import subprocess
import sys

import pytest

from bench.footprint import Footprint


def test_a_process_is_measured_without_its_children() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        footprint = Footprint(os.getpid())
        footprint.note()
        found = footprint.facts()
    finally:
        child.communicate(b"\n")
    assert 0 < found["first_mib"] <= found["peak_mib"]
    assert found["children_mib"] > 0
    assert (found["turns"], found["growth_mib"]) == (1, None)


def test_growth_leaves_the_beginning_out() -> None:
    footprint = Footprint(os.getpid())
    # 20 turns: pools fill during the first four; then one MiB a turn
    footprint._seen = [100.0, 300.0, 500.0, 600.0, *(700.0 + turn for turn in range(16))]
    assert footprint.facts()["growth_mib"] == pytest.approx(12.0)


def test_memory_that_is_kept_is_seen() -> None:
    footprint = Footprint(os.getpid())
    footprint.note()
    with mmap.mmap(-1, 64 * 2**20) as kept:  # from the system, not from what the allocator has left over
        kept.write(b"1" * len(kept))
        footprint.note()
    found = footprint.facts()
    assert found["last_mib"] - found["first_mib"] > 50
    assert found["peak_mib"] >= found["last_mib"] - 1  # the kernel counts its peak a little behind
