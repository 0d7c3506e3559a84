/** Shapes that several files share, for the type checker only: this file is not served. */

/** What the learner chose; remembered on this device. */
export interface Choices {
  pageLanguage: string | null;
  theme: "auto" | "light" | "dark";
  language: string | null;
  level: string | null;
  scenario: string | null;
  voice: string | null;
  speed: number;
  patience: "quick" | "normal" | "patient";
  pushToTalk: boolean;
  keepMyVoice: boolean;
  showLatency: boolean;
  /** Whether the tutor speaks first. */
  greeting: boolean;
  /** Whether single keys do something during a call. */
  shortcuts: boolean;
  microphone: string | null;
}

export interface Voice {
  name: string;
  languages: string[];
  /** Whether it sounds like a person. */
  natural: boolean;
}

export interface Scenario {
  id: string;
  title: string;
  summary?: string;
  language?: string;
  instructions?: string;
}

/** The answer of GET /v1/voicegw/lobby. */
export interface Lobby {
  state: "starting" | "ready" | "stopping";
  places: { taken: number; all: number };
  longest_s: number;
  transports: TransportKind[];
  languages: string[];
  natural_languages: string[];
  voices: Voice[];
  levels: string[];
  scenarios: Scenario[];
}

export type TransportKind = "webrtc" | "websocket";
export type Phase = "lobby" | "connecting" | "live" | "reconnecting" | "ended";
export type Floor = "none" | "you" | "thinking" | "tutor";
export type Quality = 0 | 1 | 2 | 3;

/** What the call screen shows, apart from the words. */
export interface CallState {
  phase: Phase;
  /** The browser asks the learner for the microphone. */
  asking: boolean;
  youSpeak: boolean;
  tutorSounds: boolean;
  awaiting: boolean;
  muted: boolean;
  holding: boolean;
  pushToTalk: boolean;
  microphoneLost: boolean;
  quality: Quality | null;
  transport: TransportKind | null;
  latency: number | null;
  speed: number;
  /** Again was pressed, and what is being said comes first. */
  againOwed: boolean;
  hint: string | null;
  notice: Notice | null;
  since: number | null;
}

export interface Notice {
  key: string;
  detail?: string;
}

/** A word of the tutor. from: second of the line's sound at which it begins. */
export interface Word {
  text: string;
  from: number;
}

/** One side's turn. cut: second at which the tutor was interrupted. again: says an earlier line once more. */
export interface Line {
  id: string;
  who: "you" | "tutor";
  text: string;
  words: Word[];
  state: "open" | "done" | "cut" | "failed";
  cut: number | null;
  again: boolean;
}

/** A call that this page left, to be taken up again. at: Date.now() of its last sign of life. */
export interface KeptCall {
  at: number;
  title: string;
  choices: Choices;
  lines: Line[];
  since: number | null;
  way: { call: string; ticket: string } | null;
}

/** Sound of one side. samples: 24 kHz. level: root mean square, 0..1. at: performance.now() of its last sample. */
export interface Frame {
  samples: Int16Array;
  level: number;
  at: number;
}

/** Where the learner's ear is in what the tutor says. */
export interface Ear {
  /** Second of the item at which the words that come next will be heard. */
  next(item: string): number;
  /** Seconds of the item that were heard. */
  heard(item: string): number;
  /** Falls silent at once. Where that was, when it is this side that must tell the server. */
  stop(): Promise<{ item: string; ms: number } | null>;
  /** How loud the tutor is at this moment, 0..1. */
  level(): number;
}

/** What a transport tells the call. */
export interface Wire {
  event(event: ServerEvent): void;
  /** The tutor's voice began to sound (at: performance.now() of its first audible sample) or fell silent. */
  sounding(on: boolean, at: number): void;
  /** A piece of the tutor's voice, to be kept for the replay. */
  voice(item: string, samples: Int16Array): void;
  closed(ending: Ending): void;
}

export interface Ending {
  code: number;
  reason: string;
}

export interface Transport {
  kind: TransportKind;
  ear: Ear;
  send(event: ClientEvent): void;
  quality(): Promise<Quality>;
  /** Whether this is the call of before: it knows what was said. */
  resumed: boolean;
  /** End the call. */
  hangUp(): void;
  /** Let go of the connection only; the call may be taken up again. */
  drop(): void;
}

export interface ClientEvent {
  type: string;
  [key: string]: unknown;
}

interface Delta {
  response_id: string;
  item_id: string;
  delta: string;
}

export interface ServerItem {
  id: string;
  type: string;
  role?: string;
}

/** The server's events that mean something to this page, by their type. */
export interface ServerEvents {
  "session.created": { session: object };
  "session.updated": { session: object };
  error: { error: { code: string; message: string; event_id: string | null } };
  "input_audio_buffer.speech_started": { item_id: string; audio_start_ms: number };
  "input_audio_buffer.speech_stopped": { item_id: string; audio_end_ms: number };
  "conversation.item.added": { item: ServerItem };
  "conversation.item.truncated": { item_id: string; audio_end_ms: number };
  "conversation.item.input_audio_transcription.delta": { item_id: string; delta: string };
  "conversation.item.input_audio_transcription.completed": { item_id: string; transcript: string };
  "conversation.item.input_audio_transcription.failed": { item_id: string };
  "response.created": { response: { id: string; metadata: Record<string, string> | null } };
  "response.output_item.added": { response_id: string; item: ServerItem };
  "response.output_text.delta": Delta;
  "response.output_audio_transcript.delta": Delta;
  "response.output_audio.delta": Delta;
  "response.output_audio.done": { item_id: string };
  "response.done": { response: { id: string; status: string; output: ServerItem[] } };
  "output_audio_buffer.started": { response_id: string };
  "output_audio_buffer.stopped": { response_id: string };
  "output_audio_buffer.cleared": { response_id: string };
}

export type ServerEvent = { [K in keyof ServerEvents]: { type: K } & ServerEvents[K] }[keyof ServerEvents];

export type EventTable = { [K in keyof ServerEvents]?: (event: ServerEvents[K]) => void };

/** What went wrong, as a key of the message tables. */
export type ProblemCode =
  | "blocked"
  | "no_microphone"
  | "in_use"
  | "insecure"
  | "old_browser"
  | "full"
  | "starting"
  | "key"
  | "wrong_key"
  | "no_language"
  | "refused"
  | "unreachable"
  | "lost"
  | "expired";

declare global {
  interface Window {
    webkitAudioContext?: typeof AudioContext;
  }
  interface Navigator {
    readonly audioSession?: { type: string };
  }
  /** Only inside an AudioWorklet (Web Audio API, section 1.32). */
  const sampleRate: number;
  const currentTime: number;
  function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
  abstract class AudioWorkletProcessor {
    readonly port: MessagePort;
    abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
  }
}
