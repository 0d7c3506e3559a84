"""Any order of anything that a client may say and a call may tell: the protocol's promises hold throughout."""

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from pipeline.audio import Pcm
from pipeline.engines import ToolCall, Transcript
from pipeline.history import Item
from pipeline.notices import (
    InputCommitted,
    ReplyAudio,
    ReplyCallEnded,
    ReplyCallGrew,
    ReplyCallStarted,
    ReplyEnded,
    ReplyItemStarted,
    ReplyStarted,
    ReplyText,
    SpeechStarted,
    SpeechStopped,
    TranscriptDone,
    TranscriptGrew,
)
from pipeline.settings import ReplyOptions
from tests.protocol.line import Line
from tests.protocol.test_fuzz import mutants

ENDS = st.sampled_from(["completed", "cancelled", "incomplete", "failed"])


class AnySession(RuleBasedStateMachine):
    """The client sends mutants of good events; the call tells whole and broken answers, several at once."""

    replies = Bundle("replies")

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.line.protocol.open()
        self.seen: list[dict[str, Any]] = []
        self.number = 0

    @rule(event=mutants())
    def send(self, event: dict[str, Any]) -> None:
        before = self.line.protocol.session
        commands = self.line.send(json.dumps(event))
        events = self.line.sent()
        assert len(commands) + sum(told["type"] == "error" for told in events) == 1
        if not commands:
            assert self.line.protocol.session == before
        self.seen += events

    @rule(words=st.text(max_size=5), grows=st.booleans())
    def speak(self, words: str, grows: bool) -> None:
        item = self._id("item")
        self._tell(
            SpeechStarted(item, 1), *([TranscriptGrew(item, words[:2])] if grows else []), SpeechStopped(item, 2)
        )
        self._tell(InputCommitted(Item(item, "user", None, audio=True), None))
        self._tell(TranscriptDone(item, Transcript(words, "en"), 1.0))

    @rule(target=replies, beside=st.booleans())
    def begin(self, beside: bool) -> str:
        reply = self._id("resp")
        self._tell(ReplyStarted(reply, ReplyOptions(in_conversation=not beside)))
        return reply

    @rule(
        reply=consumes(replies),
        status=ENDS,
        words=st.text(max_size=5),
        sound=st.binary(max_size=40),
        calls=st.booleans(),
    )
    def finish(self, reply: str, status: Any, words: str, sound: bytes, calls: bool) -> None:
        message = None
        if words:
            message = Item(self._id("item"), "assistant", "", audio=True, status="in_progress")
            self._tell(ReplyItemStarted(reply, message, None), ReplyText(reply, message.id, words))
            self._tell(ReplyAudio(reply, message.id, Pcm(sound[: len(sound) & ~1], 24000)))
        made: tuple[Item, ...] = ()
        if calls:
            call = Item(
                self._id("item"), "assistant", None, status="in_progress", call=ToolCall(self._id("call"), "f", "")
            )
            self._tell(ReplyCallStarted(reply, call, None), ReplyCallGrew(reply, call.id, "{}"))
            done = Item(call.id, "assistant", None, call=ToolCall(call.call.id if call.call else "", "f", "{}"))
            self._tell(ReplyCallEnded(reply, done))
            made = (done,)
        item = message and Item(message.id, "assistant", words, audio=True)
        self._tell(ReplyEnded(reply, status, item, calls=made))

    @invariant()
    def every_event_has_its_own_id(self) -> None:
        ids = [event["event_id"] for event in self.seen]
        assert len(set(ids)) == len(ids)

    @invariant()
    def every_answer_begins_once_and_ends_at_most_once(self) -> None:
        begun = [event["response"]["id"] for event in self.seen if event["type"] == "response.created"]
        ended = [event["response"]["id"] for event in self.seen if event["type"] == "response.done"]
        assert len(set(begun)) == len(begun)
        assert len(set(ended)) == len(ended)
        assert set(ended) <= set(begun)

    @invariant()
    def every_item_that_was_added_to_an_answer_that_ended_is_done(self) -> None:
        ended = {event["response"]["id"] for event in self.seen if event["type"] == "response.done"}
        for end, begin in (("response.output_item.done", "response.output_item.added"),):
            added = [e["item"]["id"] for e in self.seen if e["type"] == begin and e["response_id"] in ended]
            done = [e["item"]["id"] for e in self.seen if e["type"] == end and e["response_id"] in ended]
            assert sorted(added) == sorted(done)

    def _id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}_of_call_{self.number}"

    def _tell(self, *notices: Any) -> None:
        self.seen += self.line.notify(*notices)


AnySession.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnySession = AnySession.TestCase
