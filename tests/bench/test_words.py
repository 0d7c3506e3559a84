import pytest

from bench.words import normalised, word_error_rate


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Hello,   World! ", "hello world"),
        ("It’s the dogs' bone – isn't it?", "it's the dogs bone isn't it"),
        ("Wie heißt du? ¿Qué tal?", "wie heißt du qué tal"),
        ("...", ""),
        ("e\N{COMBINING ACUTE ACCENT}t\N{COMBINING ACUTE ACCENT}", "ét\N{COMBINING ACUTE ACCENT}"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_only_words_are_compared(text: str, words: str) -> None:
    assert normalised(text) == words


def test_errors_are_counted_over_all_words_said() -> None:
    pairs = [
        ("How do you do?", "how do you do"),
        ("one two three", "one too three four"),
        ("What is the time?", ""),
    ]
    assert word_error_rate(pairs) == pytest.approx((0 + 2 + 4) / 11)


def test_without_words_there_is_no_rate() -> None:
    assert word_error_rate([]) is None
    assert word_error_rate([("...", "hello")]) is None
