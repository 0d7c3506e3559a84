/** What each event of the server means to a call. Events that are not in the table are none of our business. */

import { HINT } from "./orders.js";

/** @import {EventTable, ServerEvent, ServerItem} from "../types.js" */
/** @import {Call} from "./call.js" */

/** Errors that follow from two sides acting at once, and need no words. */
const HARMLESS = new Set([
  "response_cancel_not_active",
  "conversation_already_has_active_response",
  "item_truncate_invalid_item_id",
]);

/**
 * @param {Call} call
 * @returns {EventTable}
 */
export function eventTable(call) {
  const { conversation, state } = call;
  /** @type {Set<string>} responses that are hints */
  const hints = new Set();
  /** @param {ServerItem} item */
  const spoken = (item) => item.type === "message" && (item.role === "user" || item.role === "assistant");

  return {
    "session.updated": () => call.link.configured(),
    error: ({ error }) => {
      if (error.code === "session_expired") call.expired = true;
      else if (error.code === "input_audio_buffer_commit_empty") state.set({ notice: { key: "notice.too_short" } });
      else if (!HARMLESS.has(error.code)) state.set({ notice: { key: "notice.refused", detail: error.message } });
    },
    "input_audio_buffer.speech_started": ({ item_id, audio_start_ms }) => {
      conversation.begin(item_id, "you");
      call.recording.begin(item_id, audio_start_ms);
      state.set({ youSpeak: true, hint: null, notice: null });
      call.interrupt();
    },
    "input_audio_buffer.speech_stopped": ({ item_id, audio_end_ms }) => {
      state.set({ youSpeak: false });
      call.recording.finish(item_id, audio_end_ms);
      call.timing.speechEnded(audio_end_ms);
    },
    "conversation.item.added": ({ item }) => {
      if (spoken(item) && item.role === "user") conversation.begin(item.id, "you");
    },
    "conversation.item.truncated": ({ item_id, audio_end_ms }) => conversation.cut(item_id, audio_end_ms / 1000),
    "conversation.item.input_audio_transcription.delta": ({ item_id, delta }) => conversation.guess(item_id, delta),
    "conversation.item.input_audio_transcription.completed": ({ item_id, transcript }) =>
      conversation.know(item_id, transcript),
    "conversation.item.input_audio_transcription.failed": ({ item_id }) => {
      conversation.fail(item_id);
      state.set({ notice: { key: "notice.not_understood" } });
    },
    "response.created": ({ response }) => {
      if (response.metadata?.["purpose"] === HINT) {
        hints.add(response.id);
        state.set({ hint: "" });
      } else {
        state.set({ awaiting: true });
      }
    },
    "response.output_item.added": ({ response_id, item }) => {
      if (!hints.has(response_id) && spoken(item)) conversation.begin(item.id, "tutor");
    },
    "response.output_text.delta": ({ response_id, item_id, delta }) => {
      if (hints.has(response_id)) state.set({ hint: (state.now.hint ?? "") + delta });
      else conversation.say(item_id, delta, 0);
    },
    "response.output_audio_transcript.delta": ({ item_id, delta }) =>
      conversation.say(item_id, delta, call.ear?.next(item_id) ?? 0),
    "response.done": ({ response }) => {
      if (hints.delete(response.id)) {
        // A hint is for the eye: the conversation goes on as if nobody had asked.
        for (const item of response.output) call.send({ type: "conversation.item.delete", item_id: item.id });
        if (response.status === "failed") state.set({ hint: null, notice: { key: "notice.no_answer" } });
        return;
      }
      for (const item of response.output) conversation.finish(item.id);
      state.set({ awaiting: false, ...(response.status === "failed" ? { notice: { key: "notice.no_answer" } } : {}) });
    },
  };
}

/**
 * @param {EventTable} table
 * @param {ServerEvent} event
 */
export function handle(table, event) {
  const handler = /** @type {((event: ServerEvent) => void) | undefined} */ (table[event.type]);
  handler?.(event);
}
