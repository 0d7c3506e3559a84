/** The gateway's side that is not a call: what it offers, and a sentence said aloud. */

import { Problem, refusal } from "./problem.js";

/** @import {Lobby} from "../types.js" */

const PATIENCE_MS = 8000;
const SENDABLE = /^[!-~]+$/; // a header holds no others: such a key was mistyped
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/; // RFC 9110, section 5.6.2
const KEY_PLACE = "voicegw.key";

export class Server {
  /** @type {string | null} */
  #key;

  /** @param {Storage} session where a key is kept: as long as this tab is open, and not longer */
  constructor(session) {
    this.session = session;
    this.#key = session.getItem(KEY_PLACE);
  }

  /** The learner's key, null when none was asked for. */
  get key() {
    return this.#key;
  }

  /** @param {string | null} key */
  set key(key) {
    this.#key = key;
    if (key) this.session.setItem(KEY_PLACE, key);
    else this.session.removeItem(KEY_PLACE);
  }

  /**
   * What there is to choose from, at this moment. Throws Problem.
   *
   * @returns {Promise<Lobby>}
   */
  async lobby() {
    return (await this.ask("/v1/voicegw/lobby", {})).json();
  }

  /**
   * `text` in a voice, as a WAV file. Throws Problem.
   *
   * @param {{ input: string, voice: string, speed: number, language: string | null }} wanted
   */
  async speech(wanted) {
    const body = JSON.stringify({ ...wanted, response_format: "wav" });
    const headers = { "Content-Type": "application/json" };
    return (await this.ask("/v1/audio/speech", { method: "POST", body, headers })).arrayBuffer();
  }

  /**
   * An answer that is good; every other is thrown as the Problem it means.
   *
   * @param {string} path
   * @param {RequestInit} request
   * @param {number} [patience] ms
   */
  async ask(path, request, patience = PATIENCE_MS) {
    const headers = new Headers(request.headers);
    const key = this.#key;
    if (key && !SENDABLE.test(key)) throw new Problem("wrong_key");
    if (key) headers.set("Authorization", `Bearer ${key}`);
    let answer;
    try {
      answer = await fetch(path, { ...request, headers, signal: AbortSignal.timeout(patience) });
    } catch (error) {
      throw new Problem("unreachable", String(error));
    }
    if (answer.ok) return answer;
    throw refusal(answer.status, await answer.json().catch(() => null), Boolean(key));
  }

  /** The key as a WebSocket can bring it, as the name of a subprotocol: one with other signs in it buys a short one. */
  async socketKey() {
    if (!this.#key || TOKEN.test(this.#key)) return this.#key;
    const headers = { "Content-Type": "application/json" };
    const bought = await this.ask("/v1/realtime/client_secrets", { method: "POST", body: "{}", headers });
    return String((await bought.json()).value);
  }

  /** Why a call was not taken: a WebSocket that is refused does not tell a page the reason, so we ask. */
  async reason() {
    try {
      const lobby = await this.lobby();
      if (lobby.state !== "ready") return new Problem("starting");
      if (lobby.places.taken >= lobby.places.all) return new Problem("full");
      return new Problem("unreachable");
    } catch (error) {
      return error instanceof Problem ? error : new Problem("unreachable", String(error));
    }
  }
}
