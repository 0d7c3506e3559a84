// A call from the page in Debian's Firefox, over WebDriver BiDi: `node firefox.mjs BROWSER URL` tells as JSON what happened.
// The microphone is a hum of our own, which Firefox's fake one has let in: silence, a turn, silence, an interruption.

import puppeteer from "puppeteer-core";

const [executablePath, url, over] = process.argv.slice(2);
const PATIENCE_MS = 20_000;

/** @param {string} over the transport that it must be */
function prepare(over) {
  if (location.protocol !== "http:") return; // a blank page, which has neither microphone nor storage
  if (over === "websocket") delete window.RTCPeerConnection;
  localStorage["voicegw.choices"] ??= JSON.stringify({ greeting: false });
  const media = navigator.mediaDevices;
  const ask = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    await ask(wanted);
    const context = new AudioContext();
    window.heard = context;
    context.resume();
    const at = { from: [2.5, 9], lasts: [1.2, 2] };
    const sound = context.createBuffer(1, context.sampleRate * 30, context.sampleRate);
    const samples = sound.getChannelData(0);
    at.from.forEach((from, turn) => {
      for (let i = 0; i < at.lasts[turn] * context.sampleRate; i++) {
        const t = i / context.sampleRate;
        let hum = 0;
        for (let k = 1; k < 12; k++) hum += Math.sin(2 * Math.PI * 140 * k * t) / k;
        samples[Math.floor(from * context.sampleRate) + i] = 0.12 * hum * (0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t));
      }
    });
    const source = context.createBufferSource();
    const stream = context.createMediaStreamDestination();
    source.buffer = sound;
    source.connect(stream);
    source.start();
    return stream.stream;
  };
}

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  headless: true,
  extraPrefsFirefox: {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.autoplay.default": 0,
    "media.autoplay.block-webaudio": false,
    "intl.accept_languages": "en-GB, en",
    "dom.disable_beforeunload": true,
  },
});
const problems = [];
const facts = { problems };
const page = await browser.newPage();
try {
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("console", (said) => said.type() === "error" && problems.push(said.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.evaluateOnNewDocument(prepare, over);
  await page.setViewport({ width: 740, height: 360 });
  await page.goto(url);
  await page.waitForSelector("#call-button:enabled");
  await page.click("#call-button");
  await page.waitForSelector("#call[data-phase=live]");
  facts.transport = await page.$eval("#call", (call) => call.dataset.transport);
  facts.focus = await page.evaluate(() => document.activeElement.id);
  facts.icons = await page.$$eval("#call .icon", (icons) =>
    icons.map((icon) => [getComputedStyle(icon).fill, getComputedStyle(icon).stroke !== "none"]),
  );
  facts.out_of_reach = await page.$$eval("#call .controls button:not([hidden])", (buttons) =>
    buttons.filter((button) => {
      const { top, bottom, left, right } = button.getBoundingClientRect();
      return top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
    }).length,
  );
  await page.waitForSelector("#call[data-floor=you]");
  await page.waitForSelector("#call[data-floor=tutor] .caption.tutor .now");
  facts.heard = await page.$eval(".caption.you", (caption) => caption.textContent);
  facts.sounded = await page.evaluate(() => performance.getEntriesByName("turn").length);
  await page.keyboard.press("h");
  await page.waitForSelector("#hint p:not(:empty)");
  facts.hint = await page.$eval("#hint p", (hint) => hint.textContent);
  await page.waitForSelector("#transcript-lines li.cut"); // interrupted
  facts.silenced_for = await page.$eval("#call", (call) => call.dataset.floor);
  await page.waitForSelector("#call[data-floor=tutor]"); // and answered
  await page.click("#hang-up-button");
  await page.waitForSelector("#after:not([hidden])");
  facts.lines = await page.$$eval("#after-lines li", (lines) => lines.map((line) => line.classList[0]));
} catch (error) {
  problems.push(String(error));
  facts.state = await page.evaluate(() => {
    const { dataset } = document.querySelector("#call");
    return { ...dataset, words: document.querySelector("#call-state").textContent, microphone: window.heard?.state };
  });
} finally {
  await browser.close();
}
console.log(JSON.stringify(facts));
