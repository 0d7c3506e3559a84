/** Which voice speaks a language. */

/** @import {Voice} from "../types.js" */

/**
 * Those that speak it, the ones that sound like a person first.
 *
 * @param {readonly Voice[]} voices
 * @param {string | null} language
 */
export function speaking(voices, language) {
  const able = voices.filter(({ languages }) => language !== null && languages.includes(language));
  return able.sort((a, b) => Number(b.natural ?? false) - Number(a.natural ?? false));
}

/**
 * The one that a call in this language gets: the chosen one where it speaks it, else the first that does.
 *
 * @param {readonly Voice[]} voices
 * @param {string | null} language
 * @param {string | null} chosen
 */
export function voiceFor(voices, language, chosen) {
  const able = speaking(voices, language);
  return (able.find(({ name }) => name === chosen) ?? able[0])?.name ?? null;
}
