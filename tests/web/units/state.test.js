import assert from "node:assert/strict";
import test from "node:test";
import { remembered } from "../../../web_client/base/choices.js";
import { Store } from "../../../web_client/base/store.js";
import { floor, stateKey } from "../../../web_client/call/floor.js";
import { configure } from "../../../web_client/call/orders.js";
import { Recording } from "../../../web_client/call/recording.js";
import { Timing } from "../../../web_client/call/timing.js";

const QUIET = { phase: "live", youSpeak: false, tutorSounds: false, awaiting: false, pushToTalk: false };

test("who watches a store is told now and of every difference, until they stop", () => {
  const store = new Store({ a: 1, b: 2 });
  /** @type {number[]} */
  const seen = [];
  const stop = store.watch(({ a }) => seen.push(a));
  store.set({ a: 1 });
  store.set({ a: 3 });
  stop();
  store.set({ a: 4 });
  assert.deepEqual(seen, [1, 3]);
});

test("the learner goes before the tutor", () => {
  const call = /** @type {any} */ (QUIET);
  assert.equal(floor(call), "none");
  assert.equal(floor({ ...call, awaiting: true }), "thinking");
  assert.equal(floor({ ...call, awaiting: true, tutorSounds: true }), "tutor");
  assert.equal(floor({ ...call, tutorSounds: true, youSpeak: true }), "you");
  assert.equal(floor({ ...call, phase: "reconnecting", youSpeak: true }), "none");
});

test("every state has its words", () => {
  const call = /** @type {any} */ (QUIET);
  assert.equal(stateKey(call), "state.your_turn");
  assert.equal(stateKey({ ...call, muted: true }), "state.muted");
  assert.equal(stateKey({ ...call, muted: true, tutorSounds: true }), "state.tutor");
  assert.equal(stateKey({ ...call, pushToTalk: true }), "state.hold");
  assert.equal(stateKey({ ...call, pushToTalk: true, holding: true }), "state.listening");
  assert.equal(stateKey({ ...call, microphoneLost: true }), "state.microphone_lost");
  assert.equal(stateKey({ ...call, phase: "reconnecting" }), "state.reconnecting");
});

/** @param {string | null} kept */
function storage(kept) {
  return /** @type {any} */ ({ getItem: () => kept, setItem: (/** @type {string} */ _, /** @type {string} */ text) => (kept = text), get kept() { return kept; } });
}

test("choices are remembered, and what makes no sense is not", () => {
  const place = storage('{"level":"B1","speed":"fast","voice":7,"pushToTalk":true,"other":1}');
  const choices = remembered(place);
  assert.equal(choices.now.level, "B1");
  assert.equal(choices.now.speed, 1);
  assert.equal(choices.now.voice, null);
  assert.equal(choices.now.pushToTalk, true);
  choices.set({ level: "C1" });
  assert.equal(remembered(storage(place.kept)).now.level, "C1");
  assert.equal(remembered(storage("not json")).now.speed, 1);
});

test("push-to-talk turns the server's own turn-taking off", () => {
  const wishes = { language: "es", level: null, voice: null, speed: 0.8, patience: /** @type {const} */ ("patient"), pushToTalk: false };
  const said = (/** @type {boolean} */ pushToTalk) => /** @type {any} */ (configure({ ...wishes, pushToTalk }, "Be kind."))["session"].audio;
  assert.deepEqual(said(false).input.turn_detection, { type: "semantic_vad", eagerness: "low" });
  assert.equal(said(true).input.turn_detection, null);
  assert.deepEqual(said(true).output, { speed: 0.8 });
});

test("a turn's latency counts from the learner's last audible sample", () => {
  const timing = new Timing();
  const frame = (/** @type {number} */ level, /** @type {number} */ at) => ({ samples: new Int16Array(480), level, at });
  for (let i = 0; i < 10; i++) timing.sent(frame(0.2, 1000 + 20 * i));
  for (let i = 10; i < 40; i++) timing.sent(frame(0.001, 1000 + 20 * i));
  timing.speechEnded(800);
  assert.equal(Math.round((timing.sounded(1980) ?? 0) * 100), 80); // the last loud frame was at 1180
  assert.equal(timing.sounded(3000), null); // nobody spoke before this one
});

test("a recording keeps lines, cuts the learner's own out of the stream, and has a bound", () => {
  const recording = new Recording();
  recording.add("t", new Int16Array(5));
  recording.add("t", new Int16Array(7));
  assert.equal(recording.of("t").length, 12);
  for (let i = 0; i < 100; i++) recording.hear({ samples: new Int16Array(480).fill(i), level: 0, at: 0 });
  recording.begin("u", 500);
  recording.finish("u", 1000);
  const own = recording.of("u");
  assert.equal(own.length, 12000);
  assert.equal(own[0], 25);
  for (let i = 0; i < 30; i++) recording.add(`long${i}`, new Int16Array(24000 * 60));
  assert.ok(!recording.has("t"));
  assert.ok(recording.has("long29"));
});
