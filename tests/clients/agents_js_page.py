"""@openai/agents-realtime over WebRTC, unmodified, in headless Chromium. Usage: agents_js_page.py http://host:port

The page seems to come from the gateway itself, and Playwright puts its files there: an application's page comes from
the application's own host, which would be another thing to start. The microphone is a file: a minute of humming.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Route, async_playwright

from bench.phone.browser import FAKE_MICROPHONE, buzz, chromium, recording
from tests.clients.report import tell
from tests.clients.run import ENVIRONMENTS

FILES = ENVIRONMENTS / "agents_js"
SDK = "node_modules/@openai/agents-realtime"
PAGE = f"""<!doctype html><title>A page of somebody else's</title>
<script type="importmap">
{{"imports": {{
    "@openai/agents-realtime": "./{SDK}/dist/bundle/openai-realtime-agents.mjs",
    "zod": "./node_modules/zod/index.js"
}}}}
</script>"""
TYPES = {".js": "text/javascript", ".mjs": "text/javascript"}


async def main(url: str) -> None:
    version = json.loads((FILES / SDK / "package.json").read_text())["version"]
    with tempfile.TemporaryDirectory() as folder:
        hum = recording(Path(folder) / "hum.wav", [buzz(60)])
        flags = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", *FAKE_MICROPHONE]
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium(), args=[*flags, f"--use-file-for-fake-audio-capture={hum}"]
            )
            try:
                page = await browser.new_page()
                await page.route(f"{url}/agents_js/**", _file)
                await page.expose_function("tell", lambda *told: tell("agents-js, WebRTC", version, *told))
                await page.goto(f"{url}/agents_js/")
                await page.evaluate("import('./page.mjs')")  # which is done when all scenarios are
            finally:
                await browser.close()


async def _file(route: Route) -> None:
    name = route.request.url.partition("/agents_js/")[2]
    path = FILES / name
    if name:
        await route.fulfill(body=path.read_bytes(), content_type=TYPES[path.suffix])
    else:
        await route.fulfill(body=PAGE, content_type="text/html")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
