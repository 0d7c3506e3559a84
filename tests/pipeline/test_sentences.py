import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sentences import CLAUSE_CHARS, FIRST_WORDS, HARD_CHARS, SentenceSplitter, speakable


def split(text: str, step: int = 1, language: str = "") -> list[str]:
    """The chunks of a text that arrives in so many words at a time, each with the space before it."""
    splitter = SentenceSplitter(language)
    chunks = []
    words = re.findall(r"\s*\S+|\s+$", text)
    for at in range(0, len(words), step):
        chunks += splitter.push("".join(words[at : at + step]))
    return chunks + splitter.finish()


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
        ("Well, that is a good question, and I think so.", ["Well, that is a good question,", "and I think so."]),
        ("It costs 3.5 at Dr. Smith's, e.g. today. Yes.", ["It costs 3.5 at Dr. Smith's,", "e.g. today.", "Yes."]),
        ('"Really?" she said. Yes.', ['"Really?"', "she said.", "Yes."]),
        ("Wait... what? No.", ["Wait...", "what?", "No."]),
        ("1. First\n2. Second", ["First", "Second"]),
        ("Great! The answer is: 42. Now you try.", ["Great!", "The answer is:", "42.", "Now you try."]),
        ("Sure! It began in May, 1990. It ended.", ["Sure!", "It began in May,", "1990.", "It ended."]),
        ("Three things:\n- one\n2) two", ["Three things:", "one", "two"]),
        ("Sure! Look at [this page, here](http://x.y/z) now.", ["Sure!", "Look at this page, here now."]),
        ("**Great** job 😀! _Next_ [one](http://x.y) please.", ["Great job !", "Next one please."]),
        ("No punctuation at all", ["No punctuation at all"]),
        ("", []),
        ("😀 🎉", []),
    ],
)  # fmt: skip
def test_cuts(text, chunks):
    assert split(text) == chunks


def test_chinese_needs_no_spaces_to_be_cut():
    wide = str.maketrans("!,?", "\uff01\uff0c\uff1f")
    text = "你好!今天天气很好,我们去公园吧。好吗?".translate(wide)
    chunks = [chunk.translate(wide) for chunk in ("你好!", "今天天气很好,我们去公园吧。", "好吗?")]
    assert split(text) == chunks


def test_the_first_chunk_is_short_and_later_ones_are_whole_sentences():
    text = "Of course I can, my friend, and gladly so. Later on, when we meet, we will talk, you and I. Bye."
    first, *rest = split(text)
    assert first == "Of course I can,"
    assert rest[1] == "Later on, when we meet, we will talk, you and I."


def test_a_first_clause_of_two_words_is_too_short_to_stand_alone():
    assert split("Oh well, let us see.") == ["Oh well, let us see."]
    assert FIRST_WORDS == 3


def test_a_number_with_a_full_stop_counts_in_some_languages():
    text = "Gern! Der Termin ist am Freitag, 12. Mai. Passt das?"
    assert split(text, language="de") == ["Gern!", "Der Termin ist am Freitag,", "12. Mai.", "Passt das?"]


def test_what_follows_a_word_or_two_is_short_as_well():
    text = "Sure! Here is a simple recipe for vegetable soup: boil the water, add salt and pepper, and wait. Then eat."
    assert split(text, language="en") == [
        "Sure!", "Here is a simple recipe", "for vegetable soup: boil the water, add salt and pepper, and wait.",
        "Then eat.",
    ]  # fmt: skip
    assert split(text.replace("Sure!", "I am sure you will like it!"), language="en")[1].startswith(
        "Here is a simple recipe for"
    )


def test_a_long_first_clause_ends_at_a_phrase():
    text = "You can buy a ticket for the train at the station. There you can buy a ticket for the bus."
    assert split(text, language="en") == [
        "You can buy a ticket", "for the train at the station.", "There you can buy a ticket for the bus.",
    ]  # fmt: skip
    assert split("Puedes comprar un billete para el tren.", language="es") == [
        "Puedes comprar un billete", "para el tren.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I go to school.", "en"),  # three words
        ("We will all look for the.", "en"),  # the break would be behind a word that clings to the next
        ("It was a very in thing.", "en"),
        ("You can buy a ticket for the train.", ""),
        ("Te dobre bilety kupisz na dworcu.", "xx"),
    ],
)
def test_a_phrase_is_not_broken_where_nobody_would_take_breath(text, language):
    assert split(text, language=language) == [text]


def test_a_word_that_may_be_half_of_one_begins_no_phrase():
    splitter = SentenceSplitter("en")
    assert splitter.push("That is really nice in") == []
    assert splitter.push("deed, is it not?") == ["That is really nice indeed,"]


def test_a_first_sentence_is_over_with_its_full_stop():
    splitter = SentenceSplitter()
    assert splitter.push("The capital of France is Paris") == []
    assert splitter.push(".") == ["The capital of France is Paris."]
    assert splitter.push(" It is large.") == []
    assert splitter.push(" Yes") == ["It is large."]


def test_a_first_clause_is_over_with_its_comma():
    splitter = SentenceSplitter()
    assert splitter.push("Of course I can") == []
    assert splitter.push(",") == ["Of course I can,"]
    assert splitter.push(" my friend.") == []
    assert SentenceSplitter().push("It has cost me 3,") == []
    for quoted in (
        'She said "of course,',
        "You could say 'of course,",
        "Sie sagte \u201ewie gut,",
        "See [all of this,",
    ):
        assert SentenceSplitter().push(quoted) == []


def test_marks_that_follow_a_first_full_stop_are_not_said_on_their_own():
    splitter = SentenceSplitter()
    assert splitter.push("Wait.") == ["Wait."]
    assert splitter.push(".") == []
    assert splitter.push(".") == []
    assert splitter.push(" What?") == []
    assert splitter.finish() == ["What?"]


@pytest.mark.parametrize("text", ['He said "go.', "It costs 3.", "See Mr.", "See approx.", "I am J.", "Oh."])
def test_a_full_stop_that_may_be_none_waits_for_what_follows(text):
    assert SentenceSplitter().push(text) == []


def test_an_endless_sentence_is_cut_at_a_clause_and_at_last_at_a_space():
    clauses = "Start here. " + "some more words and more, " * 20
    assert all(len(chunk) <= CLAUSE_CHARS + 40 for chunk in split(clauses))
    assert all(len(chunk) <= HARD_CHARS for chunk in split("word " * 300))


@given(st.text(alphabet="ab .,!?\n3", max_size=200), st.integers(1, 7))
def test_how_the_text_arrives_does_not_change_the_chunks(text, step):
    assert split(text, step) == split(text, 1)


@given(st.text(max_size=300))
def test_no_word_is_lost_or_said_twice(text):
    joined = "".join("".join(split(text, language="en")).split())
    whole = "".join(speakable("\n" + text).split())
    assert [c for c in joined if c.isalnum()] == [c for c in whole if c.isalnum()]
