/** One call, from the click to the goodbye: microphone, line, words and states. What it looks like is not its business. */

import { Microphone } from "../audio/microphone.js";
import { Tap } from "../audio/tap.js";
import { Problem } from "../base/problem.js";
import { Store } from "../base/store.js";
import { Conversation } from "./conversation.js";
import { dial } from "./dial.js";
import { eventTable, handle } from "./event_table.js";
import * as orders from "./orders.js";
import { Recording } from "./recording.js";
import { keepTrying } from "./redial.js";
import { Timing } from "./timing.js";

/** @import {CallState, Choices, ClientEvent, Ending, Frame, Line, TransportKind, Wire} from "../types.js" */
/** @import {Server} from "../base/server.js" */
/** @import {Way} from "./webrtc.js" */

const CONFIGURED_MS = 5000;
const TAIL_MS = 150; // after push-to-talk: the last sound is still on its way
const STEP = 0.1;
const SLOWEST = 0.6;
const FASTEST = 1.2;

/** @type {CallState} */
const BEGINNING = {
  phase: "connecting",
  youSpeak: false,
  tutorSounds: false,
  awaiting: false,
  muted: false,
  holding: false,
  pushToTalk: false,
  microphoneLost: false,
  quality: null,
  transport: null,
  latency: null,
  speed: 1,
  hint: null,
  notice: null,
  since: null,
};

export class Call {
  timing = new Timing();
  recording = new Recording();
  expired = false;
  /** @type {Microphone | null} */
  microphone = null;
  /** @type {Tap | null} */
  tap = null;
  /** @type {Awaited<ReturnType<typeof dial>> | null} */
  #line = null;
  /** @type {Way | null} back to the call, should its connection break */
  #way = null;
  /** @type {() => void} */
  #configured = () => {};
  #over = new AbortController();

  /**
   * @param {Server} server
   * @param {Readonly<Choices>} choices
   * @param {{ kinds: readonly TransportKind[], instructions: string }} terms
   * @param {{ said: (line: Line) => void, ended: (problem: Problem | null) => void }} told
   */
  constructor(server, choices, terms, told) {
    this.server = server;
    this.choices = choices;
    this.terms = terms;
    this.told = told;
    this.state = new Store({ ...BEGINNING, speed: choices.speed, pushToTalk: choices.pushToTalk });
    this.conversation = new Conversation(told.said);
    this.table = eventTable(this);
  }

  get ear() {
    return this.#line?.ear ?? null;
  }

  /** Call it in a click. Throws Problem, with nothing left open. */
  async start() {
    this.timing.click();
    try {
      this.microphone = await Microphone.open(this.choices.microphone);
      this.#watch(this.microphone);
      this.tap = await Tap.open((frame) => this.#hear(frame));
      this.tap.listen(this.microphone.stream);
      this.microphone.open = !this.choices.pushToTalk;
      await this.#connect();
    } catch (error) {
      this.#free();
      throw error;
    }
    this.timing.connected();
    this.state.set({ since: Date.now() });
  }

  /** @param {ClientEvent} event */
  send(event) {
    this.#line?.send(event);
  }

  connected() {
    this.#configured();
  }

  /** The learner speaks: the tutor is silent at once, and the server is told where. */
  async interrupt() {
    const place = await this.ear?.stop();
    if (!place) return;
    this.send({ type: "conversation.item.truncate", item_id: place.item, content_index: 0, audio_end_ms: place.ms });
    this.conversation.cut(place.item, place.ms / 1000);
  }

  mute() {
    if (!this.microphone || this.choices.pushToTalk) return;
    const muted = !this.state.now.muted;
    this.microphone.open = !muted;
    this.state.set({ muted });
  }

  /** @param {boolean} on push-to-talk: the button went down, or up */
  hold(on) {
    if (!this.microphone || !this.choices.pushToTalk || on === this.state.now.holding) return;
    this.state.set({ holding: on, youSpeak: on, notice: null, hint: null });
    if (on) {
      this.#quiet();
      this.send({ type: "input_audio_buffer.clear" });
      this.microphone.open = true;
      return;
    }
    setTimeout(() => {
      if (this.microphone) this.microphone.open = false;
      this.timing.speechEnded(Infinity);
      this.send({ type: "input_audio_buffer.commit" });
      this.send({ type: "response.create" });
    }, TAIL_MS);
  }

  /** Two steps slower; after the slowest, as chosen again. */
  slower() {
    const next = this.state.now.speed - 2 * STEP;
    this.#speak(next < SLOWEST - STEP / 2 ? this.choices.speed : next);
  }

  /** @param {1 | -1} steps faster or slower */
  pace(steps) {
    this.#speak(Math.min(FASTEST, Math.max(SLOWEST, this.state.now.speed + steps * STEP)));
  }

  /** @param {number} speed */
  #speak(speed) {
    const rounded = Math.round(speed * 10) / 10;
    this.state.set({ speed: rounded });
    this.send(orders.speak(rounded));
  }

