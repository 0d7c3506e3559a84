"""Whisper in short context: utterances of one key in, their transcripts out.

Stock Whisper pads every utterance to 30 s; the encoder then spends most of its time on silence. Here it sees the
utterance in a window of 8 s or a little more, decoding is greedy and without timestamps. `models.whisper_rules` has
the numbers, and what is done about the loops and inventions that Whisper is prone to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models import whisper_rules as rules
from models.whisper_decoder import Text
from models.whisper_model import Encoded, Whisper, part
from models.whisper_words import spelled, words
from pipeline.audio import HEARING_RATE, SAMPLE_BYTES
from pipeline.engines import Listening, Transcript


@dataclass(frozen=True, slots=True)
class Utterance:
    """audio: s16le at 16 kHz, short enough for a window. draft: how the text probably begins."""

    audio: bytes
    how: Listening
    draft: str = ""

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
        limit = rules.token_limit(max(one.seconds for one in utterances))
        prompts = [self._model.prompt(language, how.prompt) for language in languages]
        # A draft for one alone: in a batch, the utterance with the most to decode sets the pace.
        draft = self._model.tokens(languages[0], utterances[0].draft) if len(utterances) == 1 else ()
        texts = self._model.decode(encoded, prompts, limit, draft=draft)
        return [
            self._judge(part(encoded, row), utterance, language, text)
            for row, (utterance, language, text) in enumerate(zip(utterances, languages, texts, strict=True))
        ]

    def _judge(self, encoded: Encoded, utterance: Utterance, language: str, written: Text) -> Transcript:
        tokenizer = self._model.tokenizer(language)
        tokens = rules.without_restart(written.tokens, utterance.seconds)
        if rules.repeats_itself(tokenizer.decode(tokens)):
            # A second chance in which no three tokens may come again.
            prompt = self._model.prompt(language, utterance.how.prompt)
            (written,) = self._model.decode(encoded, [prompt], rules.token_limit(utterance.seconds), no_repeat=3)
            tokens = rules.without_restart(written.tokens, utterance.seconds)
        text = tokenizer.decode(tokens)
        no_speech, logprob = written.no_speech, written.logprob
        if not rules.holds_words(text) or rules.repeats_itself(text) or not rules.is_speech(no_speech, logprob):
            return Transcript("", language, no_speech)
        return self._told(encoded, utterance, Transcript("", language, no_speech, logprob), tokens)

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
