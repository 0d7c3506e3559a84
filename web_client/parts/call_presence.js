/** `<call-presence>`: the large picture of who speaks. It breathes with that voice, and rests when both are silent. */

import { seen } from "../audio/meter.js";
import { make } from "../base/dom.js";

/** @import {Floor} from "../types.js" */

const RISE = 0.5; // of the way to a louder level, each frame: a voice is seen at once
const FALL = 0.12; // and fades calmly

export class CallPresence extends HTMLElement {
  /** @type {Floor} */
  #floor = "none";
  #level = 0;

  connectedCallback() {
    this.setAttribute("aria-hidden", "true"); // the state is said in words beside it
    if (!this.firstChild) this.append(make("i", { class: "halo" }), make("i", { class: "ring" }), make("i", { class: "core" }));
  }

  /** @param {Floor} floor */
  set floor(floor) {
    if (floor === this.#floor) return;
    // Who lost the floor is gone at once: the ring of the next begins from rest.
    this.#floor = floor;
    this.#level = 0;
    this.dataset["floor"] = floor;
    this.#draw();
  }

  /** @param {number} level root mean square of who has the floor, at this frame */
  set level(level) {
    const target = this.#floor === "you" || this.#floor === "tutor" ? seen(level) : 0;
    this.#level += (target - this.#level) * (target > this.#level ? RISE : FALL);
    this.#draw();
  }

  #draw() {
    this.style.setProperty("--level", this.#level.toFixed(3));
  }
}

customElements.define("call-presence", CallPresence);
