"""A Whisper model, with the few calls that this project makes of it. They block.

CTranslate2 hears; on the processor with eight bits `models.whisper_decoder` writes, which is twice as fast there.

`Encoded` sound stays in CTranslate2's own storage: (utterances, positions, width), a position for every 20 ms.
"""

import json
import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from models.ct2_file import Unreadable
from models.whisper_decoder import CONTEXT_TOKENS, OnnxDecoder, Text, Vocabulary
from models.whisper_features import features
from pipeline.errors import OperatorError

Encoded: TypeAlias = Any

log = logging.getLogger(__name__)

FILES = ("model.bin", "config.json", "tokenizer.json")
REPLICAS = 2
"""Calls that may run at the same time: a final does not wait for a partial. They share the weights."""
STEP_S = 0.02
"""Length of what one position of the encoder stands for."""
PROMPT_TOKENS = CONTEXT_TOKENS // 2 - 1
"""Most tokens of what came before; the last ones count. As in openai/whisper, decoding.py."""


class Whisper:
    """Used by at most `REPLICAS` threads at a time."""

    def __init__(self, folder: Path, device: str, compute_type: str, cpu_threads: int) -> None:
        """folder: a model converted for CTranslate2. Raises OperatorError when it cannot be loaded."""
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            # Checked here, because faster-whisper would go and look for them on the internet.
            raise OperatorError(
                f"{', '.join(missing)} missing in {folder}. Run `voicegw models pull` to fetch the model."
            )
        from faster_whisper import WhisperModel

        try:
            self._model = WhisperModel(
                str(folder),
                device=device,
                compute_type=compute_type,
                cpu_threads=cpu_threads,
                num_workers=REPLICAS,
                local_files_only=True,
            )
        except Exception as error:  # CTranslate2 and tokenizers raise what they like
            raise OperatorError(
                f"The speech recognition model in {folder} cannot be loaded on {device} with compute type "
                f"{compute_type}: {error}. Run `voicegw models verify`, or choose another device or compute type."
            ) from error
        self._spelling = mended(self._model.hf_tokenizer)
        self.tokenizer = lru_cache(maxsize=None)(self._tokenizer)  # one for each language at most
        self._decoder: OnnxDecoder | None = None
        # It takes the encoder's findings in 32 bits only.
        if device == "cpu" and compute_type in ("int8", "int8_float32"):
            try:
                self._decoder = OnnxDecoder(folder / "model.bin", self._vocabulary(folder), cpu_threads)
            except Unreadable as reason:
                log.warning("%s is decoded by CTranslate2, more slowly than could be: %s", folder.name, reason)

    @property
    def decoder(self) -> str:
        """The library that writes."""
        return "onnxruntime" if self._decoder else "ctranslate2"

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes, and Whisper's own for languages without one."""
        return frozenset(self._model.supported_languages)

    def encode(self, audios: Sequence[bytes], window_s: int) -> Encoded:
        """Each s16le at 16 kHz, in a window of so many seconds."""
        extractor = self._model.feature_extractor
        return self._model.encode(np.stack([features(extractor, audio, window_s) for audio in audios]))

    def detect(self, encoded: Encoded, utterances: int) -> list[str]:
        """The most likely language of each utterance."""
        if not self._model.model.is_multilingual:
            return ["en"] * utterances
        # A ranking for each utterance, of pairs like ("<|en|>", 0.98).
        return [ranking[0][0][2:-2] for ranking in self._model.model.detect_language(encoded)]

    def decode(
        self,
        encoded: Encoded,
        prompts: Sequence[Sequence[int]],
        limits: Sequence[int],
        *,
        drafts: Sequence[Sequence[int]] = (),
        no_repeat: int = 0,
    ) -> list[Text]:
        """What was said, in at most so many tokens for each utterance. drafts: one for each, or none.

        See `OnnxDecoder.decode`.
        """
        if self._decoder is not None:
            rows = np.asarray(encoded)
            return [
                self._decoder.decode(rows[at : at + 1], prompt, limit, draft=draft, no_repeat=no_repeat)
                for at, (prompt, limit, draft) in enumerate(
                    zip(prompts, limits, drafts or [()] * len(prompts), strict=True)
                )
            ]
        # CTranslate2 counts the prompt as well, and allows half of `max_length` for the text at most. It has one limit.
        limit = max(limits)
        results = self._model.model.generate(
            encoded,
            [list(prompt) for prompt in prompts],
            beam_size=1,
            max_length=min(CONTEXT_TOKENS, max(len(prompts[0]) + limit, 2 * limit)),
            no_repeat_ngram_size=no_repeat,
            return_scores=True,
            return_no_speech_prob=True,
        )
        # Its score is the sum divided by the number of tokens without the one that ends them.
        return [
            Text(result.no_speech_prob, tokens[:own], result.scores[0] * len(tokens[:own]), True)
            for result, own in zip(results, limits, strict=True)
            for tokens in result.sequences_ids[:1]
        ]

    def align(
        self, encoded: Encoded, language: str, tokens: Sequence[int], seconds: float
    ) -> tuple[list[float], list[int]]:
        """Of one utterance of so many seconds: the probability of each token, and the position at which it begins.

        There is one position more: where the last token ends.
        """
        positions = max(1, round(seconds / STEP_S))
        start = self.tokenizer(language).sot_sequence
        (found,) = self._model.model.align(encoded, start, [list(tokens)], 2 * positions)
        begins: dict[int, int] = {}
        for token, position in found.alignments:
            begins.setdefault(token, position)
        return list(found.text_token_probs), [begins.get(token, positions) for token in range(len(tokens) + 1)]

    def prompt(self, language: str, before: str, *, into_english: bool = False) -> list[int]:
        """What the decoder begins with. before: what it takes for what was said earlier."""
        tokenizer = self.tokenizer(language)
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        if into_english and self._model.model.is_multilingual:
            start = [tokenizer.translate if token == tokenizer.transcribe else token for token in start]
        earlier = self.tokens(language, before)
        return [tokenizer.sot_prev, *earlier[-PROMPT_TOKENS:], *start] if earlier else start

    def tokens(self, language: str, text: str) -> list[int]:
        """A text as the decoder would write it."""
        return list(self.tokenizer(language).encode(" " + text.strip())) if text.strip() else []

    def _vocabulary(self, folder: Path) -> Vocabulary:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tokenizer = self.tokenizer("en")
        names = self._spelling.get_vocab()
        return Vocabulary(
            start=tokenizer.sot,
            end=tokenizer.eot,
            no_speech=names.get("<|nospeech|>", names.get("<|nocaptions|>", tokenizer.no_timestamps - 1)),
            times=tokenizer.no_timestamps,
            never=config.get("suppress_ids") or (),
            not_first=config.get("suppress_ids_begin") or (),
        )

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        multilingual = self._model.model.is_multilingual
        return Tokenizer(self._spelling, multilingual, task="transcribe", language=language)


def mended(tokenizer: Any) -> Any:
    """A tokenizer that spells as the model does.

    The published tokenizers of several converted models lack the very first merge, that of a space and a "t". They
    take " the" apart into " " and "the", which the model has never seen, and finds most improbable.
    """
    from tokenizers import Tokenizer

    told = json.loads(tokenizer.to_str())
    merges = told["model"]["merges"]
    if ["Ġ", "t"] in merges:  # Ġ stands for a space
        return tokenizer
    return Tokenizer.from_str(json.dumps(told | {"model": told["model"] | {"merges": [["Ġ", "t"], *merges]}}))


def part(encoded: Encoded, row: int, start: int = 0) -> Encoded:
    """One utterance out of several, from position `start` on."""
    from ctranslate2 import Device, StorageView

    shown = np.asarray(encoded.to_device(Device.cpu))[row : row + 1, start:]
    return StorageView.from_array(np.ascontiguousarray(shown))
