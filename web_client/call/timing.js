/**
 * When things happened to the ear: performance marks, which the read-out and the tests both use.
 *
 * `call:click`, `call:connected`, then for each turn `turn:speech-end` (the last audible sample that the learner said)
 * and `turn:first-sound` (the first audible sample of the answer, at the loudspeaker), with the measure `turn` between.
 */

import { RATE } from "../audio/pcm.js";

/** @import {Frame} from "../types.js" */

const KEPT_S = 30;
const SPEECH_SHARE = 0.08; // of the loudest frame: softer ones are the room
const LEAST = 0.002; // of full scale: whatever is below is silence

export class Timing {
  /** @type {{ level: number, end: number, at: number }[]} frames, with the millisecond of the call at which each ends */
  #frames = [];
  #samples = 0;
  /** @type {number | null} */
  #speechEnd = null;

  click() {
    performance.mark("call:click");
  }

  connected() {
    performance.mark("call:connected");
  }

  /** A new connection counts the learner's sound from zero. */
  restart() {
    this.#frames = [];
    this.#samples = 0;
    this.#speechEnd = null;
  }

  /** @param {Frame} frame of the learner's, as it was sent */
  sent(frame) {
    this.#samples += frame.samples.length;
    this.#frames.push({ level: frame.level, end: (this.#samples / RATE) * 1000, at: frame.at });
    if (this.#frames.length > KEPT_S * 50) this.#frames.shift();
  }

  /** @param {number} ms of the call, at which the server says that the learner's turn was over */
  speechEnded(ms) {
    const before = this.#frames.filter((frame) => frame.end <= ms + 20);
    const loudest = before.reduce((most, frame) => Math.max(most, frame.level), 0);
    const last = before.findLast((frame) => frame.level >= Math.max(LEAST, loudest * SPEECH_SHARE));
    if (!last) return;
    this.#speechEnd = last.at;
    performance.mark("turn:speech-end", { startTime: last.at });
  }

  /**
   * @param {number} at performance.now() of the answer's first audible sample
   * @returns {number | null} seconds since the learner's last, null when the answer was not to speech
   */
  sounded(at) {
    const start = this.#speechEnd;
    this.#speechEnd = null;
    if (start === null) return null;
    performance.mark("turn:first-sound", { startTime: at });
    performance.measure("turn", { start, end: at });
    return (at - start) / 1000;
  }
}
