"""Cutting a voice's graph in three, so that a sentence can be heard before it is made to its end.

A VITS graph as Piper exports it is three nets in a row:

    prior     phonemes → how long each takes, and what each frame should be like: needs the whole sentence
    flow      frame by frame, what it will be like: convolutions over neighbouring frames
    decoder   frame by frame, its samples: convolutions again

The last two see only so far to both sides, so they can work on any stretch of frames that has enough neighbours. They
are found by the names that PyTorch gives to what is inside a module; everything else follows from the graph.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

RECIPE = 1
"""To be counted up when the parts are cut in another way: older ones are then not used any more."""
PARTS = ("prior.onnx", "flow.onnx", "decoder.onnx")
FOLDER = ".parts"

log = logging.getLogger(__name__)


class NotCuttable(Exception):
    """The graph does not have the shape described above; the message says why."""


def parts_of(model: Path) -> tuple[Path, ...] | None:
    """The three parts of a voice, from the cache or cut now. None when the graph cannot be cut, or not be kept.

    They lie in a folder beside the model, or in the user's cache when nothing can be written there, under the model's
    own hash. Cutting takes about as long as loading, and three times the model's size in memory meanwhile.
    """
    with model.open("rb") as file:
        key = f"{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}-{RECIPE}"
    places = [folder / key for folder in _places(model)]
    for place in places:
        if all(os.access(place / part, os.R_OK) for part in PARTS):
            return tuple(place / part for part in PARTS)
    try:
        parts = cut(model)
    except NotCuttable as reason:
        log.warning("%s is spoken a whole sentence at a time: %s", model.name, reason)
        return None
    for place in places:
        try:
            _keep(parts, place)
        except OSError as error:
            log.info("the parts of %s cannot be kept in %s: %s", model.name, place, error)
        else:
            return tuple(place / part for part in PARTS)
    log.warning(
        "%s is spoken a whole sentence at a time: its parts can be written neither to %s nor to %s",
        model.name, places[0].parent, places[1].parent,
    )  # fmt: skip
    return None


def _places(model: Path) -> Iterator[Path]:
    yield model.parent / FOLDER
    with suppress(RuntimeError):  # a user without a home folder
        yield user_cache_path("voicegw") / "voices"


def cut(model: Path) -> "dict[str, ModelProto]":
    """The parts, by file name. Raises NotCuttable.

    Tensors keep their names, so that what one part gives and another takes is known by its name. The prior also gives
    the duration of each phoneme in frames where that can be found: it is the one thing in VITS that is rounded up.
    """
    import onnx
    from onnx.utils import Extractor

    try:
        whole = onnx.load(model)
    except Exception as error:  # protobuf's errors have no common base but Exception
        raise NotCuttable(f"it cannot be read ({error})") from error
    graph = whole.graph
    decoder = _downstream(graph, "/dec/")
    flow = _downstream(graph, "/flow/") - decoder
    if not flow or not decoder:
        raise NotCuttable("it has no nodes of a flow and a decoder")
    to_flow, to_decoder = _entering(graph, flow), _entering(graph, decoder)
    made_by_flow = {name for index in flow for name in graph.node[index].output}
    between = [name for name in to_decoder if name in made_by_flow]
    durations = [
        node.output[0] for index, node in enumerate(graph.node)
        if node.op_type == "Ceil" and index not in flow | decoder
    ]  # fmt: skip
    from_prior = [*to_flow, *(name for name in to_decoder if name not in between and name not in to_flow)]
    given = [value.name for value in graph.input]
    if len(between) != 1 or set(from_prior) & set(given):
        raise NotCuttable("its flow and its decoder do not follow the rest in a row")
    ends = [
        (given, from_prior + (durations if len(durations) == 1 else [])),
        (to_flow, between),
        (to_decoder, [graph.output[0].name]),
    ]
    if not {name for end in ends for names in end for name in names} <= _described(graph):
        whole = onnx.shape_inference.infer_shapes(whole)
    try:
        return {part: Extractor(whole).extract_model(*end) for part, end in zip(PARTS, ends, strict=True)}
    except ValueError as error:
        raise NotCuttable(f"what is between its parts is not known ({error})") from error


def _described(graph: "GraphProto") -> set[str]:
    """Tensors whose type and shape the graph tells."""
    return {value.name for values in (graph.input, graph.value_info, graph.output) for value in values}


def _downstream(graph: "GraphProto", module: str) -> set[int]:
    """Indices of the nodes that compute in the module, or with what comes out of it."""
    changing = _changing(graph)
    inside: set[int] = set()
    made: set[str] = set()
    for index, node in enumerate(graph.node):  # ONNX keeps nodes in the order in which they can run
        works = any(name in changing for name in node.output)
        if works and (node.name.startswith(module) or made.intersection(node.input)):
            inside.add(index)
            made.update(node.output)
    return inside


def _entering(graph: "GraphProto", region: set[int]) -> list[str]:
    """What the region takes from outside, without constants."""
    made = {name for index in region for name in graph.node[index].output}
    changing = _changing(graph)
    taken = (name for index in sorted(region) for name in graph.node[index].input)
    return _unique(name for name in taken if name in changing and name not in made)


def _changing(graph: "GraphProto") -> set[str]:
    """Tensors that are different for different input."""
    found = {value.name for value in graph.input}
    for node in graph.node:
        if node.op_type.startswith("Random") or found.intersection(node.input):
            found.update(node.output)
    return found


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _keep(parts: "dict[str, ModelProto]", place: Path) -> None:
    """Write all parts, or none: they appear under their names together. Raises OSError."""
    import onnx

    place.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
    try:
        work.chmod(0o755)  # whoever may read the model may read its parts
        for name, part in parts.items():
            onnx.save(part, work / name)
            with (work / name).open("rb") as file:
                os.fsync(file.fileno())
        try:
            work.rename(place)
        except OSError:
            if not place.is_dir():  # else another process was quicker, with the same bytes
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
