/** `<signal-bars>`: how good the connection is, as three bars; in words for those who ask. */

import { make } from "../base/dom.js";

/** @import {Quality} from "../types.js" */

export class SignalBars extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "img");
    if (!this.firstChild) this.append(make("i"), make("i"), make("i"));
  }

  /**
   * @param {Quality | null} quality
   * @param {string} words
   */
  show(quality, words) {
    this.dataset["quality"] = quality === null ? "" : String(quality);
    this.setAttribute("aria-label", words);
    this.title = words;
  }
}

customElements.define("signal-bars", SignalBars);
