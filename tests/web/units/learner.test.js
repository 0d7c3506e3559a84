import assert from "node:assert/strict";
import test from "node:test";
import { typeset } from "../../../web_client/base/typography.js";
import { speaking, voiceFor } from "../../../web_client/base/voices.js";
import { refusal } from "../../../web_client/base/problem.js";
import { Conversation } from "../../../web_client/call/conversation.js";
import { CallKeeper, KEPT_MS } from "../../../web_client/call/kept_call.js";
import { AGAIN, begin, hint, retell, say } from "../../../web_client/call/orders.js";
import { paced, slower } from "../../../web_client/call/speed.js";
import { Steady } from "../../../web_client/call/steady.js";

test("a state stands for 300 ms, or is not shown", () => {
  const steady = new Steady();
  /** @type {[number, string][]} */
  const happens = [
    [0, "state.your_turn"], [1000, "state.listening"], [2000, "state.your_turn"], [2040, "state.thinking"],
    [2300, "state.tutor"], [5000, "state.listening"], [5100, "state.tutor"], [7000, "state.thinking"],
    [7450, "state.tutor"], [9000, "state.your_turn"], [9700, "state.muted"], [10_500, "state.your_turn"],
  ];
  /** @type {[number, string][]} */
  const shown = [];
  for (let now = 0; now <= 12_000; now += 16) {
    const state = happens.findLast(([at]) => at <= now)?.[1] ?? "";
    const words = steady.show(state, now);
    if (words && shown.at(-1)?.[1] !== words) shown.push([now, words]);
  }
  shown.forEach(([at], i) => assert.ok(i === 0 || at - (shown[i - 1]?.[0] ?? 0) >= 300));
  assert.deepEqual(
    shown.map(([, words]) => words.replace("state.", "")),
    ["your_turn", "listening", "tutor", "listening", "tutor", "thinking", "tutor", "your_turn", "muted", "your_turn"],
  );
  assert.ok((shown.find(([at]) => at >= 2300)?.[0] ?? 0) < 2320); // who speaks is shown at once
});

test("the button says what the next press does, and every press does something", () => {
  for (const chosen of [0.6, 0.7, 0.8, 1, 1.2]) {
    let now = chosen;
    const seen = new Set([now]);
    for (let press = 0; press < 6; press++) {
      const next = slower(now, chosen);
      assert.notEqual(next, now);
      assert.ok(next >= 0.6 && next <= 1.2);
      seen.add((now = next));
    }
    assert.ok(seen.has(chosen) && seen.has(0.6));
  }
  assert.deepEqual([slower(1, 1), slower(0.8, 1), slower(0.6, 1)], [0.8, 0.6, 1]);
  assert.deepEqual([paced(0.6, -1), paced(1.2, 1), paced(0.7, 1)], [0.6, 1.2, 0.8]);
});

test("French marks do not begin a line", () => {
  assert.equal(typeset("Ça va ? Oui ; « bien » : merci !", "fr"), "Ça va\u00a0? Oui\u00a0; «\u00a0bien\u00a0»\u00a0: merci\u00a0!");
  assert.equal(typeset(" ?", "fr"), "\u00a0?"); // words come in pieces
  assert.equal(typeset(" bien", "fr", " «"), "\u00a0bien");
  assert.equal(typeset("Really ?", "en"), "Really ?");
  assert.equal(typeset("Il est 10:30, d’accord.", "fr-CA"), "Il est 10:30, d’accord.");
});

test("the language chooses the voice, and a voice that sounds like a person goes first", () => {
  const voices = [
    { name: "joe", languages: ["en"], natural: true },
    { name: "espeak-fr", languages: ["fr"], natural: false },
    { name: "siwis", languages: ["fr"], natural: true },
    { name: "tom", languages: ["fr"], natural: true },
  ];
  assert.equal(voiceFor(voices, "fr", null), "siwis");
  assert.equal(voiceFor(voices, "fr", "joe"), "siwis");
  assert.equal(voiceFor(voices, "fr", "tom"), "tom");
  assert.equal(voiceFor(voices, "el", "tom"), null);
  assert.deepEqual(speaking(voices, "fr").map(({ name }) => name), ["siwis", "tom", "espeak-fr"]);
});

