/** The sound of each line, for the replay afterwards: in this page's memory, gone when it closes. */

import { RATE } from "../audio/pcm.js";

/** @import {Frame} from "../types.js" */

const MOST = 20 * 60 * RATE; // samples: twenty minutes of sound, about 58 MB
const RECENT = 60 * RATE;

export class Recording {
  /** @type {Map<string, Int16Array[]>} oldest line first */
  #lines = new Map();
  #total = 0;
  /** @type {Int16Array[]} the learner's last minute, from which a turn is cut when it is over */
  #recent = [];
  #heard = 0;
  /** @type {Map<string, number>} sample at which the learner's line begins */
  #begins = new Map();

  /**
   * A piece of a line.
   *
   * @param {string} item
   * @param {Int16Array} samples
   */
  add(item, samples) {
    const line = this.#lines.get(item) ?? [];
    this.#lines.set(item, line);
    line.push(samples);
    this.#total += samples.length;
    while (this.#total > MOST) this.#forget();
  }

  /** @param {Frame} frame of the learner's, who agreed */
  hear(frame) {
    this.#recent.push(frame.samples);
    this.#heard += frame.samples.length;
    let kept = this.#recent.reduce((sum, samples) => sum + samples.length, 0);
    while (kept > RECENT) kept -= this.#recent.shift()?.length ?? kept;
  }

  /** A new connection counts the learner's sound from zero. */
  restart() {
    this.#recent = [];
    this.#heard = 0;
    this.#begins.clear();
  }

  /**
   * @param {string} item
   * @param {number} ms of the call
   */
  begin(item, ms) {
    this.#begins.set(item, (ms * RATE) / 1000);
  }

  /**
   * @param {string} item
   * @param {number} ms of the call
   */
  finish(item, ms) {
    const begin = this.#begins.get(item);
    this.#begins.delete(item);
    if (begin === undefined || !this.#recent.length) return;
    const all = joined(this.#recent);
    const first = this.#heard - all.length;
    this.add(item, all.slice(Math.max(0, begin - first), Math.max(0, (ms * RATE) / 1000 - first)));
  }

  /** @param {string} item */
  has(item) {
    return this.#lines.has(item);
  }

  /** @param {string} item */
  of(item) {
    return joined(this.#lines.get(item) ?? []);
  }

  #forget() {
    const [oldest, line] = this.#lines.entries().next().value ?? [];
    if (oldest === undefined || !line) return;
    this.#lines.delete(oldest);
    this.#total -= line.reduce((sum, samples) => sum + samples.length, 0);
  }
}

/** @param {Int16Array[]} parts */
function joined(parts) {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
