"""What is being dictated, in the ways that recognizers write it."""

import pytest

from pipeline.dictation import dictated


@pytest.mark.parametrize(
    ("text", "language", "items"),
    [
        ("J-O-H", "en", 3),
        ("j o h n s", "en", 5),
        ("J, O, H.", "en", 3),
        ("N. G. U.", "en", 3),
        ("SMITH", "en", 5),
        ("My name is J-O", "en", 2),
        ("It is spelled g a r", "en", 3),
        ("5 5 5", "en", 3),
        ("555", "en", 3),
        ("555-0123", "en", 7),
        ("55 55", "en", 4),
        ("five five five, zero", "en", 4),
        ("My number is five", "en", 1),
        ("My number is 5 5 5.", "en", 3),
        ("double five oh", "en", 3),
        ("double-u e b", "en", 3),
        ("Alpha, Bravo, Charlie.", "en", 3),
        ("a n n a at", "en", 5),
        ("a n n a at gmail dot", "en", 6),
        ("Two.", "en", 1),
        ("B.", "en", 1),
        ("Cero, uno, dos, tres", "es", 4),
        ("06 12 34", "fr", 6),
        ("G-O-A", "fr", 3),
        ("null eins sieben", "de", 3),
        ("J O A K", "it", 3),
        ("五五五", "zh", 3),
        ("SME-T-A", "fr", 5),
        ("S, M, I, T, Aka", "it", 4),
        ("M as in Mike, A as in alpha", "en", 2),
        ("emme come Milano, ci come Como.", "it", 2),
        ("A wie Anton, N wie Nordpol", "de", 2),
        ("Mon numéro, c'est le 06", "fr", 2),
        ("U-S", "en", 2),
        ("It's spelled U-S-A", "en", 3),
        ("A 5 P", "en", 3),
    ],
)
def test_items_in_a_row(text: str, language: str, items: int) -> None:
    assert dictated(text, language) >= min(items, 2) if items > 1 else dictated(text, language) == items


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("I would like a table for two.", "en"),
        ("I, I, I", "en"),  # a stutter
        ("a a", "en"),
        ("Tom and I.", "en"),
        ("I live in apartment B.", "en"),
        ("I stayed at the hotel.", "en"),
        ("Golf.", "en"),
        ("See you at eight.", "en"),
        ("Look at", "en"),
        ("I was born in 1985.", "en"),
        ("1985.", "en"),
        ("It costs 300.", "en"),
        ("25.", "en"),
        ("It is 10:30.", "en"),
        ("$3.50", "en"),
        ("3.5", "en"),
        ("OK", "en"),
        ("No no no no.", "en"),
        ("very, very, very good", "en"),
        ("ha ha ha", "en"),
        ("a n n a at gmail dot com", "en"),  # an address that has its end
        ("5 5 5 0 1 2 3, that's all.", "en"),
        ("Y o", "es"),
        ("I work for IBM.", "en"),
        ("My name is JOHN.", "en"),
        ("I like it as in London.", "en"),
        ("A B C are easy.", "en"),
        ("Il y a", "fr"),
        ("I live in the U.S.", "en"),
        ("She comes from the U.K.", "en"),
        ("He was born in the U.S.A.", "en"),
        ("At 5 p.m.", "en"),
        ("It starts at 11 a.m.", "en"),
        ("5 p.m.", "en"),
    ],
)
def test_what_is_not_dictated(text: str, language: str) -> None:
    assert dictated(text, language) == 0
