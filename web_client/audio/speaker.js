/** The tutor's voice on the WebSocket path: an Ear that knows to the sample how far it got. */

import { delay, heardAt, keepAwake, newContext } from "./context.js";
import { meter } from "./meter.js";
import { RATE } from "./pcm.js";

/** @import {Ear} from "../types.js" */

const STOP_MS = 200; // the audio thread answers within a block; one that is stuck must not hold up an interruption

/** @implements {Ear} */
export class Speaker {
  /** @type {Map<string, { received: number, played: number, over: boolean }>} */
  #items = new Map();
  /** @type {Set<string>} items that were stopped: what of them still arrives is not for the ear */
  #stopped = new Set();
  /** @type {((place: { item: string, played: number } | null) => void) | null} */
  #onStopped = null;
  #letSleep;
  starved = 0;

  /**
   * @param {AudioContext} context
   * @param {AudioWorkletNode} node
   * @param {(on: boolean, at: number) => void} sounding
   */
  constructor(context, node, sounding) {
    this.context = context;
    this.node = node;
    this.sounding = sounding;
    this.level = meter(context, node);
    this.#letSleep = keepAwake(context);
    node.port.onmessage = ({ data }) => this.#told(data);
    node.connect(context.destination);
  }

  /** @param {(on: boolean, at: number) => void} sounding */
  static async open(sounding) {
    const context = newContext({ sampleRate: RATE }); // the browser brings it to the loudspeaker's rate
    await context.audioWorklet.addModule("/audio/playback_worklet.js");
    const node = new AudioWorkletNode(context, "playback", { numberOfInputs: 0, outputChannelCount: [1] });
    return new Speaker(context, node, sounding);
  }

  /**
   * @param {string} item
   * @param {Int16Array} samples
   * @returns {boolean} whether it will be heard
   */
  push(item, samples) {
    if (this.#stopped.has(item)) return false;
    this.#item(item).received += samples.length;
    this.node.port.postMessage({ kind: "push", item, samples });
    return true;
  }

  /** @param {string} item of which no more will come */
  end(item) {
    if (this.#items.has(item) && !this.#stopped.has(item)) this.node.port.postMessage({ kind: "end", item });
  }

  /** @param {string} item */
  next(item) {
    return this.#item(item).received / RATE;
  }

  /** @param {string} item */
  heard(item) {
    const known = this.#items.get(item);
    if (!known) return 0;
    const seconds = known.played / RATE;
    return known.over ? seconds : Math.max(0, seconds - delay(this.context));
  }

  /** @returns {Promise<{ item: string, ms: number } | null>} */
  async stop() {
    for (const [id, item] of this.#items) if (!item.over) this.#stopped.add(id);
    const place = await this.#silence();
    this.sounding(false, performance.now());
    for (const item of this.#items.values()) item.over = true;
    if (!place) return null;
    this.#item(place.item).played = place.played;
    const heard = Math.max(0, place.played / RATE - delay(this.context));
    return { item: place.item, ms: Math.floor(heard * 1000) };
  }

  close() {
    this.#letSleep();
    this.node.disconnect();
    this.context.close().catch(() => {}); // closed already
  }

  /** @returns {Promise<{ item: string, played: number } | null>} */
  #silence() {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(null), STOP_MS);
      this.#onStopped = (place) => {
        clearTimeout(late);
        resolve(place);
      };
      this.node.port.postMessage({ kind: "stop" });
    });
  }

  /** @param {string} id */
  #item(id) {
    let item = this.#items.get(id);
    if (!item) this.#items.set(id, (item = { received: 0, played: 0, over: false }));
    return item;
  }

  /** @param {{ kind: string, item: string, played: number, time: number, place: { item: string, played: number } | null }} message */
  #told(message) {
    const item = this.#items.get(message.item);
    if (message.kind === "place" && item) item.played = message.played;
    else if (message.kind === "sounded") this.sounding(true, heardAt(this.context, message.time));
    else if (message.kind === "starved") this.starved++;
    else if (message.kind === "stopped") this.#onStopped?.(message.place);
    else if (message.kind === "ended" && item) {
      item.played = item.received;
      item.over = true;
      this.sounding(false, heardAt(this.context, message.time));
    }
  }
}