  again() {
    if (!this.conversation.last("tutor")) return;
    this.#quiet();
    this.send(orders.again(this.terms.instructions));
  }

  hint() {
    this.#quiet();
    this.state.set({ hint: "" });
    this.send(orders.hint(this.terms.instructions));
  }

  hangUp() {
    this.#end(null);
  }

  /** Find out how good the connection is. */
  async measure() {
    const quality = await this.#line?.quality().catch(() => null);
    if (this.state.now.phase === "live" && quality !== undefined) this.state.set({ quality });
  }

  /** Stop whatever the tutor says or is about to say. */
  #quiet() {
    const { awaiting, tutorSounds } = this.state.now;
    if (awaiting || tutorSounds) this.send({ type: "response.cancel" });
    if (this.#line?.kind === "webrtc") this.send({ type: "output_audio_buffer.clear" });
    this.interrupt();
  }

  async #connect() {
    const microphone = this.microphone;
    if (!microphone) throw new Problem("no_microphone");
    const line = await dial(this.#wire(), this.server, microphone.stream, this.terms.kinds, this.#way);
    this.#way = line.way;
    if (this.#over.signal.aborted) {
      line.hangUp();
      throw new Problem("lost");
    }
    this.#line = line;
    this.timing.restart();
    this.recording.restart();
    try {
      await this.#introduce(line.resumed);
    } catch (error) {
      line.drop();
      this.#line = null;
      throw error;
    }
    this.state.set({ phase: "live", transport: line.kind, quality: null });
  }

  /**
   * Say who we are and what was said so far; done when the server took it. Throws Problem.
   *
   * @param {boolean} known whether the server remembers what was said
   * @returns {Promise<void>}
   */
  #introduce(known) {
    this.send(orders.configure({ ...this.choices, speed: this.state.now.speed }, this.terms.instructions));
    for (const item of known ? [] : orders.retell(this.conversation.lines)) this.send(item);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Problem("unreachable")), CONFIGURED_MS);
      this.#configured = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }

  /** @returns {Wire} */
  #wire() {
    return {
      event: (event) => handle(this.table, event),
      sounding: (on, at) => this.#sounding(on, at),
      voice: (item, samples) => this.recording.add(item, samples),
      closed: (ending) => this.#closed(ending),
    };
  }

  /**
   * @param {boolean} on
   * @param {number} at
   */
  #sounding(on, at) {
    if (!on) {
      this.state.set({ tutorSounds: false });
      return;
    }
    const latency = this.timing.sounded(at) ?? this.state.now.latency;
    this.state.set({ tutorSounds: true, awaiting: false, youSpeak: false, latency });
  }

  /** @param {Frame} frame */
  #hear(frame) {
    const line = this.#line;
    if (!line || this.state.now.phase !== "live") return;
    if (line.kind === "websocket") line.hear(frame);
    this.timing.sent(frame);
    if (this.choices.keepMyVoice) this.recording.hear(frame);
  }

  /** @param {Microphone} microphone */
  #watch(microphone) {
    const signal = this.#over.signal;
    const replaced = () => {
      this.tap?.listen(microphone.stream);
      if (this.#line?.kind === "webrtc") this.#line.replace(microphone.stream);
    };
    microphone.addEventListener("replaced", replaced, { signal });
    microphone.addEventListener("lost", () => this.state.set({ microphoneLost: true }), { signal });
    microphone.addEventListener("back", () => this.state.set({ microphoneLost: false }), { signal });
    window.addEventListener("offline", () => this.#closed({ code: 1006, reason: "offline" }), { signal });
    window.addEventListener("pagehide", () => this.hangUp(), { signal });
  }

  /** @param {Ending} _ */
  async #closed(_) {
    if (!this.#line || this.state.now.phase !== "live") return;
    this.#line.drop();
    this.#line = null;
    if (this.expired) return this.#end(new Problem("expired"));
    this.state.set({ phase: "reconnecting", youSpeak: false, tutorSounds: false, awaiting: false, hint: null, quality: 0 });
    const problem = await keepTrying(() => this.#connect(), this.#over.signal);
    if (problem && !this.#over.signal.aborted) this.#end(problem);
  }

  /** @param {Problem | null} problem */
  #end(problem) {
    if (this.state.now.phase === "ended") return;
    this.#free();
    this.state.set({ phase: "ended", youSpeak: false, tutorSounds: false, awaiting: false, holding: false });
    this.told.ended(problem);
  }

  #free() {
    this.#over.abort();
    this.#line?.hangUp();
    this.#line = null;
    this.#way?.release();
    this.tap?.close();
    this.microphone?.close();
  }
}
