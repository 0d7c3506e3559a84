"""One sentence of a VITS voice, made a stretch of frames at a time where its graph allows that."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from models.onnx import open_session
from models.shaping import Sound
from models.tts_graph import parts_of
from pipeline.errors import OperatorError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Tensor: TypeAlias = npt.NDArray[Any]
Tensors: TypeAlias = dict[str, Tensor]

DECODER_SIGHT = 12
"""Frames that the decoder is shown on both sides of those it makes. With 10 the sound of a medium voice is the same as
in one piece but for rounding (120 dB below it); the decoder of the high ones sees 13, the last of them dimly."""
FLOW_SIGHT = 24
"""The same for the flow: with 24 the sound differs by 98 dB less than it has, with 20 by 76, with 16 by 40. The whole
reach of its four times four layers of kernel 5 is 32."""


@dataclass(frozen=True, slots=True)
class Scales:
    """noise: of the voice. length: 2.0 is half as fast. width: noise of the phonemes' durations."""

    noise: float
    length: float
    width: float


class Take(Protocol):
    """A sentence. frames: how many it has. hop: samples in each, known once some sound was made.

    widths: frames that each phoneme id takes, None when the graph does not tell.
    """

    @property
    def frames(self) -> int: ...
    @property
    def hop(self) -> int: ...
    @property
    def widths(self) -> npt.NDArray[np.int64] | None: ...

    def sound(self, start: int, end: int) -> Sound:
        """Of the frames [start, end). Stretches are asked for from front to back."""


class Vits(Protocol):
    def begin(self, ids: Sequence[int], scales: Scales, speaker: int | None) -> Take:
        """Do what has to be done before the first sample. speaker: for graphs with more than one."""


def open_vits(model: Path, *, threads: int) -> Vits:
    """The voice's graph, in parts if it can be cut. Raises OperatorError when it cannot be loaded."""
    parts = parts_of(model)
    if parts is None:
        return WholeVits(open_session(model, threads=threads))
    try:
        return PartedVits(*(open_session(part, threads=threads) for part in parts))
    except OperatorError as error:
        raise OperatorError(
            f"{error} It is made from {model}: remove {parts[0].parent} to have it made anew."
        ) from error


class PartedVits:
    """A `Vits` that makes stretches."""

    def __init__(self, prior: "InferenceSession", flow: "InferenceSession", decoder: "InferenceSession") -> None:
        self._prior = prior
        self._flow = flow
        self._decoder = decoder
        self._prior_gives = _names(prior.get_outputs())
        self._flow_takes = _names(flow.get_inputs())
        (self._latent,) = _names(flow.get_outputs())
        self._decoder_takes = _names(decoder.get_inputs())

    def begin(self, ids: Sequence[int], scales: Scales, speaker: int | None) -> "PartedTake":
        given = dict(zip(self._prior_gives, self._prior.run(None, _feeds(ids, scales, speaker)), strict=True))
        spare = set(given) - {*self._flow_takes, *self._decoder_takes}
        widths = given.pop(spare.pop()).ravel().astype(np.int64) if spare else None
        return PartedTake(self, given, widths if widths is not None and len(widths) == len(ids) else None)

    def fly(self, stretch: Tensors) -> Tensor:
        """The latent of a stretch of the prior."""
        (latent,) = self._flow.run(None, {name: stretch[name] for name in self._flow_takes})
        return np.asarray(latent)

    def decode(self, stretch: Tensors, latent: Tensor) -> Sound:
        """The samples of a stretch of the latent. stretch: what else the decoder takes."""
        given = stretch | {self._latent: latent}
        (samples,) = self._decoder.run(None, {name: given[name] for name in self._decoder_takes})
        return np.asarray(samples, dtype=np.float32).ravel()

    def frames(self, given: Tensors) -> int:
        """Tensors without a frame axis (who speaks) have a last axis of 1, or none that is as long."""
        return max(int(given[name].shape[-1]) for name in self._flow_takes)


class PartedTake:
    """A `Take` of a `PartedVits`. given: what the prior made of the sentence."""

    def __init__(self, vits: PartedVits, given: Tensors, widths: "npt.NDArray[np.int64] | None") -> None:
        self._vits = vits
        self._given = given
        self._latent: Tensor | None = None
        self.widths = widths
        self.frames = vits.frames(given)
        self.hop = 0

    def sound(self, start: int, end: int) -> Sound:
        low, high = max(0, start - DECODER_SIGHT), min(self.frames, end + DECODER_SIGHT)
        samples = self._vits.decode(self._stretch(low, high), self._latent_to(high)[..., low:high])
        self.hop = len(samples) // (high - low)
        return samples[(start - low) * self.hop : (end - low) * self.hop]

    def _latent_to(self, end: int) -> Tensor:
        """The latent of the frames [0, end) or more."""
        done = 0 if self._latent is None else self._latent.shape[-1]
        if self._latent is not None and end <= done:
            return self._latent
        low, high = max(0, done - FLOW_SIGHT), min(self.frames, end + FLOW_SIGHT)
        more = self._vits.fly(self._stretch(low, high))[..., done - low : end - low]
        self._latent = more if self._latent is None else np.concatenate([self._latent, more], axis=-1)
        return self._latent

    def _stretch(self, low: int, high: int) -> Tensors:
        return {
            name: value[..., low:high] if value.shape[-1] == self.frames else value
            for name, value in self._given.items()
        }


class WholeVits:
    """A `Vits` whose graph makes all at once."""

    def __init__(self, graph: "InferenceSession") -> None:
        self._graph = graph

    def begin(self, ids: Sequence[int], scales: Scales, speaker: int | None) -> "WholeTake":
        return WholeTake(np.asarray(self._graph.run(None, _feeds(ids, scales, speaker))[0], dtype=np.float32).ravel())


class WholeTake:
    """A `Take` that is one frame."""

    widths = None
    frames = 1

    def __init__(self, samples: Sound) -> None:
        self._samples = samples
        self.hop = len(samples)

    def sound(self, start: int, end: int) -> Sound:
        return self._samples[start * self.hop : end * self.hop]


def _feeds(ids: Sequence[int], scales: Scales, speaker: int | None) -> Tensors:
    feeds: Tensors = {
        "input": np.array([ids], dtype=np.int64),
        "input_lengths": np.array([len(ids)], dtype=np.int64),
        "scales": np.array([scales.noise, scales.length, scales.width], dtype=np.float32),
    }
    return feeds if speaker is None else feeds | {"sid": np.array([speaker], dtype=np.int64)}


def _names(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(value.name for value in values)
