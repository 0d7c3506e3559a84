"""The words of the corpus, and how they are marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

PauseKind = Literal["mid-clause", "clause-end", "dictated"]
SENTENCES: Final = Path(__file__).with_name("en.txt")
_MARKS: Final[dict[str, PauseKind]] = {"|": "mid-clause", "/": "clause-end"}

BACKCHANNELS: Final = ("Uh huh.", "Yeah.", "Okay.", "Right.", "I see.", "Ah.", "Oh, really?")
"""No "mhm": the voices would spell it."""
INTERRUPTIONS: Final = (
    "Stop, please.",
    "Wait, what does that mean?",
    "Sorry, I have a question.",
    "No, that is not what I asked.",
    "Hold on a second.",
    "Can you say that again?",
)
MONOLOGUES: Final = (
    "That sounds like a wonderful trip, and I would love to hear more about it. The mountains in the north are famous "
    "for their old railway, which climbs slowly from the valley to the lake. In winter the lake freezes, and the "
    "children of the village learn to skate there. What did you like best on your journey?",
    "Let me explain the word. We say curious when somebody wants to know or to learn something new. A curious child "
    "asks many questions, and a curious cat looks into every box. You can also use it for something strange, like a "
    "curious little shop at the end of a street. Can you make a sentence with it?",
    "Cooking at home is cheaper, and most people find that it tastes better too. Start with a simple soup of onions, "
    "carrots and potatoes, and let it boil for half an hour. Then add some salt, a little butter and fresh green "
    "herbs. Which vegetables do you usually buy at the market?",
)
"""What the tutor is saying when somebody coughs or cuts in: about fifteen seconds each."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """words: with no marks. breaks: each place where a pause may be put, as (words before it, words after it, kind)."""

    words: str
    breaks: Sequence[tuple[str, str, PauseKind]]


def sentences(path: Path = SENTENCES) -> list[Sentence]:
    """One sentence a line; # begins a comment."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [_parsed(line) for line in lines if line and not line.startswith("#")]


def _parsed(line: str) -> Sentence:
    breaks = [
        (_plain(line[:at]), _plain(line[at + 1 :]), _MARKS[char]) for at, char in enumerate(line) if char in _MARKS
    ]
    return Sentence(_plain(line), tuple(breaks))


def _plain(text: str) -> str:
    return " ".join(text.translate({ord(mark): " " for mark in _MARKS}).split())
