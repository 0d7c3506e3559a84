/** `<live-captions>`: the last words of both sides. The tutor's light up as the ear gets them. */

import { make } from "../base/dom.js";
import { begun } from "../call/words.js";

/** @import {Line, Word} from "../types.js" */

export class LiveCaptions extends HTMLElement {
  #tutor = make("p", { class: "caption tutor" });
  #you = make("p", { class: "caption you" });
  /** @type {Line | null} */
  #line = null;
  /** @type {HTMLSpanElement[]} */
  #spans = [];
  #drawn = "";

  connectedCallback() {
    if (!this.firstChild) this.append(this.#tutor, this.#you);
  }

  clear() {
    this.#line = null;
    this.#spans = [];
    this.#tutor.replaceChildren();
    this.#you.replaceChildren();
  }

  /** @param {string} language of the call, for the voice of a screen reader and for hyphens */
  set language(language) {
    this.lang = language;
  }

  /** @param {Line} line new or changed */
  show(line) {
    if (line.who === "you") this.#showYou(line);
    else this.#showTutor(line);
  }

  /**
   * @param {number} heard second of the tutor's line that the ear has reached
   * @param {boolean} sounding whether the tutor is heard at this moment
   */
  light(heard, sounding) {
    const line = this.#line;
    if (!line) return;
    const count = begun(line.words, line.cut ?? heard);
    const now = sounding && line.cut === null ? count - 1 : -1;
    const drawn = `${count} ${now}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const rest = line.cut === null ? "ahead" : "cut";
    this.#spans.forEach((span, i) => (span.className = i >= count ? rest : i === now ? "now" : "heard"));
  }

  /** The tutor's line that is shown, null before the first. */
  get line() {
    return this.#line;
  }

  /** @param {Line} line */
  #showYou(line) {
    this.#you.className = `caption you ${line.state}`;
    this.#you.textContent = line.text.trim();
  }

  /** @param {Line} line */
  #showTutor(line) {
    if (this.#line?.id !== line.id) {
      if (!line.words.length) return; // the words before stay until there are new ones
      this.#line = line;
      this.#spans = [];
      this.#tutor.replaceChildren();
      if (!this.#you.classList.contains("open")) this.#you.classList.add("past");
    }
    line.words.forEach((word, i) => this.#word(word, i));
    this.#drawn = "";
    if (line.cut !== null) this.light(line.cut, false);
  }

  /**
   * @param {Word} word
   * @param {number} i
   */
  #word(word, i) {
    let span = this.#spans[i];
    if (!span) {
      span = make("span", { class: "ahead" });
      this.#spans.push(span);
      this.#tutor.append(span);
    }
    if (span.textContent !== word.text) span.textContent = word.text;
  }
}

customElements.define("live-captions", LiveCaptions);
