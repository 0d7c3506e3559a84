/** One call, from the click to the goodbye: microphone, line, words and states. What it looks like is not its business. */

import { Microphone } from "../audio/microphone.js";
import { Tap } from "../audio/tap.js";
import { Problem } from "../base/problem.js";
import { Store } from "../base/store.js";
import { Conversation } from "./conversation.js";
import { eventTable, handle } from "./event_table.js";
import { Link } from "./link.js";
import * as orders from "./orders.js";
import { Recording } from "./recording.js";
import { Timing } from "./timing.js";

/** @import {CallState, Choices, ClientEvent, Frame, Line, ServerEvent, TransportKind} from "../types.js" */
/** @import {Server} from "../base/server.js" */

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
    const table = eventTable(this);
    const wire = {
      event: (/** @type {ServerEvent} */ event) => handle(table, event),
      sounding: this.#sounding.bind(this),
      voice: this.recording.add.bind(this.recording),
    };
    this.link = new Link(server, terms.kinds, wire, {
      introduce: (known) => this.#introduce(known),
      up: (transport) => this.state.set({ phase: "live", transport, quality: null }),
      down: () => this.#down(),
      failed: (problem) => this.#end(problem),
    });
  }

  get ear() {
    return this.link.ear;
  }

  /** Call it in a click. Throws Problem, with nothing left open. */
  async start() {
    this.timing.click();
    try {
      const microphone = await Microphone.open(this.choices.microphone);
      this.microphone = microphone;
      this.#watch(microphone);
      this.tap = await Tap.open((frame) => this.#hear(frame));
      this.tap.listen(microphone.stream);
      microphone.open = !this.choices.pushToTalk;
      await this.link.open(() => microphone.stream);
    } catch (error) {
      this.#free();
      throw error;
    }
    this.timing.connected();
    this.state.set({ since: Date.now() });
  }

  /** @param {ClientEvent} event */
  send(event) {
    this.link.send(event);
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
    const quality = await this.link.quality();
    if (this.state.now.phase === "live") this.state.set({ quality });
  }

  /** Stop whatever the tutor says or is about to say. */
  #quiet() {
    const { awaiting, tutorSounds } = this.state.now;
    if (awaiting || tutorSounds) this.send({ type: "response.cancel" });
    if (this.link.gatewayPlays) this.send({ type: "output_audio_buffer.clear" });
    this.interrupt();
  }

  /**
   * Who we are, and what was said so far.
   *
   * @param {boolean} known whether the server remembers what was said
   */
  #introduce(known) {
    this.timing.restart();
    this.recording.restart();
    const wishes = { ...this.choices, speed: this.state.now.speed };
    const told = known ? [] : orders.retell(this.conversation.lines);
    return [orders.configure(wishes, this.terms.instructions), ...told];
  }

  #down() {
    if (this.expired) return new Problem("expired");
    this.state.set({ phase: "reconnecting", youSpeak: false, tutorSounds: false, awaiting: false, hint: null, quality: 0 });
    return null;
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
    if (this.state.now.phase !== "live") return;
    this.link.hear(frame);
    this.timing.sent(frame);
    if (this.choices.keepMyVoice) this.recording.hear(frame);
  }

  /** @param {Microphone} microphone */
  #watch(microphone) {
    const signal = this.#over.signal;
    const replaced = () => {
      this.tap?.listen(microphone.stream);
      this.link.replace(microphone.stream);
    };
    microphone.addEventListener("replaced", replaced, { signal });
    microphone.addEventListener("lost", () => this.state.set({ microphoneLost: true }), { signal });
    microphone.addEventListener("back", () => this.state.set({ microphoneLost: false }), { signal });
    window.addEventListener("pagehide", () => this.hangUp(), { signal });
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
    this.link.hangUp();
    this.tap?.close();
    this.microphone?.close();
  }
}
