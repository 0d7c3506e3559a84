/**
 * Words of a state that can be read: each stands for a while, or is not shown at all.
 *
 * What happens between two turns is often over before an eye could follow: the learner's last word, a moment in which
 * nobody has the floor, the answer. A state that says who speaks is shown as soon as the one before was readable; a
 * state in between is shown only once it has lasted. No browser needed.
 */

const STANDS_MS = 300;
const THINKING_MS = 400; // a shorter silence needs no words
/** States between two others, and how long they must have lasted to be worth a word. */
const BETWEEN = /** @type {Record<string, number>} */ ({
  "state.your_turn": STANDS_MS,
  "state.thinking": THINKING_MS,
  "state.hold": STANDS_MS,
  "state.asking": THINKING_MS,
});

export class Steady {
  #shown = "";
  #since = -Infinity;
  #next = "";
  #nextSince = 0;

  /**
   * What to show at `now`; ask again in a while, for time alone may change it.
   *
   * @param {string} state as it is
   * @param {number} now ms
   */
  show(state, now) {
    if (state !== this.#next) {
      this.#next = state;
      this.#nextSince = now;
    }
    const lasted = now - this.#nextSince >= (BETWEEN[state] ?? 0);
    if (state !== this.#shown && lasted && now - this.#since >= STANDS_MS) {
      this.#shown = state;
      this.#since = now;
    }
    return this.#shown;
  }
}
