/** Listens to a stream: frames of 20 ms at the wire's rate, and its level. */

import { keepAwake, newContext } from "./context.js";
import { meter } from "./meter.js";

/** @import {Frame} from "../types.js" */

export class Tap {
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  #letSleep;

  /**
   * @param {AudioContext} context
   * @param {AudioWorkletNode} node
   */
  constructor(context, node) {
    this.context = context;
    this.node = node;
    this.level = meter(context, node);
    this.#letSleep = keepAwake(context);
  }

  /**
   * Call it in the click that begins the call.
   *
   * @param {(frame: Frame) => void} frame
   */
  static async open(frame) {
    const context = newContext();
    await context.audioWorklet.addModule("/audio/capture_worklet.js");
    const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 1, outputChannelCount: [1] });
    node.port.onmessage = ({ data }) => {
      const at = performance.now() - Math.max(0, context.currentTime - data.time) * 1000;
      frame({ samples: data.samples, level: data.level, at });
    };
    // Without a way to the loudspeaker a browser does not run the node; it makes no sound of its own.
    node.connect(context.destination);
    return new Tap(context, node);
  }

  /** @param {MediaStream} stream to listen to from now on, in place of the one before */
  listen(stream) {
    this.#source?.disconnect();
    this.#source = this.context.createMediaStreamSource(stream);
    this.#source.connect(this.node);
    this.level = meter(this.context, this.#source);
  }

  close() {
    this.#letSleep();
    this.#source?.disconnect();
    this.node.disconnect();
    this.context.close().catch(() => {}); // closed already
  }
}
