/** After a lost connection: try again for a minute, soon at first, at once when the network says it is back. */

import { Problem } from "../base/problem.js";

const FOR_MS = 60_000;
const FIRST_MS = 250;
const LONGEST_MS = 1500;
/** Nothing that a minute of patience would change. */
const FINAL = new Set(["key", "wrong_key", "refused"]);

/**
 * @param {() => Promise<void>} connect throws Problem
 * @param {AbortSignal} over
 * @returns {Promise<Problem | null>} why it was given up, null when it worked
 */
export async function keepTrying(connect, over) {
  const until = performance.now() + FOR_MS;
  for (let pause = FIRST_MS; performance.now() < until && !over.aborted; pause = Math.min(LONGEST_MS, pause * 2)) {
    await wait(pause, over);
    if (over.aborted) break;
    try {
      await connect();
      return null;
    } catch (error) {
      if (error instanceof Problem && FINAL.has(error.code)) return error;
    }
  }
  return new Problem("lost");
}

/**
 * @param {number} ms
 * @param {AbortSignal} over
 * @returns {Promise<void>}
 */
function wait(ms, over) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      over.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    over.addEventListener("abort", done);
  });
}
