/** What this page says to the gateway, in the words of the OpenAI Realtime protocol. */

import { heardText } from "./words.js";

/** @import {Choices, ClientEvent, Line, Lobby} from "../types.js" */

const EAGERNESS = { quick: "high", normal: "medium", patient: "low" };
const ENGLISH = new Intl.DisplayNames(["en"], { type: "language" });

/** @typedef {Pick<Choices, "language" | "level" | "voice" | "speed" | "patience" | "pushToTalk">} Wishes */

/**
 * @param {Wishes} wishes
 * @param {string} instructions
 * @returns {ClientEvent}
 */
export function configure(wishes, instructions) {
  const turns = wishes.pushToTalk ? null : { type: "semantic_vad", eagerness: EAGERNESS[wishes.patience] };
  const session = {
    type: "realtime",
    instructions,
    audio: {
      input: { transcription: wishes.language ? { language: wishes.language } : {}, turn_detection: turns },
      output: { ...(wishes.voice ? { voice: wishes.voice } : {}), speed: wishes.speed },
    },
  };
  return { type: "session.update", session };
}

/**
 * The tutor's orders: those of the chosen scenario, else what language and level ask for. The model reads English.
 *
 * @param {Pick<Choices, "language" | "level">} wishes
 * @param {Lobby["scenarios"][number] | null} scenario
 */
export function instructions(wishes, scenario) {
  const language = wishes.language ? (ENGLISH.of(wishes.language) ?? wishes.language) : "the learner's language";
  const level = wishes.level
    ? `The learner's level is ${wishes.level} of the Common European Framework: keep your words and sentences there. `
    : "";
  return (
    scenario?.instructions ??
    `You are a warm, patient tutor on the phone with someone who learns ${language}. Speak only ${language}. ${level}` +
      "Everything you write is spoken aloud: one to three short, natural sentences of plain words, no lists, no " +
      "markdown, no emoji. Often end with a short question that keeps the talk going."
  );
}

/** @param {number} speed */
export function speak(speed) {
  return { type: "session.update", session: { type: "realtime", audio: { output: { speed } } } };
}

/** @param {string} orders the session's instructions, which those of one response replace */
export function again(orders) {
  const more = "Now say your last message again, word for word, and nothing else.";
  return { type: "response.create", response: { instructions: `${orders}\n\n${more}` } };
}

export const HINT = "hint";

/** @param {string} orders */
export function hint(orders) {
  const more =
    "The learner does not know what to say. Write one short sentence that the learner could say next, at the " +
    "learner's level, and nothing else.";
  return {
    type: "response.create",
    response: {
      instructions: `${orders}\n\n${more}`,
      output_modalities: ["text"],
      max_output_tokens: 60,
      metadata: { purpose: HINT },
    },
  };
}

/**
 * The conversation so far, for a new connection: what the ear heard, and in its order.
 *
 * @param {readonly Line[]} lines
 * @returns {ClientEvent[]}
 */
export function retell(lines) {
  return lines
    .map((line) => ({ line, text: heardText(line).trim() }))
    .filter(({ text }) => text !== "")
    .map(({ line, text }) => ({
      type: "conversation.item.create",
      item: {
        id: line.id,
        type: "message",
        role: line.who === "you" ? "user" : "assistant",
        content: [{ type: line.who === "you" ? "input_text" : "output_text", text }],
      },
    }));
}
