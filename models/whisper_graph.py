"""Whisper's decoder as two ONNX graphs, with its weights in eight bits.

    memory    what the encoder found → keys and values of the attention to it, once for an utterance
    decoder   the next tokens, and keys and values of those before → scores of what may follow

CTranslate2 has no fast way to multiply one token's vector with a matrix where Intel's library is not to be used: a
token takes it 7 ms with the base model on two cores of an AMD EPYC, of which the weights' way from memory is one.
onnxruntime's `MatMulNBits` is made for it. Its weights share a scale in blocks of 128, so they are nearer to the
original's than with CTranslate2's one scale for each row.

Shapes: utterances B, tokens T, tokens before S, positions of the encoder F, heads H, width of a head K, vocabulary V.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.ct2_file import Ct2Weights, Unreadable

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

BLOCK = 128
"""Weights that share a scale. All sizes of Whisper are multiples of it."""
BITS = 8
ROWS = 1024
"""Of a matrix, that are worked on at a time."""
TINY = np.finfo(np.float32).tiny
"""What a block of zeros is divided by."""
EPSILON = 1e-5
"""Of layer normalisation, as in openai/whisper (PyTorch's default)."""
GELU = 3
"""CTranslate2's number for the activation that Whisper has (include/ctranslate2/ops/activation.h)."""
OPSET = 20
IR_VERSION = 10
VALUE = (0, 2, 1, 3)
"""(B, T, H, K) → (B, H, T, K)"""
KEY = (0, 2, 3, 1)
"""(B, T, H, K) → (B, H, K, T)"""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a decoder. width: of a token's vector."""

    layers: int
    heads: int
    width: int
    vocabulary: int

    @property
    def head(self) -> int:
        return self.width // self.heads

    @classmethod
    def of(cls, weights: Ct2Weights) -> "Shape":
        """Raises Unreadable for what is not a Whisper decoder."""
        layers = 0
        while f"decoder/layer_{layers}/ffn/linear_0/weight" in weights:
            layers += 1
        if weights.number("decoder/activation") != GELU or not weights.number("decoder/pre_norm"):
            raise Unreadable("it is not a Whisper model as openai/whisper has them")
        vocabulary, width = weights.stored("decoder/embeddings/weight").shape
        return cls(layers, weights.number("decoder/num_heads"), width, vocabulary)


def memory_graph(weights: Ct2Weights, shape: Shape) -> bytes:
    """`encoded` (B, F, width) → `memory_key_0` (B, H, K, F), `memory_value_0` (B, H, F, K), and so on by layers."""
    net = _Net(weights, shape)
    found = []
    for layer in range(shape.layers):
        both = net.linear("encoded", f"decoder/layer_{layer}/attention/linear_1")
        key, value = net.node("Split", [both], 2, axis=-1, num_outputs=2)
        found += [net.heads(key, f"memory_key_{layer}", KEY), net.heads(value, f"memory_value_{layer}", VALUE)]
    return net.model({"encoded": ["b", "f", shape.width]}, {}, found)


def decoder_graph(weights: Ct2Weights, shape: Shape) -> bytes:
    """One step of the decoder.

    Takes `tokens` (B, T, width), their vectors with those of their places added; `mask` (T, S + T), 0 where a token may
    look and minus infinity elsewhere; `rows`, the places among T whose scores are wanted; `key_0` (B, H, K, S),
    `value_0` (B, H, S, K), the memory, and so on by layers. Gives `scores` (B, rows, V), `key_0_`, `value_0_` with
    S + T in place of S, and so on.
    """
    net = _Net(weights, shape)
    inputs: dict[str, list[Any]] = {"tokens": ["b", "t", shape.width], "mask": ["t", "u"]}
    kept: list[str] = []
    flow = "tokens"
    for layer in range(shape.layers):
        name = f"decoder/layer_{layer}"
        inputs[f"key_{layer}"] = ["b", shape.heads, shape.head, "s"]
        inputs[f"value_{layer}"] = ["b", shape.heads, "s", shape.head]
        inputs[f"memory_key_{layer}"] = ["b", shape.heads, shape.head, "f"]
        inputs[f"memory_value_{layer}"] = ["b", shape.heads, "f", shape.head]

        together = net.linear(net.normal(flow, f"{name}/self_attention/layer_norm"), f"{name}/self_attention/linear_0")
        query, key, value = net.node("Split", [together], 3, axis=-1, num_outputs=3)
        key = net.named("Concat", [f"key_{layer}", net.heads(key, "", KEY)], f"key_{layer}_", axis=-1)
        value = net.named("Concat", [f"value_{layer}", net.heads(value, "", VALUE)], f"value_{layer}_", axis=-2)
        kept += [key, value]
        seen = net.attention(net.heads(query, "", VALUE), key, value, mask="mask")
        flow = net.one("Add", [flow, net.linear(seen, f"{name}/self_attention/linear_1")])

        query = net.linear(net.normal(flow, f"{name}/attention/layer_norm"), f"{name}/attention/linear_0")
        memory = f"memory_key_{layer}", f"memory_value_{layer}"
        seen = net.attention(net.heads(query, "", VALUE), *memory)
        flow = net.one("Add", [flow, net.linear(seen, f"{name}/attention/linear_2")])

        wide = net.one("Gelu", [net.linear(net.normal(flow, f"{name}/ffn/layer_norm"), f"{name}/ffn/linear_0")])
        flow = net.one("Add", [flow, net.linear(wide, f"{name}/ffn/linear_1")])

    wanted = net.one("Gather", [net.normal(flow, "decoder/layer_norm"), "rows"], axis=1)
    net.linear(wanted, "decoder/projection", result="scores")
    return net.model(inputs, {"rows": ["r"]}, ["scores", *kept])


@dataclass(slots=True)
class _Net:
    """A graph in the making. Its methods add to it, and give the names of what they added gives."""

    weights: Ct2Weights
    shape: Shape
    nodes: "list[NodeProto]" = field(default_factory=list)
    tensors: "dict[str, TensorProto]" = field(default_factory=dict)

    def node(self, op: str, inputs: list[str], results: int, **how: Any) -> list[str]:
        names = [f"{op}_{len(self.nodes)}_{at}" for at in range(results)]
        self._add(op, inputs, names, **how)
        return names

    def one(self, op: str, inputs: list[str], **how: Any) -> str:
        return self.node(op, inputs, 1, **how)[0]

    def named(self, op: str, inputs: list[str], result: str, **how: Any) -> str:
        self._add(op, inputs, [result or f"{op}_{len(self.nodes)}_0"], **how)
        return str(self.nodes[-1].output[0])

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        if name not in self.tensors:
            self.tensors[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def normal(self, flow: str, name: str) -> str:
        gamma, beta = (f"{name}/{part}" for part in ("gamma", "beta"))
        inputs = [flow, *(self.constant(part, self.weights.dense(part)) for part in (gamma, beta))]
        return self.one("LayerNormalization", inputs, epsilon=EPSILON)

    def linear(self, flow: str, name: str, *, result: str = "") -> str:
        whole, scales = self._eight_bits(f"{name}/weight")
        rows, columns = len(whole), whole.shape[1] * BLOCK
        inputs = [flow, self.constant(f"{name}/weight", whole), self.constant(f"{name}/scales", scales)]
        bias = f"{name}/bias" in self.weights
        product = self.named(
            "MatMulNBits", inputs, "" if bias else result, domain="com.microsoft",
            K=columns, N=rows, bits=BITS, block_size=BLOCK, accuracy_level=4,
        )  # fmt: skip
        if not bias:
            return product
        return self.named("Add", [product, self.constant(f"{name}/bias", self.weights.dense(f"{name}/bias"))], result)

    def heads(self, flow: str, result: str, order: tuple[int, ...]) -> str:
        split = self.constant("heads", np.array([0, 0, self.shape.heads, self.shape.head]))
        return self.named("Transpose", [self.one("Reshape", [flow, split])], result, perm=list(order))

    def attention(self, query: str, key: str, value: str, *, mask: str = "") -> str:
        scale = self.constant("scale", np.float32(self.shape.head**-0.5).reshape(1))
        found = self.one("MatMul", [self.one("Mul", [query, scale]), key])
        if mask:
            found = self.one("Add", [found, mask])
        seen = self.one("MatMul", [self.one("Softmax", [found], axis=-1), value])
        joined = self.constant("joined", np.array([0, 0, self.shape.width]))
        return self.one("Reshape", [self.one("Transpose", [seen], perm=list(VALUE)), joined])

    def model(self, floats: dict[str, list[Any]], whole: dict[str, list[Any]], results: list[str]) -> bytes:
        from onnx import TensorProto, helper

        inputs = [
            helper.make_tensor_value_info(name, kind, shape)
            for kind, given in ((TensorProto.FLOAT, floats), (TensorProto.INT64, whole))
            for name, shape in given.items()
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in results]
        graph = helper.make_graph(self.nodes, "whisper", inputs, outputs, list(self.tensors.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        made: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString()
        return made

    def _add(self, op: str, inputs: list[str], results: list[str], *, domain: str = "", **how: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, results, domain=domain, **how))

    def _eight_bits(self, name: str) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A matrix (rows, columns) as numbers (rows, blocks, `BLOCK`) around 128, and what one is worth, by blocks.

        Some rows at a time: the largest matrix would take half a gigabyte meanwhile.
        """
        rows, columns = self.weights.shape(name)
        if columns % BLOCK:
            raise Unreadable(f"the width of {name} is no multiple of {BLOCK}")
        whole = np.empty((rows, columns // BLOCK, BLOCK), dtype=np.uint8)
        scales = np.empty((rows, columns // BLOCK), dtype=np.float32)
        for start in range(0, rows, ROWS):
            some = slice(start, start + ROWS)
            blocks = self.weights.dense(name, some).reshape(-1, columns // BLOCK, BLOCK)
            scales[some] = np.abs(blocks).max(axis=-1) / 127
            whole[some] = np.rint(blocks / np.maximum(scales[some], TINY)[..., None]) + 128
        return whole, scales.reshape(-1)
