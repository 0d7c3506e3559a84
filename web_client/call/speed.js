/** How fast the tutor speaks, and what the next press of "Slower" does. No browser needed. */

export const SLOWEST = 0.6;
export const FASTEST = 1.2;
const STEP = 0.1;
const PRESS = 2 * STEP;

/**
 * Slower by a press; from the slowest back to what was chosen before the call.
 *
 * @param {number} now
 * @param {number} chosen
 */
export function slower(now, chosen) {
  if (now > SLOWEST) return rounded(Math.max(SLOWEST, now - PRESS));
  return chosen > SLOWEST ? chosen : 1;
}

/**
 * @param {number} now
 * @param {1 | -1} steps faster or slower
 */
export function paced(now, steps) {
  return rounded(Math.min(FASTEST, Math.max(SLOWEST, now + steps * STEP)));
}

/** @param {number} speed */
function rounded(speed) {
  return Math.round(speed * 10) / 10;
}
