"""A page of somebody else's, in a real browser, that offers a camera besides: it is called all the same."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from bench.phone.browser import FAKE_MICROPHONE, buzz, chromium, recording
from tests.support.gateway import gateway

CALL = """async ([http, order]) => {
  const line = new RTCPeerConnection();
  const events = line.createDataChannel("oai-events");
  const heard = new Promise((resolve) => { line.ontrack = (event) => resolve(event.track.kind); });
  const told = [];
  const created = new Promise((resolve) => {
    events.onmessage = ({data}) => {
      told.push(JSON.parse(data).type);
      if (told.at(-1) === "input_audio_buffer.speech_started") resolve();
    };
  });
  const [voice] = (await navigator.mediaDevices.getUserMedia({audio: true})).getTracks();
  const pictures = () => line.addTransceiver("video", {direction: "sendrecv"});
  if (order === "before") pictures();
  line.addTrack(voice);
  if (order !== "before") { pictures(); pictures(); }
  await line.setLocalDescription();
  const reply = await fetch(`${http}/v1/realtime/calls`, {
    method: "POST", body: line.localDescription.sdp, headers: {"Content-Type": "application/sdp"},
  });
  const sdp = await reply.text();
  await line.setRemoteDescription({type: "answer", sdp});
  const kind = await heard;
  await created;
  const left = line.getTransceivers().map((one) => one.receiver.track.kind);  // without those that were rejected
  line.close();
  return {status: reply.status, kind, first: told[0], left};
}"""


@pytest.mark.parametrize("order", ["before", "after"])
async def test_a_browser_that_offers_pictures_is_heard(order: str) -> None:
    async with gateway() as running, async_playwright() as playwright:
        with tempfile.TemporaryDirectory() as folder:
            hum = recording(Path(folder) / "hum.wav", [buzz(30)])
            flags = ["--no-sandbox", "--disable-gpu", *FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={hum}"]
            browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
            try:
                page = await browser.new_page()
                await page.goto(running.http)
                found: Any = await page.evaluate(CALL, [running.http, order])
            finally:
                await browser.close()
    assert found == {"status": 201, "kind": "audio", "first": "session.created", "left": ["audio"]}
