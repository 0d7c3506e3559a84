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
from models.whisper_pauses import without_pauses
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


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """What may have been said. words: it has some, in no circle. no_speech, logprob: as of a `Text`."""

    tokens: Sequence[int]
    words: bool
    no_speech: float
    logprob: float

    @property
    def believed(self) -> bool:
        return self.words and rules.is_speech(self.no_speech, self.logprob)


class ShortContextWhisper:
    """Utterances of one key in, their transcripts out. Blocks; used in one thread."""

    def __init__(self, model: Whisper) -> None:
        self._model = model

    def __call__(self, utterances: Sequence[Utterance]) -> list[Transcript]:
        how, window_s = utterances[0].key
        encoded = self._model.encode([one.audio for one in utterances], window_s)
        languages = [how.language] * len(utterances) if how.language else self._model.detect(encoded, len(utterances))
        limits = [rules.token_limit(one.seconds) for one in utterances]
        prompts = [self._model.prompt(language, how.prompt, into_english=how.into_english) for language in languages]
        drafts = [self._model.tokens(language, one.draft) for language, one in zip(languages, utterances, strict=True)]
        texts = self._model.decode(encoded, prompts, limits, drafts=drafts)
        return [
            self._judge(part(encoded, row), utterance, language, text)
            for row, (utterance, language, text) in enumerate(zip(utterances, languages, texts, strict=True))
        ]

    def _judge(self, encoded: Encoded, utterance: Utterance, language: str, written: Text) -> Transcript:
        found = self._straightened(encoded, utterance, language, written)
        if not found.believed:
            found = self._second_look(utterance, language, found)
        if not found.believed:
            return Transcript("", language, written.no_speech)
        judged = Transcript("", language, found.no_speech, found.logprob)
        return self._told(encoded, utterance, judged, found.tokens)

    def _straightened(self, encoded: Encoded, utterance: Utterance, language: str, written: Text) -> _Hypothesis:
        """What was written, without the loops of the decoder."""
        tokenizer = self._model.tokenizer(language)
        tokens = rules.without_restart(written.tokens, utterance.seconds)
        if rules.repeats_itself(tokenizer.decode(tokens)):
            # A second chance in which no three tokens may come again.
            how = utterance.how
            prompt = self._model.prompt(language, how.prompt, into_english=how.into_english)
            (written,) = self._model.decode(encoded, [prompt], [rules.token_limit(utterance.seconds)], no_repeat=3)
            tokens = rules.without_restart(written.tokens, utterance.seconds)
        text = tokenizer.decode(tokens)
        words = rules.holds_words(text) and not rules.repeats_itself(text)
        return _Hypothesis(tokens, words, written.no_speech, written.logprob)

    def _second_look(self, utterance: Utterance, language: str, found: _Hypothesis) -> _Hypothesis:
        """Pauses sound like no speech: if there are some, they are taken out, and the surer of both hypotheses is told.

        `found` is what was not believed.
        """
        if not rules.in_doubt(found.no_speech, found.logprob):
            return found
        short = without_pauses(utterance.audio)
        if short is None:
            return found
        tokenizer = self._model.tokenizer(language)
        if found.words and rules.spells(tokenizer.decode(found.tokens), found.logprob):
            return replace(found, no_speech=0.0)  # what it found no speech in is the pauses
        closer = replace(utterance, audio=short)
        encoded = self._model.encode([short], rules.window_seconds(closer.samples))
        prompt = self._model.prompt(language, closer.how.prompt, into_english=closer.how.into_english)
        (written,) = self._model.decode(encoded, [prompt], [rules.token_limit(closer.seconds)])
        again = self._straightened(encoded, closer, language, written)
        both = again, replace(found, no_speech=min(found.no_speech, again.no_speech))
        return max((one for one in both if one.believed), key=lambda one: one.logprob, default=found)

    def _told(self, encoded: Encoded, utterance: Utterance, judged: Transcript, tokens: Sequence[int]) -> Transcript:
        """`judged`, with the words that `tokens` spell."""
        tokenizer = self._model.tokenizer(judged.language)
        text = tokenizer.decode(tokens).strip()
        how = utterance.how
        if not (how.word_times or how.token_logprobs):
            return replace(judged, text=text, ids=tuple(tokens))
        probabilities, starts = self._model.align(encoded, judged.language, tokens, utterance.seconds)
        return replace(
            judged,
            text=text,
            ids=tuple(tokens),
            words=words(tokenizer, tokens, starts, utterance.seconds) if how.word_times else (),
            tokens=spelled(tokenizer, tokens, probabilities) if how.token_logprobs else (),
        )
