/** What stands in the way of a call and what to do about it, and the call that was left: no visit ends in a dead end. */

import { part } from "../base/dom.js";

/** @import {KeptCall, Lobby as Offer} from "../types.js" */
/** @import {Messages} from "../base/messages.js" */
/** @import {Problem} from "../base/problem.js" */
/** @import {CallKeeper} from "../call/kept_call.js" */

/** Problems that a key helps against. */
const KEYS = new Set(["key", "wrong_key"]);

export class WayOn {
  /** @type {Problem | null} */
  problem = null;

  /**
   * @param {HTMLElement} root
   * @param {Messages} messages
   * @param {CallKeeper} keeper
   * @param {{ back: (kept: KeptCall) => void, key: (problem: Problem) => void, again: () => void, left: () => void }} told
   *   again: ask the server once more. left: the learner does not want the call back.
   */
  constructor(root, messages, keeper, told) {
    this.root = root;
    this.messages = messages;
    this.keeper = keeper;
    part(root, "#way-on").addEventListener("click", () => {
      if (this.problem && KEYS.has(this.problem.code)) told.key(this.problem);
      else told.again();
    });
    part(root, "#back-yes").addEventListener("click", () => {
      const kept = keeper.kept;
      if (kept) told.back(kept);
      else told.left(); // it was too long ago
    });
    part(root, "#back-no").addEventListener("click", () => {
      keeper.forget();
      told.left();
    });
  }

  /** @param {Offer | null} offer */
  draw(offer) {
    const { messages, problem } = this;
    const starting = !problem && offer !== null && offer.state !== "ready";
    part(this.root, "#waiting").hidden = !problem && !starting;
    const sentence = problem ? ["title", "text"].map((of) => messages.say(`problem.${problem.code}.${of}`)).join(". ") : "";
    part(this.root, "#getting-ready").textContent = starting ? messages.say("lobby.starting") : sentence;
    const button = part(this.root, "#way-on");
    button.hidden = !problem;
    button.textContent = messages.say(problem && KEYS.has(problem.code) ? "lobby.enter_key" : "lobby.try_again");
    const kept = this.keeper.kept;
    part(this.root, "#back").hidden = kept === null;
    if (kept) part(this.root, "#back-words").textContent = messages.say("back.words", { title: kept.title });
  }
}
