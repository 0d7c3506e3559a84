from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.languages import plain_language
from pipeline.scripts import by_script


@pytest.mark.parametrize(
    ("text", "language", "stretches"),
    [
        ('I said "привет, мир" to him.', "en", [('I said "', "en"), ("привет, мир", "ru"), ('" to him.', "en")]),
        ("The word 你好 means hello.", "en", [("The word ", "en"), ("你好", "zh"), (" means hello.", "en")]),
        ("Say こんにちは、日本!", "en", [("Say ", "en"), ("こんにちは、日本!", "ja")]),
        ("Use γειά and שלום.", "en", [("Use ", "en"), ("γειά", "el"), (" and ", "en"), ("שלום.", "he")]),
        ("Я люблю coffee 你好.", "ru", [("Я люблю coffee ", "ru"), ("你好.", "zh")]),
        ("Дякую, їжак!", "uk", [("Дякую, їжак!", "uk")]),
        ("It is їжак.", "en", [("It is ", "en"), ("їжак.", "uk")]),
        ("Then नमस्ते there.", "en", [("Then ", "en"), ("नमस्ते", "hi"), (" there.", "en")]),
        ("The number π is fine.", "en", [("The number π is fine.", "en")]),
        ("Ünïcode, naïve, 5 € — all Latin…", "en", [("Ünïcode, naïve, 5 € — all Latin…", "en")]),
        ("", "en", []),
    ],
)
def test_each_stretch_is_of_one_script(text, language, stretches):
    assert by_script(text, language) == stretches


@given(st.text(max_size=60), st.sampled_from(["en", "ru", "ja"]))
def test_stretches_join_to_the_text(text, language):
    stretches = by_script(text, language)
    assert "".join(stretch for stretch, _ in stretches) == text
    assert all(one != other for (_, one), (_, other) in pairwise(stretches))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour !", "fr"),
        ("Oui, bien sûr.", "fr"),
        ("Hello there.", "en"),
        ("Hola, ¿cómo estás?", "es"),
        ("Natürlich!", "de"),
        ("Certo, con piacere.", "it"),
        ("O que você quer?", "pt"),
        ("Привет", "ru"),
        ("Дякую, їжак", "uk"),
        ("こんにちは、世界", "ja"),
        ("你好", "zh"),
        ("안녕하세요", "ko"),
        ("Madrid", None),
        ("OK", None),
        ("12.", None),
        ("I said привет to him", None),
    ],
)
def test_a_language_is_told_where_it_is_plain(text, language):
    assert plain_language(text) == language
