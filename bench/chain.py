"""The measure for machines that are shared: what a chain of the same models costs there and then, without us.

A number of milliseconds means something only where nobody else is at work. On all other machines the turns are held
against this chain, measured in the same run right before and right after them: stock recognition of a recording of
three seconds, then the first words of an answer, then the whole sentence from the stock voice, one after the other.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Chain:
    """Milliseconds of one round."""

    asr: float
    llm: float
    tts: float

    @property
    def total(self) -> float:
        return self.asr + self.llm + self.tts


def middle(rounds: Sequence[Chain]) -> Chain:
    """Of each part by itself, the median."""
    return Chain(
        median(each.asr for each in rounds), median(each.llm for each in rounds), median(each.tts for each in rounds)
    )


def facts(before: Sequence[Chain], after: Sequence[Chain]) -> dict[str, Any]:
    """For the report."""
    found = middle([*before, *after])
    return {
        "total_ms": round(found.total, 1),
        "asr_ms": round(found.asr, 1),
        "llm_ms": round(found.llm, 1),
        "tts_ms": round(found.tts, 1),
        "before": [_rounded(each) for each in before],
        "after": [_rounded(each) for each in after],
    }


def _rounded(chain: Chain) -> dict[str, float]:
    return {name: round(ms, 1) for name, ms in asdict(chain).items()}
