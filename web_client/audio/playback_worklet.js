/** The audio thread's end of the tutor's voice: plays a JitterQueue and says how far it got. */

import { JitterQueue } from "./jitter_queue.js";
import { toFloat } from "./pcm.js";

const LEAST_S = 0.04;
const MOST_S = 0.32;
const TELL_EVERY = 4; // blocks of 128 samples: about 20 ms

class Playback extends AudioWorkletProcessor {
  #queue = new JitterQueue(LEAST_S * sampleRate, MOST_S * sampleRate);
  #blocks = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#told(data);
  }

  /** @param {{ kind: "push" | "end" | "stop", item: string, samples: Int16Array }} message */
  #told(message) {
    if (message.kind === "push") this.#queue.push(message.item, toFloat(message.samples));
    else if (message.kind === "end") this.#queue.end(message.item);
    else this.port.postMessage({ kind: "stopped", place: this.#queue.stop() });
  }

  /**
   * @param {Float32Array[][]} _
   * @param {Float32Array[][]} outputs
   */
  process(_, outputs) {
    const out = outputs[0]?.[0];
    if (!out) return true;
    for (const { kind, item, offset } of this.#queue.pull(out)) {
      this.port.postMessage({ kind, item, time: currentTime + offset / sampleRate });
    }
    if (++this.#blocks % TELL_EVERY === 0) {
      const place = this.#queue.place;
      if (place) this.port.postMessage({ kind: "place", ...place });
    }
    return true;
  }
}

registerProcessor("playback", Playback);
