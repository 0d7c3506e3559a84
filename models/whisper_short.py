"""Whisper in short context, on CTranslate2: utterances of one key in, their transcripts out.

Stock Whisper pads every utterance to 30 s; the encoder then spends most of its time on silence. Here it sees the
utterance in a window of 15 s or a little more, decoding is greedy and without timestamps. `models.whisper_rules` has
the numbers, and what is done about the loops and inventions that Whisper is prone to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models import whisper_rules as rules
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES
from pipeline.engines import Listening, Transcript

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

CONTEXT_TOKENS = 448
"""What the decoder can hold: prompt and text."""
PROMPT_TOKENS = CONTEXT_TOKENS // 2 - 1
"""Most tokens of a prompt; the last ones count. As in openai/whisper, decoding.py."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """audio: s16le at 16 kHz, short enough for a window."""

    audio: bytes
    how: Listening

    @property
    def samples(self) -> int:
        return len(self.audio) // SAMPLE_BYTES

    @property
    def seconds(self) -> float:
        return self.samples / HEARING_RATE

    @property
    def key(self) -> tuple[Listening, int]:
        """Utterances with an equal key go through the model together."""
        return self.how, rules.window_seconds(self.samples)


class ShortContextWhisper:
    """Utterances of one key in, their transcripts out. Blocks; used in one thread."""

    def __init__(self, model: "WhisperModel") -> None:
        self._model = model

    def __call__(self, utterances: Sequence[Utterance]) -> list[Transcript]:
        how = utterances[0].how
        encoded = self._encode(utterances)
        if not self._model.model.is_multilingual:
            languages = ["en"] * len(utterances)
        elif how.language is None:
            # A ranking for each utterance, of pairs like ("<|en|>", 0.98).
            languages = [ranking[0][0][2:-2] for ranking in self._model.model.detect_language(encoded)]
        else:
            languages = [how.language] * len(utterances)
        results = self._generate(encoded, utterances, languages)
        return [
            self._judge(utterance, language, result)
            for utterance, language, result in zip(utterances, languages, results, strict=True)
        ]

    def _encode(self, utterances: Sequence[Utterance]) -> Any:
        _, window_s = utterances[0].key
        batch = np.zeros((len(utterances), window_s * HEARING_RATE), dtype=np.float32)
        for row, utterance in enumerate(utterances):
            batch[row, : utterance.samples] = np.frombuffer(utterance.audio, dtype="<i2").astype(np.float32) / 32768
        # Features of padded sound, not padded features: zeros would look like a steady hiss to the model.
        features = [self._model.feature_extractor(sound, padding=0) for sound in batch]
        return self._model.encode(np.stack(features).astype(np.float32))

    def _generate(self, encoded: Any, utterances: Sequence[Utterance], languages: list[str], **options: Any) -> Any:
        prompts = [
            self._prompt(language, utterance.how.prompt)
            for utterance, language in zip(utterances, languages, strict=True)
        ]
        longest = max(utterance.seconds for utterance in utterances)
        return self._model.model.generate(
            encoded,
            prompts,
            beam_size=1,
            max_length=min(CONTEXT_TOKENS, len(prompts[0]) + rules.token_limit(longest)),
            return_scores=True,
            return_no_speech_prob=True,
            **options,
        )

    def _judge(self, utterance: Utterance, language: str, result: Any) -> Transcript:
        text, logprob = self._read(utterance, language, result)
        if rules.repeats_itself(text):
            # A second chance in which no three tokens may come again.
            encoded = self._encode([utterance])
            (result,) = self._generate(encoded, [utterance], [language], no_repeat_ngram_size=3)
            text, logprob = self._read(utterance, language, result)
        if not text or rules.repeats_itself(text) or not rules.is_speech(result.no_speech_prob, logprob):
            return Transcript("", language, no_speech=result.no_speech_prob)
        return Transcript(text, language, result.no_speech_prob, logprob)

    def _read(self, utterance: Utterance, language: str, result: Any) -> tuple[str, float]:
        """Text, and mean log-probability of its tokens and the one that ends it."""
        tokens = result.sequences_ids[0]
        # CTranslate2 gives the sum divided by the number of tokens without the one that ends it.
        logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        kept = rules.without_restart(tokens, utterance.seconds)
        return self._tokenizer(language).decode(kept).strip(), logprob

    def _prompt(self, language: str, expected: str) -> list[int]:
        tokenizer = self._tokenizer(language)
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        if not expected.strip():
            return start
        return [tokenizer.sot_prev, *tokenizer.encode(" " + expected.strip())[-PROMPT_TOKENS:], *start]

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        multilingual = self._model.model.is_multilingual
        return Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=language)
