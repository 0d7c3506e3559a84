/** Before a call: does the microphone hear, does the loudspeaker sound? */

import { microphones, Microphone } from "../audio/microphone.js";
import { Tap } from "../audio/tap.js";
import { icon, make, part } from "../base/dom.js";
import { Problem } from "../base/problem.js";
import { LevelMeter } from "../parts/level_meter.js";

/** @import {Choices} from "../types.js" */
/** @import {Store} from "../base/store.js" */
/** @import {Messages} from "../base/messages.js" */
/** @import {Player} from "../audio/player.js" */

const ASKING_MS = 400; // a browser that knows the answer is quicker than that
const HEARD = 0.5; // of the meter: a voice at arm's length

export class SoundCheck {
  /** @type {{ microphone: Microphone, tap: Tap } | null} */
  #open = null;
  /** The check that goes on, or went on last. */
  #wanted = new AbortController();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;

  /**
   * @param {HTMLElement} root
   * @param {Store<Choices>} choices
   * @param {Messages} messages
   * @param {Player} player
   * @param {(problem: Problem) => void} failed
   */
  constructor(root, choices, messages, player, failed) {
    this.root = root;
    this.choices = choices;
    this.messages = messages;
    this.failed = failed;
    this.meter = part(root, "level-meter", LevelMeter);
    this.words = part(root, "#check-words");
    this.button = part(root, "#check-microphone", HTMLButtonElement);
    this.select = part(root, "#devices select", HTMLSelectElement);
    this.button.addEventListener("click", () => (this.#open ? this.stop() : this.start()));
    part(root, "#check-speaker").addEventListener("click", () => player.chime());
    this.select.addEventListener("change", () => {
      choices.set({ microphone: this.select.value });
      this.start();
    });
  }

  draw() {
    const say = this.messages.say.bind(this.messages);
    this.button.replaceChildren(icon("microphone"), say(this.#open ? "check.microphone_stop" : "check.microphone"));
    part(this.root, "#check-speaker").replaceChildren(icon("speaker"), say("check.speaker"));
  }

  async start() {
    this.stop();
    this.#wanted = new AbortController();
    const { signal } = this.#wanted;
    this.button.disabled = true;
    const asking = setTimeout(() => (this.words.textContent = this.messages.say("check.asking")), ASKING_MS);
    signal.addEventListener("abort", () => clearTimeout(asking));
    try {
      const microphone = await Microphone.open(this.choices.now.microphone);
      clearTimeout(asking);
      const tap = signal.aborted ? null : await Tap.open(() => {});
      if (!tap || signal.aborted) {
        tap?.close();
        microphone.close();
        return; // a call began while the browser asked: the microphone is the call's
      }
      tap.listen(microphone.stream);
      this.#open = { microphone, tap };
      this.meter.source = () => tap.level();
      this.words.textContent = this.messages.say("check.speak");
      this.#watch = setInterval(() => {
        if (this.meter.heard >= HEARD) this.words.textContent = this.messages.say("check.heard");
      }, 200);
      await this.#list();
    } catch (error) {
      if (signal.aborted) return;
      this.stop();
      this.failed(error instanceof Problem ? error : new Problem("in_use", String(error)));
    } finally {
      clearTimeout(asking);
      if (!signal.aborted) this.button.disabled = false;
      this.draw();
    }
  }

  stop() {
    this.#wanted.abort();
    clearInterval(this.#watch);
    this.#open?.tap.close();
    this.#open?.microphone.close();
    this.#open = null;
    this.meter.source = null;
    this.button.disabled = false;
    this.words.textContent = "";
    this.draw();
  }

  async #list() {
    const devices = await microphones();
    const used = this.#open?.microphone.track?.getSettings().deviceId;
    part(this.root, "#devices").hidden = devices.length < 2;
    this.select.replaceChildren(
      ...devices.map(({ deviceId, label }) => make("option", { value: deviceId, selected: deviceId === used }, label)),
    );
  }
}
