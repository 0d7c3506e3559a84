// Over WebRTC, in a page that has the gateway's own address (see ../agents_js_page.py, which puts it there).
import { OpenAIRealtimeWebRTC } from '@openai/agents-realtime';
import { check, hold } from './scenarios.mjs';

const LEVEL = 0.25; // of the tone that is the tutor's voice
const calls = new URL('/v1/realtime/calls', location.href).href;

/** What a browser may have: a key that an application's server asks for. */
async function key() {
  const reply = await fetch('/v1/realtime/client_secrets', { method: 'POST' });
  if (!reply.ok) throw new Error(await reply.text());
  return (await reply.json()).value;
}

/** `mute` is for a call that stands; this is for the moments before. */
async function quiet(connection) {
  for (const { track } of connection.getSenders()) track.enabled = false;
  return connection;
}

const line = {
  sounds: 'output_audio_buffer.started',

  async interrupted(caller, from) {
    await caller.until('output_audio_buffer.cleared', { from });
    const seconds = await caller.heard();
    check(seconds < 4, `${seconds} s of a story that was interrupted at once`);
  },

  async open() {
    // The browser takes a hum for noise, and suppresses more and more of it.
    const asItIs = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const mediaStream = await navigator.mediaDevices.getUserMedia({ audio: asItIs });
    const transport = new OpenAIRealtimeWebRTC({ baseUrl: calls, changePeerConnection: quiet, mediaStream });
    return { transport, apiKey: await key() };
  },

  /** The microphone hums all the time; the session lets it through for so long. */
  async speak(session, seconds) {
    session.mute(false);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    session.mute(true);
  },

  /** By the energy of what was played, level² × seconds (webrtc-stats, totalAudioEnergy). */
  async heard(session) {
    const { peerConnection } = session.transport.connectionState;
    for (const stats of (await peerConnection.getStats()).values()) {
      if (stats.type === 'inbound-rtp' && stats.kind === 'audio') return stats.totalAudioEnergy / LEVEL ** 2;
    }
    return 0;
  },
};

await hold(line, window.tell);
