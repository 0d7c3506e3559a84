from hypothesis import given
from hypothesis import strategies as st

from pipeline.partials import Partials

S = 16_000


def hearing(*hypotheses: str) -> tuple[Partials, list[str]]:
    partials = Partials()
    return partials, [partials.heard(text, "en") for text in hypotheses]


def test_words_are_agreed_when_three_hypotheses_in_a_row_have_them():
    partials, grown = hearing(
        "Where.", "Where is the?", "Where is the train?", "Where is the train station?", "Where is the train station"
    )
    assert grown == ["", "", "Where", " is the", " train"]
    assert partials.agreed == "Where is the train"


def test_what_is_agreed_stays_when_a_later_hypothesis_has_other_words():
    partials, grown = hearing(
        "I want two", "I want two", "I want two", "I want to go", "I want to go", "I want to go home"
    )
    assert grown == ["", "", "I want two", "", "", " go"]
    assert partials.agreed == "I want two go"  # the conversation has the final transcript


def test_case_and_punctuation_are_no_disagreement_but_inner_punctuation_is_kept():
    _, grown = hearing(
        "well I think.", "Well, I think", "Well, I think so", "Well, I think, so but", "Well, I think, so"
    )
    assert grown == ["", "", "Well, I think", "", ", so"]


def test_scripts_without_spaces_are_agreed_by_character():
    _, grown = hearing("我想喝", "我想喝咖", "我想喝咖啡", "我想喝咖啡。")
    assert grown == ["", "", "我想喝", "咖"]


def test_words_of_two_languages_never_agree():
    partials = Partials()
    grown = [partials.heard("Man die", code) for code in ("nl", "en", "en", "en")]
    assert grown == ["", "", "", "Man die"]


def test_the_likely_words_are_all_of_the_newest_hypothesis_but_the_mark_at_its_end():
    partials, _ = hearing("Could you tell me, wh")
    assert partials.likely == "Could you tell me, wh"
    assert hearing("Where?")[0].likely == "Where"
    assert hearing("我想喝。")[0].likely == "我想喝"


def test_the_language_is_that_of_words_that_two_hypotheses_had():
    assert hearing("Man die")[0].language is None
    partials, _ = hearing("Man die", "Man die there")
    partials.heard("Mann, die da", "de")
    assert partials.language == "en"


def test_a_turn_is_heard_again_when_there_is_something_new_and_the_recognizer_has_rested():
    partials = Partials()
    assert not partials.due(0, S // 2, now=0.5, lull=False)  # too little for any words
    assert partials.due(0, S, now=1.0, lull=False)
    partials.asked(S, now=1.0)
    assert not partials.due(0, 3 * S, now=3.0, lull=False)  # it is still being made
    partials.done(now=1.5)
    assert not partials.due(0, 3 * S // 2, now=1.9, lull=False)  # it took half a second: as long is left to others
    assert partials.due(0, 3 * S // 2, now=2.0, lull=False)
    assert not partials.due(0, S + S // 4, now=2.0, lull=False)  # nothing new worth the effort


def test_between_two_words_it_is_heard_sooner_and_without_a_rest():
    partials = Partials()
    assert not partials.due(0, S // 2, now=0.5, lull=True)
    partials.asked(S, now=1.0)
    assert not partials.due(0, S + S // 4, now=1.25, lull=True)
    partials.done(now=1.25)
    assert partials.due(0, S + S // 4, now=1.25, lull=True)
    assert not partials.due(0, S + S // 8, now=1.25, lull=True)


@given(st.lists(st.text(st.sampled_from("ab ,.我"), max_size=12), max_size=8))
def test_captions_only_grow(hypotheses):
    partials = Partials()
    shown = ""
    for text in hypotheses:
        shown += partials.heard(text, "en")
        assert partials.agreed == shown
