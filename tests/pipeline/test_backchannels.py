import pytest

from pipeline.backchannels import is_backchannel, is_echo


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Mhm.", "en"), ("Yeah, yeah.", "en"), ("Uh-huh.", "en"), ("Okay.", "en"), ("I see.", "en"), ("", "en"),
        ("Sí, claro.", "es"), ("D'accord.", "fr"), ("Ja, genau.", "de"), ("Va bene.", "it"),
        ("嗯。", "zh"), ("はい", "ja"),
        ("M H M.", "en"), ("O. K.", "en"), ("Mmmm, yeahhh.", "en"),  # as recognizers spell them
    ],
)  # fmt: skip
def test_go_on(text, language):
    assert is_backchannel(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Stop.", "en"), ("No.", "en"), ("Wait, what does that mean?", "en"), ("Yes, but why?", "en"),
        ("Yes yes yes yes yes", "en"), ("Espera.", "es"), ("Mhm.", "xx"), ("什么意思", "zh"),
        ("A B C", "en"), ("I saw.", "en"),
    ],
)  # fmt: skip
def test_not_go_on(text, language):
    assert not is_backchannel(text, language)


SPOKEN = "You can see the Eiffel Tower, the Louvre Museum, and Notre-Dame Cathedral in Paris."


@pytest.mark.parametrize(
    ("heard", "echo"),
    [
        ("see the Eiffel Tower the Louvre", True),
        ("the if all tower, the Louvre Museum", True),  # misheard in part
        ("Paris", True),
        ("Wait, what is the Louvre?", False),
        ("Stop please.", False),
        ("", False),
    ],
)
def test_the_tutors_own_words_coming_back(heard, echo):
    assert is_echo(heard, SPOKEN) is echo


def test_nothing_spoken_has_no_echo():
    assert not is_echo("hello", "")
