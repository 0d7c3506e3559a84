// @openai/agents-realtime over WebSocket, unmodified. Usage: main.mjs http://host:port
import { readFileSync } from 'node:fs';
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { z } from 'zod';

const url = process.argv[2].replace(/^http/, 'ws') + '/v1/realtime?model=gpt-realtime';
const manifest = new URL('./node_modules/@openai/agents-realtime/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest));
const RATE = 24_000;

const weather = tool({
  name: 'weather',
  description: 'How the weather is.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => (city === 'Graz' ? 'sunny' : 'unknown'),
});

class Caller {
  constructor({ tools = [], outputModalities = ['audio'], instructions = 'Be kind.' } = {}) {
    this.events = [];
    this.waiting = [];
    this.errors = [];
    this.sound = 0;
    this.interruptions = 0;
    const agent = new RealtimeAgent({ name: 'tutor', instructions, tools });
    this.session = new RealtimeSession(agent, {
      transport: new OpenAIRealtimeWebSocket({ url }),
      config: {
        outputModalities,
        audio: { input: { turnDetection: { type: 'server_vad', silenceDurationMs: 300 } } },
      },
    });
    this.session.on('transport_event', (event) => this.told(event));
    this.session.on('audio', (event) => (this.sound += event.data.byteLength));
    this.session.on('audio_interrupted', () => (this.interruptions += 1));
    this.session.on('error', (event) => this.errors.push(event));
  }

  async connect() {
    await this.session.connect({ apiKey: 'none', url });
  }

  told(event) {
    this.events.push(event);
    this.waiting = this.waiting.filter((waiting) => !waiting(event));
  }

  /** The next event of this type for which `fits` holds, or one since `from`. */
  until(type, { fits = () => true, from = this.events.length } = {}) {
    const before = this.events.slice(from).find((event) => event.type === type && fits(event));
    if (before) return Promise.resolve(before);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no ${type} within 20 s`)), 20_000);
      this.waiting.push((event) => {
        if (event.type !== type || !fits(event)) return false;
        clearTimeout(late);
        resolve(event);
        return true;
      });
    });
  }

  speak(seconds) {
    const pcm = new Int16Array(Math.round(RATE * (seconds + 1)));
    pcm.fill(8000, 0, Math.round(RATE * seconds));
    for (let at = 0; at < pcm.length; at += 2400) this.session.sendAudio(pcm.slice(at, at + 2400).buffer);
  }

  said(text) {
    return this.session.history.some(
      (item) => item.role === 'assistant' && item.content.some((part) => (part.transcript ?? part.text) === text),
    );
  }

  async heard(text) {
    for (let tries = 0; tries < 100 && !this.said(text); tries += 1) await pause(100);
    check(this.said(text), `not said: ${text}`);
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function check(holds, why) {
  if (!holds) throw new Error(why);
}

const SCENARIOS = {
  async spoken(caller = new Caller()) {
    await caller.connect();
    caller.speak(0.6);
    const done = await caller.until('response.done');
    check(done.response.status === 'completed', done.response.status);
    await caller.heard('Good morning to you, my friend.');
    check(caller.sound > RATE, `only ${caller.sound} bytes of sound`);
    const heard = () => caller.session.history.some((item) => item.role === 'user' && item.content[0]?.transcript);
    for (let tries = 0; tries < 50 && !heard(); tries += 1) await pause(100);
    check(heard(), 'the words of the caller are missing');
    return caller;
  },
  async interruption() {
    const caller = new Caller();
    await caller.connect();
    caller.speak(1.8);
    await caller.until('response.output_audio.delta');
    await pause(300); // some of it is heard
    const from = caller.events.length;
    caller.speak(1.2);
    const cancelled = ({ response }) => response.status === 'cancelled';
    await caller.until('response.done', { fits: cancelled, from });
    check(caller.interruptions > 0, 'the session was not told of the interruption');
    await caller.until('conversation.item.truncated', { from });
    await caller.until('response.done', { fits: ({ response }) => response.status === 'completed', from });
    return caller;
  },
  async tool() {
    const caller = new Caller({ tools: [weather] });
    await caller.connect();
    caller.speak(1.2);
    await caller.until('response.function_call_arguments.done');
    await caller.heard('It is sunny there.');
    return caller;
  },
  async text() {
    const caller = new Caller({ outputModalities: ['text'] });
    await caller.connect();
    caller.session.sendMessage('Hello there.');
    await caller.heard('Good morning to you, my friend.');
    check(caller.sound === 0, 'there was sound');
    return caller;
  },
  async 'session change'() {
    const caller = await SCENARIOS.spoken();
    const changed = ({ session }) => session.instructions === 'Talk like a pirate.';
    const updated = caller.until('session.updated', { fits: changed });
    await caller.session.updateAgent(new RealtimeAgent({ name: 'pirate', instructions: 'Talk like a pirate.' }));
    await updated;
    caller.speak(0.6);
    await caller.heard('Arr, good day.');
    return caller;
  },
  async error() {
    const caller = new Caller();
    await caller.connect();
    caller.session.transport.sendEvent({ type: 'conversation.item.delete', item_id: 'none', event_id: 'mine' });
    const { error } = await caller.until('error');
    check(error.event_id === 'mine' && error.param === 'item_id', JSON.stringify(error));
    check(caller.errors.length === 1, 'the session was not told of the error');
    caller.speak(0.6);
    await caller.heard('Good morning to you, my friend.');
    return caller;
  },
};

for (const [scenario, run] of Object.entries(SCENARIOS)) {
  let result = 'ok';
  try {
    const caller = await run();
    caller.session.close();
  } catch (problem) {
    result = String(problem?.message ?? problem);
  }
  console.log(JSON.stringify({ client: 'agents-js', version, scenario, result }));
}
process.exit(0);
