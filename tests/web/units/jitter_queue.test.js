import assert from "node:assert/strict";
import test from "node:test";
import { JitterQueue } from "../../../web_client/audio/jitter_queue.js";

const loud = (/** @type {number} */ n) => new Float32Array(n).fill(0.5);

/**
 * @param {JitterQueue} queue
 * @param {number} n
 */
function pull(queue, n) {
  const out = new Float32Array(n);
  const happened = queue.pull(out).map(({ kind, item, offset }) => `${kind} ${item}@${offset}`);
  return { out, happened };
}

test("an answer begins when enough of it is there", () => {
  const queue = new JitterQueue(100, 800);
  queue.push("a", loud(99));
  assert.equal(Math.max(...pull(queue, 64).out), 0);
  queue.push("a", loud(1));
  const { out, happened } = pull(queue, 64);
  assert.ok(out.every((sample) => sample === 0.5));
  assert.deepEqual(happened, ["sounded a@0"]);
  assert.deepEqual(queue.place, { item: "a", played: 64 });
});

test("a short answer that is complete does not wait", () => {
  const queue = new JitterQueue(100, 800);
  queue.push("a", loud(10));
  queue.end("a");
  assert.deepEqual(pull(queue, 64).happened, ["sounded a@0", "ended a@10"]);
  assert.equal(queue.place, null);
});

test("the first audible sample is told, not the silence before it", () => {
  const queue = new JitterQueue(1, 8);
  queue.push("a", new Float32Array(50));
  queue.push("a", loud(50));
  assert.deepEqual(pull(queue, 40).happened, []);
  assert.deepEqual(pull(queue, 40).happened, ["sounded a@10"]);
});

test("when it runs dry it waits for twice as much, and comes back to the least", () => {
  const queue = new JitterQueue(100, 300);
  queue.push("a", loud(100));
  assert.deepEqual(pull(queue, 128).happened, ["sounded a@0", "starved a@100"]);
  assert.equal(queue.need, 200);
  queue.push("a", loud(150));
  assert.ok(Math.max(...pull(queue, 64).out) < 0.03); // the edge of what was played, fading
  queue.push("a", loud(50));
  queue.end("a");
  assert.deepEqual(pull(queue, 256).happened, ["ended a@200"]);
  assert.equal(queue.need, 200); // this answer had trouble
  queue.push("b", loud(300));
  queue.end("b");
  pull(queue, 512);
  assert.equal(queue.need, 100);
});

test("stopping throws the rest away, says exactly what was played, and leaves no click", () => {
  const queue = new JitterQueue(1, 8);
  queue.push("a", loud(1000));
  pull(queue, 300);
  assert.deepEqual(queue.stop(), { item: "a", played: 300 });
  const { out } = pull(queue, 128);
  assert.ok(Math.abs((out[0] ?? 0) - 0.5) < 0.06);
  assert.ok(Math.abs(out[127] ?? 1) < 1e-5);
  assert.equal(queue.stop(), null);
});

test("one answer follows the other without a gap", () => {
  const queue = new JitterQueue(10, 80);
  queue.push("a", loud(100));
  queue.end("a");
  queue.push("b", loud(100));
  const { out, happened } = pull(queue, 150);
  assert.ok(out.every((sample) => sample === 0.5));
  assert.deepEqual(happened, ["sounded a@0", "ended a@100", "sounded b@100"]);
});
