"""Twice the text is at most about twice the work, whatever it is made of: counted, for a clock would tell little.

Work is counted as the lines of code that run.
"""

import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engines import Word
from pipeline.sentences import SentenceSplitter, in_pieces
from voicegw.media.captions import captions

SMALL = 1000
"""Characters: more than a splitter looks at, so that what is to come is more of the same."""
PER_CHARACTER = 1000
"""Most lines of code for each character of a text that comes at once; what is usual is 50."""
ATOMS = """
a|ab |A. |z. B. |1|1. |3. März |.|!|?!|, |\n|\n- |\n1. |[|]|[a](|)|(|*|**a|_| _a|`|``|~~|<|<b |&|&amp|#|\n# |\\|"|'|“|
。|你|😀|\t| |http://|/|@|$1|__init__|\n```\n|e.g. |…
"""
atoms = st.sampled_from([*ATOMS.strip().split("|"), "|", "\n|a|b|c|"])


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python run in `work`."""
    count = 0

    def trace(_frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def split(text: str, size: int) -> list[str]:
    splitter = SentenceSplitter("de")
    pieces = [text[at : at + size] for at in range(0, len(text), size)] if size else [text]
    return [chunk for piece in pieces for chunk in splitter.push(piece)] + splitter.finish()


@given(st.lists(atoms, min_size=1, max_size=4), st.sampled_from([0, 4]))
@settings(max_examples=10, deadline=None)
def test_twice_the_text_is_twice_the_work(pattern: Sequence[str], size: int) -> None:
    once = "".join(pattern)
    text = once * (SMALL // len(once) + 1)
    small = lines_run(lambda: split(text, size))
    large = lines_run(lambda: split(text * 3, size))
    assert large <= 3 * 1.35 * small + 2000


@pytest.mark.parametrize("pattern", ["[" * 1000 + "] ", "a", "*a", ".", "\n", "!", "a\n", "*_`[(", "😀"])
def test_what_was_slow_is_not(pattern: str) -> None:
    """4096 characters of brackets took six seconds."""
    text = (pattern * 4096)[:4096]
    assert lines_run(lambda: split(text, 0)) <= PER_CHARACTER * len(text)


def test_an_answer_without_a_space_is_cut_all_the_same() -> None:
    text = "a" * 20_000
    chunks = split(text, 0)
    assert "".join(chunks) == text
    assert max(map(len, chunks)) <= 320
    assert "".join(in_pieces(text)) == text


def test_captions_of_a_long_recording_are_made_in_one_go() -> None:
    words = [Word(f" word{at}", at * 0.3, at * 0.3 + 0.3) for at in range(2000)]
    small = lines_run(lambda: captions(words[:500]))
    assert lines_run(lambda: captions(words)) <= 4 * 1.35 * small
