"""models/thoughts.py: what a reasoning model thinks is not spoken."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.thoughts import Habits, ThoughtFilter

FAMILIES = [
    "<think>{}</think>",
    "<think>\n\n{}\n</think>\n\n",
    "<THINK>{}</Think>",
    '<think time="3s" lang=en>{}</think>',
    "<thinking>{}</thinking>",
    "<thought>{}</thought>",
    "<reasoning>{}</reasoning>",
    "<seed:think>{}</seed:think>",
    "<thinking>{}</think>",
    "[THINK]{}[/THINK]",
    "◁think▷{}◁/think▷",
    "<|begin_of_thought|>{}<|end_of_thought|>",
    "<|START_THINKING|>{}<|END_THINKING|>",
    "<|channel>thought\n{}<channel|>",
    "<unused94>thought\n{}<unused95>",
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    "<|channel|>analysis<|message|>{}<|channel|>final<|message|>",
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>commentary<|message|>{}<|end|>"
    "<|start|>assistant<|channel|>final <|constrain|>text<|message|>",
    "analysis{}assistantfinal",
    # Others that were tried by strangers.
    "<inner_thoughts>{}</inner_thoughts>",
    "<plan>{}</plan>",
    "< think >{}</ think >",
    "[THINKING]{}[/THINKING]",
    "[REASONING]{}[/REASONING]",
    "<|inner_prefix|>{}<|inner_suffix|>",
    "[unused16]{}[unused17]",
    "<ctrl94>{}<ctrl95>",
    "<｜begin▁of▁thinking｜>{}<｜end▁of▁thinking｜>",
    "```thinking\n{}\n```\n",
    '<details type="reasoning" done="true"><summary>2 s</summary>{}</details>',
    "<|im_start|>think\n{}<|im_start|>answer\n",
    # One within another.
    "<think>{}<think>{}</think>{}</think>",
    "<thinking>{}<reflection>{}</reflection></thinking>",
    "<think>{}<think>{}<think>{}</think>{}</think>{}</think>",
]
THOUGHT = "The user greets me; 1 < 2 [sic]."


def spoken(*pieces: str, hold: int = 0) -> str:
    thoughts = ThoughtFilter(hold)
    return "".join([*map(thoughts.feed, pieces), thoughts.end()])


@pytest.mark.parametrize("hold", [0, 64, 16_384])
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_familys_thoughts_are_spoken(family: str, size: int, hold: int) -> None:
    whole = family.replace("{}", THOUGHT) + "Let us start."
    assert spoken(*(whole[at : at + size] for at in range(0, len(whole), size)), hold=hold) == "Let us start."


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_thought_that_does_not_end_is_no_answer(family: str, size: int) -> None:
    whole = family.partition("{}")[0] + THOUGHT * 20
    thoughts = ThoughtFilter()
    said = [thoughts.feed(whole[at : at + size]) for at in range(0, len(whole), size)]
    assert "".join([*said, thoughts.end()]) == ""
    assert thoughts.thought
    assert thoughts.opened


@pytest.mark.parametrize("hold", [0, 64])
@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("family", [family for family in FAMILIES if not family.startswith("analysis")])
def test_a_thought_between_sentences_is_left_out(family: str, size: int, hold: int) -> None:
    whole = "Yes, we can. " + family.replace("{}", THOUGHT) + "Let us start."
    said = spoken(*(whole[at : at + size] for at in range(0, len(whole), size)), hold=hold)
    assert said.split() == ["Yes,", "we", "can.", "Let", "us", "start."]


@pytest.mark.parametrize("close", ["</think>", "</thinking>", "[/THINK]", "◁/think▷", "<|end_of_thought|>", "</THINK>"])
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_what_stands_before_a_bare_end_was_a_thought(close: str, size: int) -> None:
    whole = f"I should greet back.{close}\n\nLet us start."
    thoughts = ThoughtFilter(hold=64)
    said = [thoughts.feed(whole[at : at + size]) for at in range(0, len(whole), size)]
    assert "".join([*said, thoughts.end()]) == "Let us start."
    assert thoughts.opened


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["<think>hm</think>Yes."], "Yes."),
        (["<th", "ink>h", "m</", "think>", "\n\nYes."], "Yes."),
        (["<think>never closed"], ""),
        (["a <b> c"], "a <b> c"),
        (["1 <", " 2"], "1 < 2"),
        (["ends with <thi"], "ends with <thi"),
        (["Yes.<think>no</think> Quite."], "Yes. Quite."),
        (["  \n", " Hello ", "you "], "Hello you "),
        (["The mark \"<think>\" begins a thought, and '</think>' ends it."],) * 2,
        (["The mark `<think", ">` begins", " a thought."], "The mark `<think>` begins a thought."),
        (["Analysis is my subject."],) * 2,
        (["analysis of words"],) * 2,
        (["<thinker> and [think] are words."],) * 2,
        (["I think </b> it is"],) * 2,
        (["<answer>Yes.</answer>"], "Yes."),
        (["<think>hm</think><final_", "answer>Yes.</final_answer>"], "Yes."),
        (["<output>Yes.</output>"], "Yes."),
        (["In HTML there is <output>, and <answer> is none."],) * 2,
        (["<|START_RESPONSE|>", "Yes.<|END_RES", "PONSE|>"], "Yes."),
        (["<|START_TEXT|>", "Yes.<|END_TEXT|>"], "Yes."),
        (["Yes.<｜end▁of▁", "sentence｜>"], "Yes."),
        (["<think/>", "Yes."], "Yes."),
        (["<think />Yes."], "Yes."),
        (["Yes.<|end|><|start|>assist", "ant"], "Yes."),
        # A mark in mid-sentence that nothing ends is a word.
        (["The literal word <think", "> has seven characters."], "The literal word <think> has seven characters."),
        (["The word is <think>."],) * 2,
        (["Let me see: <think>hm"], "Let me see: "),
        # The header of a call is no thought's.
        (['<|start|>assistant to=functions.go<|channel|>commentary json<|message|>{"a": 1}'],) * 2,
        (["Yes.<|im_end|>"], "Yes."),
        (["<|start|>assistant<|channel|>final<|message|>Yes.<|return|>"], "Yes."),
        (['<|channel|>commentary to=functions.go <|constrain|>json<|message|>{"a": 1}<|call|>'],) * 2,
    ],
)
def test_only_the_answer_is_spoken(pieces: list[str], said: str | list[str]) -> None:
    expected = "".join(said)
    assert spoken(*pieces) == spoken(*"".join(pieces)) == expected


def test_nothing_certain_is_kept_back() -> None:
    thoughts = ThoughtFilter()
    assert thoughts.feed("Hello <") == "Hello "
    assert thoughts.feed("b") == "<b"
    assert thoughts.feed(" [t") == " "
    assert thoughts.feed("o] you") == "[to] you"


def test_what_waited_for_a_sign_of_a_thought_is_let_go() -> None:
    thoughts = ThoughtFilter(hold=10)
    assert thoughts.feed("Hello ") == ""
    assert thoughts.feed("there, you") == "Hello there, you"
    assert thoughts.feed(" too") == " too"
    short = ThoughtFilter(hold=10)
    assert (short.feed("Hello"), short.end()) == ("", "Hello")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "think>", "</", "a", " ", "<thi", "nk>", "ü"])))
def test_pieces_do_not_matter(pieces: list[str]) -> None:
    whole = "".join(pieces)
    opening, closing = r"<\s?think>", r"<\s?/\s?think>"
    expected = re.sub(rf"{opening}.*?(?:{closing}|$)|{closing}", "", whole, flags=re.DOTALL)
    assert spoken(*pieces) == spoken(whole)
    # Of one within another, and of a word about marks, there are tests of their own.
    another = re.search(rf"{opening}(?:(?!{closing}).)*{opening}|\w {opening}(?:(?!{closing}).)*$", whole, re.DOTALL)
    assert another or "".join(spoken(whole).split()) == "".join(expected.split())


class TestHabits:
    def test_a_stranger_is_trusted_after_some_answers_without_a_thought(self) -> None:
        habits = Habits()
        for _ in range(Habits.TRUSTED):
            answer = habits.filter()
            assert answer.feed("Hello.") == ""
            answer.end()
            habits.learn(answer)
        assert habits.filter().feed("Hello.") == "Hello."

    def test_who_was_heard_thinking_is_not_until_then(self) -> None:
        habits = Habits(trusted=True)
        first = habits.filter()
        first.feed("Long ago, I mean quite long ago, there was a user.")
        first.feed("</think> Hello.")
        habits.learn(first)
        second = habits.filter()
        assert second.feed("Hmm. " * 1000) == ""
        assert second.feed("</think> Hello.") == " Hello.".strip()
