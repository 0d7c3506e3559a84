/** The voices that speak the chosen language, each with a sample to hear. */

import { icon, make, part } from "../base/dom.js";
import { Problem } from "../base/problem.js";
import { Messages } from "../base/messages.js";
import { speaking, voiceFor } from "../base/voices.js";
import { greeting } from "../call/greeting.js";

/** @import {Choices, Voice} from "../types.js" */
/** @import {Store} from "../base/store.js" */
/** @import {Server} from "../base/server.js" */
/** @import {Player} from "../audio/player.js" */

export class VoiceList {
  /** The sample that is fetched, or was heard last. */
  #wanted = new AbortController();

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

  /** A sample that has not come yet will not be heard. */
  stop() {
    this.#wanted.abort();
  }

  /**
   * The voice's first words of a call, in the language of the call, whatever this page speaks.
   *
   * @param {string} voice
   * @param {HTMLButtonElement} button
   */
  async #sample(voice, button) {
    const { language, speed } = this.choices.now;
    if (!language) return;
    this.stop();
    this.#wanted = new AbortController();
    const { signal } = this.#wanted;
    button.disabled = true;
    try {
      const input = (await greeting(language)) ?? Messages.ownName(language);
      const file = await this.server.speech({ input, voice, speed, language });
      if (!signal.aborted) await this.player.file(file);
    } catch (error) {
      if (!signal.aborted) this.failed(error instanceof Problem ? error : new Problem("unreachable", String(error)));
    } finally {
      button.disabled = false;
    }
  }
}
