/** Samples as the wire wants them: 16-bit little-endian, 24 kHz, mono, in base64. */

export const RATE = 24_000;
/** 1 % of full scale, -40 dBFS: from here a sample can be heard. The gateway's other clients count from the same. */
export const AUDIBLE = 0.01;

const FULL = 32_768;
const AT_ONCE = 8192; // arguments that String.fromCharCode takes without trouble in every browser

/**
 * @param {Float32Array} samples -1..1; louder ones are clipped
 * @returns {Int16Array}
 */
export function toInt16(samples) {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    out[i] = Math.max(-FULL, Math.min(FULL - 1, Math.round((samples[i] ?? 0) * FULL)));
  }
  return out;
}

/**
 * @param {Int16Array} samples
 * @returns {Float32Array<ArrayBuffer>}
 */
export function toFloat(samples) {
  const out = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) out[i] = (samples[i] ?? 0) / FULL;
  return out;
}

/** @param {Int16Array} samples */
export function toBase64(samples) {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return btoa(text);
}

/** @param {string} base64 */
export function fromBase64(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Int16Array(bytes.buffer, 0, bytes.length >> 1);
}

/**
 * Root mean square, 0..1.
 *
 * @param {Int16Array} samples
 */
export function loudness(samples) {
  let sum = 0;
  for (const sample of samples) sum += (sample / FULL) ** 2;
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}
