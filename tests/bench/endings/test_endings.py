"""bench/endings: sets, and what is made of them."""

import json
from collections import Counter

import pytest

from bench.endings import places
from bench.endings.measure import by_language, facts, judged
from bench.endings.places import Place
from bench.endings.report import rendered
from models.scripted import ScriptedSentences
from pipeline.errors import OperatorError
from pipeline.settings import TurnPolicy

LANGUAGES = {"en", "de", "es", "fr", "it", "pt", "zh"}


@pytest.mark.parametrize("half", [places.TUNING, places.HELD_OUT])
def test_our_own_set_has_complete_and_incomplete_places_in_every_language(half):
    counted = Counter((place.language, place.complete) for place in places.read(half))
    assert set(counted) == {(language, complete) for language in LANGUAGES for complete in (True, False)}
    assert min(counted.values()) >= 15


def test_nothing_is_in_both_halves():
    assert not {place.text for place in places.read(places.TUNING)} & {
        place.text for place in places.read(places.HELD_OUT)
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not usable"),
        ("{}", "not usable"),
        ("[]", "empty"),
        ('[{"language": "en", "text": "Yes."}]', "complete"),
        ('[{"language": "en", "text": "Yes.", "complete": true, "colour": "red"}]', "colour"),
    ],
)
def test_a_set_that_is_none_is_refused_with_what_it_must_be(tmp_path, text, says):
    file = tmp_path / "set.json"
    file.write_text(text)
    with pytest.raises(OperatorError, match=says) as refused:
        places.read(file)
    assert '"question"' in str(refused.value)


def test_a_set_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OperatorError, match=r"none\.json"):
        places.read(tmp_path / "none.json")


async def test_a_model_that_knows_is_worth_more_than_lists():
    asked = [
        Place("en", "I would love to.", complete=True, question="Come along?"),
        Place("en", "Yesterday I went to the.", complete=False),
        Place("xx", "no language.", complete=True),
    ]
    knows = ScriptedSentences()

    async def finished(words: str, **_: object) -> float:
        knows.asked.append((words, ""))
        return 0.9 if words.startswith("I would") else 0.001

    alone = by_language(await judged(asked, None, TurnPolicy(), lambda *_: None))
    knows.finished = finished  # type: ignore[method-assign]
    found = by_language(await judged(asked, knows, TurnPolicy(), lambda *_: None))
    assert [words for words, _ in knows.asked] == ["I would love to.", "Yesterday I went to the."]
    assert list(found) == ["en", "xx", "all"]
    assert alone["en"]["complete_waits"] == 1
    assert (found["en"]["complete_waits"], found["en"]["incomplete_cut"], found["en"]["auc"]) == (0, 0, 1)
    assert found["xx"]["auc"] is None


async def test_the_report_is_plain_json():
    found = await judged([Place("en", "I see.", complete=True)], ScriptedSentences(0.3), TurnPolicy(), lambda *_: None)
    report = json.loads(json.dumps(facts(found, TurnPolicy())))
    [place] = report["places"]
    assert (place["text"], place["complete"], place["ending"], place["finished"]) == ("I see.", True, "closed", 0.3)
    assert set(report["languages"]) == {"en", "all"}
    rendered(report["languages"], frozenset({"en"}))
