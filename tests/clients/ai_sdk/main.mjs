// The AI SDK's speech and transcription with its OpenAI provider, unmodified. Usage: main.mjs http://host:port

import assert from "node:assert";
import {readFileSync} from "node:fs";

import {createOpenAI} from "@ai-sdk/openai";
import * as ai from "ai";

const url = process.argv[2];
const version = JSON.parse(readFileSync(new URL("node_modules/ai/package.json", import.meta.url))).version;
const openai = createOpenAI({baseURL: `${url}/v1`, apiKey: "none"});
const generateSpeech = ai.generateSpeech ?? ai.experimental_generateSpeech;
const transcribe = ai.transcribe ?? ai.experimental_transcribe;

/** A WAV file: so many seconds of a loud constant, and one of silence. */
function wav(seconds) {
  const rate = 16_000;
  const samples = new Int16Array(Math.round(rate * (seconds + 1))).fill(8000, 0, Math.round(rate * seconds));
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}

const scenarios = {
  async speech() {
    for (const outputFormat of ["mp3", "opus", "aac", "flac", "wav", "pcm"]) {
      const {audio, warnings} = await generateSpeech({
        model: openai.speech("gpt-4o-mini-tts"),
        text: "Good morning to you, my friend.",
        voice: "nova",
        outputFormat,
        instructions: "Speak like a pirate.",
        speed: 1.5,
      });
      assert(audio.uint8Array.length > 500, `${outputFormat} has ${audio.uint8Array.length} bytes`);
      assert.deepEqual(warnings, []);
    }
  },

  async transcription() {
    const plain = await transcribe({model: openai.transcription("gpt-4o-transcribe"), audio: wav(0.6)});
    assert.equal(plain.text, "Hello there.");
    const timed = await transcribe({
      model: openai.transcription("whisper-1"),
      audio: wav(1.2),
      providerOptions: {
        openai: {language: "en", prompt: "Graz", temperature: 0, timestampGranularities: ["word", "segment"]},
      },
    });
    assert.equal(timed.text, "How is the weather in Graz?");
    assert.equal(timed.language, "en");
    assert(timed.durationInSeconds > 2);
    assert(timed.segments.length > 0);
    const listed = await transcribe({
      model: openai.transcription("gpt-transcribe"),
      audio: wav(0.6),
      providerOptions: {openai: {languages: ["en", "de"], keywords: ["Graz"], chunkingStrategy: {type: "server_vad"}}},
    });
    assert.equal(listed.text, "Hello there.");
  },

  async error() {
    const wrong = {model: openai.speech("tts-1"), text: "Hi.", voice: "nobody", maxRetries: 0};
    await assert.rejects(generateSpeech(wrong), /There is no voice 'nobody'/);
    const file = {model: openai.transcription("whisper-1"), audio: Buffer.from("no sound"), maxRetries: 0};
    await assert.rejects(transcribe(file), /cannot be read/);
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  let result = "ok";
  try {
    await scenario();
  } catch (problem) {
    result = `${problem.name}: ${problem.message}`;
  }
  console.log(JSON.stringify({client: "ai (npm)", version, scenario: name, result}));
}
