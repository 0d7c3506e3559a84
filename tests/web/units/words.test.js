import assert from "node:assert/strict";
import test from "node:test";
import { begun, heardText, place } from "../../../web_client/call/words.js";
import { Conversation } from "../../../web_client/call/conversation.js";
import { retell } from "../../../web_client/call/orders.js";
import { Pace } from "../../../web_client/call/pace.js";

/** @param {[string, number][]} pieces */
function placed(...pieces) {
  /** @type {import("../../../web_client/types.js").Word[]} */
  const words = [];
  for (const [piece, from] of pieces) place(words, piece, from);
  return words.map(({ text, from }) => [text, Math.round(from * 100) / 100]);
}

test("a word is placed where its sound begins", () => {
  assert.deepEqual(placed(["Good", 0], [" morning", 0.2], [" to", 0.8]), [["Good", 0], [" morning", 0.2], [" to", 0.8]]);
});

test("the words of one piece lie evenly between it and the next", () => {
  assert.deepEqual(placed(["For how many", 1], [" people", 2.5]), [["For", 1], [" how", 1.5], [" many", 2], [" people", 2.5]]);
});

test("words that join to the text are the text, however it was cut", () => {
  const words = placed(["Hel", 0], ["lo, wor", 0.3], ["ld!", 0.6], [" ", 0.7]);
  assert.equal(words.map(([text]) => text).join(""), "Hello, world! ");
  assert.deepEqual(words[0], ["Hello,", 0]);
});

test("a mark that stands apart is heard with its word", () => {
  const french = [["Bonjour\u00a0!", 0], [" Ça", 1], [" va\u202f?", 2]];
  assert.deepEqual(placed(["Bonjour\u00a0!", 0], [" Ça", 1], [" va\u202f?", 2]), french);
  assert.deepEqual(placed(["Bonj", 0], ["our", 0.4], ["\u00a0!", 0.8], [" Ça", 1], [" va", 2], ["\u202f?", 2.4]), french);
  assert.deepEqual(placed(["Bonj", 0], ["our\u00a0!", 0.4], [" Ça", 1], [" va\u202f?", 2]), french);
});

test("scripts without spaces are lit piece by piece", () => {
  assert.deepEqual(placed(["こん", 0], ["にちは", 0.4]), [["こん", 0], ["にちは", 0.4]]);
});

test("the ear's place says which words were begun", () => {
  const words = [0, 0.5, 1].map((from) => ({ text: " x", from }));
  assert.deepEqual([-1, 0, 0.6, 5].map((at) => begun(words, at)), [0, 1, 2, 3]);
});

test("an interrupted line keeps what was heard, and a new connection is told no more", () => {
  const conversation = new Conversation(() => {});
  conversation.begin("u", "you");
  conversation.guess("u", "A ta");
  conversation.guess("u", "ble");
  assert.equal(conversation.last("you")?.text, "A table");
  conversation.know("u", "A table for two.");
  conversation.say("t", "For how", 0);
  conversation.say("t", " many people?", 1);
  conversation.cut("t", 0.9);
  const line = conversation.last("tutor");
  assert.ok(line);
  assert.equal(heardText(line), "For how");
  conversation.begin("nothing", "you");
  assert.deepEqual(
    retell(conversation.lines).map((event) => /** @type {any} */ (event)["item"]),
    [
      { id: "u", type: "message", role: "user", content: [{ type: "input_text", text: "A table for two." }] },
      { id: "t", type: "message", role: "assistant", content: [{ type: "output_text", text: "For how" }] },
    ],
  );
});

test("over WebRTC a word is heard as long after it came as the browser's buffer is deep", () => {
  let now = 10;
  const ear = new Pace(() => 0, () => now);
  ear.delay = 0.1;
  assert.equal(ear.next("t"), 0.1);
  now = 10.5;
  assert.ok(Math.abs(ear.next("t") - 0.6) < 1e-9);
  assert.equal(ear.heard("t"), 0.5);
});
