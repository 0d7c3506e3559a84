import assert from "node:assert/strict";
import test from "node:test";
import { Resampler } from "../../../web_client/audio/resampler.js";
import { fromBase64, toBase64, toFloat, toInt16 } from "../../../web_client/audio/pcm.js";

/**
 * @param {number} hz
 * @param {number} rate
 */
const tone = (hz, rate) => new Float32Array(rate).map((_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate));

/**
 * @param {Resampler} resampler
 * @param {Float32Array} input
 */
function inBlocks(resampler, input) {
  const out = [];
  for (let at = 0; at < input.length; at += 128) out.push(...resampler.push(input.subarray(at, at + 128)));
  return Float32Array.from(out);
}

/** @param {Float32Array} x */
const rms = (x) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

for (const rate of [16000, 44100, 48000]) {
  test(`a tone at ${rate} Hz keeps its pitch and its level, across blocks`, () => {
    const out = inBlocks(new Resampler(rate, 24000), tone(1000, rate));
    const delay = 24000 - out.length;
    assert.ok(delay >= 0 && delay < 100, `held back ${delay} samples`);
    const ideal = tone(1000, 24000);
    let worst = 0;
    for (let i = 100; i < out.length - 100; i++) worst = Math.max(worst, Math.abs((out[i] ?? 0) - (ideal[i] ?? 0)));
    assert.ok(worst < 0.002, `off by ${worst}`);
  });
}

test("what the wire cannot carry is silenced, not folded back", () => {
  const out = inBlocks(new Resampler(48000, 24000), tone(15000, 48000));
  assert.ok(rms(out.subarray(200)) < 0.5 * 10 ** (-60 / 20));
});

test("samples survive the way through base64", () => {
  const samples = Int16Array.from([0, 1, -1, 32767, -32768, 1234]);
  assert.deepEqual(fromBase64(toBase64(samples)), samples);
  assert.deepEqual(toInt16(toFloat(samples)), samples);
  assert.deepEqual([...toInt16(Float32Array.from([2, -2]))], [32767, -32768]);
});
