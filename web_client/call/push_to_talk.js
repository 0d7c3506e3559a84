/** The button that is held while one speaks. */

/** @import {Call} from "./call.js" */
/** @import {Microphone} from "../audio/microphone.js" */

const TAIL_MS = 150; // the last sound is still on its way
const TAP_MS = 300; // a shorter press is a tap: no word is that short

/** Pressing silences a tutor who speaks; a tap does no more than that. What was said while it was held is answered. */
export class PushToTalk {
  #pressed = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} until the press is no tap any more */
  #tap;
  /** @type {ReturnType<typeof setTimeout> | undefined} until the last sound has come */
  #tail;
  #owed = false;

  /** @param {Call} call */
  constructor(call) {
    this.call = call;
  }

  /** @param {Microphone} microphone */
  press(microphone) {
    const { call } = this;
    this.#pressed = performance.now();
    const goesOn = this.#tail !== undefined; // the thumb slipped: it is the same turn
    this.#endTail();
    if (call.state.now.tutorSounds) call.quiet();
    // An answer on its way gives way to words, not to a tap.
    this.#tap = setTimeout(() => call.quiet(), TAP_MS);
    call.state.set({ holding: true, youSpeak: true, notice: null });
    if (!goesOn) call.send({ type: "input_audio_buffer.clear" });
    microphone.open = true;
  }

  /** @param {Microphone} microphone */
  release(microphone) {
    const { call } = this;
    clearTimeout(this.#tap);
    const tap = performance.now() - this.#pressed < TAP_MS;
    call.state.set({ holding: false, youSpeak: false });
    if (!tap) call.awaitAnswer();
    this.#tail = setTimeout(() => {
      this.#endTail();
      microphone.open = false;
      if (tap) {
        call.send({ type: "input_audio_buffer.clear" });
        call.state.set({ notice: { key: "notice.too_short" } });
        return;
      }
      call.timing.speechEnded(Infinity);
      this.#owed = true;
      call.send({ type: "input_audio_buffer.commit" });
    }, TAIL_MS);
  }

  /** Whether what was said waits for its words, to be answered then; asking settles it. */
  takeOwed() {
    const owed = this.#owed;
    this.#owed = false;
    return owed;
  }

  close() {
    clearTimeout(this.#tap);
    this.#endTail();
  }

  #endTail() {
    clearTimeout(this.#tail);
    this.#tail = undefined;
  }
}
