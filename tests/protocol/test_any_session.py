"""Any order of anything that a client may say and a call may tell: the protocol's promises hold throughout."""

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule

from pipeline.audio import Pcm
from pipeline.engines import ToolCall, Transcript
from pipeline.history import Item
from pipeline.notices import (
    InputCommitted,
    ItemDeleted,
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
from tests.protocol.promises import Promises
from tests.protocol.test_fuzz import mutants

ENDS = st.sampled_from(["completed", "cancelled", "incomplete", "failed"])


class AnySession(RuleBasedStateMachine):
    """The client sends mutants of good events; the call tells whole and broken answers, several at once."""

    replies = Bundle("replies")

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.promises = Promises()
        self.number = 0
        self.beside: set[str] = set()
        self._see(self.line.open())

    @rule(event=mutants())
    def send(self, event: dict[str, Any]) -> None:
        before = self.line.protocol.session
        commands = self.line.send(json.dumps(event))
        events = self.line.sent()
        errors = sum(told["type"] == "error" for told in events)
        assert 1 >= len(commands) >= 1 - errors >= 0  # both where something was refused alone
        if not commands:
            assert self.line.protocol.session == before
        self._see(events)

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
        if beside:
            self.beside.add(reply)
        self._tell(ReplyStarted(reply, ReplyOptions(in_conversation=not beside)))
        return reply

    @rule(
        reply=consumes(replies),
        status=ENDS,
        words=st.text(max_size=5),
        sound=st.binary(max_size=40),
        calls=st.booleans(),
        deleted=st.booleans(),
    )
    def finish(self, reply: str, status: Any, words: str, sound: bytes, calls: bool, deleted: bool) -> None:
        message = None
        if words:
            message = Item(self._id("item"), "assistant", "", audio=True, status="in_progress")
            self._tell(ReplyItemStarted(reply, message, None), ReplyText(reply, message.id, words))
            self._tell(ReplyAudio(reply, message.id, Pcm(sound[: len(sound) & ~1], 24000)))
            if deleted and reply not in self.beside:
                self._tell(ItemDeleted(message.id))
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

    def _id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}_of_call_{self.number}"

    def _tell(self, *notices: Any) -> None:
        self._see(self.line.notify(*notices))

    def _see(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.promises.see(event)


AnySession.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnySession = AnySession.TestCase
