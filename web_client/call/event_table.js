/** What each event of the server means to a call. Events that are not in the table are none of our business. */

import { AGAIN, HINT } from "./orders.js";

/** @import {EventTable, ServerEvent, ServerItem} from "../types.js" */
/** @import {Call} from "./call.js" */

/** Errors that follow from two sides acting at once, and need no words. */
const HARMLESS = new Set([
  "response_cancel_not_active",
  "conversation_already_has_active_response",
  "item_truncate_invalid_item_id",
  "item_delete_invalid_item_id",
]);
const QUOTES = /^["“”„«»'\s]+|["“”„«»'\s]+$/g;

/**
 * @param {Call} call
 * @returns {EventTable}
 */
export function eventTable(call) {
  const { conversation, state } = call;
  /** @type {Map<string, string>} what the responses that are not answers are for */
  const purposes = new Map();
  /** @param {ServerItem} item */
  const spoken = (item) => item.type === "message" && (item.role === "user" || item.role === "assistant");
  /** @param {string | null} hint null when none came */
  const hinted = (hint) => {
    if (state.now.hint === null) return; // nobody waits for it any more
    state.set(hint ? { hint } : { hint: null, notice: { key: "notice.no_hint" } });
  };

  return {
    "session.updated": () => call.link.configured(),
    error: ({ error }) => {
      if (error.event_id === HINT) hinted(null);
      else if (error.code === "session_expired") call.expired = true;
      else if (error.code === "input_audio_buffer_commit_empty") call.notHeard("notice.too_short");
      else if (!HARMLESS.has(error.code)) state.set({ notice: { key: "notice.refused", detail: error.message } });
    },
    "input_audio_buffer.speech_started": ({ item_id, audio_start_ms }) => {
      conversation.begin(item_id, "you");
      call.recording.begin(item_id, audio_start_ms);
      state.set({ youSpeak: true, againOwed: false, notice: null });
      call.interrupt();
    },
    "input_audio_buffer.speech_stopped": ({ item_id, audio_end_ms }) => {
      state.set({ youSpeak: false });
      call.awaitAnswer();
      call.recording.finish(item_id, audio_end_ms);
      call.timing.speechEnded(audio_end_ms);
    },
    "conversation.item.added": ({ item }) => {
      if (spoken(item) && item.role === "user") conversation.begin(item.id, "you");
    },
    "conversation.item.truncated": ({ item_id, audio_end_ms }) => conversation.cut(item_id, audio_end_ms / 1000),
    "conversation.item.input_audio_transcription.delta": ({ item_id, delta }) => conversation.guess(item_id, delta),
    "conversation.item.input_audio_transcription.completed": ({ item_id, transcript }) => {
      conversation.know(item_id, transcript);
      call.understood(transcript);
    },
    "conversation.item.input_audio_transcription.failed": ({ item_id }) => {
      conversation.fail(item_id);
      call.notHeard("notice.not_understood");
    },
    "response.created": ({ response }) => {
      const purpose = response.metadata?.["purpose"] ?? "";
      if (purpose) purposes.set(response.id, purpose);
      if (purpose === HINT) return;
      call.answering = response.id;
      // A hint is for the words that come next: it stays while they are said, and goes when they are answered.
      state.set({ awaiting: true, ...(purpose ? {} : { hint: null }) });
    },
    "response.output_item.added": ({ response_id, item }) => {
      const purpose = purposes.get(response_id);
      if (purpose !== HINT && spoken(item)) conversation.begin(item.id, "tutor", purpose === AGAIN);
    },
    "response.output_text.delta": ({ response_id, item_id, delta }) => {
      if (purposes.get(response_id) === HINT) hinted((state.now.hint ?? "") + delta);
      else conversation.say(item_id, delta, 0);
    },
    "response.output_audio_transcript.delta": ({ item_id, delta }) =>
      conversation.say(item_id, delta, call.ear?.next(item_id) ?? 0),
    "response.done": ({ response }) => {
      const purpose = purposes.get(response.id);
      purposes.delete(response.id);
      if (purpose === HINT) {
        hinted(response.status === "failed" ? null : (state.now.hint ?? "").replace(QUOTES, ""));
        return;
      }
      for (const item of response.output) {
        conversation.finish(item.id);
        // The tutor has said it once, however often it is heard.
        if (purpose === AGAIN) call.send({ type: "conversation.item.delete", item_id: item.id });
      }
      if (call.answering === response.id) call.answering = null;
      if (response.status === "failed") state.set({ notice: { key: "notice.no_answer" } });
      state.set({ awaiting: false });
      call.sayAgain();
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
