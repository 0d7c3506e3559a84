/**
 * The tutor's voice between the network and the loudspeaker, in samples; no clock, no browser.
 *
 * Sound arrives in bursts and must leave without a gap. An answer begins when `need` samples are there (or all of it
 * is). When the queue runs dry in the middle of an answer, it waits for twice as much before it goes on, and comes back
 * to the least once an answer went through. What was played of each item is counted exactly: the server is told that
 * number when the learner interrupts.
 */

import { AUDIBLE } from "./pcm.js";

/** @typedef {{ id: string, blocks: Float32Array[], at: number, waiting: number, played: number, ended: boolean, sounded: boolean, starved: boolean }} Item */
/** @typedef {{ kind: "sounded" | "ended" | "starved", item: string, offset: number }} Happening */

const FADE = 0.9; // per sample: an edge becomes silence within two milliseconds, without a click

export class JitterQueue {
  /** @type {Item[]} */
  #items = [];
  #running = false;
  #edge = 0;

  /**
   * @param {number} least samples that must be there before an answer begins
   * @param {number} most samples that it waits for at worst
   */
  constructor(least, most) {
    this.least = least;
    this.most = most;
    this.need = least;
  }

  /** What is being played, and how many samples of it were. */
  get place() {
    const item = this.#items[0];
    return item ? { item: item.id, played: item.played } : null;
  }

  /**
   * @param {string} id
   * @param {Float32Array} samples
   */
  push(id, samples) {
    const item = this.#item(id);
    item.blocks.push(samples);
    item.waiting += samples.length;
  }

  /**
   * No more of this item will come.
   *
   * @param {string} id
   */
  end(id) {
    this.#item(id).ended = true;
  }

  /** Throw away what was not played; what was being played, and how far it got. */
  stop() {
    const place = this.place;
    this.#items = [];
    this.#running = false;
    return place;
  }

  /**
   * Fill `out` with what is to be heard next. What happened meanwhile, with the sample of `out` at which it did.
   *
   * @param {Float32Array} out
   * @returns {Happening[]}
   */
  pull(out) {
    /** @type {Happening[]} */
    const happened = [];
    let at = 0;
    while (at < out.length) {
      const item = this.#items[0];
      if (!item) break;
      if (!this.#running && item.waiting < this.need && !item.ended) break;
      this.#running = true;
      if (item.waiting) at += this.#play(item, out, at, happened);
      else if (item.ended) this.#finish(item, at, happened);
      else this.#starve(item, at, happened);
    }
    for (; at < out.length; at++) out[at] = this.#edge *= FADE;
    return happened;
  }

  /** @param {string} id */
  #item(id) {
    let item = this.#items.find((known) => known.id === id);
    if (!item) {
      item = { id, blocks: [], at: 0, waiting: 0, played: 0, ended: false, sounded: false, starved: false };
      this.#items.push(item);
    }
    return item;
  }

  /**
   * @param {Item} item
   * @param {Float32Array} out
   * @param {number} at
   * @param {Happening[]} happened
   */
  #play(item, out, at, happened) {
    const block = item.blocks[0] ?? new Float32Array();
    const count = Math.min(out.length - at, block.length - item.at);
    const piece = block.subarray(item.at, item.at + count);
    out.set(piece, at);
    if (!item.sounded) {
      const first = piece.findIndex((sample) => Math.abs(sample) >= AUDIBLE);
      if (first >= 0) happened.push({ kind: "sounded", item: item.id, offset: at + first });
      item.sounded = first >= 0;
    }
    item.at += count;
    item.played += count;
    item.waiting -= count;
    if (item.at >= block.length) {
      item.blocks.shift();
      item.at = 0;
    }
    if (count) this.#edge = piece[count - 1] ?? 0;
    return count;
  }

  /**
   * @param {Item} item
   * @param {number} offset
   * @param {Happening[]} happened
   */
  #finish(item, offset, happened) {
    this.#items.shift();
    this.#running = this.#items.length > 0 && this.#running;
    if (!item.starved) this.need = Math.max(this.least, this.need / 2);
    happened.push({ kind: "ended", item: item.id, offset });
  }

  /**
   * @param {Item} item
   * @param {number} offset
   * @param {Happening[]} happened
   */
  #starve(item, offset, happened) {
    this.#running = false;
    item.starved = true;
    this.need = Math.min(this.most, this.need * 2);
    happened.push({ kind: "starved", item: item.id, offset });
  }
}
