/** A call over WebSocket: sound as base64 in events, played from a buffer of our own. */

import { toBase64, fromBase64 } from "../audio/pcm.js";
import { Speaker } from "../audio/speaker.js";
import { Problem } from "../base/problem.js";

/** @import {ClientEvent, Frame, Quality, ServerEvent, Transport, Wire} from "../types.js" */

const OPEN_MS = 8000;
const LATE_S = 1; // of the learner's sound waiting here: the way up is blocked
const LOST_AFTER = 3; // measurements in a row that were late: the network is gone, and TCP has not noticed yet
const BYTES_PER_S = 24_000 * 2 * (4 / 3);

/**
 * Throws Problem `unreachable` when the gateway did not take the call; why, it tells over HTTP.
 *
 * @param {Wire} wire
 * @param {string | null} key
 * @returns {Promise<WebSocketTransport>}
 */
export async function openWebSocket(wire, key) {
  const [socket, speaker] = await Promise.all([open(key), Speaker.open(wire.sounding)]);
  return new WebSocketTransport(socket, speaker, wire);
}

/**
 * @param {string | null} key
 * @returns {Promise<WebSocket>}
 */
function open(key) {
  const url = new URL("/v1/realtime?model=voicegw", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, key ? ["realtime", `openai-insecure-api-key.${key}`] : ["realtime"]);
  return new Promise((resolve, reject) => {
    const fail = () => {
      clearTimeout(late);
      socket.close();
      reject(new Problem("unreachable"));
    };
    const late = setTimeout(fail, OPEN_MS);
    socket.onopen = () => {
      clearTimeout(late);
      socket.onerror = socket.onclose = null;
      resolve(socket);
    };
    socket.onerror = socket.onclose = fail;
  });
}

/** @implements {Transport} */
class WebSocketTransport {
  /** @type {"websocket"} */
  kind = "websocket";
  resumed = false;
  way = null;
  #starved = 0;
  #lateFor = 0;

  /**
   * @param {WebSocket} socket
   * @param {Speaker} speaker
   * @param {Wire} wire
   */
  constructor(socket, speaker, wire) {
    this.socket = socket;
    this.ear = speaker;
    this.wire = wire;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = ({ code, reason }) => {
      speaker.close();
      wire.closed({ code, reason });
    };
  }

  /** @param {ClientEvent} event */
  send(event) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(event));
  }

  /** @param {Frame} frame */
  hear(frame) {
    if (this.socket.bufferedAmount > 2 * LATE_S * BYTES_PER_S) return; // what is this late is not worth saying
    this.send({ type: "input_audio_buffer.append", audio: toBase64(frame.samples) });
  }

  /** @returns {Promise<Quality>} */
  async quality() {
    const late = this.socket.bufferedAmount / BYTES_PER_S;
    const gaps = this.ear.starved - this.#starved;
    this.#starved = this.ear.starved;
    this.#lateFor = late > LATE_S ? this.#lateFor + 1 : 0;
    if (this.#lateFor >= LOST_AFTER) this.wire.closed({ code: 1006, reason: "nothing gets through" });
    if (late > LATE_S || gaps > 2) return 1;
    return late > LATE_S / 4 || gaps > 0 ? 2 : 3;
  }

  /** A WebSocket that closes is a call that ends. */
  hangUp() {
    this.drop();
  }

  drop() {
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close(1000);
    this.ear.close();
  }

  /** @param {ServerEvent} event */
  #take(event) {
    if (event.type === "response.output_audio.delta") {
      const samples = fromBase64(event.delta);
      if (this.ear.push(event.item_id, samples)) this.wire.voice(event.item_id, samples);
      return;
    }
    if (event.type === "response.output_audio.done") this.ear.end(event.item_id);
    this.wire.event(event);
  }
}
