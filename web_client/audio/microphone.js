/** The learner's microphone: asked for once, muted without letting it go, replaced when it is unplugged. */

import { microphoneProblem } from "../base/problem.js";

/** @param {string | null} device */
function constraints(device) {
  return {
    audio: {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      channelCount: 1,
      ...(device ? { deviceId: { ideal: device } } : {}),
    },
  };
}

/**
 * Throws Problem.
 *
 * @param {string | null} device
 */
async function ask(device) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints(device));
  } catch (error) {
    throw microphoneProblem(error);
  }
}

/** Events: `replaced` (another device took over), `lost` (there is none), `back`. */
export class Microphone extends EventTarget {
  #open = true;
  #closed = new AbortController();

  /**
   * @param {MediaStream} stream
   * @param {string | null} device
   */
  constructor(stream, device) {
    super();
    this.stream = stream;
    this.device = device;
    this.lost = false;
    navigator.mediaDevices.addEventListener("devicechange", () => this.#changed(), { signal: this.#closed.signal });
    this.#watch();
  }

  /**
   * Throws Problem.
   *
   * @param {string | null} device id of the one that was chosen, null for the system's
   */
  static async open(device) {
    if (navigator.audioSession) navigator.audioSession.type = "play-and-record"; // iOS: loudspeaker, not earpiece
    return new Microphone(await ask(device), device);
  }

  /** @returns {MediaStreamTrack | null} */
  get track() {
    return this.stream.getAudioTracks()[0] ?? null;
  }

  /** Whether the learner can be heard; a closed ear sends silence, so that the call keeps its time. */
  get open() {
    return this.#open;
  }

  set open(open) {
    this.#open = open;
    if (this.track) this.track.enabled = open;
  }

  close() {
    this.#closed.abort();
    for (const track of this.stream.getTracks()) track.stop();
  }

  #watch() {
    const signal = this.#closed.signal;
    this.track?.addEventListener("ended", () => this.#changed(), { signal });
    this.track?.addEventListener("mute", () => this.#tell(true), { signal }); // a phone call took it
    this.track?.addEventListener("unmute", () => this.#tell(false), { signal });
  }

  /** A device came or went: when it was ours, take another. */
  async #changed() {
    if (this.track?.readyState === "live") return;
    try {
      const stream = await ask(this.device);
      if (this.#closed.signal.aborted) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.stream = stream;
    } catch {
      this.#tell(true); // tried again when a device comes
      return;
    }
    this.open = this.#open;
    this.#watch();
    this.dispatchEvent(new Event("replaced"));
    this.#tell(false);
  }

  /** @param {boolean} lost */
  #tell(lost) {
    if (lost === this.lost) return;
    this.lost = lost;
    this.dispatchEvent(new Event(lost ? "lost" : "back"));
  }
}

/** Microphones by name; empty until the learner has allowed one. */
export async function microphones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "audioinput" && device.label && device.deviceId !== "communications");
}
