/** What can go wrong, told apart by what the learner can do about it. The words are in the message tables. */

/** @import {ProblemCode} from "../types.js" */

export class Problem extends Error {
  /**
   * @param {ProblemCode} code
   * @param {string} [detail] words of the server or the browser, for those who want to know
   */
  constructor(code, detail = "") {
    super(detail || code);
    this.code = code;
    this.detail = detail;
  }
}

/** @type {Record<string, ProblemCode>} names of getUserMedia's errors (Media Capture and Streams, section 10) */
const MICROPHONE = {
  NotAllowedError: "blocked",
  SecurityError: "blocked",
  NotFoundError: "no_microphone",
  OverconstrainedError: "no_microphone",
  NotReadableError: "in_use",
  AbortError: "in_use",
};

/**
 * @param {unknown} error thrown by getUserMedia
 */
export function microphoneProblem(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  return new Problem(MICROPHONE[name] ?? "in_use", error instanceof Error ? error.message : "");
}

/**
 * What a refusal over HTTP means.
 *
 * @param {number} status
 * @param {{ error?: { code?: string, message?: string } } | null} body
 * @param {boolean} [withKey] whether the request brought a key
 */
export function refusal(status, body, withKey = false) {
  const code = body?.error?.code;
  const message = body?.error?.message ?? "";
  if (status === 401) return new Problem(withKey ? "wrong_key" : "key");
  if (code === "server_full" || status === 429) return new Problem("full", message);
  if (code === "not_ready") return new Problem("starting", message);
  if (status === 403) return new Problem("refused", message);
  return new Problem("unreachable", message || String(status));
}

/** Whether this browser can hold a call at all; null when it can. */
export function browserProblem() {
  if (!window.isSecureContext) return new Problem("insecure");
  const able =
    "AudioWorkletNode" in window && "WebSocket" in window && Boolean(navigator.mediaDevices?.getUserMedia);
  return able ? null : new Problem("old_browser");
}
