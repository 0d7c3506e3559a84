"""The page's main test in the other browser: it calls, hears, answers and is interrupted in Debian's Firefox."""

import asyncio
import json
import re
import shutil
from pathlib import Path

import pytest

from bench.phone.browser import TRANSPORTS
from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer
from tests.support.gateway import gateway, scripted
from tests.web.conftest import BIN, HERE

HEARD = "A table, please."
HINT = "For two, please."
ANSWER = (
    "Good evening and welcome. For how many people should I lay the table tonight, and would you like to sit outside?"
)


def words(request) -> list[str]:
    return [HINT] if "You never teach" in request.messages[0].text else re.findall(r"\S+\s*", ANSWER)


@pytest.mark.parametrize("over", TRANSPORTS)
async def test_a_call_in_firefox(over, node_modules: Path):
    assert node_modules
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    assert firefox, "There is no Firefox on this machine; on Debian: apt-get install firefox-esr"
    engines = scripted(
        recognizer=ScriptedRecognizer([HEARD]),
        chat=ScriptedChat(words),
        synthesizer=ScriptedSynthesizer(ms_per_char=80, part_ms=30_000),
    )
    async with gateway(engines) as running:
        call = await asyncio.create_subprocess_exec(
            *(str(BIN / "node"), "firefox.mjs", firefox, running.http, over),
            cwd=HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, trouble = await asyncio.wait_for(call.communicate(), 120)
    assert call.returncode == 0, trouble.decode()
    facts = json.loads(told)
    assert facts["problems"] == [], facts
    assert facts["transport"] == over
    assert facts["heard"] == HEARD
    assert facts["sounded"] >= 1  # the answer was audible, by the page's own measure
    assert facts["hint"] == HINT
    assert facts["silenced_for"] == "you"
    assert facts["lines"][:3] == ["you", "tutor", "you"]
    assert facts["focus"] == "call-title"
    assert facts["icons"]
    assert all(icon == ["none", True] for icon in facts["icons"])  # lines, not black areas
    assert facts["out_of_reach"] == 0
