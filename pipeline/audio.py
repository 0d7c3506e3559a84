"""Sound as the pipeline sees it: signed 16-bit mono samples, counted from the start of their stream."""

from dataclasses import dataclass

SAMPLE_BYTES = 2
HEARING_RATE = 16_000
"""Rate in Hz at which every engine that listens (VAD, end of turn, ASR) wants its audio."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of samples [start, end) of one stream."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"span must satisfy 0 <= start <= end, got {self.start}..{self.end}")

    @property
    def samples(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Pcm:
    """Signed 16-bit little-endian mono audio.

    data: the bytes, two per sample.
    rate: samples per second.
    start: index of the first sample in its stream.
    """

    data: bytes
    rate: int
    start: int = 0

    def __post_init__(self) -> None:
        if len(self.data) % SAMPLE_BYTES:
            raise ValueError(f"16-bit audio needs an even number of bytes, got {len(self.data)}")
        if self.rate <= 0:
            raise ValueError(f"rate must be positive, got {self.rate}")

    @property
    def samples(self) -> int:
        return len(self.data) // SAMPLE_BYTES

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + self.samples)

    @property
    def seconds(self) -> float:
        return self.samples / self.rate


def milliseconds(samples: int, rate: int) -> int:
    """Whole milliseconds in `samples`, rounded down: the wire knows no fractions."""
    return samples * 1000 // rate


def samples_in(ms: float, rate: int) -> int:
    """Samples in `ms` milliseconds, rounded down."""
    return int(ms * rate // 1000)
