/**
 * From the microphone's rate to the wire's, sample by sample, without a seam between blocks.
 *
 * Windowed-sinc interpolation (J. O. Smith, "Digital Audio Resampling"): each output sample is the sum of the input
 * around it, weighted with a low-pass below the lower of the two Nyquist frequencies.
 */

const ZEROES = 16; // zero crossings of the sinc on either side: about 80 dB of stop band with this window
const STEPS = 256; // table entries per zero crossing
const ROLL_OFF = 0.94; // of the Nyquist frequency: where the pass band ends

export class Resampler {
  /** @type {Float32Array} input that is still needed, oldest first */
  #kept;
  #at;
  #scale;
  #reach;

  /**
   * @param {number} from Hz
   * @param {number} to Hz
   */
  constructor(from, to) {
    this.step = from / to; // input samples per output sample
    this.#scale = ROLL_OFF * Math.min(1, to / from);
    this.#reach = Math.ceil(ZEROES / this.#scale);
    this.#kept = new Float32Array(this.#reach); // silence before the first sample
    this.#at = this.#reach;
    this.same = from === to;
  }

  /**
   * @param {Float32Array} block
   * @returns {Float32Array} what can be said so far; the last few samples wait for those that follow them
   */
  push(block) {
    if (this.same) return block.slice();
    const input = new Float32Array(this.#kept.length + block.length);
    input.set(this.#kept);
    input.set(block, this.#kept.length);
    const count = Math.max(0, Math.ceil((input.length - this.#reach - this.#at) / this.step));
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = this.#sample(input, this.#at + i * this.step);
    this.#at += count * this.step;
    const done = Math.max(0, Math.floor(this.#at) - this.#reach);
    this.#kept = input.slice(done);
    this.#at -= done;
    return out;
  }

  /**
   * @param {Float32Array} input
   * @param {number} at
   */
  #sample(input, at) {
    const last = Math.min(input.length - 1, Math.floor(at + this.#reach));
    let sum = 0;
    for (let i = Math.max(0, Math.ceil(at - this.#reach)); i <= last; i++) {
      sum += (input[i] ?? 0) * weight(Math.abs(i - at) * this.#scale);
    }
    return sum * this.#scale;
  }
}

const TABLE = new Float32Array(ZEROES * STEPS + 2).map((_, i) => {
  const x = i / STEPS;
  if (x >= ZEROES) return 0;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  const phase = (Math.PI * x) / ZEROES;
  return sinc * (0.42 + 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase)); // Blackman's window
});

/** @param {number} distance in zero crossings */
function weight(distance) {
  const place = distance * STEPS;
  const left = Math.floor(place);
  if (left >= ZEROES * STEPS) return 0;
  const low = TABLE[left] ?? 0;
  return low + ((TABLE[left + 1] ?? 0) - low) * (place - left);
}
