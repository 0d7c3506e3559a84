/** `<level-meter>`: how loud something is, as a bar. Set `.source` to what tells its level, null to rest. */

import { seen } from "../audio/meter.js";

export class LevelMeter extends HTMLElement {
  /** @type {(() => number) | null} */
  #source = null;
  #frame = 0;
  heard = 0; // loudest so far, 0..1

  connectedCallback() {
    this.setAttribute("role", "meter");
    this.setAttribute("aria-valuemin", "0");
    this.setAttribute("aria-valuemax", "100");
    this.setAttribute("aria-valuenow", "0");
    if (!this.firstChild) this.append(document.createElement("i"));
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
  }

  /** @param {(() => number) | null} source root mean square, 0..1 */
  set source(source) {
    cancelAnimationFrame(this.#frame);
    this.#source = source;
    this.heard = 0;
    this.#draw();
  }

  #draw() {
    const level = this.#source ? seen(this.#source()) : 0;
    this.heard = Math.max(this.heard, level);
    this.style.setProperty("--level", level.toFixed(3));
    this.setAttribute("aria-valuenow", String(Math.round(level * 100)));
    if (this.#source) this.#frame = requestAnimationFrame(() => this.#draw());
  }
}

customElements.define("level-meter", LevelMeter);
