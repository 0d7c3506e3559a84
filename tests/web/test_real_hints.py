"""A hint comes with the default model: in at least nine of ten situations, one sentence that is not the tutor's own."""

import asyncio
import json
from typing import Any

import pytest

from models.registry import EngineChoice, build_engines
from tests.support.gateway import gateway
from tests.support.wire import dial
from tests.web.conftest import BIN, HERE

pytestmark = pytest.mark.real

SITUATIONS = [
    ("es", "A1", [("tutor", "¡Hola! Me alegro de que llames. ¿Cómo estás hoy?")]),
    ("es", "A2", [("tutor", "¿Cómo estás?"), ("you", "Bien, gracias."), ("tutor", "¿Qué hiciste el fin de semana?")]),
    ("es", "B1", [("you", "Quiero una mesa."), ("tutor", "Claro. ¿Para cuántas personas sería la mesa?")]),
    ("fr", "A2", [("tutor", "Bonjour ! Comment vas-tu aujourd'hui ?")]),
    ("fr", "B1", [("you", "Je voudrais parler de voyages."), ("tutor", "Quel pays aimerais-tu visiter ?")]),
    ("de", "A1", [("tutor", "Hallo! Schön, dass du anrufst. Wie heißt du?")]),
    ("de", "B2", [("you", "Ich arbeite in einem Krankenhaus."), ("tutor", "Was gefällt dir daran am besten?")]),
    ("en", None, [("tutor", "Good evening! For how many people should I lay the table tonight?")]),
    ("en", "A2", [("you", "Where is the station?"), ("tutor", "Go straight on. Do you want to walk or take a bus?")]),
    (
        "en",
        "B1",
        [("you", "Hi, I want to practise."), ("tutor", "Great."), ("you", "Uh."), ("tutor", "No hurry.")],
    ),
]
LONGEST = 200
"""Characters: more is no hint but a speech."""


async def asked() -> list[dict[str, Any]]:
    given = json.dumps([{"language": language, "level": level, "said": said} for language, level, said in SITUATIONS])
    node = await asyncio.create_subprocess_exec(
        str(BIN / "node"), "hint.mjs", cwd=HERE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    events, _ = await node.communicate(given.encode())
    asked_for: list[dict[str, Any]] = json.loads(events)
    return asked_for


async def test_hints_come_with_the_default_model(model_store):
    engines = build_engines(EngineChoice(models_dir=model_store.root))
    hints: list[str] = []
    async with gateway(engines) as running, dial(running.url) as wire:
        await wire.event("session.created")
        for event in await asked():
            await wire.send(event)
            done = await wire.event("response.done")
            output = done["response"]["output"]
            hints.append(output[0]["content"][0]["text"].strip() if output else "")
    said = [situation[-1][1] for *_, situation in SITUATIONS]
    good = [hint for hint, tutor in zip(hints, said, strict=True) if hint and len(hint) < LONGEST and hint != tutor]
    assert len(good) >= 9, list(zip(said, hints, strict=True))
