"""models/prompt_memory.py: how long a prompt would take to read, by what was read."""

import pytest

from models.prompt_memory import PromptMemory
from pipeline.engines import ChatMessage

ORDERS = ChatMessage("system", "o" * 400)
TALK = tuple(ChatMessage("user" if at % 2 == 0 else "assistant", f"{at:03}" + "x" * 97) for at in range(20))


@pytest.fixture
def memory() -> PromptMemory:
    """Of a server that reads a token of four characters in 20 ms."""
    memory = PromptMemory()
    memory.measured(100, 2.0)
    memory.sized((ORDERS,), 100)
    return memory


def test_as_long_as_the_pace_is_not_known_nothing_is_said() -> None:
    assert PromptMemory().reading_s(TALK, None, "ann") == 0.0
    hasty = PromptMemory()
    hasty.measured(5, 9.0)
    assert hasty.reading_s(TALK, None, "ann") == 0.0


def test_the_pace_is_as_first_measured_and_then_follows_the_newest() -> None:
    memory = PromptMemory()
    memory.measured(100, 1.0)
    assert memory.reading_s(TALK, None, "ann") == pytest.approx(2000 / 4 * 0.01)
    memory.measured(100, 2.0)
    assert memory.reading_s(TALK, None, "ann") == pytest.approx(2000 / 4 * 0.013)


def test_what_is_new_has_to_be_read(memory: PromptMemory) -> None:
    prompt = (ORDERS, *TALK)
    assert memory.reading_s(prompt, None, "ann") == pytest.approx(2400 / 4 * 0.02)
    memory.read((ORDERS,), 0, "ann", 1.0)
    assert memory.reading_s(prompt, 0, "ann") == pytest.approx(2000 / 4 * 0.02)
    memory.read(prompt, 0, "ann", 0.5)
    assert memory.reading_s(prompt, 0, "ann") == pytest.approx(1200 / 4 * 0.02)
    memory.read(prompt, 0, "ann", 1.0)
    assert memory.reading_s(prompt, 0, "ann") == 0.0
    grown = (*prompt, ChatMessage("user", "y" * 40))
    assert memory.reading_s(grown, 0, "ann") == pytest.approx(0.2)


def test_an_answer_is_known_to_who_gave_it_and_a_growing_message_is_new_in_its_rest(memory: PromptMemory) -> None:
    memory.read((ORDERS, ChatMessage("user", "I went to")), 0, "ann", 1.0)
    assert memory.reading_s((ORDERS, ChatMessage("user", "I went to the market.")), 0, "ann") == pytest.approx(
        12 / 4 * 0.02
    )
    memory.read((ORDERS, ChatMessage("user", "I went to the market.")), 0, "ann", 1.0)
    memory.wrote("How nice.", 0)
    talk = (ORDERS, ChatMessage("user", "I went to the market."), ChatMessage("assistant", "How nice."))
    assert memory.reading_s(talk, 0, "ann") == 0.0


def test_messages_behind_those_that_were_let_go_are_not_read_again(memory: PromptMemory) -> None:
    memory.read((ORDERS, *TALK), 0, "ann", 1.0)
    assert memory.reading_s((ORDERS, *TALK[8:]), 0, "ann") == 0.0
    memory.read((ORDERS, *TALK[8:]), 0, "ann", 1.0)
    assert memory.reading_s((ORDERS, *TALK), 0, "ann") > 0


def test_a_slot_that_another_has_taken_and_a_server_that_died_remember_nothing(memory: PromptMemory) -> None:
    memory.read(TALK, 0, "ann", 1.0)
    memory.read((ORDERS,), 0, "bob", 1.0)
    whole = memory.reading_s(TALK, None, "ann")
    assert memory.reading_s(TALK, 0, "ann") == whole
    memory.read(TALK, 0, "ann", 1.0)
    memory.forget()
    assert memory.reading_s(TALK, 0, "ann") == whole
