// Over WebSocket, on Node.js. Usage: main.mjs http://host:port
import { readFileSync } from 'node:fs';
import { OpenAIRealtimeWebSocket } from '@openai/agents-realtime';
import { check, hold } from './scenarios.mjs';

const url = process.argv[2].replace(/^http/, 'ws') + '/v1/realtime?model=gpt-realtime';
const manifest = new URL('./node_modules/@openai/agents-realtime/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest));
const RATE = 24_000;
const bytes = new WeakMap(); // of sound, by the transport that it came over

const line = {
  sounds: 'response.output_audio.delta',

  async interrupted(caller) {
    check(caller.interruptions > 0, 'the session was not told of the interruption');
  },

  open() {
    const transport = new OpenAIRealtimeWebSocket({ url });
    bytes.set(transport, 0);
    transport.on('audio', ({ data }) => bytes.set(transport, bytes.get(transport) + data.byteLength));
    return { transport, url, apiKey: 'none' };
  },

  speak(session, seconds) {
    const pcm = new Int16Array(Math.round(RATE * (seconds + 1)));
    pcm.fill(8000, 0, Math.round(RATE * seconds));
    for (let at = 0; at < pcm.length; at += 2400) session.sendAudio(pcm.slice(at, at + 2400).buffer);
  },

  heard: (session) => bytes.get(session.transport) / 2 / RATE,
};

await hold(line, (scenario, result) => {
  console.log(JSON.stringify({ client: 'agents-js, WebSocket', version, scenario, result }));
});
process.exit(0);
