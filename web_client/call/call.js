/** One call, from the click to the goodbye: microphone, line, words and states. What it looks like is not its business. */

import { Microphone } from "../audio/microphone.js";
import { Tap } from "../audio/tap.js";
import { Problem } from "../base/problem.js";
import { Store } from "../base/store.js";
import { Conversation } from "./conversation.js";
import { eventTable, handle } from "./event_table.js";
import { floor } from "./floor.js";
import { Link } from "./link.js";
import * as orders from "./orders.js";
import { PushToTalk } from "./push_to_talk.js";
import { Recording } from "./recording.js";
import { paced, slower } from "./speed.js";
import { Timing } from "./timing.js";

/** @import {CallState, Choices, ClientEvent, Frame, KeptCall, Line, ServerEvent, TransportKind} from "../types.js" */
/** @import {Way} from "./signalling.js" */
/** @import {Server} from "../base/server.js" */

const AWAIT_MS = 6000; // of silence after the learner's turn: what was heard was no turn after all

/** @type {CallState} */
const BEGINNING = {
  phase: "connecting",
  asking: false,
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
  againOwed: false,
  hint: null,
  notice: null,
  since: null,
};

export class Call {
  timing = new Timing();
  recording = new Recording();
  expired = false;
  talk = new PushToTalk(this);
  /** @type {Microphone | null} */
  microphone = null;
  /** @type {Tap | null} */
  tap = null;
  /** @type {string | null} the response of the conversation that is being made */
  answering = null;
  #over = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} no answer came */
  #unanswered;

  /**
   * @param {Server} server
   * @param {Readonly<Choices>} choices
   * @param {{ kinds: readonly TransportKind[], instructions: string, greeting: Promise<ClientEvent> | null }} terms
   *   greeting: what has the tutor speak first
   * @param {{ said: (line: Line) => void, ended: (problem: Problem | null) => void }} told
   * @param {KeptCall | null} [kept] the call that this one takes up again
   */
  constructor(server, choices, terms, told, kept = null) {
    this.server = server;
    this.choices = choices;
    this.terms = terms;
    this.told = told;
    this.kept = kept;
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
    }, kept?.way);
  }

  /** @type {Way | null} back to this call, where its line allows it */
  get way() {
    return this.link.way;
  }

  get ear() {
    return this.link.ear;
  }

  /** Call it in a click. Throws Problem, with nothing left open. */
  async start() {
    this.timing.click();
    if (this.kept) this.conversation.take(this.kept.lines);
    try {
      this.state.set({ asking: true });
      const microphone = await Microphone.open(this.choices.microphone);
      this.microphone = microphone;
      this.state.set({ asking: false });
      if (this.#over.signal.aborted) throw new Problem("lost"); // hung up while the browser asked
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
    this.state.set({ since: this.kept?.since ?? Date.now() });
    const greeting = await this.terms.greeting;
    if (greeting && !this.conversation.lines.length) this.send(greeting); // unless the learner was quicker
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
    if (on) this.talk.press(this.microphone);
    else this.talk.release(this.microphone);
  }

  /** The learner has said something: an answer is due, unless it turns out that it was nothing. */
  awaitAnswer() {
    this.state.set({ awaiting: true });
    clearTimeout(this.#unanswered);
    this.#unanswered = setTimeout(() => this.#stopAwaiting(), AWAIT_MS);
  }

  #stopAwaiting() {
    if (!this.answering) this.state.set({ awaiting: false });
  }

  /** @param {string} words of the learner's turn; empty when it had none */
  understood(words) {
    if (!words.trim()) {
      if (this.talk.takeOwed()) this.notHeard("notice.not_understood");
      else this.#stopAwaiting();
    } else if (this.talk.takeOwed()) {
      this.send({ type: "response.create" });
    }
  }

  /** @param {string} notice why the learner's turn was none */
  notHeard(notice) {
    this.talk.takeOwed();
    this.#stopAwaiting();
    this.state.set({ notice: { key: notice } });
  }

  /** What the next press of "Slower" makes of the speed. */
  get slowerSpeed() {
    return slower(this.state.now.speed, this.choices.speed);
  }

  slower() {
    this.#speak(this.slowerSpeed);
  }

  /** @param {1 | -1} steps faster or slower */
  pace(steps) {
    this.#speak(paced(this.state.now.speed, steps));
  }

  /** @param {number} speed */
  #speak(speed) {
    this.state.set({ speed });
    this.send(orders.speak(speed));
  }

  /** The tutor's last words once more, as soon as the tutor has nothing else to say. */
  again() {
    if (this.state.now.phase !== "live" || !this.conversation.last("tutor")) return;
    this.state.set({ againOwed: true });
    this.sayAgain();
  }

  /** Say it again if that is owed and nobody has the floor. */
  sayAgain() {
    const now = this.state.now;
    const line = this.conversation.last("tutor");
    if (!line || !now.againOwed || this.answering || floor(now) !== "none") return;
    this.state.set({ againOwed: false });
    this.awaitAnswer();
    this.send(orders.say(line.text.trim(), orders.AGAIN));
  }

  /** What could the learner say? Nothing that is said meanwhile is in the way of it. */
  hint() {
    if (this.state.now.phase !== "live" || this.state.now.hint === "") return;
    this.state.set({ hint: "", notice: null });
    this.send(orders.hint(this.conversation.spoken, this.choices));
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
  quiet() {
    if (this.answering || this.state.now.tutorSounds) this.send({ type: "response.cancel" });
    this.state.set({ awaiting: false, againOwed: false });
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
    const told = known ? [] : orders.retell(this.conversation.spoken);
    return [orders.configure(wishes, this.terms.instructions), ...told];
  }

  #down() {
    if (this.expired) return new Problem("expired");
    this.answering = null;
    this.state.set({
      phase: "reconnecting", youSpeak: false, tutorSounds: false, awaiting: false, againOwed: false, hint: null, quality: 0,
    });
    return null;
  }

  /**
   * @param {boolean} on
   * @param {number} at
   */
  #sounding(on, at) {
    if (!on) {
      this.state.set({ tutorSounds: false });
      this.sayAgain();
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
    this.talk.close();
    clearTimeout(this.#unanswered);
    this.link.hangUp();
    this.tap?.close();
    this.microphone?.close();
  }
}
