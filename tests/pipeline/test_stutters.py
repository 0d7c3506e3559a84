import pytest

from pipeline.stutters import hangs


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I, I, I", "en"),
        ("I. I. I.", "en"),
        ("I I", "en"),
        ("Well, you you you.", "en"),
        ("The the the.", "en"),
        ("I want to, to.", "en"),
        ("W-w-", "en"),
        ("I th-th-", "en"),
        ("Je. Je. Je.", "fr"),
        ("Ich, ich.", "de"),
        ("Yo, yo", "es"),
        ("Io… io…", "it"),
    ],
)
def test_who_hangs_on_a_word_goes_on(text: str, language: str) -> None:
    assert hangs(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("No no no no.", "en"),
        ("Bye bye.", "en"),
        ("Ha ha ha.", "en"),
        ("Very, very, very good.", "en"),
        ("Two two two.", "en"),
        ("55 55", "en"),
        ("Thank you.", "en"),
        ("So so.", "en"),
        ("Why? Why?", "en"),
        ("It is what it is.", "en"),
        ("W-w-what?", "en"),
        ("Sí, sí, sí.", "es"),
        ("Ja, ja.", "de"),
        ("X-ray", "en"),
        ("", "en"),
        ("I I", "xx"),
    ],
)
def test_who_means_it_has_said_it(text: str, language: str) -> None:
    assert not hangs(text, language)
