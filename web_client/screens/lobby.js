/** Before a call: what is on offer, what is chosen, and the button. */

import { Messages } from "../base/messages.js";
import { Problem } from "../base/problem.js";
import { make, part, setIcon } from "../base/dom.js";
import { after, apply } from "../base/theme.js";
import { voiceFor } from "../base/voices.js";
import { radios } from "./options.js";
import { SoundCheck } from "./sound_check.js";
import { VoiceList } from "./voice_list.js";
import { WayOn } from "./way_on.js";

/** @import {Choices, KeptCall, Lobby as Offer} from "../types.js" */
/** @import {CallKeeper} from "../call/kept_call.js" */
/** @import {Store} from "../base/store.js" */
/** @import {Server} from "../base/server.js" */
/** @import {Player} from "../audio/player.js" */

const AGAIN_MS = 1000; // until the engines are up
const REACH_MS = 5000; // until the server can be reached
const SWITCHES = /** @type {const} */ ([
  ["#greeting", "greeting"],
  ["#push-to-talk", "pushToTalk"],
  ["#keep-my-voice", "keepMyVoice"],
  ["#show-latency", "showLatency"],
  ["#shortcuts", "shortcuts"],
]);
const PATIENCE = /** @type {const} */ (["quick", "normal", "patient"]);

/**
 * @typedef {object} Told
 * @property {() => void} call
 * @property {(kept: KeptCall) => void} back
 * @property {(problem: Problem) => void} failed
 * @property {() => void} keys show what keys do
 */

export class Lobby {
  root = part(document, "#lobby");
  /** @type {Offer | null} */
  offer = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  /**
   * @param {Store<Choices>} choices
   * @param {Messages} messages
   * @param {Server} server
   * @param {Player} player
   * @param {CallKeeper} keeper
   * @param {Told} told
   */
  constructor(choices, messages, server, player, keeper, told) {
    this.choices = choices;
    this.messages = messages;
    this.server = server;
    this.told = told;
    this.check = new SoundCheck(this.root, choices, messages, player, told.failed);
    this.voices = new VoiceList(part(this.root, "#voices"), choices, messages, server, player, told.failed);
    this.wayOn = new WayOn(this.root, messages, keeper, {
      back: told.back,
      key: told.failed,
      again: () => this.refresh(),
      left: () => {
        this.draw();
        this.focus();
      },
    });
    this.#wire();
    messages.addEventListener("change", () => this.draw());
  }

  /**
   * Ask what is on offer, until there is something.
   *
   * @param {boolean} [quietly] without a word when it fails: the page asks by itself
   */
  async refresh(quietly = false) {
    clearTimeout(this.#again);
    try {
      this.offer = await this.server.lobby();
      this.wayOn.problem = this.#lacks(this.offer);
    } catch (error) {
      this.wayOn.problem = error instanceof Problem ? error : new Problem("unreachable", String(error));
      if (this.wayOn.problem.code === "unreachable") this.#askAgain(REACH_MS);
      this.draw();
      if (!quietly) this.told.failed(this.wayOn.problem);
      return;
    }
    this.#settle(this.offer);
    this.draw();
    if (this.offer.state !== "ready") this.#askAgain(AGAIN_MS);
  }

  /** @param {number} after ms */
  #askAgain(after) {
    this.#again = setTimeout(() => !this.root.hidden && this.refresh(true), after);
  }

