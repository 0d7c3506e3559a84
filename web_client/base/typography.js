/** French sets a space before its high marks and inside its quotation marks, at which a line must not break. */

const BREAKABLE = /[ \u202f](?=[:;!?»])|(?<=«)[ \u202f]/g;
const HARD = "\u00a0";

/**
 * @param {string} text
 * @param {string | null} language
 * @param {string} [before] what stands in front of it, when it is a piece of a text
 */
export function typeset(text, language, before = "") {
  if (language?.slice(0, 2) !== "fr") return text;
  const begins = before.endsWith("«") ? text.replace(/^[ \u202f]/, HARD) : text;
  return begins.replace(BREAKABLE, HARD);
}
