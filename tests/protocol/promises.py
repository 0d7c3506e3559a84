"""The order in which a client may count on being told things, whatever the session."""

from collections.abc import Mapping
from typing import Any

_STAGES = {
    "response.output_item.added": 0,
    "response.content_part.added": 1,
    "response.output_audio_transcript.delta": 2,
    "response.output_audio.delta": 2,
    "response.output_text.delta": 2,
    "response.function_call_arguments.delta": 2,
    "response.output_audio.done": 3,
    "response.output_audio_transcript.done": 3,
    "response.output_text.done": 3,
    "response.function_call_arguments.done": 3,
    "response.content_part.done": 4,
    "response.output_item.done": 5,
}
"""What is told about one item of a response, in this order; of the same stage in any."""
_DONE = 5
_TURN = {
    "input_audio_buffer.speech_started": 0,
    "input_audio_buffer.speech_stopped": 1,
    "input_audio_buffer.timeout_triggered": 1,
    "input_audio_buffer.committed": 2,
    "conversation.item.added": 3,
    "conversation.item.done": 4,
}
"""What is told about a turn of the caller, each at most once."""


class Promises:
    """Fails at the first event that comes when it must not."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._conversation: list[str] = []
        self._turns: dict[str, int] = {}
        self._responses: dict[str, dict[str, int]] = {}  # those that have begun and not ended: stages of their items
        self._over: set[str] = set()

    def see(self, event: Mapping[str, Any]) -> None:
        kind: str = event["type"]
        assert self._ids or kind == "session.created", f"{kind} came first"
        assert event["event_id"] not in self._ids
        self._ids.add(event["event_id"])
        item = event.get("item_id") or event.get("item", {}).get("id")
        if kind in _TURN:
            assert _TURN[kind] > self._turns.get(item, -1), f"{kind} came late for {item}"
            self._turns[item] = _TURN[kind]
        if kind.startswith("conversation.item."):
            self._see_item(kind.removeprefix("conversation.item."), item, event)
        elif kind.startswith("response."):
            self._see_response(kind, item, event)

    def _see_item(self, what: str, item: str, event: Mapping[str, Any]) -> None:
        match what:
            case "added":
                before = event["previous_item_id"]
                at = self._conversation.index(before) + 1 if before else 0
                assert item not in self._conversation
                self._conversation.insert(at, item)
            case "deleted":
                self._conversation.remove(item)
            case "done" | "truncated" | "retrieved" | "input_audio_transcription.completed":
                assert item in self._conversation, f"{what} of {item}, which is not there"

    def _see_response(self, kind: str, item: str, event: Mapping[str, Any]) -> None:
        response = event.get("response_id") or event["response"]["id"]
        match kind:
            case "response.created":
                assert response not in self._responses.keys() | self._over
                self._responses[response] = {}
            case "response.done":
                stages = self._responses.pop(response)
                assert set(stages.values()) <= {_DONE}, "its items are done before it is"
                assert {told["id"] for told in event["response"]["output"]} <= stages.keys()
                self._over.add(response)
            case _:
                stages = self._responses[response]
                stage = _STAGES[kind]
                assert (stage == 0) == (item not in stages), f"{kind} of {item}"
                assert 0 <= stage >= stages.get(item, 0) != _DONE, f"{kind} came late"
                stages[item] = stage
