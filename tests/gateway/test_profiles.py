"""What a profile decides, and what a setting decides over it."""

from pathlib import Path

import pytest

from models.registry import build_engines
from models.weights.errors import ManifestError
from models.weights.files import ModelStore
from models.weights.manifest import default_manifest
from voicegw.app import engine_choice
from voicegw.settings import Settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("cpu", "int8")),
        ({"profile": "small"}, ("cpu", "int8")),
        ({"profile": "gpu"}, ("cuda", "float16")),
        ({"asr": {"device": "cuda"}}, ("cuda", "float16")),
        ({"profile": "gpu", "asr": {"device": "cpu"}}, ("cpu", "int8")),
        ({"profile": "gpu", "asr": {"compute_type": "int8_float16"}}, ("cuda", "int8_float16")),
    ],
)
def test_where_speech_is_recognised(given, expected):
    choice = engine_choice(Settings(**given))
    assert (choice.asr_device, choice.asr_compute_type) == expected


def test_a_profile_without_a_language_model_wants_a_server(tmp_path: Path):
    for model in default_manifest().profile("gpu"):
        for file in model.files:
            path = tmp_path / model.id / file.name
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as sparse:
                sparse.truncate(file.size)
            ModelStore(tmp_path).ledger(model).note(path, file.sha256)
    with pytest.raises(ManifestError, match=r"'gpu' has no model for the role llm: .*VOICEGW_LLM_URL"):
        build_engines(engine_choice(Settings(profile="gpu", models_dir=tmp_path)))
