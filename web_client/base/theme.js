/** Light or dark: the device decides until the learner does. */

/** @import {Choices} from "../types.js" */

/** @type {Choices["theme"][]} */
const ORDER = ["auto", "light", "dark"];

/** @param {Choices["theme"]} theme */
export function apply(theme) {
  if (theme === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme);
}

/** @param {Choices["theme"]} theme */
export function after(theme) {
  return ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "auto";
}
