/** What the learner chose, remembered on this device and nowhere else. */

import { Store } from "./store.js";

/** @import {Choices} from "../types.js" */

const PLACE = "voicegw.choices";

/** @type {Choices} */
const FIRST = {
  pageLanguage: null,
  theme: "auto",
  language: null,
  level: null,
  scenario: null,
  voice: null,
  speed: 1,
  patience: "normal",
  pushToTalk: false,
  keepMyVoice: false,
  showLatency: false,
  greeting: true,
  shortcuts: true,
  microphone: null,
};

/**
 * The choices of the last visit. A key of another type than ours (an older page, a curious hand) counts as not chosen.
 *
 * @param {Storage} storage
 * @returns {Store<Choices>}
 */
export function remembered(storage) {
  /** @type {Record<string, unknown>} */
  const known = { ...FIRST };
  for (const [key, value] of Object.entries(read(storage))) {
    if (!(key in FIRST)) continue;
    const first = known[key];
    if (first === null ? value === null || typeof value === "string" : typeof value === typeof first) {
      known[key] = value;
    }
  }
  const store = new Store(/** @type {Choices} */ (/** @type {unknown} */ (known)));
  store.watch((now) => write(storage, now));
  return store;
}

/** @param {Storage} storage */
function read(storage) {
  try {
    const kept = JSON.parse(storage.getItem(PLACE) ?? "{}");
    return kept !== null && typeof kept === "object" ? kept : {};
  } catch {
    return {}; // unreadable, or the browser keeps nothing in this mode
  }
}

/**
 * @param {Storage} storage
 * @param {Choices} choices
 */
function write(storage, choices) {
  try {
    storage.setItem(PLACE, JSON.stringify(choices));
  } catch {
    // A private window may refuse to keep anything: then the choices last as long as the page.
  }
}
