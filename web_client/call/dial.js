/** Getting through: WebRTC where the gateway offers it and the network lets it pass, else WebSocket. */

import { Problem } from "../base/problem.js";
import { openWebRtc } from "./webrtc.js";
import { openWebSocket } from "./websocket.js";

/** @import {TransportKind, Wire} from "../types.js" */
/** @import {Server} from "../base/server.js" */
/** @import {Way} from "./signalling.js" */

/** @typedef {Awaited<ReturnType<typeof openWebRtc>> | Awaited<ReturnType<typeof openWebSocket>>} Line */

/**
 * Throws Problem.
 *
 * @param {Wire} wire
 * @param {Server} server
 * @param {MediaStream} microphone
 * @param {readonly TransportKind[]} kinds
 * @param {Way | null} way
 * @returns {Promise<Line>}
 */
export async function dial(wire, server, microphone, kinds, way) {
  if (kinds.includes("webrtc")) {
    try {
      return await openWebRtc(wire, server, microphone, way);
    } catch (error) {
      // A gateway that is full or wants a key says the same on every line; only a blocked way has a detour.
      if (error instanceof Problem && error.code !== "unreachable") throw error;
    }
  }
  try {
    return await openWebSocket(wire, await server.socketKey());
  } catch {
    throw await server.reason();
  }
}
