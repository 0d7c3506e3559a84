/** A call over WebRTC: sound on the media track, events on the data channel `oai-events`. The gateway owns the playout. */

import { RATE, AUDIBLE } from "../audio/pcm.js";
import { Tap } from "../audio/tap.js";
import { Problem } from "../base/problem.js";
import { Pace } from "./pace.js";
import { iceServers, place } from "./signalling.js";

/** @import {ClientEvent, Frame, Quality, ServerEvent, Transport, Wire} from "../types.js" */
/** @import {Server} from "../base/server.js" */
/** @import {Way} from "./signalling.js" */

const OPEN_MS = 5000;
const LOST_MS = 2000; // "disconnected" comes after seconds of silence, and may heal; after four the gateway gives up

/**
 * Throws Problem: what the gateway refused, or `unreachable` when no media gets through.
 *
 * @param {Wire} wire
 * @param {Server} server
 * @param {MediaStream} microphone
 * @param {Way | null} way back to the call that broke, if there was one
 * @returns {Promise<WebRtcTransport>}
 */
export async function openWebRtc(wire, server, microphone, way) {
  const peer = new RTCPeerConnection({ iceServers: await iceServers(server) });
  const channel = peer.createDataChannel("oai-events");
  try {
    const transport = await WebRtcTransport.prepare(peer, channel, wire, server);
    for (const track of microphone.getAudioTracks()) peer.addTrack(track, microphone);
    await peer.setLocalDescription(await peer.createOffer());
    const offer = peer.localDescription?.sdp ?? "";
    const { answer, resumed, call, ticket } = await place(server, offer, way);
    way?.release();
    transport.resumed = resumed;
    transport.call = call;
    transport.ticket = ticket;
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
    await opened(channel);
    return transport;
  } catch (error) {
    peer.close();
    throw error instanceof Problem ? error : new Problem("unreachable", String(error));
  }
}

/**
 * @param {RTCDataChannel} channel
 * @returns {Promise<void>}
 */
function opened(channel) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Problem("unreachable", "no media path")), OPEN_MS);
    channel.addEventListener("open", () => {
      clearTimeout(late);
      resolve();
    });
  });
}

/** @implements {Transport} */
class WebRtcTransport {
  /** @type {"webrtc"} */
  kind = "webrtc";
  /** @type {string | null} the call's address */
  call = null;
  /** @type {string | null} */
  ticket = null;
  resumed = false;
  #audio = new Audio();
  #item = "";
  #quiet = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lost;

  /**
   * @param {RTCPeerConnection} peer
   * @param {RTCDataChannel} channel
   * @param {Wire} wire
   * @param {Server} server
   */
  static async prepare(peer, channel, wire, server) {
    /** @type {(frame: Frame) => void} */
    let voice = () => {};
    const transport = new WebRtcTransport(peer, channel, wire, server, await Tap.open((frame) => voice(frame)));
    voice = (frame) => transport.#voice(frame);
    return transport;
  }

  /**
   * @param {RTCPeerConnection} peer
   * @param {RTCDataChannel} channel
   * @param {Wire} wire
   * @param {Server} server
   * @param {Tap} tap
   */
  constructor(peer, channel, wire, server, tap) {
    this.server = server;
    this.peer = peer;
    this.channel = channel;
    this.wire = wire;
    this.tap = tap;
    this.ear = new Pace(() => tap.level());
    this.#audio.autoplay = true;
    peer.ontrack = ({ track, streams }) => {
      const stream = streams[0] ?? new MediaStream([track]);
      this.#audio.srcObject = stream;
      this.#audio.play().catch(() => {}); // the next touch lets it sound
      tap.listen(stream);
    };
    peer.onconnectionstatechange = () => this.#connection();
    channel.onmessage = ({ data }) => this.#take(JSON.parse(data));
    channel.onclose = () => this.#end("the channel closed");
  }

  /** @param {ClientEvent} event */
  send(event) {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(event));
  }

  /** @param {MediaStream} stream another microphone */
  async replace(stream) {
    const track = stream.getAudioTracks()[0];
    const sender = this.peer.getSenders().find((known) => known.track?.kind === "audio");
    if (track && sender) await sender.replaceTrack(track);
  }

  /** @returns {Promise<Quality>} */
  async quality() {
    if (this.peer.connectionState !== "connected") return 0;
    let loss = 0;
    let delay = 0;
    for (const report of (await this.peer.getStats()).values()) {
      if (report.type === "remote-inbound-rtp") loss = Math.max(loss, report.fractionLost ?? 0);
      if (report.type === "candidate-pair" && report.nominated) delay = report.currentRoundTripTime ?? 0;
      if (report.type === "inbound-rtp" && report.jitterBufferEmittedCount) {
        this.ear.delay = report.jitterBufferDelay / report.jitterBufferEmittedCount;
      }
    }
    if (loss > 0.1 || delay > 0.6) return 1;
    return loss > 0.02 || delay > 0.25 ? 2 : 3;
  }

  /** @type {Way | null} */
  get way() {
    const { call, ticket } = this;
    return call && ticket ? { call, ticket, release: () => this.peer.close() } : null;
  }

  /** Say goodbye: a line that only breaks is kept for a while, in case we come back. */
  hangUp() {
    const goodbye = { method: "POST", keepalive: true };
    if (this.call) this.server.ask(`${this.call}/hangup`, goodbye).catch(() => {}); // it will end by itself
    this.drop();
    this.peer.close();
  }

  /** Fall silent, and leave the connection to `way.release`. */
  drop() {
    clearTimeout(this.#lost);
    this.channel.onclose = this.channel.onmessage = this.peer.onconnectionstatechange = null;
    for (const sender of this.peer.getSenders()) sender.replaceTrack(null).catch(() => {}); // closed: it sends nothing
    this.tap.close();
    this.#audio.srcObject = null;
  }

  /** @param {ServerEvent} event */
  #take(event) {
    if (event.type === "response.output_audio_transcript.delta") this.#item = event.item_id;
    if (event.type === "output_audio_buffer.stopped" || event.type === "output_audio_buffer.cleared") this.#silent();
    if (event.type === "output_audio_buffer.started") this.#quiet = true;
    this.wire.event(event);
  }

  /** @param {Frame} frame of the tutor's voice, as it sounds */
  #voice(frame) {
    if (!this.#item) return;
    this.wire.voice(this.#item, frame.samples);
    const first = frame.samples.findIndex((sample) => Math.abs(sample) >= AUDIBLE * 32_768);
    if (!this.#quiet || first < 0) return;
    this.#quiet = false;
    this.wire.sounding(true, frame.at - ((frame.samples.length - first) / RATE) * 1000);
  }

  #silent() {
    this.#item = "";
    this.#quiet = true;
    this.wire.sounding(false, performance.now());
  }

  #connection() {
    clearTimeout(this.#lost);
    if (this.peer.connectionState === "failed") this.#end("no media path");
    if (this.peer.connectionState === "disconnected") this.#lost = setTimeout(() => this.#end("lost"), LOST_MS);
  }

  /** @param {string} reason */
  #end(reason) {
    this.drop();
    this.wire.closed({ code: 1006, reason });
  }
}
