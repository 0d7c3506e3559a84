/** Which word is being heard: words come in pieces, with the second at which the piece begins. No browser needed. */

/** @import {Line, Word} from "../types.js" */

const GUESS_S = 0.25; // a spoken word, until the next piece says better: 240 words a minute, a lively speaker
const WORD = String.raw`\S+(?:\s+[:;!?»…]+(?=\s|$))*`; // French sets marks apart: they are heard with their word
const SHOWN = new RegExp(String.raw`\s*${WORD}|\s+$`, "g");
const REST_OF_WORD = new RegExp(`^${WORD}`);
const MARKS = /^\s+[:;!?»…]+(?=\s|$)/;
const JOINS = /[\p{L}\p{N}’']$/u;
const GOES_ON = /^[\p{L}\p{N}’']/u;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/**
 * Add the words of a piece behind those that are known. A piece may begin in the middle of a word, which it completes.
 *
 * @param {Word[]} words
 * @param {string} piece
 * @param {number} from second at which it is heard
 */
export function place(words, piece, from) {
  const last = words.at(-1);
  const end = last ? completing(last.text, piece) : "";
  if (last) last.text += end;
  const rest = piece.slice(end.length);
  spread(words, from);
  (rest.match(SHOWN) ?? []).forEach((text, i) => words.push({ text, from: from + i * GUESS_S }));
}

/**
 * What of `piece` belongs to the word before it.
 *
 * @param {string} word
 * @param {string} piece
 */
function completing(word, piece) {
  const joins = JOINS.test(word) && GOES_ON.test(piece) && !UNSPACED.test(word + piece);
  return (joins ? REST_OF_WORD : MARKS).exec(piece)?.[0] ?? "";
}

/**
 * The piece before this one ended here: its words lie evenly in it.
 *
 * @param {Word[]} words
 * @param {number} end
 */
function spread(words, end) {
  let first = words.length - 1;
  while (first > 0 && follows(words[first - 1], words[first])) first--;
  const start = words[first]?.from ?? end;
  const count = words.length - first;
  if (count < 2 || end <= start) return;
  for (let i = 1; i < count; i++) {
    const word = words[first + i];
    if (word) word.from = start + ((end - start) * i) / count;
  }
}

/**
 * Whether `next` got its place by a guess from `word`.
 *
 * @param {Word | undefined} word
 * @param {Word | undefined} next
 */
function follows(word, next) {
  return word !== undefined && next !== undefined && Math.abs(next.from - word.from - GUESS_S) < 1e-9;
}

/**
 * How many words were begun when the ear was at `heard`; the last of them is being heard.
 *
 * @param {readonly Word[]} words in order
 * @param {number} heard seconds
 */
export function begun(words, heard) {
  let count = 0;
  while (count < words.length && (words[count]?.from ?? 0) <= heard) count++;
  return count;
}

/**
 * The words of a line that the ear got.
 *
 * @param {Line} line
 */
export function heardText(line) {
  if (line.cut === null) return line.text;
  return line.words
    .slice(0, begun(line.words, line.cut))
    .map((word) => word.text)
    .join("");
}
