"""The virtual time that the bench runs calls in, for tests that do the same."""

from bench.quality.virtual_time import VirtualLoop, run

__all__ = ["VirtualLoop", "run"]
