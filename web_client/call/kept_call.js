/** A call that was left in the middle, by a reload say: kept in this tab, for a while, to be taken up again. */

/** @import {KeptCall} from "../types.js" */
/** @import {Call} from "./call.js" */

const PLACE = "voicegw.call";
export const KEPT_MS = 10 * 60_000;

export class CallKeeper {
  /**
   * @param {Storage} session gone when the tab is closed
   * @param {() => number} [now] ms
   */
  constructor(session, now = Date.now) {
    this.session = session;
    this.now = now;
  }

  /**
   * @param {Call} call
   * @param {string} title
   * @param {boolean} hungUp whether its line is given back: then there is no way to the same one
   */
  keep(call, title, hungUp) {
    const way = hungUp || !call.way ? null : { call: call.way.call, ticket: call.way.ticket };
    /** @type {KeptCall} */
    const kept = {
      at: this.now(), title, way,
      choices: { ...call.choices, speed: call.state.now.speed },
      lines: call.conversation.spoken,
      since: call.state.now.since,
    };
    try {
      this.session.setItem(PLACE, JSON.stringify(kept));
    } catch {
      // A private window may refuse to keep anything: then a call that is left is over.
    }
  }

  forget() {
    this.session.removeItem(PLACE);
  }

  /** The call that was left, if it is not long ago. @returns {KeptCall | null} */
  get kept() {
    try {
      const kept = JSON.parse(this.session.getItem(PLACE) ?? "null");
      if (!Array.isArray(kept?.lines) || !(this.now() - kept.at < KEPT_MS)) return null;
      return kept;
    } catch {
      return null;
    }
  }
}