  /** @param {Offer} offer */
  #lacks(offer) {
    return offer.state === "ready" && offer.languages.length === 0 ? new Problem("no_language") : null;
  }

  /** A voice that speaks the chosen language: the learner's choice where it does. */
  get voice() {
    const { language, voice } = this.choices.now;
    return voiceFor(this.offer?.voices ?? [], language, voice);
  }

  focus() {
    part(this.root, "#lobby-title").focus();
  }

  /** A call begins: nothing here may hold the microphone or make a sound. */
  leave() {
    clearTimeout(this.#again);
    this.check.stop();
    this.voices.stop();
  }

  draw() {
    const focused = document.activeElement;
    const [name, value] = focused instanceof HTMLInputElement ? [focused.name, focused.value] : [];
    this.#drawAll();
    // The groups were made anew, by a choice or because the server was asked once more: the focus stays where it was.
    const again = [...this.root.querySelectorAll("input")].find((input) => input.name === name && input.value === value);
    if (name && again && again !== focused) again.focus({ preventScroll: true });
  }

  #drawAll() {
    const { messages, offer } = this;
    const now = this.choices.now;
    const ready = offer?.state === "ready" && offer.languages.length > 0;
    this.wayOn.draw(offer);
    part(this.root, "#call-button", HTMLButtonElement).disabled = !ready;
    part(this.root, "#privacy").textContent = messages.say(now.keepMyVoice ? "lobby.privacy_keep" : "lobby.privacy");
    this.#drawOffer(offer);
    this.#drawPace();
    this.check.draw();
  }

  /** @param {Offer | null} offer */
  #drawOffer(offer) {
    const { messages } = this;
    const now = this.choices.now;
    if (offer) this.#drawLanguages(offer);
    this.#group("#levels", "level", (offer?.levels ?? []).map((value) => ({ value, label: value })));
    part(this.root, "#level-meaning").textContent = messages.say(now.level ? `level.${now.level}` : "lobby.any_level");
    const scenarios = (offer?.scenarios ?? []).filter(({ language }) => !language || language === now.language);
    const free = { value: "", label: messages.say("lobby.free_talk"), summary: messages.say("lobby.free_talk_summary") };
    const cards = scenarios.map(({ id, title, summary }) => ({ value: id, label: title, ...(summary ? { summary } : {}) }));
    this.#group("#scenarios", "scenario", cards.length ? [...cards, free] : []);
    this.voices.draw(offer?.voices ?? []);
  }

  /**
   * Dozens of languages have only a voice that sounds like a machine: they are folded away, but for a chosen one.
   *
   * @param {Offer} offer
   */
  #drawLanguages(offer) {
    const chosen = this.choices.now.language;
    const options = offer.languages.map((value) => ({ value, label: Messages.ownName(value), lang: value }));
    const first = options.filter(({ value }) => value === chosen || offer.natural_languages.includes(value));
    const others = options.filter((option) => !first.includes(option)).sort((a, b) => a.label.localeCompare(b.label));
    this.#group("#languages", "language", first);
    this.#group("#more-languages", "language", others);
  }

  /**
   * @param {string} selector
   * @param {"language" | "level" | "scenario"} name
   * @param {import("./options.js").Option[]} options
   */
  #group(selector, name, options) {
    const box = part(this.root, selector);
    box.hidden = options.length === 0;
    const inner = part(box, ":scope > div");
    const chosen = this.choices.now[name] ?? (name === "scenario" ? "" : null);
    radios(inner, { name, options, chosen, choose: (value) => this.#choose({ [name]: value || null }) });
  }

  #drawPace() {
    const { messages } = this;
    const now = this.choices.now;
    const options = PATIENCE.map((value) => ({ value, label: messages.say(`patience.${value}`) }));
    radios(part(this.root, "#patience"), {
      name: "patience", options, chosen: now.patience,
      choose: (value) => this.#choose({ patience: /** @type {Choices["patience"]} */ (value) }),
    });
    part(this.root, "#patience-meaning").textContent = messages.say(`patience.${now.patience}.meaning`);
    part(this.root, "#speed", HTMLInputElement).value = String(now.speed);
    part(this.root, "#speed-value").textContent = `${now.speed.toLocaleString(messages.language, { minimumFractionDigits: 1 })}×`;
    setIcon(part(this.root, "#theme"), `theme_${now.theme}`);
  }

  /** @param {Partial<Choices>} changes */
  #choose(changes) {
    this.choices.set(changes);
    this.draw();
  }

  /**
   * A choice that is not on offer (any more) is none; a single offer is chosen.
   *
   * @param {Offer} offer
   */
  #settle(offer) {
    const now = this.choices.now;
    if (offer.state !== "ready") return;
    const known = now.language && offer.languages.includes(now.language);
    const likely = navigator.languages.map((tag) => tag.slice(0, 2));
    // One learns what one does not speak yet, and from a voice that sounds like a person.
    const other = offer.natural_languages.find((code) => !likely.includes(code));
    const language = known ? now.language : (other ?? offer.natural_languages[0] ?? offer.languages[0] ?? null);
    const level = now.level && offer.levels.includes(now.level) ? now.level : null;
    const scenario = offer.scenarios.some(({ id }) => id === now.scenario) ? now.scenario : null;
    const speaks = offer.voices.find(({ name, languages }) => name === now.voice && language && languages.includes(language));
    this.choices.set({ language, level, scenario, voice: speaks?.name ?? null });
  }

  #wire() {
    const { choices, messages } = this;
    const select = part(this.root, "#page-language", HTMLSelectElement);
    for (const code of Messages.offered) select.append(make("option", { value: code, lang: code }, Messages.ownName(code)));
    messages.addEventListener("change", () => (select.value = messages.language));
    select.addEventListener("change", () => {
      choices.set({ pageLanguage: select.value });
      messages.load(select.value).catch((error) => this.told.failed(new Problem("unreachable", String(error))));
    });
    part(this.root, "#theme").addEventListener("click", () => {
      choices.set({ theme: after(choices.now.theme) });
      apply(choices.now.theme);
      this.draw();
    });
    part(this.root, "#speed", HTMLInputElement).addEventListener("input", (event) => {
      choices.set({ speed: Number(/** @type {HTMLInputElement} */ (event.target).value) });
      this.draw();
    });
    for (const [id, key] of SWITCHES) {
      const box = part(this.root, id, HTMLInputElement);
      box.checked = choices.now[key];
      box.addEventListener("change", () => this.#choose({ [key]: box.checked }));
    }
    part(this.root, "#show-keys").addEventListener("click", () => this.told.keys());
    window.addEventListener("online", () => !this.root.hidden && this.wayOn.problem && this.refresh(true));
    part(this.root, "#choices", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.told.call();
    });
  }
}
