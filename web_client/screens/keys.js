/** The keyboard: one table, which the help shows as well. */

import { make, part } from "../base/dom.js";

/** @import {Messages} from "../base/messages.js" */

/**
 * @typedef {object} Keys
 * @property {() => void} mute
 * @property {(on: boolean) => void} hold
 * @property {() => void} hangUp
 * @property {() => void} hint
 * @property {() => void} again
 * @property {() => void} slower
 * @property {(steps: 1 | -1) => void} pace
 * @property {() => void} transcript
 */

/** Key, its name in the help (a message when there is one), what it does. */
const SHOWN = [
  ["key.enter", "help.enter"],
  ["key.space", "help.space"],
  ["M", "help.m"],
  ["key.escape", "help.escape"],
  ["H", "help.h"],
  ["R", "help.r"],
  ["S", "help.s"],
  ["← →", "help.arrows"],
  ["T", "help.t"],
  ["?", "help.question"],
];

/**
 * @param {Messages} messages
 * @param {() => (Keys & { pushToTalk: boolean }) | null} inCall null outside a call
 * @param {() => void} call what Enter does outside a call, when nothing else has the focus
 */
export function listen(messages, inCall, call) {
  const help = part(document, "#help", HTMLDialogElement);
  part(help, "#help-close").addEventListener("click", () => help.close());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "?") return showHelp(help, messages);
    const keys = inCall();
    if (!keys) {
      if (event.key === "Enter" && event.target === document.body) call();
      return;
    }
    if (event.key === " ") {
      event.preventDefault(); // or the focused button would be pressed as well
      if (event.repeat) return;
      if (keys.pushToTalk) keys.hold(true);
      else keys.mute();
      return;
    }
    /** @type {Record<string, () => void>} */
    const table = {
      m: keys.mute, escape: keys.hangUp, h: keys.hint, r: keys.again, s: keys.slower, t: keys.transcript,
      arrowleft: () => keys.pace(-1), arrowright: () => keys.pace(1),
    };
    const action = table[event.key.toLowerCase()];
    if (!action || event.repeat) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("keyup", (event) => {
    const keys = inCall();
    if (event.key !== " " || !keys) return;
    event.preventDefault();
    if (keys.pushToTalk) keys.hold(false);
  });
}

/** @param {EventTarget | null} target */
function typing(target) {
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "range"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/**
 * @param {HTMLDialogElement} help
 * @param {Messages} messages
 */
function showHelp(help, messages) {
  part(help, "#help-keys").replaceChildren(
    ...SHOWN.map(([key = "", words = ""]) =>
      make("div", {}, make("dt", {}, make("kbd", {}, messages.say(key))), make("dd", {}, messages.say(words))),
    ),
  );
  help.showModal();
}
