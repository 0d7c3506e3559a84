// What an application does with @openai/agents-realtime, whatever carries the call: a process on Node.js runs it over
// WebSocket (main.mjs), a page in a browser over WebRTC (page.mjs).
import { RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { z } from 'zod';

const LATE_MS = 20_000;

const weather = tool({
  name: 'weather',
  description: 'How the weather is.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => (city === 'Graz' ? 'sunny' : 'unknown'),
});

/**
 * One session. What differs between the transports is the line that it is given:
 * sounds: the event by which a client learns that the tutor's voice begins;
 * interrupted(caller, from): what it must notice of an interruption, in events since `from`;
 * open(): a transport, and what `session.connect` needs for it;
 * speak(session, seconds): be loud for so long, then quiet;
 * heard(session): seconds of sound that came from the tutor.
 */
class Caller {
  constructor(line) {
    this.line = line;
    this.events = [];
    this.waiting = [];
    this.errors = [];
    this.interruptions = 0;
  }

  async connect({ tools = [], outputModalities = ['audio'] } = {}) {
    const agent = new RealtimeAgent({ name: 'tutor', instructions: 'Be kind.', tools });
    const turnDetection = { type: 'server_vad', silenceDurationMs: 300 };
    const config = { outputModalities, audio: { input: { turnDetection } } };
    const { transport, ...options } = await this.line.open();
    this.session = new RealtimeSession(agent, { transport, config });
    this.session.on('transport_event', (event) => this.told(event));
    this.session.on('audio_interrupted', () => (this.interruptions += 1));
    this.session.on('error', (event) => this.errors.push(event));
    await this.session.connect(options);
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
      const late = setTimeout(() => reject(new Error(`no ${type} within ${LATE_MS} ms`)), LATE_MS);
      this.waiting.push((event) => {
        if (event.type !== type || !fits(event)) return false;
        clearTimeout(late);
        resolve(event);
        return true;
      });
    });
  }

  speak(seconds) {
    return this.line.speak(this.session, seconds);
  }

  heard() {
    return this.line.heard(this.session);
  }

  wrote(role, fits) {
    const words = (item) => item.content.map((part) => part.transcript ?? part.text).filter(Boolean);
    return this.session.history.some((item) => item.role === role && words(item).some(fits));
  }

  async says(text) {
    await eventually(() => this.wrote('assistant', (said) => said === text), `not said: ${text}`);
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function check(holds, why) {
  if (!holds) throw new Error(why);
}

async function eventually(holds, why) {
  for (const deadline = Date.now() + LATE_MS; !(await holds()) && Date.now() < deadline; ) await pause(50);
  check(await holds(), why);
}

const SCENARIOS = {
  async spoken(caller) {
    await caller.connect();
    const done = caller.until('response.done');
    await caller.speak(0.6);
    const { response } = await done;
    check(response.status === 'completed', response.status);
    await caller.says('Good morning to you, my friend.');
    await eventually(async () => (await caller.heard()) > 0.5, 'the answer did not sound');
    await eventually(() => caller.wrote('user', Boolean), 'the words of the caller are missing');
  },

  async interruption(caller) {
    await caller.connect();
    const begun = caller.until(caller.line.sounds);
    await caller.speak(1.8);
    await begun;
    await pause(300); // some of it is heard
    const from = caller.events.length;
    await caller.speak(1.2);
    await caller.until('response.done', { fits: ({ response }) => response.status === 'cancelled', from });
    await caller.line.interrupted(caller, from);
    await caller.until('conversation.item.truncated', { from });
    await caller.until('response.done', { fits: ({ response }) => response.status === 'completed', from });
  },

  async tool(caller) {
    await caller.connect({ tools: [weather] });
    const called = caller.until('response.function_call_arguments.done');
    await caller.speak(1.2);
    await called;
    await caller.says('It is sunny there.');
  },

  async text(caller) {
    await caller.connect({ outputModalities: ['text'] });
    caller.session.sendMessage('Hello there.');
    await caller.says('Good morning to you, my friend.');
    check((await caller.heard()) < 0.01, 'there was sound');
  },

  async 'session change'(caller) {
    await SCENARIOS.spoken(caller);
    const changed = ({ session }) => session.instructions === 'Talk like a pirate.';
    const updated = caller.until('session.updated', { fits: changed });
    await caller.session.updateAgent(new RealtimeAgent({ name: 'pirate', instructions: 'Talk like a pirate.' }));
    await updated;
    await caller.speak(0.6);
    await caller.says('Arr, good day.');
  },

  async error(caller) {
    await caller.connect();
    const refused = caller.until('error');
    caller.session.transport.sendEvent({ type: 'conversation.item.delete', item_id: 'none', event_id: 'mine' });
    const { error } = await refused;
    check(error.event_id === 'mine' && error.param === 'item_id', JSON.stringify(error));
    check(caller.errors.length === 1, 'the session was not told of the error');
    await caller.speak(0.6);
    await caller.says('Good morning to you, my friend.');
  },
};

/** Run all of them, one after the other. tell(scenario, result): 'ok', or what went wrong. */
export async function hold(line, tell) {
  for (const [scenario, run] of Object.entries(SCENARIOS)) {
    const caller = new Caller(line);
    let result = 'ok';
    try {
      await run(caller);
    } catch (problem) {
      result = String(problem?.message ?? problem);
    }
    caller.session?.close();
    await tell(scenario, result);
  }
}
