/** The audio thread's end of a microphone (or of any stream): 20 ms frames at the wire's rate. */

import { RATE, loudness, toInt16 } from "./pcm.js";
import { Resampler } from "./resampler.js";

const FRAME = RATE / 50;

class Capture extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate, RATE);
  #frame = new Int16Array(FRAME);
  #filled = 0;

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const channels = inputs[0];
    if (!channels?.[0]) return true; // between two microphones there is nothing to hear
    const samples = toInt16(this.#resampler.push(mixed(channels, channels[0])));
    for (let at = 0; at < samples.length; ) {
      const count = Math.min(FRAME - this.#filled, samples.length - at);
      this.#frame.set(samples.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === FRAME) this.#tell();
    }
    return true;
  }

  #tell() {
    const samples = this.#frame;
    this.#frame = new Int16Array(FRAME);
    this.#filled = 0;
    this.port.postMessage({ samples, level: loudness(samples), time: currentTime }, [samples.buffer]);
  }
}

/**
 * @param {Float32Array[]} channels
 * @param {Float32Array} first
 */
function mixed(channels, first) {
  if (channels.length === 1) return first;
  return first.map((_, i) => channels.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channels.length);
}

registerProcessor("capture", Capture);
