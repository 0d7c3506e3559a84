"""Words and their times from tokens and their places, with the real tokenizer's rules and made-up places."""

from itertools import pairwise

import pytest

from models.weights.files import ModelStore
from models.whisper_model import mended
from models.whisper_words import words
from pipeline.engines import Word

MODEL = "whisper-base"


def tokenizer(store: ModelStore, language: str):
    import tokenizers
    from faster_whisper.tokenizer import Tokenizer

    hf = mended(tokenizers.Tokenizer.from_file(str(store.folder(MODEL) / "tokenizer.json")))
    return Tokenizer(hf, multilingual=True, task="transcribe", language=language)


@pytest.mark.real
@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", " Well, it's late.", ["Well,", " it's", " late."]),
        ("en", " ... Oh!", ["... Oh!"]),
        ("es", " ¿Qué hora es?", ["¿Qué", " hora", " es?"]),
        ("ja", " 今日はいい天気です。", ["今日", "はい", "い", "天", "気", "です。"]),
    ],
)
def test_words_keep_their_marks_and_join_to_the_text(
    model_store: ModelStore, language: str, text: str, expected: list[str]
) -> None:
    spelling = tokenizer(model_store, language)
    tokens = spelling.encode(text)
    made = words(spelling, tokens, list(range(0, 50 * (len(tokens) + 1), 50)), seconds=60)
    assert "".join(word.text for word in made) == text.strip()
    assert [word.text for word in made] == expected
    assert all(one.end <= two.start for one, two in pairwise(made))


@pytest.mark.real
def test_no_word_ends_behind_the_audio(model_store: ModelStore) -> None:
    spelling = tokenizer(model_store, "en")
    made = words(spelling, spelling.encode(" Yes."), [10, 70, 90], seconds=1.0)
    assert made == (Word("Yes.", 0.2, 1.0),)


@pytest.mark.real
def test_text_is_spelled_as_the_model_spells_it(model_store: ModelStore) -> None:
    spelling = tokenizer(model_store, "en")
    assert [spelling.decode([token]) for token in spelling.encode(" That time, to the tea")] == [
        " That", " time", ",", " to", " the", " tea",
    ]  # fmt: skip
    assert mended(spelling.tokenizer) is spelling.tokenizer
