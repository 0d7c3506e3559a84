/** The voices that speak the chosen language, each with a sample to hear. */

import { icon, make, part } from "../base/dom.js";
import { Problem } from "../base/problem.js";
import { speaking, voiceFor } from "../base/voices.js";

/** @import {Choices, Voice} from "../types.js" */
/** @import {Store} from "../base/store.js" */
/** @import {Messages} from "../base/messages.js" */
/** @import {Server} from "../base/server.js" */
/** @import {Player} from "../audio/player.js" */

export class VoiceList {
  /**
   * @param {HTMLElement} root
   * @param {Store<Choices>} choices
   * @param {Messages} messages
   * @param {Server} server
   * @param {Player} player
   * @param {(problem: Problem) => void} failed
   */
  constructor(root, choices, messages, server, player, failed) {
    this.root = root;
    this.choices = choices;
    this.messages = messages;
    this.server = server;
    this.player = player;
    this.failed = failed;
  }

  /** @param {Voice[]} voices */
  draw(voices) {
    const { language, voice } = this.choices.now;
    const able = speaking(voices, language);
    const chosen = voiceFor(voices, language, voice);
    this.root.hidden = able.length === 0;
    part(this.root, ".voices").replaceChildren(
      ...able.map(({ name }) => {
        const input = make("input", { type: "radio", name: "voice", value: name });
        input.checked = name === chosen;
        input.addEventListener("change", () => this.choices.set({ voice: name }));
        const label = make("label", { class: "option" }, input, make("span", { class: "face" }, make("b", {}, name)));
        const words = this.messages.say("lobby.hear_voice", { name });
        const hear = make("button", { type: "button", class: "icon-button", "aria-label": words, title: words }, icon("play"));
        hear.addEventListener("click", () => this.#sample(name, hear));
        return make("div", { class: "voice" }, label, hear);
      }),
    );
  }

  /**
   * @param {string} voice
   * @param {HTMLButtonElement} button
   */
  async #sample(voice, button) {
    const { language, speed } = this.choices.now;
    button.disabled = true;
    try {
      // The sentence is in the voice's own language, whatever this page speaks.
      const table = await fetch(`/messages/${language}.json`);
      const text = table.ok ? (await table.json())["sample"] : this.messages.say("sample");
      await this.player.file(await this.server.speech({ input: text, voice, speed, language }));
    } catch (error) {
      this.failed(error instanceof Problem ? error : new Problem("unreachable", String(error)));
    } finally {
      button.disabled = false;
    }
  }
}
