/** The connection of a call, whichever line carries it: made, introduced, made again when it breaks. */

import { Problem } from "../base/problem.js";
import { dial } from "./dial.js";
import { keepTrying } from "./redial.js";

/** @import {ClientEvent, Frame, Quality, TransportKind, Wire} from "../types.js" */
/** @import {Server} from "../base/server.js" */
/** @import {Way} from "./signalling.js" */

const CONFIGURED_MS = 5000;

/**
 * @typedef {object} Told
 * @property {(known: boolean) => ClientEvent[]} introduce what to say first; known: the server remembers what was said
 * @property {(kind: TransportKind) => void} up the server took it
 * @property {() => Problem | null} down the connection broke; a problem when it need not be tried again
 * @property {(problem: Problem) => void} failed there is no coming back
 */

export class Link {
  /** @type {Awaited<ReturnType<typeof dial>> | null} */
  #line = null;
  /** @type {Way | null} back to the call, should its connection break */
  #way = null;
  /** @type {() => void} */
  #configured = () => {};
  #over = new AbortController();

  /**
   * @param {Server} server
   * @param {readonly TransportKind[]} kinds
   * @param {Omit<Wire, "closed">} wire
   * @param {Told} told
   * @param {{ call: string, ticket: string } | null} [way] back to a call that an earlier page held
   */
  constructor(server, kinds, wire, told, way = null) {
    this.server = server;
    this.kinds = kinds;
    this.wire = { ...wire, closed: () => this.broken() };
    this.told = told;
    this.#way = way && { ...way, release: () => {} };
    window.addEventListener("offline", () => this.broken(), { signal: this.#over.signal });
  }

  get way() {
    return this.#way;
  }

  get ear() {
    return this.#line?.ear ?? null;
  }

  /** Who plays the tutor's voice: over WebRTC the gateway does, and has to be told to stop. */
  get gatewayPlays() {
    return this.#line?.kind === "webrtc";
  }

  /**
   * Get through. Throws Problem.
   *
   * @param {() => MediaStream} microphone as it is at this moment: it may be replaced between two attempts
   */
  async open(microphone) {
    this.microphone = microphone;
    const line = await dial(this.wire, this.server, microphone(), this.kinds, this.#way);
    this.#way = line.way;
    if (this.#over.signal.aborted) {
      line.hangUp();
      throw new Problem("lost");
    }
    this.#line = line;
    try {
      for (const event of this.told.introduce(line.resumed)) line.send(event);
      await this.#taken();
    } catch (error) {
      this.#line = null;
      line.drop();
      throw error;
    }
    this.told.up(line.kind);
  }

  /** The server has answered our introduction. */
  configured() {
    this.#configured();
  }

  /** @param {ClientEvent} event */
  send(event) {
    this.#line?.send(event);
  }

  /** @param {Frame} frame of the learner's; over WebRTC the track carries it */
  hear(frame) {
    if (this.#line?.kind === "websocket") this.#line.hear(frame);
  }

  /** @param {MediaStream} stream another microphone */
  replace(stream) {
    if (this.#line?.kind === "webrtc") this.#line.replace(stream);
  }

  /** @returns {Promise<Quality | null>} */
  async quality() {
    return (await this.#line?.quality().catch(() => null)) ?? null;
  }

  /** Let go of what is there, and try again for a while. */
  async broken() {
    const { microphone } = this;
    if (!this.#line || !microphone) return;
    this.#line.drop();
    this.#line = null;
    const over = this.#over.signal;
    const problem = this.told.down() ?? (await keepTrying(() => this.open(microphone), over));
    if (problem && !over.aborted) this.told.failed(problem);
  }

  hangUp() {
    this.#over.abort();
    this.#line?.hangUp();
    this.#line = null;
    this.#way?.release();
  }

  /** @returns {Promise<void>} */
  #taken() {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Problem("unreachable")), CONFIGURED_MS);
      this.#configured = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }
}
