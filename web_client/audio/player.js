/** Short sounds outside a call: a voice's sample, the loudspeaker test, a line again. One at a time. */

import { newContext } from "./context.js";
import { RATE, toFloat } from "./pcm.js";

const NOTES = [523.25, 783.99]; // C5, G5: easy to hear on any loudspeaker
const NOTE_S = 0.35;

export class Player {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {{ stop: () => void } | null} */
  #playing = null;

  /** @param {ArrayBuffer} file */
  async file(file) {
    await this.#play(await this.#ready().decodeAudioData(file));
  }

  /** @param {Int16Array} samples 24 kHz */
  async samples(samples) {
    const buffer = this.#ready().createBuffer(1, Math.max(1, samples.length), RATE);
    buffer.copyToChannel(toFloat(samples), 0);
    await this.#play(buffer);
  }

  /** Two notes. */
  async chime() {
    const length = NOTE_S * NOTES.length;
    const buffer = this.#ready().createBuffer(1, RATE * length, RATE);
    buffer.copyToChannel(
      new Float32Array(buffer.length).map((_, i) => {
        const note = Math.min(NOTES.length - 1, Math.floor(i / RATE / NOTE_S));
        const second = i / RATE - note * NOTE_S;
        return 0.2 * Math.sin(2 * Math.PI * (NOTES[note] ?? 0) * second) * Math.min(1, second / 0.01) * Math.exp(-5 * second);
      }),
      0,
    );
    await this.#play(buffer);
  }

  stop() {
    this.#playing?.stop();
    this.#playing = null;
  }

  #ready() {
    this.stop();
    this.#context ??= newContext();
    this.#context.resume().catch(() => {}); // it was made in a click, so browsers allow it
    return this.#context;
  }

  /**
   * Done when it was heard, or stopped.
   *
   * @param {AudioBuffer} buffer
   * @returns {Promise<void>}
   */
  #play(buffer) {
    const context = this.#ready();
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start();
    return new Promise((resolve) => {
      source.onended = () => resolve();
      this.#playing = { stop: () => source.stop() };
    });
  }
}
