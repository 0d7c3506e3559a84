import pytest

from bench.caller import Asked, ask
from bench.speech import Prompt, room
from tests.support.scripted_gateway import Line, scripted_gateway, tone
from voicegw.client import realtime
from voicegw.client.events import CallFailed

PROMPTS = [Prompt(str(number), None, tone(60)) for number in range(4)]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)


class Calls:
    """A gateway that answers questions, call after call. broken: calls that break at their second question."""

    def __init__(self, *broken: int, mute: bool = False) -> None:
        self.broken = broken
        self.mute = mute
        self.lines: list[Line] = []

    async def __call__(self, line: Line) -> None:
        number = len(self.lines)
        self.lines.append(line)
        await line.greet()
        for question in range(len(PROMPTS)):
            await line.hear(f"u{question}", f"call {number}, question {question}")
            if self.mute:
                return
            if number in self.broken and question == 1:
                await line.socket.close(1011, "broken")
                return
            await line.answer(f"r{question}", "Yes.", tone(20))


async def test_one_call_for_all_prompts_in_a_room() -> None:
    asked: list[Asked] = []
    calls = Calls()
    async with scripted_gateway(calls) as url:
        await ask(url, None, PROMPTS, asked.append, room=room(1))
    assert [each.prompt for each in asked] == PROMPTS
    assert [turn.heard for each in asked for turn in each.turns] == [f"call 0, question {n}" for n in range(4)]
    assert any(calls.lines[0].audio[:960]), "the room is heard before anything is said"


async def test_a_broken_call_loses_its_prompt_and_the_next_goes_on_in_another() -> None:
    asked: list[Asked] = []
    async with scripted_gateway(Calls(0)) as url:
        await ask(url, None, PROMPTS, asked.append)
    assert [each.lost is None for each in asked] == [True, False, True, True]
    assert "code 1011, broken" in str(asked[1].lost)
    assert [turn.heard for each in asked[2:] for turn in each.turns] == ["call 1, question 0", "call 1, question 1"]


async def test_a_prompt_without_an_answer_ends_its_call_too() -> None:
    asked: list[Asked] = []
    calls = Calls(mute=True)
    async with scripted_gateway(calls) as url:
        await ask(url, None, PROMPTS[:2], asked.append, within=0.2)
    assert [turn.status for each in asked for turn in each.turns] == ["unanswered"] * 2
    assert len(calls.lines) == 2


async def test_a_gateway_that_breaks_every_call_is_not_measured() -> None:
    async def hang_up(line: Line) -> None:
        await line.greet()
        await line.socket.close(1011, "no")

    async def hang_up_later(line: Line) -> None:
        calls.append(line)
        await (Calls(0)(line) if len(calls) == 1 else hang_up(line))

    calls: list[Line] = []
    asked: list[Asked] = []
    async with scripted_gateway(hang_up) as url:
        with pytest.raises(CallFailed, match="code 1011"):
            await ask(url, None, PROMPTS, asked.append)
    assert asked == []
    async with scripted_gateway(hang_up_later) as url:
        with pytest.raises(CallFailed, match="code 1011"):
            await ask(url, None, [*PROMPTS, *PROMPTS], asked.append)
    assert [each.lost is None for each in asked] == [True, False, False]
