"""Cutting a voice's graph in three, on a small graph of the same shape and on the real one."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models import tts_graph
from models.onnx import open_session
from models.tts_graph import FOLDER, PARTS, NotCuttable, cut, parts_of
from models.tts_piper_voice import stretches
from models.tts_vits import PartedVits, Scales, WholeVits, open_vits
from models.weights.files import ModelStore
from pipeline.errors import OperatorError
from tests.support.speech import VOICE

QUIET = Scales(0.0, 1.0, 0.0)
"""Without noise a graph makes the same sound each time."""


def model(*, speakers: bool = False, ceilings: int = 1, flow: str = "/flow/", between: str = "/Mul") -> onnx.ModelProto:
    """Each phoneme id takes as many frames as its number; a frame is the id itself; a sample pair is what the decoder
    makes of three neighbouring frames."""
    floats, ints = TensorProto.FLOAT, TensorProto.INT64
    inputs = [
        helper.make_tensor_value_info("input", ints, [1, "ids"]),
        helper.make_tensor_value_info("input_lengths", ints, [1]),
        helper.make_tensor_value_info("scales", floats, [3]),
    ]
    constants = [
        helper.make_tensor("kernel", floats, [1, 1, 3], [0.25, 0.5, 0.25]),
        helper.make_tensor("up", floats, [1, 1, 2], [1.0, -1.0]),
        helper.make_tensor("one", ints, [1], [1]),
        helper.make_tensor("zero", ints, [1], [0]),
        helper.make_tensor("axes", ints, [2], [0, 1]),
        helper.make_tensor("speakers", floats, [3, 1, 1], [1.0, 10.0, 100.0]),
    ]
    node = helper.make_node
    nodes = [
        node("Cast", ["input"], ["floats"], "/enc_p/Cast", to=floats),
        *(node("Ceil", ["floats"], ["widths" if n == 0 else f"w{n}"], f"/Ceil_{n}") for n in range(ceilings)),
        node("Unsqueeze", ["floats", "one"], ["prior"], "/Unsqueeze"),
        node("Conv", ["prior", "kernel"], ["flown"], f"{flow}Conv", pads=[1, 1]),
        node("Mul", ["flown", "flown"], ["latent"], between),
    ]
    if speakers:
        inputs.append(helper.make_tensor_value_info("sid", ints, [1]))
        nodes[3:3] = [node("Gather", ["speakers", "sid"], ["who"], "/emb_g/Gather")]
        nodes.append(node("Mul", ["latent", "who"], ["told"], "/dec/cond"))
    nodes += [
        node("ConvTranspose", ["told" if speakers else "latent", "up"], ["made"], "/dec/ups", strides=[2]),
        node("Unsqueeze", ["made", "one"], ["output"], "/Unsqueeze_1"),
    ]
    outputs = [helper.make_tensor_value_info("output", floats, [1, 1, 1, "samples"])]
    graph = helper.make_graph(nodes, "voice", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def saved(graph: onnx.ModelProto, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    onnx.save(graph, folder / "voice.onnx")
    return folder / "voice.onnx"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(tts_graph, "user_cache_path", lambda app: folder / app)
    return folder


def test_a_graph_is_cut_where_its_flow_and_its_decoder_begin(tmp_path: Path) -> None:
    prior, flow, decoder = (part.graph for part in cut(saved(model(), tmp_path)).values())
    assert [value.name for value in prior.output] == ["prior", "widths"]
    assert ([value.name for value in flow.input], [value.name for value in flow.output]) == (["prior"], ["latent"])
    assert ([value.name for value in decoder.input], decoder.output[0].name) == (["latent"], "output")


@pytest.mark.parametrize("speakers", [False, True])
def test_stretches_of_it_join_to_what_the_whole_makes(tmp_path: Path, speakers: bool) -> None:
    path = saved(model(speakers=speakers), tmp_path)
    ids, who = list(range(1, 60)), 2 if speakers else None
    parted, whole = open_vits(path, threads=1), WholeVits(open_session(path, threads=1))
    assert isinstance(parted, PartedVits)
    take = parted.begin(ids, QUIET, who)
    sound = np.concatenate([take.sound(start, min(start + 7, 59)) for start in range(0, 59, 7)])
    np.testing.assert_allclose(sound, whole.begin(ids, QUIET, who).sound(0, 1), rtol=1e-6)
    assert (take.frames, take.hop) == (59, 2)
    assert take.widths is not None
    assert list(take.widths) == ids


def test_durations_are_told_only_when_it_is_certain_which_they_are(tmp_path: Path) -> None:
    take = open_vits(saved(model(ceilings=2), tmp_path), threads=1).begin([1, 2, 3], QUIET, None)
    assert take.widths is None
    assert take.sound(0, 3).size == 6


@pytest.mark.parametrize(("flow", "between"), [("/other/", "/Mul"), ("/dec/first/", "/Mul")])
def test_a_graph_of_another_shape_is_spoken_whole(
    tmp_path: Path, flow: str, between: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = saved(model(flow=flow, between=between), tmp_path)
    with pytest.raises(NotCuttable):
        cut(path)
    vits = open_vits(path, threads=1)
    assert isinstance(vits, WholeVits)
    assert "whole sentence at a time" in caplog.text
    take = vits.begin([1, 2, 3], QUIET, None)
    assert take.sound(0, take.frames).size == 6
    assert take.widths is None


def test_the_parts_are_kept_beside_the_voice_and_used_again(tmp_path: Path) -> None:
    path = saved(model(), tmp_path)
    parts = parts_of(path)
    assert parts is not None
    assert {part.parent.parent for part in parts} == {tmp_path / FOLDER}
    before = [part.stat().st_mtime_ns for part in parts]
    assert parts_of(path) == parts
    assert [part.stat().st_mtime_ns for part in parts] == before
    assert {path.name for path in parts[0].parent.iterdir()} == set(PARTS)
    assert list((tmp_path / FOLDER).iterdir()) == [parts[0].parent]  # nothing half-made is left


def test_another_graph_under_the_same_name_gets_other_parts(tmp_path: Path) -> None:
    first = parts_of(saved(model(), tmp_path))
    second = parts_of(saved(model(speakers=True), tmp_path))
    assert first != second


def test_the_cache_is_used_when_nothing_can_be_written_beside_the_voice(tmp_path: Path, cache: Path) -> None:
    path = saved(model(), tmp_path / "voice")
    (path.parent / FOLDER).write_text("in the way")
    parts = parts_of(path)
    assert parts is not None
    assert all(part.is_relative_to(cache) for part in parts)
    assert parts_of(path) == parts


def test_a_voice_whose_parts_can_be_kept_nowhere_is_spoken_whole(
    tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = saved(model(), tmp_path / "voice")
    (path.parent / FOLDER).write_text("in the way")
    cache.write_text("in the way")
    assert parts_of(path) is None
    assert str(cache) in caplog.text


def test_parts_that_were_damaged_are_named_with_the_remedy(tmp_path: Path) -> None:
    path = saved(model(), tmp_path)
    parts = parts_of(path)
    assert parts is not None
    parts[1].write_bytes(b"not a graph")
    with pytest.raises(OperatorError, match="to have it made anew") as caught:
        open_vits(path, threads=1)
    assert str(parts[1]) in str(caught.value)
    assert str(parts[1].parent) in str(caught.value)


@pytest.mark.real
def test_the_joined_sound_of_a_real_voice_is_that_of_the_whole_graph(model_store: ModelStore) -> None:
    (path,) = model_store.folder(VOICE).glob("*.onnx")
    parted, whole = open_vits(path, threads=1), WholeVits(open_session(path, threads=1))
    assert isinstance(parted, PartedVits)
    ids = [1, 0, *(id for phoneme in np.random.default_rng(1).integers(14, 60, 60) for id in (int(phoneme), 0)), 2]
    take = parted.begin(ids, QUIET, None)
    parts = [take.sound(*frames) for frames in stretches(take.frames)]
    assert len(parts) >= 4
    expected = whole.begin(ids, QUIET, None).sound(0, 1)
    error = np.concatenate(parts) - expected
    assert 10 * np.log10(np.square(expected).sum() / np.square(error).sum()) > 40
    assert take.widths is not None
    assert take.widths.sum() == take.frames
