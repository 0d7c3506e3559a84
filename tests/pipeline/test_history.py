import pytest

from pipeline.errors import CallerError
from pipeline.history import ROOT, History, Item


def item(item_id: str, text: str | None = "words", role="user") -> Item:
    return Item(item_id, role, text)


def ids(history: History) -> list[str]:
    return [entry.id for entry in history]


def test_items_join_at_the_end_at_the_front_or_after_another():
    history = History()
    assert history.add(item("a")) is None
    assert history.add(item("b")) == "a"
    assert history.add(item("c"), ROOT) is None
    assert history.add(item("d"), "a") == "a"
    assert ids(history) == ["c", "a", "d", "b"]
    assert history.before("c") is None
    assert history.before("b") == "d"


@pytest.mark.parametrize(
    ("action", "code", "param"),
    [
        (lambda h: h.add(item("a")), "item_create_duplicate_item_id", "item.id"),
        (lambda h: h.add(item("b"), "nowhere"), "invalid_value", "previous_item_id"),
        (lambda h: h.delete("nowhere"), "item_delete_invalid_item_id", "item_id"),
        (lambda h: h.truncate("nowhere", 1.0), "item_truncate_invalid_item_id", "item_id"),
        (lambda h: h.truncate("a", 1.0), "unsupported_content_type", "item_id"),
    ],
)
def test_refusals_name_the_field_and_change_nothing(action, code, param):
    history = History()
    history.add(item("a"))
    with pytest.raises(CallerError) as refused:
        action(history)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert ids(history) == ["a"]


def test_a_full_conversation_refuses_one_more():
    history = History(limit=2)
    history.add(item("a"))
    history.add(item("b"))
    with pytest.raises(CallerError, match="limit of 2 items"):
        history.add(item("c"))


def spoken() -> Item:
    answer = Item("s", "assistant", "", audio=True, status="in_progress")
    answer = answer.said("One two three four.", 0.5)
    answer = answer.said("", 1.5)  # more sound of the same words
    return answer.said(" Five six.", 1.0)


def test_a_spoken_item_knows_how_long_its_words_took():
    assert spoken().text == "One two three four. Five six."
    assert spoken().seconds == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, ""),
        (0.1, "One"),
        (1.0, "One two"),
        (2.0, "One two three four."),
        (2.4, "One two three four. Five"),
        (3.0, "One two three four. Five six."),
    ],
)
def test_truncating_keeps_the_words_that_were_heard(seconds, text):
    history = History()
    history.add(spoken())
    assert history.truncate("s", seconds) == pytest.approx(seconds)
    kept = history.get("s")
    assert kept is not None
    assert (kept.text, kept.status) == (text, "incomplete")
    assert kept.seconds == pytest.approx(seconds)


def test_truncating_just_past_the_end_is_the_end_and_further_is_refused():
    history = History()
    history.add(spoken())
    assert history.truncate("s", 3.05) == pytest.approx(3.0)
    with pytest.raises(CallerError, match="3000ms is already shorter than 4000ms"):
        history.truncate("s", 4.0)


def test_the_language_model_sees_only_items_with_words():
    history = History()
    history.add(item("a", "hello"))
    history.add(item("b", None))
    history.add(item("c", "", "assistant"))
    assert [shown.id for shown in history.remembered(1000)] == ["a"]


def test_old_messages_go_in_blocks_so_that_the_beginning_stays_the_same_for_long():
    history = History()
    starts = []
    for number in range(100):
        history.add(item(f"i{number}", f"{number:010d}"))
        shown = history.remembered(200)
        assert sum(len(message.text or "") for message in shown) <= 200
        assert shown[-1].text == f"{number:010d}"
        starts.append(shown[0].id)
    assert len(set(starts)) < 15
