"""How many of the words were heard right."""

import unicodedata
from collections.abc import Sequence

import jiwer


def normalised(text: str) -> str:
    """Lower case, letters (with their marks) and digits of any script, apostrophes inside words, single spaces."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    kept = "".join(char if unicodedata.category(char)[0] in "LMN" or char == "'" else " " for char in folded)
    return " ".join(word.strip("'") for word in kept.split() if word.strip("'"))


def word_error_rate(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Substituted, missing and added words of all (said, heard) pairs over the words said; None if none were."""
    pairs = [(normalised(said), normalised(heard)) for said, heard in pairs]
    pairs = [(said, heard) for said, heard in pairs if said]
    if not pairs:
        return None
    return float(jiwer.wer([said for said, _ in pairs], [heard for _, heard in pairs]))
