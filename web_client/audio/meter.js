/** How loud something is, now. */

const FLOOR_DB = -60;

/**
 * @param {BaseAudioContext} context
 * @param {AudioNode} source
 * @returns {() => number} root mean square of the last 20 ms or so, 0..1
 */
export function meter(context, source) {
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return () => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    return Math.sqrt(sum / samples.length);
  };
}

/**
 * Loudness as the eye expects it: decibels, from silence (0) to a loud voice (1).
 *
 * @param {number} level root mean square
 */
export function seen(level) {
  if (level <= 0) return 0;
  const db = 20 * Math.log10(level);
  return Math.max(0, Math.min(1, (db - FLOOR_DB) / (-12 - FLOOR_DB)));
}
