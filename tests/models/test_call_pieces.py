"""models/call_pieces.py: whatever servers do with numbers, ids and names, calls are told one by one and whole."""

import itertools
import json

import pytest

from models.call_pieces import MOST, CallPieces
from pipeline.engines import Tool

TOOLS = (Tool("get_weather"), Tool("get_time"))
ROME, PARIS = '{"city":"Rome"}', '{"city":"Paris"}'
TWO = [("get_weather", ROME), ("get_time", PARIS)]


def told(*pieces: tuple[int | None, str, str, str], tools: tuple[Tool, ...] = TOOLS) -> list[tuple[str, str]]:
    """Names and arguments of the calls, checked for order: the pieces of a call follow each other."""
    calls = CallPieces(tools)
    found = [out for piece in pieces for out in calls.take(*piece)] + list(calls.end())
    made = []
    for _, group in itertools.groupby(found, key=lambda piece: piece.index):
        parts = list(group)
        assert parts[0].name
        assert parts[0].id
        assert not any(part.name or part.id for part in parts[1:])
        made.append((parts[0].name, "".join(part.arguments for part in parts)))
    assert len({piece.index for piece in found}) == len(made)
    return made


@pytest.mark.parametrize(
    "pieces",
    [
        [(0, "a", "get_weather", ROME), (1, "b", "get_time", PARIS)],
        [(0, "a", "get_weather", ROME), (0, "b", "get_time", PARIS)],
        [(None, "a", "get_weather", ROME), (None, "b", "get_time", PARIS)],
        [(None, "", "get_weather", ROME), (None, "", "get_time", PARIS)],
        [(0, "", "get_weather", ROME), (0, "", "get_time", PARIS)],
        [(0, "same", "get_weather", ROME), (0, "same", "get_time", PARIS)],
        [(0, "same", "get_weather", ROME), (1, "same", "get_time", PARIS)],
        [(None, "same", "get_weather", ROME), (None, "same", "get_time", PARIS)],
        # In pieces: of the arguments, of the name, with the name or the id in every one.
        [(0, "a", "get_weather", ""), (0, "", "", ROME[:5]), (0, "", "", ROME[5:]), (1, "b", "get_time", PARIS)],
        [(0, "a", "get_", ""), (0, "", "weather", ""), (0, "", "", ROME), (1, "b", "get_time", PARIS)],
        [(None, "a", "get_", ""), (None, "", "weather", ""), (None, "", "", ROME), (None, "b", "get_time", PARIS)],
        [(0, "a", "get_weather", ROME[:5]), (0, "a", "get_weather", ROME[5:]), (0, "b", "get_time", PARIS)],
        [(0, "a", "get_weather", ROME), (0, "a", "get_weather", ""), (1, "b", "get_time", PARIS)],
        [(0, "", "get_weather", ""), (0, "", "", ROME), (0, "", "get_time", ""), (0, "", "", PARIS)],
        # Told in turns.
        [(0, "a", "get_weather", ""), (1, "b", "get_time", ""), (0, "", "", ROME), (1, "", "", PARIS)],
        [(0, "a", "get_weather", "{"), (1, "b", "get_time", "{"), (1, "", "", PARIS[1:]), (0, "", "", ROME[1:])],
        [(5, "a", "get_weather", ROME), (3, "b", "get_time", PARIS)],
        [(0, "a", "functions.get_weather", ROME), (1, "b", "GetTime", PARIS)],
    ],
)  # fmt: skip
def test_two_calls_are_two_calls(pieces: list[tuple[int | None, str, str, str]]) -> None:
    assert told(*pieces) == TWO


def test_the_same_call_twice_is_two_calls() -> None:
    assert told((0, "a", "get_time", ROME), (0, "b", "get_time", ROME)) == [("get_time", ROME)] * 2
    assert told((None, "", "get_time", ROME), (None, "", "get_time", ROME)) == [("get_time", ROME)] * 2


def test_functions_without_arguments() -> None:
    assert told((0, "a", "get_weather", ""), (0, "b", "get_time", "")) == [("get_weather", ""), ("get_time", "")]
    assert told((0, "", "get_weather", ""), (0, "", "get_time", "")) == [("get_weather", ""), ("get_time", "")]


def test_the_first_call_goes_on_as_it_comes() -> None:
    calls = CallPieces(TOOLS)
    assert [piece.name for piece in calls.take(0, "a", "get_weather", "")] == ["get_weather"]
    assert [piece.arguments for piece in calls.take(0, "", "", ROME[:5])] == [ROME[:5]]
    assert list(calls.take(1, "b", "get_time", PARIS)) == []
    assert [piece.arguments for piece in calls.end()] == [PARIS]


def test_a_function_that_there_is_not_is_left_out() -> None:
    calls = CallPieces(TOOLS)
    found = [*calls.take(0, "a", "launch", ROME), *calls.take(1, "b", "get_time", PARIS), *calls.end()]
    assert [(piece.name, json.loads(piece.arguments)) for piece in found] == [("get_time", {"city": "Paris"})]
    assert calls.withheld


def test_a_server_that_calls_without_end_is_cut_off() -> None:
    calls = CallPieces()
    for number in range(MOST):
        list(calls.take(number, str(number), "f", "{}"))
    assert len(list(calls.take(0, "0", "", " "))) == 1  # one that is known may go on
    with pytest.raises(ValueError, match=f"more than {MOST} calls"):
        list(calls.take(MOST, str(MOST), "f", "{}"))
