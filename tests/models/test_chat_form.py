"""models/chat_form.py: whatever happened in a call, a strict template takes its conversation."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chat_form import OPENING, Form, formed
from models.chat_request import prompt
from pipeline.engines import ChatMessage, ChatRequest, Tool, ToolCall
from pipeline.errors import EngineRefused
from tests.support.chatting import chatting, deltas, said, text
from tests.support.llm_server import Exchange, Script, answer, llm_server

CALL = ToolCall("c1", "weather", '{"city":"Graz"}')


def talk(*said: str, **fields: Any) -> ChatRequest:
    """`s:` standing orders, `u:` the caller, `a:` the assistant, `c:` the assistant calls, `t:` a result."""
    roles: dict[str, Any] = {"s": "system", "u": "user", "a": "assistant", "c": "assistant", "t": "tool"}
    messages = []
    for one in said:
        kind, _, words = one.partition(":")
        calls = (CALL,) if kind == "c" else ()
        messages.append(ChatMessage(roles[kind], words, calls, "c1" if kind == "t" else ""))
    return ChatRequest(tuple(messages), **fields)


def short(request: ChatRequest) -> list[str]:
    return [f"{message.role[0]}:{message.text}" for message in request.messages]


def test_neighbours_are_joined_and_the_caller_begins() -> None:
    made = formed(
        talk("s:Be kind.", "a:Hello!", "a:How are you?", "u:Fine.", "u:And you?", "c:", "t:sunny", "a:So."), Form.JOINED
    )
    assert short(made) == [
        "s:Be kind.", f"u:{OPENING}", "a:Hello!\nHow are you?", "u:Fine.\nAnd you?", "a:", "t:sunny", "a:So.",
    ]  # fmt: skip
    assert short(formed(talk("u:Hi.", "a:Let me look.", "c:"), Form.JOINED)) == ["u:Hi.", "a:Let me look."]
    assert formed(talk("u:Hi.", "a:Let me look.", "c:"), Form.JOINED).messages[-1].calls == (CALL,)


@pytest.mark.parametrize("form", list(Form))
def test_who_is_to_speak_first_is_told_that_the_call_begins(form: Form) -> None:
    assert short(formed(talk(), form)) == [f"u:{OPENING}"]
    orders = formed(talk("s:Be kind."), form).messages
    assert (orders[-1].role, orders[-1].text.endswith(OPENING) or form == Form.BARE) == ("user", True)
    assert formed(talk("s:Be kind."), Form.JOINED, whole=False) == talk("s:Be kind.")


def test_a_conversation_that_is_in_order_stays_as_it_is() -> None:
    request = talk("s:Be kind.", "u:Hi.", "a:Hello.", "s:Be brief.", "u:How are you?")
    assert formed(request, Form.JOINED) == request


@pytest.mark.parametrize("form", list(Form))
@settings(deadline=None)
@given(st.lists(st.sampled_from(["s:x", "u:x", "a:x", "ct"]), max_size=12), st.booleans())
def test_strict_templates_take_every_conversation(form: Form, kinds: list[str], tools: bool) -> None:
    told = [one for kind in kinds for one in (("c:", "t:x") if kind == "ct" else (kind,))]
    request = talk("s:Be kind.", *told, "u:Hi.", tools=(Tool("weather"),) if tools else ())
    roles = [message.role for message in formed(request, form).messages]
    spoken = [role for role in roles if role != "system"]
    assert spoken[0] == "user"
    if form >= Form.TURNS:
        assert "system" not in roles[1:]
        assert not any(one == next_ for one, next_ in pairwise(spoken) if one != "tool")
        assert ("tool", "user") not in list(pairwise(spoken))
        assert spoken[-1] == "user"
    if form == Form.BARE:
        assert set(roles) <= {"user", "assistant"}


def test_joining_changes_nothing_of_what_was_read_before() -> None:
    """What a prompt begins with is the same when it goes on, so that the server's memory of it holds."""
    said = ["s:Be kind.", "a:Hello!", "u:One.", "u:Two.", "a:Three.", "a:Four.", "u:Five."]
    for form in (Form.JOINED, Form.TURNS):
        before = ""
        for count in range(1, len(said) + 1):
            now = "|".join(short(formed(talk(*said[:count]), form, whole=False)))
            assert now.startswith(before)
            before = now


def test_arguments_that_are_no_object_do_not_spoil_a_conversation() -> None:
    for arguments, sent in (
        ('{"a": 1', '{"a": 1}'),
        ("", "{}"),
        ("[1]", "{}"),
        ('"x"', "{}"),
        ('{"a": 1}', '{"a": 1}'),
    ):
        call = replace(CALL, arguments=arguments)
        [message] = prompt(ChatRequest((ChatMessage("assistant", "", (call,)),)))["messages"]
        assert message["tool_calls"][0]["function"]["arguments"] == sent


# --- learned from a server's refusals ------------------------------------------------------------------------------


def refusing(complaint: str, *, roles: bool = True, system: bool = True, status: int = 400) -> Script:
    """A server that insists on turns (roles), and on no standing orders at all (system)."""

    async def script(exchange: Exchange) -> None:
        found = [message["role"] for message in exchange.body["messages"]]
        turns = [role for role in found if role != "system"]
        bad = roles and any(one == after for one, after in pairwise(turns))
        if bad or (system and "system" in found):
            await exchange.page(status, said(complaint))
        else:
            await answer("Hello")(exchange)

    return script


ODD = talk("s:Be kind.", "u:Hi.", "s:Be brief.", "u:Are you there?")


@pytest.mark.parametrize(
    ("script", "tries"),
    [
        (refusing("Conversation roles must alternate user/assistant/user/assistant/...", system=False), 2),
        (refusing("System role not supported", roles=False), 3),
        (refusing("Jinja Exception: System role not supported", roles=False, status=500), 3),
    ],
)
async def test_what_a_server_refused_once_it_is_not_sent_again(script: Script, tries: int) -> None:
    async with llm_server(script) as server, chatting(server.url, "m") as chat:
        assert text(await deltas(chat, ODD)) == "Hello"
        assert len(server.seen) == tries
        assert text(await deltas(chat, ODD)) == "Hello"
        assert len(server.seen) == tries + 1


async def test_what_it_refuses_in_every_form_is_its_first_refusal_and_nothing_is_learned() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.page(400, said(f"template error number {len(server.seen)}"))

    async with llm_server(script) as server, chatting(server.url, "m") as chat:
        with pytest.raises(EngineRefused, match="number 1"):
            await deltas(chat, ODD)
        assert len(server.seen) == 3
        assert [message["role"] for message in chat.prompt(ODD)["messages"]][2] == "system"
