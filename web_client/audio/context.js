/** Audio contexts: made in a click, so that browsers let them sound, and woken when a phone call or a lock stopped them. */

/**
 * @param {AudioContextOptions} [options]
 * @returns {AudioContext}
 */
export function newContext(options) {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  return new Context({ latencyHint: "interactive", ...options });
}

/**
 * Keep `context` running until the returned function is called: iOS stops it for a phone call ("interrupted"), others
 * when they like, and all of them let it go on after the next touch at the latest.
 *
 * @param {AudioContext} context
 */
export function keepAwake(context) {
  const wake = () => {
    if (context.state !== "running" && context.state !== "closed") context.resume().catch(() => {});
    // refused without a touch: the next one comes here again
  };
  const off = new AbortController();
  context.addEventListener("statechange", wake, { signal: off.signal });
  document.addEventListener("visibilitychange", wake, { signal: off.signal });
  document.addEventListener("pointerdown", wake, { signal: off.signal });
  document.addEventListener("keydown", wake, { signal: off.signal });
  wake();
  return () => off.abort();
}

/**
 * The moment of performance.now() at which what `context` makes at its `time` is heard.
 *
 * @param {AudioContext} context
 * @param {number} time
 */
export function heardAt(context, time) {
  return performance.now() + (time - context.currentTime + delay(context)) * 1000;
}

/**
 * Seconds from the context to the ear: a Bluetooth headset may be a fifth of a second away.
 *
 * @param {AudioContext} context
 */
export function delay(context) {
  return context.outputLatency || context.baseLatency || 0;
}