test("a key that does not fit is another trouble than none", () => {
  assert.equal(refusal(401, null).code, "key");
  assert.equal(refusal(401, null, true).code, "wrong_key");
});

/** @param {[("you" | "tutor"), string][]} said */
function talk(...said) {
  const conversation = new Conversation(() => {});
  said.forEach(([who, text], i) => (who === "you" ? conversation.know(`${i}`, text) : conversation.say(`${i}`, text, 0)));
  return conversation;
}

test("a hint is asked beside the conversation, of a model that plays the learner and is spoken to last", () => {
  const { response } = /** @type {any} */ (
    hint(talk(["tutor", "Hello!"], ["you", "Hi."], ["tutor", "How many?"]).spoken, { language: "es", level: "A2" })
  );
  assert.equal(response.conversation, "none");
  assert.deepEqual(response.output_modalities, ["text"]);
  assert.match(response.instructions, /Spanish.*A2/);
  assert.deepEqual(response.input.map((/** @type {any} */ { role, content }) => [role, content[0].text]), [
    ["user", "Hello!"], ["assistant", "Hi."], ["user", "How many?"],
  ]);
  for (const lines of [talk(), talk(["tutor", "Hello!"], ["you", "Hm."])]) {
    assert.equal(/** @type {any} */ (hint(lines.spoken, { language: null, level: null })).response.input.at(-1).role, "user");
  }
});

test("words that are said as they are fit into one request", () => {
  assert.equal(/** @type {any} */ (say("a".repeat(9999), AGAIN)).response.voicegw.say.length, 4096);
  assert.equal(/** @type {any} */ (begin()).response.input[0].role, "user");
});

test("a line that is said again is no other line", () => {
  const conversation = talk(["you", "Hi."], ["tutor", "How many people?"]);
  conversation.begin("again", "tutor", true);
  conversation.say("again", "How", 0);
  assert.equal(conversation.lines.length, 3);
  assert.equal(conversation.last("tutor")?.text, "How many people?");
  assert.equal(retell(conversation.spoken).length, 2);
});

/** @param {Record<string, string>} kept */
function storage(kept = {}) {
  return /** @type {any} */ ({
    getItem: (/** @type {string} */ key) => kept[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ text) => (kept[key] = text),
    removeItem: (/** @type {string} */ key) => delete kept[key],
  });
}

test("a call that was left is kept with its words for a while, and then forgotten", () => {
  let now = 1_000_000;
  const conversation = talk(["tutor", "Hello!"], ["you", "Hi."]);
  const call = /** @type {any} */ ({
    conversation, choices: { language: "es", speed: 1 }, state: { now: { speed: 0.8, since: 5 } },
    way: { call: "/v1/realtime/calls/rtc_1", ticket: "t", release: () => {} },
  });
  const place = storage();
  const keeper = new CallKeeper(place, () => now);
  assert.equal(keeper.kept, null);
  keeper.keep(call, "Español", false);
  assert.deepEqual(keeper.kept?.way, { call: "/v1/realtime/calls/rtc_1", ticket: "t" });
  assert.equal(keeper.kept?.choices.speed, 0.8);
  keeper.keep(call, "Español", true);
  assert.equal(keeper.kept?.way, null); // its line was given back
  const taken = new Conversation(() => {});
  taken.take(keeper.kept?.lines ?? []);
  assert.deepEqual(taken.spoken.map(({ text }) => text), ["Hello!", "Hi."]);
  now += KEPT_MS;
  assert.equal(keeper.kept, null);
  now -= KEPT_MS;
  keeper.forget();
  assert.equal(keeper.kept, null);
  assert.equal(new CallKeeper(storage({ "voicegw.call": "nonsense" })).kept, null);
});
