"""The page's main test in the other browser: it calls, hears, answers and is interrupted in Debian's Firefox."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.phone.browser import TRANSPORTS
from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer
from tests.support.gateway import gateway, scripted
from tests.support.until import until
from tests.web.conftest import BIN, HERE

HEARD = "A table, please."
HINT = "For two, please."
ANSWER = (
    "Good evening and welcome. For how many people should I lay the table tonight, and would you like to sit outside?"
)


def words(request) -> list[str]:
    return [HINT] if "You never teach" in request.messages[0].text else re.findall(r"\S+\s*", ANSWER)


@pytest.fixture
async def loudspeaker(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The environment with a sound server that plays into nothing: without one Firefox has no clock for sound, and an
    AudioContext never runs."""
    found = shutil.which("pulseaudio")
    assert found, "There is no PulseAudio on this machine; on Debian: apt-get install pulseaudio"
    socket = tmp_path / "pulse.socket"
    env = os.environ | {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    server = await asyncio.create_subprocess_exec(
        *(found, "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=error"),
        *("--load", f"module-native-protocol-unix auth-anonymous=1 socket={socket}", "--load", "module-null-sink"),
        env=env, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await until(socket.exists)
        yield env | {"PULSE_SERVER": f"unix:{socket}"}
    finally:
        server.terminate()
        await server.wait()


@pytest.mark.parametrize("over", TRANSPORTS)
async def test_a_call_in_firefox(over, node_modules: Path, loudspeaker: dict[str, str]):
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
            cwd=HERE, env=loudspeaker, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
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
