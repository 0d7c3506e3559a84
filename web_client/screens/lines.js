/** Lines of a transcript, as list items. */

import { icon, make } from "../base/dom.js";
import { typeset } from "../base/typography.js";
import { heardText } from "../call/words.js";

/** @import {Line} from "../types.js" */
/** @import {Messages} from "../base/messages.js" */

/**
 * Put `line` into `list`, or bring what is there up to date. Lines without words are not shown.
 *
 * @param {HTMLElement} list
 * @param {Line} line
 * @param {Messages} messages
 * @param {(() => void) | null} [play]
 */
export function drawLine(list, line, messages, play = null) {
  const text = line.text.trim();
  const known = list.querySelector(`:scope > [data-id="${CSS.escape(line.id)}"]`);
  if (!text) {
    known?.remove();
    return;
  }
  const item = known ?? list.appendChild(make("li", { "data-id": line.id }));
  item.className = `${line.who} ${line.state}`;
  const who = make("small", {}, messages.say(line.who === "you" ? "after.you" : "after.tutor"));
  const heard = heardText(line).trim();
  const rest = line.text.trim().slice(heard.length);
  const words = make("p", {}, typeset(heard, list.lang));
  if (rest) words.append(make("s", {}, typeset(rest, list.lang, heard)));
  item.replaceChildren(who, words);
  if (play) {
    const name = messages.say(line.who === "you" ? "after.play_you" : "after.play_tutor", { text });
    const button = make("button", { type: "button", class: "icon-button", "aria-label": name }, icon("play"));
    button.addEventListener("click", play);
    item.append(button);
  }
  if (!known) list.scrollTop = list.scrollHeight;
}
