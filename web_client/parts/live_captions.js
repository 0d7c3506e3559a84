/**
 * `<live-captions>`: what is being said, in the order of time: what the learner said stands above its answer. The tutor's
 * words light up as the ear gets them.
 */

import { typeset } from "../base/typography.js";
import { make } from "../base/dom.js";
import { begun } from "../call/words.js";

/** @import {Line} from "../types.js" */

const MOST = 12; // lines: the transcript has the others
const NEAR = 48; // pixels: at the end, for an eye

export class LiveCaptions extends HTMLElement {
  /** @type {Map<string, HTMLElement>} */
  #lines = new Map();
  /** @type {Line | null} the tutor's last */
  #line = null;
  /** @type {HTMLSpanElement[]} */
  #spans = [];
  #drawn = "";
  #follows = true; // who reads what was before is left there

  connectedCallback() {
    this.addEventListener("scroll", () => (this.#follows = this.scrollHeight - this.scrollTop - this.clientHeight < NEAR));
    new ResizeObserver(() => this.#follow()).observe(this); // a hint takes room, a phone is turned
  }

  clear() {
    this.#follows = true;
    this.#line = null;
    this.#spans = [];
    this.#lines.clear();
    this.replaceChildren();
  }

  /** @param {string} language of the call, for the voice of a screen reader and for hyphens */
  set language(language) {
    this.lang = language;
  }

  /** @param {Line} line new or changed; its place is that of its beginning */
  show(line) {
    let caption = this.#lines.get(line.id);
    if (!caption) {
      caption = make("p", {});
      this.#lines.set(line.id, caption);
      this.append(caption);
      this.#forget();
    }
    caption.className = `caption ${line.who} ${line.state}`;
    if (line.who === "you") caption.textContent = typeset(line.text.trim(), this.lang);
    else this.#showTutor(line, caption);
    for (const [id, each] of this.#lines) each.classList.toggle("past", this.#isPast(id));
    this.#follow();
  }

  /** The last words stay in sight. */
  #follow() {
    if (this.#follows) this.scroll({ top: this.scrollHeight });
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

  /** The tutor's line that is lit, null before the first. */
  get line() {
    return this.#line;
  }

  /** Whether something was said after this line. @param {string} id */
  #isPast(id) {
    const said = [...this.#lines].filter(([, caption]) => caption.textContent);
    return said.length > 0 && said.at(-1)?.[0] !== id && this.#line?.id !== id;
  }

  #forget() {
    for (const [id, caption] of this.#lines) {
      if (this.#lines.size <= MOST) return;
      this.#lines.delete(id);
      caption.remove();
    }
  }

  /**
   * @param {Line} line
   * @param {HTMLElement} caption
   */
  #showTutor(line, caption) {
    if (this.#line?.id !== line.id) {
      if (!line.words.length) return;
      if (this.#lines.has(line.id) && caption.childElementCount) return; // an older one, to which nothing is added
      this.#line = line;
      this.#spans = [];
    }
    line.words.forEach((word, i) => this.#word(word.text, i, line.words[i - 1]?.text ?? "", caption));
    this.#drawn = "";
    if (line.cut !== null) this.light(line.cut, false);
  }

  /**
   * @param {string} word
   * @param {number} i
   * @param {string} before
   * @param {HTMLElement} caption
   */
  #word(word, i, before, caption) {
    let span = this.#spans[i];
    if (!span) {
      span = make("span", { class: "ahead" });
      this.#spans.push(span);
      caption.append(span);
    }
    const text = typeset(word, this.lang, before);
    if (span.textContent !== text) span.textContent = text;
  }
}

customElements.define("live-captions", LiveCaptions);
