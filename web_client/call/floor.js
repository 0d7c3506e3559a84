/** Who has the floor, from what is known of both sides. */

/** @import {CallState, Floor} from "../types.js" */

/**
 * The learner goes before the tutor: who interrupts is heard at once.
 *
 * @param {Pick<CallState, "phase" | "youSpeak" | "tutorSounds" | "awaiting">} call
 * @returns {Floor}
 */
export function floor(call) {
  if (call.phase !== "live") return "none";
  if (call.youSpeak) return "you";
  if (call.tutorSounds) return "tutor";
  return call.awaiting ? "thinking" : "none";
}

/**
 * The state in words: a key of the message tables.
 *
 * @param {CallState} call
 */
export function stateKey(call) {
  if (call.phase === "connecting") return call.asking ? "state.asking" : "state.connecting";
  if (call.phase === "reconnecting") return "state.reconnecting";
  if (call.phase !== "live") return "state.ended";
  const has = floor(call);
  if (has === "tutor") return "state.tutor";
  if (call.microphoneLost) return "state.microphone_lost";
  if (call.pushToTalk) return call.holding ? "state.listening" : has === "thinking" ? "state.thinking" : "state.hold";
  if (call.muted) return "state.muted";
  if (has === "you") return "state.listening";
  return has === "thinking" ? "state.thinking" : "state.your_turn";
}
