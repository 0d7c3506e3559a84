/** What this page says to the gateway, in the words of the OpenAI Realtime protocol. */

import { heardText } from "./words.js";

/** @import {Choices, ClientEvent, Line, Lobby} from "../types.js" */

const EAGERNESS = { quick: "high", normal: "medium", patient: "low" };
const ENGLISH = new Intl.DisplayNames(["en"], { type: "language" });
const HINT_LINES = 6; // a hint answers what was said last: more would only take longer to read
const SAY_MOST = 4096; // characters that the gateway says as they are written

export const HINT = "hint";
export const AGAIN = "again";
export const GREETING = "greeting";

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

/** A language's English name: the model reads English. @param {string | null} language */
function named(language) {
  return language ? (ENGLISH.of(language) ?? language) : "the learner's language";
}

/**
 * The tutor's orders: those of the chosen scenario, else what language and level ask for.
 *
 * @param {Pick<Choices, "language" | "level">} wishes
 * @param {Lobby["scenarios"][number] | null} scenario
 */
export function instructions(wishes, scenario) {
  const language = named(wishes.language);
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

/**
 * Have these words said as they are. The tutor's last words once more need no language model, which might find others.
 *
 * @param {string} words
 * @param {string} purpose
 * @returns {ClientEvent}
 */
export function say(words, purpose) {
  return { type: "response.create", response: { voicegw: { say: words.slice(0, SAY_MOST) }, metadata: { purpose } } };
}

/**
 * The tutor's first words where nobody has written them: a scene, or a language that has no greeting here.
 *
 * @returns {ClientEvent}
 */
export function begin() {
  const input = [message("user", "(The learner has just called. Pick up the phone: greet and begin, in one or two short sentences.)")];
  return { type: "response.create", response: { input, metadata: { purpose: GREETING } } };
}

/**
 * Ask what the learner could say. For the model the parts are swapped: it plays the learner, whom the tutor has just
 * asked something. (Asked as the tutor, behind its own last words, a model has nothing more to say.) It is an answer
 * beside the conversation, which goes on as if nobody had asked.
 *
 * @param {readonly Line[]} lines
 * @param {Pick<Choices, "language" | "level">} wishes
 * @returns {ClientEvent}
 */
export function hint(lines, wishes) {
  const language = named(wishes.language);
  const level = wishes.level ? ` Your level is ${wishes.level} of the Common European Framework.` : "";
  const orders =
    `You are a person who learns ${language} and talks on the phone with a tutor.${level} You never teach or help, and ` +
    `never repeat what the tutor said. Answer the tutor in ${language}, about yourself, with one short, simple sentence.`;
  const said = lines
    .map((line) => ({ who: line.who, text: heardText(line).trim() }))
    .filter(({ text }) => text !== "")
    .slice(-HINT_LINES);
  const input = said.map(({ who, text }) => message(who === "you" ? "assistant" : "user", text));
  if (said.at(-1)?.who !== "tutor") input.push(message("user", "(The tutor listens.)"));
  return {
    type: "response.create",
    event_id: HINT,
    response: {
      conversation: "none",
      instructions: orders,
      input,
      output_modalities: ["text"],
      max_output_tokens: 60,
      tools: [],
      metadata: { purpose: HINT },
    },
  };
}

/**
 * @param {"user" | "assistant"} role
 * @param {string} text
 */
function message(role, text) {
  return { type: "message", role, content: [{ type: role === "user" ? "input_text" : "output_text", text }] };
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
      item: { id: line.id, ...message(line.who === "you" ? "user" : "assistant", text) },
    }));
}
