"""What is a mark and what a character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.markdown import Markdown
from pipeline.sentences import SentenceSplitter


def heard(text: str, step: int = 3) -> str:
    """What is left of an answer that comes a few characters at a time."""
    splitter = SentenceSplitter("en")
    chunks = [chunk for at in range(0, len(text), step) for chunk in splitter.push(text[at : at + step])]
    return " ".join(chunks + splitter.finish())


@pytest.mark.parametrize(
    "text",
    [
        "Please write to john_doe@example.com today.",
        "Write to _john_@example.com now.",
        "Open https://www.example.com/get_started now.",
        "See https://x.y/_next_/static_/a_b and /usr/lib/_init_/x for it.",
        "Remember that 2 * 3 = 6.",
        "So 2*3*4 = 24 and 2**3**2 = 512.",
        "Is a * b * c the same?",
        "The product a*b*c is large.",
        "So 5 > 3 is true, and 3 < 5 too.",
        "If a < b and b > c, then stop.",
        "She writes C# and C++ and F#.",
        "You are #1, and that is #winning.",
        "It takes ~5 minutes, or ~~ about.",
        "Then x^2 + y_1 = snake_case_name.",
        "He is 5'10\" tall.",
        "Use *args and **kwargs for that.",
        "The file is __init__.py, and __name__ is set.",
        "Tom & Jerry, R&D, @handle.",
        "The cat ___ on the mat (___ or ___).",
        "What the f**k is that sh**t?",
        "It costs 5*, see below.",
        "Press [Enter] and read [1] there.",
        "A List<String> holds it.",
        "Call table[0](x) there.",
        "Use a|b or a || b.",
        "Either/or, 24/7, and w/o.",
        "The path C:\\_temp\\*new is \\\\host\\_x.",
        "I said 'it's `fine'.",
        "She smiled :) and :-* then.",
        "Write p -> q, x => y and a <- b.",
        "3. März ist ein Tag.",
        "1. Mai ist ein Feiertag.",
        "> 5 is more than five.",
        "Grade A* and B* are good.",
    ],
)
def test_characters_stay(text):
    assert heard(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Say <b>hello</b> and smile<br>now.", "Say hello and smile now."),
        ("This is **bold**, *light*, __bold__, _light_ and ***both***.", "This is bold, light, bold, light and both."),
        ("**Great job. Well done.** Go on.", "Great job. Well done. Go on."),
        ("*Hola* means 'hello', and **habl**o or habl**o**, too.", "Hola means 'hello', and hablo or hablo, too."),
        ("It is ~~wrong~~ right.", "It is wrong right."),
        ("**a *b* c** and *a **b** c*.", "a b c and a b c."),
        ("She said: *“Well”*, (_so_).", "She said: “Well”, (so)."),
        ("# Title\n\nText here.\n## More ##\nEnd.", "Title Text here. More End."),
        ("- one\n* two\n+ three\n1. four\n- [x] five", "one two three four five"),
        ("> He said it.\n>> Twice.", "He said it. Twice."),
        ('See [the page](https://en.wikipedia.org/wiki/X_(y) "T") now.', "See the page now."),
        ("![A cat](cat.png) and [more][1].", "A cat and more."),
        ("**[Bold link](http://x.y)** ends.", "Bold link ends."),
        ("Write to <me@example.com> or <https://x.y/a_b>.", "Write to me@example.com or https://x.y/a_b."),
        ("Use `snake_case` and ``a`b``.", "Use snake_case and a`b."),
        ("`a*b*c` stays, `**x**` too.", "a*b*c stays, **x** too."),
        ("So:\n```python\nx_y = 2 * 3 * 4\n```\nDone.", "So: x_y = 2 * 3 * 4 Done."),
        ("| Word | Means |\n|---|:-:|\n| uno | one |\nEnd.", "Word, Means uno, one End."),
        ("One.\n---\nTwo.\n* * *\nThree.", "One. Two. Three."),
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("A \\*star\\* and snake\\_case, \\(x + y\\).", "A *star* and snake_case, x + y."),
        ("<p class=\"a\">Hi.</p><!-- no --> <a href='x'>Go</a>.", "Hi. Go."),
        ("这是**重点**吗？", "这是重点吗？"),
        ("¡**Muy** bien! ¿_Sí_?", "¡Muy bien! ¿Sí?"),
    ],
)
def test_marks_go(text, plain):
    assert heard(text) == plain
    assert heard(text, 1) == plain
    assert heard(text, 1000) == plain


def test_a_mark_that_is_open_keeps_its_sentence_together_until_it_is_known_for_none():
    splitter = SentenceSplitter("en")
    assert splitter.push("Well done. Use *args. Then ") == ["Well done."]
    assert splitter.push("go on") == []
    assert splitter.push("\nand on") == ["Use *args.", "Then go on"]
    assert SentenceSplitter("en").push("Use *args " + "and so on " * 40)[0].startswith("Use *args and")


@given(st.text(alphabet="ab1 *_`~[]()<>\\|#&;.\n-", max_size=80))
def test_no_letter_or_digit_is_lost_but_in_addresses_numbers_of_lists_and_tags(text):
    """The characters that are left come in the order in which they were written."""
    left = iter(text)
    plain = Markdown().take(text)
    assert all(char in left for char in plain if char.isalnum())
    if not any(mark in text for mark in "[<&`~1"):
        assert [char for char in plain if char in "ab"] == [char for char in text if char in "ab"]
