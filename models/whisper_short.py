"""Whisper in short context: utterances of one key in, their transcripts out.

Stock Whisper pads every utterance to 30 s; the encoder then spends most of its time on silence. Here it sees the
utterance in a window of 8 s or a little more, decoding is greedy and without timestamps. `models.whisper_rules` has
the numbers, and what is done about the loops and inventions that Whisper is prone to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from models import whisper_rules as rules
from models.whisper_model import Encoded, Whisper, part
from models.whisper_reuse import continued
from models.whisper_words import spelled, words
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES
from pipeline.engines import Listening, Transcript


@dataclass(frozen=True, slots=True)
class Utterance:
    """audio: s16le at 16 kHz, short enough for a window. known: how the text very probably begins."""

    audio: bytes
    how: Listening
    known: str = ""

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

    def __init__(self, model: Whisper) -> None:
        self._model = model

    def __call__(self, utterances: Sequence[Utterance]) -> list[Transcript]:
        how, window_s = utterances[0].key
        encoded = self._model.encode([one.audio for one in utterances], window_s)
        languages = [how.language] * len(utterances) if how.language else self._model.detect(encoded, len(utterances))
        # Only for one alone: in a batch, the utterance with the most to decode sets the pace.
        if len(utterances) == 1 and (found := self._continued(encoded, utterances[0], languages[0])):
            return [found]
        limit = rules.token_limit(max(one.seconds for one in utterances))
        prompts = [self._model.prompt(language, how.prompt) for language in languages]
        results = self._model.generate(encoded, prompts, limit)
        return [
            self._judge(part(encoded, row), utterance, language, result)
            for row, (utterance, language, result) in enumerate(zip(utterances, languages, results, strict=True))
        ]

    def _continued(self, encoded: Encoded, utterance: Utterance, language: str) -> Transcript | None:
        how = utterance.how
        found = continued(self._model, encoded, utterance.seconds, language, utterance.known, how.prompt)
        if found is None or rules.repeats_itself(self._model.tokenizer(language).decode(found.tokens)):
            return None
        # Words that were heard again and again are speech.
        judged = Transcript("", language, 0.0, found.logprob)
        return self._told(encoded, utterance, judged, found.tokens)

    def _judge(self, encoded: Encoded, utterance: Utterance, language: str, result: Any) -> Transcript:
        tokens, logprob = self._read(utterance, result)
        tokenizer = self._model.tokenizer(language)
        if rules.repeats_itself(tokenizer.decode(tokens)):
            # A second chance in which no three tokens may come again.
            prompt = self._model.prompt(language, utterance.how.prompt)
            limit = rules.token_limit(utterance.seconds)
            (result,) = self._model.generate(encoded, [prompt], limit, no_repeat_ngram_size=3)
            tokens, logprob = self._read(utterance, result)
        text = tokenizer.decode(tokens)
        no_speech: float = result.no_speech_prob
        if not text.strip() or rules.repeats_itself(text) or not rules.is_speech(no_speech, logprob):
            return Transcript("", language, no_speech)
        return self._told(encoded, utterance, Transcript("", language, no_speech, logprob), tokens)

    def _read(self, utterance: Utterance, result: Any) -> tuple[Sequence[int], float]:
        """Tokens, and the mean log-probability of all that were decoded and the one that ends them."""
        tokens = result.sequences_ids[0]
        # CTranslate2 gives the sum divided by the number of tokens without the one that ends it.
        logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return rules.without_restart(tokens, utterance.seconds), logprob

    def _told(self, encoded: Encoded, utterance: Utterance, judged: Transcript, tokens: Sequence[int]) -> Transcript:
        """`judged`, with the words that `tokens` spell."""
        tokenizer = self._model.tokenizer(judged.language)
        text = tokenizer.decode(tokens).strip()
        how = utterance.how
        if not (how.word_times or how.token_logprobs):
            return replace(judged, text=text)
        probabilities, starts = self._model.align(encoded, judged.language, tokens, utterance.seconds)
        return replace(
            judged,
            text=text,
            words=words(tokenizer, tokens, starts, utterance.seconds) if how.word_times else (),
            tokens=spelled(tokenizer, tokens, probabilities) if how.token_logprobs else (),
        )
