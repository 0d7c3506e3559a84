/** During a call: one glance says who has the floor, one thumb reaches everything. */

import { make, part, setIcon } from "../base/dom.js";
import { typeset } from "../base/typography.js";
import { stayAwake } from "../call/awake.js";
import { floor, stateKey } from "../call/floor.js";
import { Steady } from "../call/steady.js";
import { CallPresence } from "../parts/call_presence.js";
import { LiveCaptions } from "../parts/live_captions.js";
import { SignalBars } from "../parts/signal_bars.js";
import { drawLine } from "./lines.js";

/** @import {Choices, Line} from "../types.js" */
/** @import {Call} from "../call/call.js" */
/** @import {Messages} from "../base/messages.js" */

const QUALITY_MS = 2000;

export class CallScreen {
  root = part(document, "#call");
  captions = part(this.root, "live-captions", LiveCaptions);
  presence = part(this.root, "call-presence", CallPresence);
  /** @type {Call | null} */
  #call = null;
  /** @type {(() => void)[]} what undoes what a call has begun */
  #undo = [];
  #frame = 0;
  #steady = new Steady();

  /**
   * @param {Messages} messages
   * @param {{ hangUp: () => void }} told
   */
  constructor(messages, told) {
    this.messages = messages;
    this.#button("#mute-button", () => this.#call?.mute());
    this.#button("#hang-up-button", told.hangUp);
    this.#button("#hint-button", () => this.#call?.hint());
    this.#button("#again-button", () => this.#call?.again());
    this.#button("#slower-button", () => this.#call?.slower());
    this.#button("#transcript-button", () => this.toggleTranscript());
    this.#holding(part(this.root, "#hold-button"));
    // A press by hand leaves the focus where it is, so that keys go on to do what they do.
    this.root.addEventListener("mousedown", (event) => {
      if (event.target instanceof Element && event.target.closest("button")) event.preventDefault();
    });
    messages.addEventListener("change", () => this.#draw());
  }

  /**
   * @param {Call} call
   * @param {Readonly<Choices>} choices
   * @param {string} title what this call is
   */
  open(call, choices, title) {
    this.#call = call;
    part(this.root, "#call-title").textContent = title;
    this.#steady = new Steady();
    part(this.root, "#transcript-lines").replaceChildren();
    part(this.root, "#transcript-lines").lang = choices.language ?? "";
    part(this.root, "#heard-lines").replaceChildren();
    part(this.root, "#latency").hidden = !choices.showLatency;
    part(this.root, "#hold-button").hidden = !choices.pushToTalk;
    part(this.root, "#mute-button").hidden = choices.pushToTalk;
    this.captions.clear();
    this.captions.language = choices.language ?? "";
    const quality = setInterval(() => call.measure(), QUALITY_MS);
    const clock = setInterval(() => this.#clock(), 1000);
    this.#undo = [
      call.state.watch(() => this.#draw()),
      stayAwake({ title, artist: "voicegw" }, call),
      () => clearInterval(quality),
      () => clearInterval(clock),
      () => cancelAnimationFrame(this.#frame),
    ];
    this.#clock();
    this.#animate();
  }

  /** Who sees nothing hears what this is; who types is where keys mean something. */
  focus() {
    part(this.root, this.#call?.choices.pushToTalk && !this.#call.choices.shortcuts ? "#hold-button" : "#call-title").focus();
  }

  close() {
    for (const undo of this.#undo.splice(0)) undo();
    this.#call = null;
  }

  /** @param {Line} line new or changed */
  said(line) {
    this.captions.show(line);
    drawLine(part(this.root, "#transcript-lines"), line, this.messages);
    if (line.state === "open" || !line.text.trim()) return;
    // Screen readers hear each line once, when it is complete; the words that light up are for the eye.
    const heard = part(this.root, "#heard-lines");
    if (heard.querySelector(`[data-id="${CSS.escape(line.id)}"]`)) return;
    const key = line.who === "you" ? "call.you_said" : "call.tutor_said";
    heard.append(make("p", { "data-id": line.id }, this.messages.say(key, { text: line.text.trim() })));
    while (heard.childElementCount > 6) heard.firstElementChild?.remove();
  }

  toggleTranscript() {
    const side = part(this.root, "#transcript");
    side.hidden = !side.hidden;
    part(this.root, "#transcript-button").setAttribute("aria-expanded", String(!side.hidden));
    this.root.classList.toggle("with-transcript", !side.hidden);
  }

  #animate() {
    const call = this.#call;
    if (!call) return;
    const has = floor(call.state.now);
    this.presence.level = has === "tutor" ? (call.ear?.level() ?? 0) : has === "you" ? (call.tap?.level() ?? 0) : 0;
    const line = this.captions.line;
    if (line && call.ear) this.captions.light(call.ear.heard(line.id), has === "tutor");
    this.#words();
    this.#frame = requestAnimationFrame(() => this.#animate());
  }

  #draw() {
    const call = this.#call;
    if (!call) return;
    const now = call.state.now;
    const has = floor(now);
    this.presence.floor = has;
    this.root.dataset["floor"] = has;
    this.root.dataset["phase"] = now.phase;
    this.root.dataset["transport"] = now.transport ?? "";
    this.#words();
    const say = this.messages.say.bind(this.messages);
    const mute = part(this.root, "#mute-button", HTMLButtonElement);
    mute.setAttribute("aria-pressed", String(now.muted));
    mute.setAttribute("aria-label", say(now.muted ? "call.unmute" : "call.mute"));
    mute.title = say(now.muted ? "call.unmute" : "call.mute");
    setIcon(mute, now.muted ? "microphone_off" : "microphone");
    part(this.root, "#hold-button").classList.toggle("down", now.holding);
    const next = call.slowerSpeed;
    const speed = next.toLocaleString(this.messages.language);
    part(this.root, "#slower-words").textContent = say(next < now.speed ? "call.slower" : "call.normal", { speed });
    part(this.root, "#again-button").setAttribute("aria-busy", String(now.againOwed));
    if (now.latency !== null) {
      const seconds = now.latency.toLocaleString(this.messages.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
      part(this.root, "#latency").textContent = say("call.latency", { seconds });
    }
    for (const id of ["#hint-button", "#again-button", "#slower-button"]) {
      part(this.root, id, HTMLButtonElement).disabled = now.phase !== "live";
    }
    this.#aside(now.hint);
    const notice = part(this.root, "#notice");
    notice.hidden = now.notice === null;
    notice.textContent = now.notice ? `${say(now.notice.key)} ${now.notice.detail ?? ""}`.trim() : "";
    part(this.root, "signal-bars", SignalBars).show(now.quality, say(`quality.${now.quality ?? "unknown"}`));
  }

  /** The state in words, each long enough to be read. */
  #words() {
    const call = this.#call;
    if (!call) return;
    const key = this.#steady.show(stateKey(call.state.now), performance.now());
    const words = key ? this.messages.say(key) : "";
    const place = part(this.root, "#call-state");
    if (place.textContent !== words) place.textContent = words;
    place.dataset["state"] = key;
  }

  /** @param {string | null} hint */
  #aside(hint) {
    const box = part(this.root, "#hint");
    box.hidden = hint === null;
    if (hint === null) return;
    const words = hint ? "call.you_could_say" : "call.thinking_of_hint";
    box.replaceChildren(make("small", {}, this.messages.say(words)), make("p", { lang: this.captions.lang }, typeset(hint, this.captions.lang)));
  }

  #clock() {
    const since = this.#call?.state.now.since;
    const seconds = since ? Math.floor((Date.now() - since) / 1000) : 0;
    const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
    part(this.root, "#elapsed").textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  }

  /** Held by a finger, or by Space and Enter for who comes here by keys. @param {HTMLElement} button */
  #holding(button) {
    const press = () => this.#call?.hold(true);
    const release = () => this.#call?.hold(false);
    button.addEventListener("pointerdown", (event) => {
      button.setPointerCapture(event.pointerId);
      press();
    });
    button.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) press();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "keyup", "blur"]) {
      button.addEventListener(end, release);
    }
  }

  /**
   * @param {string} selector
   * @param {() => void} action
   */
  #button(selector, action) {
    part(this.root, selector).addEventListener("click", action);
  }
}
