"""Every screen, light and dark, on a phone and on a desk: pictures to look at, and nothing that shuts anybody out."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize

from bench.phone.browser import buzz, phone, recording
from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer
from tests.support.gateway import gateway, scripted
from tests.web.conftest import HERE

PICTURES = HERE / "screenshots"
SIZES: dict[str, ViewportSize] = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}
SCENARIOS = [
    {"id": "restaurant", "title": "At the restaurant", "summary": "A table, the menu, the bill"},
    {"id": "train", "title": "A missed train", "summary": "Ask for the next one"},
    {"id": "flat", "title": "Looking at a flat", "summary": "Rooms, rent, neighbours"},
]
ANSWER = "Good evening, and welcome! For how many people should I lay the table tonight?"
SERIOUS = ("serious", "critical")
SETTLED = """async () => {
    const moving = () => document.getAnimations().some(one => one instanceof CSSTransition);
    for (let tries = 0; moving() && tries < 13; tries++) await new Promise(go => setTimeout(go, 20));
}"""
"""What was about to change its colour has done so: at the latest after a quarter of a second, for the levels of a call
never rest. (Not by `finished`: it never comes for a transition that was replaced.)"""


async def look(page: Page, name: str, axe: str, *, full: bool = False) -> None:
    """Take the pictures, and let axe-core judge each of them."""
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)
        for size, viewport in SIZES.items():
            await page.set_viewport_size(viewport)
            if full:  # a window so high that what sticks to its bottom is at the bottom
                height = await page.evaluate("document.documentElement.scrollHeight")
                await page.set_viewport_size({"width": viewport["width"], "height": height})
            await page.evaluate(SETTLED)
            await page.screenshot(path=PICTURES / f"{name}-{theme}-{size}.png")
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
            await judge(page, axe, f"{name} {theme} {size}")


async def judge(page: Page, axe: str, where: str) -> None:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe)
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    bad = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
    ]
    assert not bad, (where, bad)


@pytest.fixture(autouse=True)
def folder() -> None:
    PICTURES.mkdir(exist_ok=True)


async def test_the_lobby(axe):
    async with gateway() as running, phone(running.http, device_scale_factor=2) as line:
        await line.ready()
        await look(line.page, "lobby-first-visit", axe)

        async def rich(route) -> None:  # what the tutor layer will offer one day
            offer = await (await route.fetch()).json()
            offer |= {"scenarios": SCENARIOS, "languages": ["en", "es", "de", "fr", "fi", "el", "tr", "uk", "sw", "pl"]}
            offer["natural_languages"] = ["en", "es", "de", "fr"]
            voices = [{"name": name, "languages": ["es"]} for name in ("Lucía", "Mateo")]
            await route.fulfill(body=json.dumps(offer | {"voices": voices}), content_type="application/json")

        await line.page.route("**/v1/voicegw/lobby", rich)
        await line.page.reload()
        await line.ready()
        await line.page.check("input[value=es]", force=True)
        assert not await line.page.is_visible("text=Türkçe")
        await line.page.click("#more-languages > summary")
        await line.page.check("input[value=tr]", force=True)
        assert await line.page.is_checked("#languages > .pills input[value=tr]")  # what is chosen stays in sight
        await line.page.check("input[value=es]", force=True)
        await line.page.check("input[value=B1]", force=True)
        await line.page.click("label:has(input[value=restaurant])")
        await line.page.click("#more > summary")
        await line.page.click("#check-microphone")
        await line.says("#check-words", "We hear you")
        await look(line.page, "lobby-everything", axe, full=True)


async def test_the_help_and_the_troubles(axe):
    async with gateway(api_key="secret") as running, phone(running.http, device_scale_factor=2) as line:
        await line.says("#problem-title", "key")
        await look(line.page, "problem-key", axe)
        await line.page.fill("#key", "secret")
        await line.page.click("#problem-action")
        await line.ready()
        await line.page.keyboard.press("?")
        await look(line.page, "help", axe)
        await line.page.click("#help-close")
        refuse = "async () => { throw new DOMException('no', 'NotAllowedError'); }"
        await line.page.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = {refuse}; }}")
        await line.page.click("#call-button")
        await line.says("#problem-title", "blocked")
        await look(line.page, "problem-blocked", axe)


async def test_the_call_and_what_comes_after(axe, tmp_path):
    microphone = recording(tmp_path / "call.wav", [2.5, buzz(1.2)])

    def words(request) -> list[str]:
        return ["For two, please."] if "You never teach" in request.messages[0].text else [ANSWER]

    engines = scripted(
        recognizer=ScriptedRecognizer(["Hello! I would like a table, please."]),
        chat=ScriptedChat(words),
        synthesizer=ScriptedSynthesizer(ms_per_char=400, part_ms=60_000),  # time enough for all the pictures
    )
    async with gateway(engines) as running, phone(running.http, microphone, device_scale_factor=2) as line:
        await line.page.click("#more > summary")
        await line.page.check("#show-latency")
        await line.page.check("input[value=B1]", force=True)
        await line.call()
        await look(line.page, "call-your-turn", axe)
        await line.floor("tutor")
        await line.page.wait_for_selector(".caption.tutor .now:nth-child(6)")
        await look(line.page, "call-tutor", axe)
        await line.page.click("#transcript-button")
        await look(line.page, "call-transcript", axe)
        await line.page.click("#transcript-button")
        await line.page.keyboard.press("h")
        await line.says("#hint", "For two, please.")
        await line.page.keyboard.press("m")
        await look(line.page, "call-hint-muted", axe)
        await line.page.keyboard.press("Escape")
        await look(line.page, "sure", axe)
        await line.page.click("#sure-yes")
        await line.says("#after-title", "Call ended")
        await look(line.page, "after", axe, full=True)


async def test_listening_and_push_to_talk_and_little_motion(axe, tmp_path):
    microphone = recording(tmp_path / "long.wav", [0.5, buzz(40)])
    async with gateway() as running, phone(running.http, microphone, device_scale_factor=2) as line:
        await line.page.emulate_media(reduced_motion="reduce")
        await line.call()
        await line.floor("you")
        await look(line.page, "call-listening-little-motion", axe)
        moving = await line.page.evaluate("document.getAnimations().length")
        assert moving == 0
        await line.page.emulate_media(reduced_motion="no-preference")
        await look(line.page, "call-listening", axe)
        await line.page.click("#hang-up-button")
        await line.page.click("#to-lobby")
        await line.page.click("#more > summary")
        await line.page.check("#push-to-talk")
        await line.call()
        await line.page.keyboard.down("Space")
        await look(line.page, "call-push-to-talk", axe)


@pytest.mark.parametrize("language", ["es", "de", "fr"])
async def test_other_languages_fit(language, axe, tmp_path):
    microphone = recording(tmp_path / "turn.wav", [2.5, buzz(1.2)])
    async with gateway() as running, phone(running.http, microphone, locale=language, viewport=SIZES["phone"]) as line:
        await line.ready()
        assert await line.page.get_attribute("html", "lang") == language
        await judge(line.page, axe, language)
        await line.page.screenshot(path=PICTURES / f"lobby-{language}.png")
        await line.page.click("#call-button")
        await line.page.wait_for_selector("#call[data-phase=live]")
        await line.page.screenshot(path=PICTURES / f"call-{language}.png")
        script = "[...document.querySelectorAll('#call button')].filter(b => b.scrollWidth > b.clientWidth + 1).length"
        assert await line.page.evaluate(script) == 0
        assert await line.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
