/** While a call lasts: the screen stays on, and the system knows what this is. */

/** @import {Call} from "./call.js" */

/**
 * Until the returned function is called.
 *
 * @param {{ title: string, artist: string }} what
 * @param {Call} call
 */
export function stayAwake(what, call) {
  const off = new AbortController();
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  const ask = async () => {
    if (document.visibilityState !== "visible" || off.signal.aborted) return;
    // Refused on low battery, say: then the screen goes dark and the call goes on.
    lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  };
  document.addEventListener("visibilitychange", ask, { signal: off.signal });
  ask();

  const session = navigator.mediaSession;
  if (session) {
    session.metadata = new MediaMetadata({ ...what, artwork: [{ src: "/icon.svg", type: "image/svg+xml" }] });
    on("hangup", () => call.hangUp());
    on("togglemicrophone", () => call.mute());
  }
  return () => {
    off.abort();
    lock?.release().catch(() => {}); // the system may have taken it already
    if (!session) return;
    session.metadata = null;
    on("hangup", null);
    on("togglemicrophone", null);
  };
}

/**
 * @param {string} action
 * @param {(() => void) | null} handler
 */
function on(action, handler) {
  try {
    navigator.mediaSession.setActionHandler(/** @type {MediaSessionAction} */ (action), handler);
  } catch {
    // This browser does not know the action.
  }
}
