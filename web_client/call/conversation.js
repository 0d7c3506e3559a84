/** What was said, in the order in which it was: a line for each turn of either side. No browser needed. */

import { place } from "./words.js";

/** @import {Line} from "../types.js" */

export class Conversation {
  /** @type {Line[]} */
  lines = [];

  /** @param {(line: Line) => void} changed told of every line that is new or different */
  constructor(changed) {
    this.changed = changed;
  }

  /** The last line of `who` that has words. @param {Line["who"]} who */
  last(who) {
    return this.spoken.findLast((line) => line.who === who);
  }

  /** Lines with words, each once: what a transcript shows, and the tutor is told. */
  get spoken() {
    return this.lines.filter((line) => !line.again && line.text.trim() !== "");
  }

  /** Lines of an earlier connection. @param {readonly Line[]} lines */
  take(lines) {
    for (const line of lines) {
      const whole = line.cut === null; // it was heard, however much of it: its words have no place in a sound any more
      const words = whole ? line.words.map((word) => ({ ...word, from: 0 })) : line.words;
      this.#add({ ...line, words, state: line.state === "open" ? "done" : line.state });
    }
  }

  /**
   * A turn begins; telling it twice is telling it once.
   *
   * @param {string} id
   * @param {Line["who"]} who
   * @param {boolean} [again] whether it says an earlier line once more
   */
  begin(id, who, again = false) {
    if (this.#find(id)) return;
    this.#add({ id, who, text: "", words: [], state: "open", cut: null, again });
  }

  /**
   * More of what the learner seems to have said.
   *
   * @param {string} id
   * @param {string} delta
   */
  guess(id, delta) {
    this.begin(id, "you");
    this.#change(id, (line) => (line.text += delta));
  }

  /**
   * What the learner said.
   *
   * @param {string} id
   * @param {string} text
   */
  know(id, text) {
    this.begin(id, "you");
    this.#change(id, (line) => {
      line.text = text;
      line.state = "done";
    });
  }

  /** @param {string} id of a line that could not be understood */
  fail(id) {
    this.#change(id, (line) => (line.state = "failed"));
  }

  /**
   * More of what the tutor says.
   *
   * @param {string} id
   * @param {string} delta
   * @param {number} from second of the line's sound at which the ear will hear it
   */
  say(id, delta, from) {
    this.begin(id, "tutor");
    this.#change(id, (line) => {
      line.text += delta;
      place(line.words, delta, from);
    });
  }

  /** @param {string} id of a line to which nothing will be added */
  finish(id) {
    this.#change(id, (line) => {
      if (line.state === "open") line.state = "done";
    });
  }

  /**
   * The tutor was interrupted there.
   *
   * @param {string} id
   * @param {number} seconds
   */
  cut(id, seconds) {
    this.#change(id, (line) => {
      line.state = "cut";
      line.cut = seconds;
    });
  }

  /** @param {string} id */
  #find(id) {
    return this.lines.find((line) => line.id === id);
  }

  /** @param {Line} line */
  #add(line) {
    this.lines.push(line);
    this.changed(line);
  }

  /**
   * @param {string} id
   * @param {(line: Line) => void} change
   */
  #change(id, change) {
    const line = this.#find(id);
    if (!line) return;
    change(line);
    this.changed(line);
  }
}
