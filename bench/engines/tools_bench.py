"""The embedded language model and its tools: is a call made where one is needed, only there, and is none ever spoken?

    python -m pytest bench/engines/tools_bench.py -s [-k tuning | -k held_out] [--enforce]

Each request of `tools_requests` is the first thing that a caller says, once at each of two temperatures: 0 and the
gateway's own. Counted are

    called    a valid call of the tool that is needed: JSON whose types are those of the tool's schema
    values    and its arguments hold what was said
    words     an answer in words where no tool is needed
    answered  an answer in words to the result of a call (at temperature 0 only)
    spoken    answers in which JSON, a mark or a tool's name reached the voice; must be 0
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest

from bench.engines.tools_requests import HELD_OUT, TUNING, Offer, Wanted
from models.llama_server import EmbeddedServer
from models.llm_embedded import EmbeddedChat
from models.weights.files import ModelStore
from models.weights.manifest import default_manifest
from pipeline.engines import ChatMessage, ChatRequest, ToolCall
from pipeline.errors import NoAnswer
from voicegw import settings

RESULT = '{"ok": true, "time": "19:30", "text": "fine"}'
MODEL = "qwen2.5-coder-1.5b"
THREADS = 2
TEMPERATURES = (0.0, 0.7)
LEAST = 0.9
"""Of requests that need a tool: those that must make a valid call of it."""


async def _ask(chat: EmbeddedChat, offer: Offer, wanted: Wanted, temperature: float) -> Counter[str]:
    messages = (ChatMessage("system", offer.orders), ChatMessage("user", wanted.said))
    request = ChatRequest(messages, 200, temperature, offer.tools)
    words, calls = "", dict[int, list[str]]()
    try:
        async for delta in chat.stream(request, caller=offer.orders):
            words += delta.text
            if delta.call:
                call = calls.setdefault(delta.call.index, ["", ""])
                call[0] += delta.call.name
                call[1] += delta.call.arguments
    except NoAnswer as error:
        print(f"    no answer: {wanted.said}: {error}")  # noqa: T201
    found = Counter({"needed" if wanted.tool else "not needed": 1})
    names = "|".join(tool.name for tool in offer.tools)
    found["spoken"] = bool(re.search(rf"[{{}}\[\]]|</?\w|{names}", words))
    if wanted.tool is None:
        found["words"] = not calls and bool(words.strip())
    else:
        schema = next(tool.parameters for tool in offer.tools if tool.name == wanted.tool)
        made = [json.loads(arguments) for name, arguments in calls.values() if name == wanted.tool]
        right = len(calls) == 1 and len(made) == 1 and jsonschema.Draft202012Validator(schema).is_valid(made[0])
        found["called"] = right
        found["values"] = right and all(_holds(made[0], value) for value in wanted.holds)
        if right and not temperature:
            found["results"] = 1
            found["answered"] = await _answers(chat, offer, messages, ToolCall("c", *next(iter(calls.values()))))
    if not (found["words"] or found["values"]) or found["spoken"]:
        print(f"    {temperature}: {wanted.said} -> {list(calls.values())} {words!r}")  # noqa: T201
    return found


async def _answers(chat: EmbeddedChat, offer: Offer, asked: tuple[ChatMessage, ...], call: ToolCall) -> bool:
    """Whether the result of a call is followed by words."""
    messages = (*asked, ChatMessage("assistant", "", (call,)), ChatMessage("tool", RESULT, call_id="c"))
    request = ChatRequest(messages, 30, 0.0, offer.tools)
    found = [delta async for delta in chat.stream(request, caller=offer.orders)]
    if again := [delta.call.name for delta in found if delta.call]:
        print(f"    called again: {call.name} -> {again}")  # noqa: T201
    return not again and any(delta.text.strip() for delta in found)


def _holds(arguments: object, value: str | int) -> bool:
    if isinstance(arguments, Mapping):
        return any(_holds(one, value) for one in arguments.values())
    if isinstance(arguments, list):
        return any(_holds(one, value) for one in arguments)
    return arguments == value if isinstance(value, int) else value.lower() in str(arguments).lower()


async def _measure(file: Path, offers: tuple[Offer, ...]) -> Counter[str]:
    chat = EmbeddedChat(EmbeddedServer(file, threads=THREADS, slots=len(offers), context=2048))
    await chat.start()
    try:
        counts: Counter[str] = Counter()
        for offer in offers:
            for temperature in TEMPERATURES:
                for wanted in offer.requests:
                    counts.update(await _ask(chat, offer, wanted, temperature))
        return counts
    finally:
        await chat.close()


@pytest.mark.parametrize("part", ["tuning", "held_out"])
def test_tools(part: str, request: pytest.FixtureRequest) -> None:
    model = default_manifest().model(MODEL)
    file = ModelStore(settings.load().models_dir).require(model) / model.files[0].name
    counts = asyncio.run(_measure(file, TUNING if part == "tuning" else HELD_OUT))
    needed, free = counts["needed"], counts["not needed"]
    print(  # noqa: T201 - it was asked for
        f"\n{part}: of {needed} that need a tool {counts['called']} called, {counts['values']} with the right values; "
        f"of {free} that need none {counts['words']} answered in words; of {counts['results']} results "
        f"{counts['answered']} answered in words; {counts['spoken']} spoken"
    )
    if request.config.getoption("--enforce"):
        assert counts["called"] >= LEAST * needed
        assert counts["spoken"] == 0
