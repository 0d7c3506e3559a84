"""A call in a real browser over a line that loses, delays and breaks; `voicegw bench rough` does it for minutes."""

from bench.phone import rough
from models.scripted import ScriptedChat
from tests.support.gateway import gateway, scripted

LOSS, JITTER_S = 0.05, 0.06


def counted(request) -> list[str]:
    """An answer that shows how much of the conversation the language model was told."""
    asked = sum(message.role == "user" for message in request.messages)
    return ["That ", "was ", "your ", "question ", f"{asked}."]


async def test_the_call_holds_the_words_are_right_and_an_outage_leaves_no_delay(tmp_path):
    turns = 4
    async with gateway(scripted(chat=ScriptedChat(counted))) as running:
        facts = await rough.measure(running.http, tmp_path, turns=turns, loss=LOSS, jitter=JITTER_S, breaks=False)
    assert facts["packets"]["dropped"] > 0.03 * facts["packets"]["passed"]
    assert facts["drops"] == 0
    assert facts["captions"] == [
        line
        for n in range(1, turns + 1)
        for line in (("you", "hello there"), ("tutor", f"That was your question {n}."))
    ]
    # `voicegw bench rough` says how fast that is; here the machine may be busy
    assert facts["first_turn_after"]["turn_ms"] < facts["turn_ms_before"]["p50"] + 2000
    assert facts["buffered_ms_back"] < facts["buffered_ms_before"] + 500
