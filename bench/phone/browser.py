"""The page in a real browser: Debian's Chromium, with a WAV file for a microphone and a copy of what it plays."""

import base64
import shutil
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import ConsoleMessage, Page, async_playwright

from pipeline.audio import Pcm
from pipeline.errors import OperatorError

LISTEN = Path(__file__).with_name("listen.js")
PATIENCE_MS = 20_000
RATE = 24_000
TRANSPORTS = ["websocket", "webrtc"]
ONLY = {"websocket": "delete window.RTCPeerConnection;", "webrtc": ""}
"""What makes a browser call over this transport, where the gateway offers both."""
SILENT_TUTOR = """
try { localStorage["voicegw.choices"] ??= JSON.stringify({ greeting: false }); } catch { /* about:blank has none */ }
"""
"""The learner of a first visit, who has chosen to speak first."""
FAKE_MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def chromium() -> str:
    """Where the browser is. Raises OperatorError."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        raise OperatorError("There is no Chromium on this machine; on Debian: apt-get install chromium")
    return found


def buzz(seconds: float) -> Pcm:
    """A hum that changes like syllables: voice detectors and a browser's noise suppression take it for a voice."""
    t = np.arange(int(seconds * RATE)) / RATE
    hum = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12))
    return Pcm((4000 * hum * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))).astype("<i2").tobytes(), RATE)


def recording(path: Path, parts: Sequence[Pcm | float]) -> Path:
    """A file of these sounds and seconds of silence, one after the other, and a minute of silence at the end."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for part in (*parts, 60.0):
            file.writeframes(part.data if isinstance(part, Pcm) else bytes(2 * int(part * RATE)))
    return path


@dataclass
class Phone:
    """problems: what the browser's console complained of."""

    page: Page
    problems: list[str]

    async def ready(self) -> None:
        """The lobby is there, and a call can be made."""
        await self.page.wait_for_selector("#call-button:enabled")

    async def call(self, over: str | None = None) -> None:
        """over: the transport that it must be."""
        await self.ready()
        await self.page.click("#call-button")
        kind = f"[data-transport={over}]" if over else ""
        await self.page.wait_for_selector(f"#call[data-phase=live]{kind}")

    async def floor(self, who: str) -> None:
        """Wait until `who` (tutor, you, thinking, none) has the floor."""
        await self.page.wait_for_selector(f"#call[data-floor={who}]")

    async def caption(self) -> str:
        """The tutor's last words."""
        return (await self.page.locator(".caption.tutor").last.inner_text()).strip()

    async def says(self, selector: str, text: str) -> None:
        await self.page.locator(selector).filter(has_text=text).first.wait_for()

    async def marks(self) -> dict[str, float]:
        """When things happened (the last of each name), in seconds of performance.now()."""
        marks = await self.page.evaluate("performance.getEntriesByType('mark').map(m => [m.name, m.startTime / 1000])")
        return dict(marks)

    async def heard(self) -> Pcm:
        """Everything that went to the loudspeaker at the wire's rate, the tutor's path, from the first sample on."""
        script = """() => {
            const ear = window.__ears.find(ear => ear.rate === 24000 && ear.blocks.length);
            if (!ear) return "";
            const all = new Int16Array(ear.blocks.length * 512);
            ear.blocks.forEach((block, i) => block.samples.forEach((x, j) => (all[i * 512 + j] = x * 32767)));
            let text = "";
            for (const byte of new Uint8Array(all.buffer)) text += String.fromCharCode(byte);
            return btoa(text);
        }"""
        return Pcm(base64.b64decode(await self.page.evaluate(script)), RATE)


def samples(pcm: Pcm) -> NDArray[np.float64]:
    return np.frombuffer(pcm.data, dtype="<i2").astype(np.float64) / 32768


def sounding(pcm: Pcm) -> NDArray[np.bool_]:
    """For each 20 ms, whether there is a sound."""
    size = RATE // 50
    all_samples = samples(pcm)
    blocks = all_samples[: len(all_samples) // size * size].reshape(-1, size)
    loud: NDArray[np.bool_] = np.sqrt(np.square(blocks).mean(axis=1)) > 0.01
    return loud


def pitch(pcm: Pcm) -> float:
    """Hz of the strongest tone."""
    spectrum = np.abs(np.fft.rfft(samples(pcm)))
    return float(np.argmax(spectrum) * RATE / pcm.samples)


def _complaint(said: ConsoleMessage, problems: list[str]) -> None:
    ours = "ScriptProcessorNode"  # listen.js is old-fashioned on purpose: it must not wait for a module
    if said.type in ("error", "warning") and ours not in said.text:
        problems.append(said.text)


@asynccontextmanager
async def phone(
    url: str,
    microphone: Path | None = None,
    *,
    flags: Sequence[str] = FAKE_MICROPHONE,
    script: str | None = None,
    open_page: bool = True,
    greeting: bool = False,
    **context: Any,
) -> AsyncIterator[Phone]:
    """A browser at `url`. microphone: what it hears (once, then silence). script: run in the page before its own.

    greeting: whether the tutor speaks first, as it does for a learner.
    """
    sound = [f"--use-file-for-fake-audio-capture={microphone}%noloop"] if microphone else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", *flags, *sound]
        )
        try:
            given = await browser.new_context(**({"locale": "en-GB"} | context))
            given.set_default_timeout(PATIENCE_MS)
            await given.add_init_script(path=LISTEN)
            if not greeting:
                await given.add_init_script(SILENT_TUTOR)
            if script:
                await given.add_init_script(script)
            page = await given.new_page()
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", lambda said: _complaint(said, problems))
            if open_page:
                await page.goto(url)
            yield Phone(page, problems)
        finally:
            await browser.close()
