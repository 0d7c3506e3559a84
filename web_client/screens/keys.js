/** The keyboard: one table, which the help shows as well. Keys act where nothing else has the focus, and can be switched off. */

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

/** What has a use of its own for keys. */
const INTERACTIVE = "button, a, input, select, textarea, summary, [tabindex='0'], [contenteditable]";

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
 * @param {() => boolean} wanted whether the learner wants keys to do something
 * @param {() => (Keys & { pushToTalk: boolean }) | null} inCall null outside a call
 * @param {() => void} call what Enter does outside a call
 * @returns {() => void} shows the help
 */
export function listen(messages, wanted, inCall, call) {
  const help = part(document, "#help", HTMLDialogElement);
  part(help, "#help-close").addEventListener("click", () => help.close());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !wanted()) return;
    if (busy(event.target) || document.querySelector("dialog[open]")) return;
    const keys = inCall();
    /** @type {Record<string, () => void>} */
    const table = keys
      ? {
          " ": () => (keys.pushToTalk ? keys.hold(true) : keys.mute()),
          m: keys.mute, escape: keys.hangUp, h: keys.hint, r: keys.again, s: keys.slower, t: keys.transcript,
          arrowleft: () => keys.pace(-1), arrowright: () => keys.pace(1),
        }
      : { enter: call };
    table["?"] = () => showHelp(help, messages);
    const action = table[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("keyup", (event) => {
    const keys = inCall();
    if (event.key === " " && keys?.pushToTalk) keys.hold(false);
  });
  // The window lost the keyboard: nobody would hear that the key was let go.
  window.addEventListener("blur", () => inCall()?.hold(false));
  return () => showHelp(help, messages);
}

/** @param {EventTarget | null} target */
function busy(target) {
  return target instanceof Element && target.closest(INTERACTIVE) !== null;
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
