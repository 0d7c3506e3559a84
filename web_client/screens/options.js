/** Groups of choices: pills and cards are radio buttons underneath, so keys and screen readers know them. */

import { make } from "../base/dom.js";

/**
 * @typedef {object} Option
 * @property {string} value
 * @property {string} label
 * @property {string} [summary]
 * @property {string} [lang]
 */

/**
 * Fill `box` with one radio button per option.
 *
 * @param {HTMLElement} box
 * @param {{ name: string, options: Option[], chosen: string | null, choose: (value: string) => void }} group
 */
export function radios(box, { name, options, chosen, choose }) {
  box.replaceChildren(
    ...options.map(({ value, label, summary, lang }) => {
      const input = make("input", { type: "radio", name, value });
      input.checked = value === chosen;
      input.addEventListener("change", () => choose(value));
      const words = make("span", { class: "face", lang: lang ?? null }, make("b", {}, label));
      if (summary) words.append(make("small", {}, summary));
      return make("label", { class: "option" }, input, words);
    }),
  );
}
