"""Silero's network, laid out for many windows at once.

The published graph convolves each window by itself, four frames at a time, which is too little work for a core: many
windows side by side gain little (bench/engines/vad_bench.py). Here the same weights are matrix products over the
windows of all calls. A convolution over a small, fixed number of frames is one matrix (`unrolled`). The recurrent part
stays the LSTM it is, and gets every call's windows in their order, however many each of them has.

The layers, as the published graph has them (snakers4/silero-vad, 16 kHz): frames of 256 samples, every 128 samples of
a window that is mirrored at its end → magnitudes of 129 frequencies → four convolutions → LSTM → one probability.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.onnx import REMEDY
from pipeline.errors import OperatorError

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

FRAME = 256
HOP = 128
FRAMES = 4
"""Frames of one window."""
FREQUENCIES = FRAME // 2 + 1
STRIDES = (1, 2, 2, 1)
"""Of the four convolutions; each looks one frame to both sides."""
STATE = 128
"""Width of the recurrent state."""

Floats: TypeAlias = npt.NDArray[np.float32]


def batched_graph(published: Path) -> bytes:
    """The ONNX graph that runs Silero's weights on windows of many streams.

    Inputs: `frames` [windows, 4, 256]; `order` [most, streams], which window each stream hears at each step; `steps`
    [streams], how many steps it has; `hidden` and `cell` [1, streams, 128].
    Outputs: `probability` [most, streams, 1], of which only a stream's own steps count; `hidden` and `cell` after
    each stream's last step.

    Raises OperatorError when the file does not hold these weights.
    """
    weights = _weights(published)
    try:
        return _assembled(weights)
    except KeyError as missing:
        raise OperatorError(f"{published} is not Silero VAD 6 for 16 kHz: it has no {missing}. {REMEDY}") from missing


def unrolled(weight: Floats, frames: int, stride: int) -> Floats:
    """A convolution over `frames` frames, padded with one frame of zeros on both sides, as one matrix.

    weight: [outputs, inputs, 3]. The result maps [frames * inputs] to [output frames * outputs].
    """
    outputs, inputs, taps = weight.shape
    positions = range(0, frames + 2 - taps + 1, stride)
    matrix = np.zeros((frames, inputs, len(positions), outputs), dtype=np.float32)
    for at, position in enumerate(positions):
        for tap in range(taps):
            frame = position + tap - 1
            if 0 <= frame < frames:
                matrix[frame, :, at] = weight[:, :, tap].T
    return matrix.reshape(frames * inputs, len(positions) * outputs)


def _weights(published: Path) -> dict[str, Floats]:
    import onnx

    try:
        model = onnx.load(published)
    except Exception as error:  # protobuf's errors have no common base but Exception
        raise OperatorError(f"{published} is not a model that can be loaded ({error}). {REMEDY}") from error
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


class _Draft:
    """A graph in the making."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, value: npt.NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = f"constant {len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, *inputs: str, to: tuple[str, ...] = (), **attributes: Any) -> str:
        """A node; its first output is returned, which has a name of its own unless `to` names them."""
        from onnx import helper

        outputs = to or (f"value {len(self.nodes)}",)
        self.nodes.append(helper.make_node(operator, list(inputs), list(outputs), **attributes))
        return outputs[0]


def _assembled(weights: Mapping[str, Floats]) -> bytes:
    from onnx import TensorProto, helper

    draft = _Draft()
    heard = _features(draft, weights)
    _recurrent(draft, weights, draft.add("Gather", heard, "order", axis=0))
    state: list[int | str | None] = [1, "streams", STATE]
    inputs: dict[str, list[int | str | None]] = {"frames": ["windows", FRAMES, FRAME], "hidden": state, "cell": state}
    graph = helper.make_graph(
        draft.nodes,
        "silero for many streams",
        [
            *(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()),
            helper.make_tensor_value_info("order", TensorProto.INT64, ("most", "streams")),
            helper.make_tensor_value_info("steps", TensorProto.INT32, ("streams",)),
        ],
        [
            helper.make_tensor_value_info("probability", TensorProto.FLOAT, ("most", "streams", 1)),
            helper.make_tensor_value_info("hidden after", TensorProto.FLOAT, state),
            helper.make_tensor_value_info("cell after", TensorProto.FLOAT, state),
        ],
        draft.constants,
    )
    # Any opset that has Split with sizes as an input; the IR version that every onnxruntime since 1.13 reads.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def _features(draft: _Draft, weights: Mapping[str, Floats]) -> str:
    """frames → what the LSTM hears of each window, [windows, 128]."""
    basis = weights["model.stft.forward_basis_buffer"][:, 0]
    spectrum = draft.add("MatMul", "frames", draft.constant(basis.T))
    halves = draft.constant(np.array([FREQUENCIES, FREQUENCIES]))
    draft.add("Split", spectrum, halves, to=("real", "imaginary"), axis=2)
    power = draft.add("Add", draft.add("Mul", "real", "real"), draft.add("Mul", "imaginary", "imaginary"))
    flat = draft.constant(np.array([-1, FRAMES * FREQUENCIES]))
    heard = draft.add("Reshape", draft.add("Sqrt", power), flat)
    frames = FRAMES
    for layer, stride in enumerate(STRIDES):
        weight, bias = (weights[f"model.encoder.{layer}.reparam_conv.{part}"] for part in ("weight", "bias"))
        matrix = unrolled(weight, frames, stride)
        frames = matrix.shape[1] // len(bias)
        product = draft.add("Gemm", heard, draft.constant(matrix), draft.constant(np.tile(bias, frames)))
        heard = draft.add("Relu", product)
    return heard


def _recurrent(draft: _Draft, weights: Mapping[str, Floats], heard: str) -> None:
    """[steps, streams, 128] → the graph's outputs."""

    def gates(name: str) -> Floats:
        # PyTorch's order of the gates is input, forget, cell, output; that of ONNX input, output, forget, cell.
        given, forget, cell, out = np.split(weights[f"model.decoder.rnn.{name}"], 4)
        return np.concatenate([given, out, forget, cell])

    biases = np.concatenate([gates("bias_ih"), gates("bias_hh")])
    learned = [draft.constant(part[None]) for part in (gates("weight_ih"), gates("weight_hh"), biases)]
    draft.add(
        "LSTM",
        heard,
        *learned,
        "steps",
        "hidden",
        "cell",
        to=("every step", "hidden after", "cell after"),
        hidden_size=STATE,
    )
    # [steps, directions, streams, 128], with one direction
    told = draft.add("Relu", draft.add("Squeeze", "every step", draft.constant(np.array([1]))))
    weight, bias = (weights[f"model.decoder.decoder.2.{part}"] for part in ("weight", "bias"))
    score = draft.add("Add", draft.add("MatMul", told, draft.constant(weight[0])), draft.constant(bias))
    draft.add("Sigmoid", score, to=("probability",))
