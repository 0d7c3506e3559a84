/** The tutor speaks first, in the language that is learned: written words, so that they come at once and are right. */

import { GREETING, begin, say } from "./orders.js";

/** @import {ClientEvent, Scenario} from "../types.js" */

/**
 * What has the tutor speak first. A scene begins as its tutor likes; so does a language without a greeting of ours.
 *
 * @param {string | null} language
 * @param {Scenario | null} scenario
 * @returns {Promise<ClientEvent>}
 */
export async function firstWords(language, scenario) {
  if (scenario?.instructions || !language) return begin();
  const words = await greeting(language);
  return words ? say(words, GREETING) : begin();
}

/**
 * What the tutor says first in this language, null when it is not written or cannot be fetched.
 *
 * @param {string} language
 * @returns {Promise<string | null>}
 */
export async function greeting(language) {
  try {
    const answer = await fetch("/greetings.json");
    return answer.ok ? ((await answer.json())[language] ?? null) : null;
  } catch {
    return null;
  }
}
