"""A Whisper model in CTranslate2, with the few calls that this project makes of it. They block.

`Encoded` sound stays in CTranslate2's own storage: (utterances, positions, width), a position for every 20 ms.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from models.whisper_features import features
from pipeline.errors import OperatorError

Encoded: TypeAlias = Any

FILES = ("model.bin", "config.json", "tokenizer.json")
REPLICAS = 2
"""Calls that may run at the same time: a final does not wait for a partial. They share the weights."""
STEP_S = 0.02
"""Length of what one position of the encoder stands for."""
CONTEXT_TOKENS = 448
"""What the decoder can hold: prompt and text."""
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

    def generate(self, encoded: Encoded, prompts: Sequence[Sequence[int]], tokens: int, **options: Any) -> list[Any]:
        """CTranslate2's results, with at most `tokens` tokens of text. The prompts are equally long."""
        # CTranslate2 counts the prompt as well, and allows half of `max_length` for the text at most.
        length = min(CONTEXT_TOKENS, max(len(prompts[0]) + tokens, 2 * tokens))
        found: list[Any] = self._model.model.generate(
            encoded,
            [list(prompt) for prompt in prompts],
            beam_size=1,
            max_length=length,
            return_scores=True,
            return_no_speech_prob=True,
            **options,
        )
        return found

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

    def prompt(self, language: str, before: str, known: Sequence[int] = (), forced: Sequence[int] = ()) -> list[int]:
        """What the decoder begins with.

        before, known: text and tokens that it takes for what was said earlier. forced: how its own text has to begin.
        """
        tokenizer = self.tokenizer(language)
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps, *forced]
        earlier = [*(tokenizer.encode(" " + before.strip()) if before.strip() else ()), *known]
        return [tokenizer.sot_prev, *earlier[-PROMPT_TOKENS:], *start] if earlier else start

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
