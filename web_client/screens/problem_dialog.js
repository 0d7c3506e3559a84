/** What happened, what to do, one button. */

import { part } from "../base/dom.js";

/** @import {Messages} from "../base/messages.js" */
/** @import {Problem} from "../base/problem.js" */

const EVERY_S = 5;
/** Problems that pass by themselves: the button waits instead of trying at once. */
const PASSING = new Set(["full", "starting"]);
/** Problems that a key helps against. */
const KEYS = new Set(["key", "wrong_key"]);

export class ProblemDialog {
  dialog = part(document, "#problem", HTMLDialogElement);
  /** @type {Problem | null} */
  #problem = null;
  /** @type {() => void} */
  #action = () => {};
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #waiting;

  /**
   * @param {Messages} messages
   * @param {{ free: () => Promise<boolean>, key: (key: string) => void }} told free: is there a line by now?
   */
  constructor(messages, told) {
    this.messages = messages;
    this.told = told;
    part(this.dialog, "#problem-close").addEventListener("click", () => this.dialog.close());
    part(this.dialog, "#problem-action").addEventListener("click", () => this.#act());
    part(this.dialog, "#key-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#act();
    });
    this.dialog.addEventListener("close", () => clearInterval(this.#waiting));
    messages.addEventListener("change", () => this.#draw());
  }

  /**
   * @param {Problem} problem
   * @param {() => void} action what the button does, once what stands in the way is gone
   */
  show(problem, action) {
    this.#problem = problem;
    this.#action = action;
    clearInterval(this.#waiting);
    part(this.dialog, "#problem-wait").hidden = true;
    this.#draw();
    if (!this.dialog.open) this.dialog.showModal();
  }

  #draw() {
    const problem = this.#problem;
    if (!problem) return;
    const say = this.messages.say.bind(this.messages);
    part(this.dialog, "#problem-title").textContent = say(`problem.${problem.code}.title`);
    part(this.dialog, "#problem-text").textContent = say(`problem.${problem.code}.text`);
    const action = part(this.dialog, "#problem-action", HTMLButtonElement);
    action.hidden = !this.messages.has(`problem.${problem.code}.action`);
    action.textContent = say(`problem.${problem.code}.action`);
    action.disabled = false;
    part(this.dialog, "#key-form").hidden = !KEYS.has(problem.code);
    part(this.dialog, "#problem-detail").hidden = !problem.detail;
    part(this.dialog, "#problem-detail p").textContent = problem.detail;
  }

  #act() {
    const problem = this.#problem;
    if (!problem) return;
    if (PASSING.has(problem.code)) return this.#wait(problem.code);
    if (KEYS.has(problem.code)) {
      const field = part(this.dialog, "#key", HTMLInputElement);
      if (!field.value.trim()) return field.focus();
      this.told.key(field.value.trim());
      field.value = "";
    }
    this.dialog.close();
    this.#action();
  }

  /** @param {string} code */
  #wait(code) {
    let left = EVERY_S;
    const words = part(this.dialog, "#problem-wait");
    const draw = () => (words.textContent = this.messages.say(`problem.${code}.wait`, { seconds: left }));
    part(this.dialog, "#problem-action", HTMLButtonElement).disabled = true;
    words.hidden = false;
    draw();
    clearInterval(this.#waiting);
    this.#waiting = setInterval(async () => {
      left -= 1;
      if (left > 0) return void draw();
      left = EVERY_S;
      if (!(await this.told.free()) || !this.dialog.open) return;
      this.dialog.close();
      this.#action();
    }, 1000);
  }
}
