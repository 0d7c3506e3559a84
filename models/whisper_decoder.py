"""Greedy decoding with Whisper on the processor, by the graphs of `models.whisper_graph`.

A draft of the text costs hardly more than one token: all of it goes through the model at once, and as much of it is
kept as the model writes itself. So the text is that without the draft, but for the roundings of eight bits, which
depend a little on what goes through together; and it is there sooner.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.ct2_file import Ct2Weights, Unreadable
from models.onnx import open_session
from models.whisper_graph import Shape, decoder_graph, memory_graph

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, OrtValue

CONTEXT_TOKENS = 448
"""What the decoder can hold: prompt and text."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens with a meaning of their own.

    times: this one and all behind it stand for times. never: not to be written. not_first: nor to begin a text with.
    """

    start: int
    end: int
    no_speech: int
    times: int
    never: Sequence[int]
    not_first: Sequence[int]


@dataclass(slots=True)
class Text:
    """What was written about one utterance.

    total: sum of the natural-log probabilities of the tokens and of the one that ends them. no_speech: probability that
    there was nothing to write.
    """

    no_speech: float
    tokens: list[int] = field(default_factory=list)
    total: float = 0.0
    ended: bool = False

    @property
    def logprob(self) -> float:
        """Mean of the tokens and the one that ends them."""
        return self.total / (len(self.tokens) + 1)


class OnnxDecoder:
    """Any number of threads may use it."""

    def __init__(self, path: Path, vocabulary: Vocabulary, threads: int) -> None:
        """path: a model for CTranslate2. Raises models.ct2_file.Unreadable when it is none that can be used here."""
        weights = Ct2Weights.open(path)
        self._shape = Shape.of(weights)
        self._memory = open_session(path, threads=threads, graph=memory_graph(weights, self._shape), hoard=False)
        self._step = open_session(path, threads=threads, graph=decoder_graph(weights, self._shape), hoard=False)
        self._vectors = weights.table("decoder/embeddings/weight")  # of a few tokens at a time, from the disk
        self._places = weights.dense("decoder/position_encodings/encodings")
        self._vocabulary = vocabulary
        self._barred = np.zeros(self._shape.vocabulary, dtype=np.float32)
        if max(*vocabulary.never, *vocabulary.not_first, vocabulary.times, 0) >= len(self._barred):
            raise Unreadable("its configuration names tokens that it does not have")
        self._barred[list(vocabulary.never)] = -np.inf
        self._barred[vocabulary.times :] = -np.inf
        self._barred_first = self._barred.copy()
        self._barred_first[list(vocabulary.not_first)] = -np.inf

    def decode(
        self,
        encoded: NDArray[np.float32],
        prompt: Sequence[int],
        limit: int,
        *,
        draft: Sequence[int] = (),
        no_repeat: int = 0,
    ) -> Text:
        """The text of one utterance (positions of the encoder, (1, F, width)), of at most `limit` tokens.

        Several are decoded one after the other: a token of each at a time takes no less time than that, and rounds
        otherwise, so that a text would depend on what else was said at the same moment.

        draft: how the text probably begins. no_repeat: so many tokens in a row do not come again; 0 allows it.
        """
        length = len(prompt)
        limit = min(limit, CONTEXT_TOKENS - length)
        draft = draft[: limit - 1]
        run = _Run(self._memory, self._step, self._shape, encoded)
        begin = list(prompt).index(self._vocabulary.start)
        (scores,) = run(self._vector([*prompt, *draft], 0), [begin, *range(length - 1, length + len(draft))])
        text = Text(float(_probabilities(scores[0])[self._vocabulary.no_speech]))
        scores, at = scores[1:], 0
        while True:
            token = self._write(text, scores[at], limit, no_repeat)
            if text.ended:
                return text
            if at < len(draft) and token == draft[at]:
                at += 1
                continue
            run.keep(length + at)
            draft, length, at = (), length + at + 1, 0
            (scores,) = run(self._vector([token], length - 1), [0])

    def _write(self, text: Text, scores: NDArray[np.float32], limit: int, no_repeat: int) -> int:
        """The most likely token; the text has ended with it, or goes on."""
        scores = scores + (self._barred if text.tokens else self._barred_first)
        if no_repeat:
            scores[_repeating(text.tokens, no_repeat)] = -np.inf
        token = int(scores.argmax())
        text.total += float(np.log(_probabilities(scores)[token]))
        if token == self._vocabulary.end:
            text.ended = True
        else:
            text.tokens.append(token)
            text.ended = len(text.tokens) >= limit
        return token

    def _vector(self, tokens: Sequence[int], place: int) -> NDArray[np.float32]:
        """(1, T, width), of tokens the first of which stands at `place`."""
        vectors: NDArray[np.float32] = self._vectors[tokens] + self._places[place : place + len(tokens)]
        return vectors[None]


class _Run:
    """The model at work on an utterance: it remembers what it was given."""

    def __init__(
        self,
        memory: "InferenceSession",
        step: "InferenceSession",
        shape: Shape,
        encoded: NDArray[np.float32],
    ) -> None:
        names = [output.name for output in memory.get_outputs()]
        self._memory = dict(zip(names, memory.run_with_ort_values(names, {"encoded": _value(encoded)}), strict=True))
        self._step = step
        self._names = [output.name for output in step.get_outputs()]
        self._seen = 0
        self._past: dict[str, OrtValue] = {}
        for layer in range(shape.layers):
            size = len(encoded), shape.heads, shape.head
            self._past[f"key_{layer}"] = _value(np.zeros((*size, 0), dtype=np.float32))
            self._past[f"value_{layer}"] = _value(np.zeros((*size[:2], 0, size[2]), dtype=np.float32))

    def __call__(self, tokens: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        """Scores (1, rows, V) of what may follow the tokens (1, T, width) at the places `rows`."""
        count = tokens.shape[1]
        inputs = {
            "tokens": _value(tokens),
            "mask": _value(np.triu(np.full((count, self._seen + count), -np.inf, dtype=np.float32), self._seen + 1)),
            "rows": _value(np.array(rows)),
        }
        scores, *kept = self._step.run_with_ort_values(self._names, {**inputs, **self._past, **self._memory})
        self._past = dict(zip(self._past, kept, strict=True))
        self._seen += count
        return np.asarray(scores.numpy())

    def keep(self, tokens: int) -> None:
        """Forget all behind the first so many."""
        if tokens < self._seen:
            for name, value in self._past.items():
                whole = value.numpy()
                kept = whole[..., :tokens] if name.startswith("key") else whole[..., :tokens, :]
                self._past[name] = _value(np.ascontiguousarray(kept))
            self._seen = tokens


def _value(array: NDArray[np.generic]) -> "OrtValue":
    from onnxruntime import OrtValue

    return OrtValue.ortvalue_from_numpy(array)


def _probabilities(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax."""
    powers = np.exp(scores - scores.max())
    shares: NDArray[np.float32] = powers / powers.sum()
    return shares


def _repeating(tokens: Sequence[int], count: int) -> list[int]:
    """Tokens that would bring `count` in a row for a second time."""
    tail = tokens[len(tokens) - count + 1 :]
    return [
        tokens[at + count - 1]
        for at in range(len(tokens) - count + 1)
        if tokens[at : at + count - 1] == tail and len(tail) == count - 1
    ]
