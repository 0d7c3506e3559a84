/** After a call: what was said, to read and to hear again. */

import { part } from "../base/dom.js";
import { drawLine } from "./lines.js";

/** @import {Call} from "../call/call.js" */
/** @import {Messages} from "../base/messages.js" */
/** @import {Player} from "../audio/player.js" */

export class AfterScreen {
  root = part(document, "#after");
  /** @type {{ call: Call, seconds: number | null } | null} seconds: null when the line never stood */
  #shown = null;

  /**
   * @param {Messages} messages
   * @param {Player} player
   * @param {{ call: () => void, lobby: () => void }} told
   */
  constructor(messages, player, told) {
    this.messages = messages;
    this.player = player;
    part(this.root, "#call-again").addEventListener("click", told.call);
    part(this.root, "#to-lobby").addEventListener("click", told.lobby);
    messages.addEventListener("change", () => this.#draw());
  }

  /** @param {Call} call that is over */
  open(call) {
    const since = call.state.now.since;
    this.#shown = { call, seconds: since ? Math.round((Date.now() - since) / 1000) : null };
    this.#draw();
    this.focus();
  }

  focus() {
    part(this.root, "#after-title").focus();
  }

  leave() {
    this.player.stop();
    this.#shown = null; // and with it the sound of the call
  }

  #draw() {
    if (!this.#shown) return;
    const { call, seconds } = this.#shown;
    const say = this.messages.say.bind(this.messages);
    part(this.root, "#after-title").textContent = say("after.title");
    const minutes = Math.floor((seconds ?? 0) / 60);
    const lead = minutes ? "after.minutes" : "after.seconds";
    part(this.root, "#after-lead").textContent = seconds === null ? "" : say(lead, { minutes, seconds: seconds % 60 });
    const lines = call.conversation.spoken;
    const list = part(this.root, "#after-lines");
    list.lang = call.choices.language ?? "";
    list.replaceChildren();
    for (const line of lines) {
      const sound = call.recording.has(line.id);
      drawLine(list, line, this.messages, sound ? () => this.player.samples(call.recording.of(line.id)) : null);
    }
    part(this.root, "#after-empty").hidden = lines.length > 0;
  }
}
