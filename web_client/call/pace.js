/** The ear on the WebRTC path: words come when they are spoken, and are heard a little later. No browser needed. */

/** @import {Ear} from "../types.js" */

/** @implements {Ear} */
export class Pace {
  /** @type {Map<string, number>} when the first word of each item came */
  #began = new Map();
  delay = 0.06; // seconds in the browser's jitter buffer, until its statistics say

  /**
   * @param {() => number} level
   * @param {() => number} [now] seconds
   */
  constructor(level, now = () => performance.now() / 1000) {
    this.level = level;
    this.now = now;
  }

  /** @param {string} item */
  next(item) {
    const now = this.now();
    if (!this.#began.has(item)) this.#began.set(item, now);
    return now - (this.#began.get(item) ?? now) + this.delay;
  }

  /** @param {string} item */
  heard(item) {
    const began = this.#began.get(item);
    return began === undefined ? 0 : this.now() - began;
  }

  /** The gateway stops the sound, and says where it was. */
  async stop() {
    return null;
  }
}
