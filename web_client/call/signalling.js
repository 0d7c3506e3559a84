/** Offer and answer over HTTP: a new call, or the one whose connection broke (POST /v1/realtime/calls). */

/** @import {Server} from "../base/server.js" */

const TICKET = "Voicegw-Resume";
const ANSWER_MS = 5000;

/**
 * How to come back to a call whose connection broke: its address, and a ticket that is good for one use. The old
 * connection is released when that is settled: the gateway would take its closing for a goodbye.
 *
 * @typedef {{ call: string, ticket: string, release: () => void }} Way
 */

/**
 * Take the call up again where that is still possible, else make a new one.
 *
 * @param {Server} server
 * @param {string} body
 * @param {Way | null} way
 */
export async function place(server, body, way) {
  /** @param {string} ticket */
  const request = (ticket) => ({ method: "POST", body, headers: { "Content-Type": "application/sdp", [TICKET]: ticket } });
  if (way) {
    const answer = await server.ask(`${way.call}/resume`, request(way.ticket), ANSWER_MS).catch(() => null);
    if (answer) return placed(answer, true);
  }
  return placed(await server.ask("/v1/realtime/calls", request("new"), ANSWER_MS), false);
}

/**
 * @param {Response} answer
 * @param {boolean} resumed
 */
async function placed(answer, resumed) {
  const { headers } = answer;
  return { answer: await answer.text(), resumed, call: headers.get("Location"), ticket: headers.get(TICKET) };
}

/**
 * The gateway's STUN and TURN servers; without them a call still gets through where no firewall is in between.
 *
 * @param {Server} server
 * @returns {Promise<RTCIceServer[]>}
 */
export async function iceServers(server) {
  try {
    return (await (await server.ask("/v1/realtime/ice", {}, ANSWER_MS)).json()).ice_servers;
  } catch {
    return [];
  }
}
