"""Which voices an installation offers."""

import os
from pathlib import Path

import pytest

from models.registry import EngineChoice, build_engines
from models.weights.errors import ModelsDamaged, ModelsMissing
from models.weights.files import ModelStore
from models.weights.manifest import default_manifest


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """The default profile's models: files of the right size, which take no room, and which the ledger knows."""
    store = ModelStore(tmp_path)
    for model in default_manifest().profile("default"):
        install(store, model.id)
    return store


def install(store: ModelStore, model_id: str) -> None:
    model = default_manifest().model(model_id)
    store.folder(model_id).mkdir()
    for file in model.files:
        store.path(model, file).touch()
        os.truncate(store.path(model, file), file.size)
        store.ledger(model).note(store.path(model, file), file.sha256)


def voices(store: ModelStore, voice: str | None = None) -> list[str]:
    info = build_engines(EngineChoice(store.root, tts_voice=voice)).synthesizer.info
    assert info.engine == "piper + espeak-ng"
    return info.model.split(", ")


def test_the_profiles_voice_and_the_last_resort_are_always_there(store: ModelStore) -> None:
    assert voices(store) == ["en_US-joe-medium", "espeak-ng"]


def test_whatever_is_installed_is_offered_and_the_chosen_voice_goes_first(store: ModelStore) -> None:
    install(store, "piper-es_ES-davefx-medium")
    install(store, "piper-de_DE-thorsten-medium")
    assert voices(store) == ["en_US-joe-medium", "de_DE-thorsten-medium", "es_ES-davefx-medium", "espeak-ng"]
    assert voices(store, "piper-es_ES-davefx-medium")[:2] == ["es_ES-davefx-medium", "en_US-joe-medium"]


def test_a_damaged_voice_that_nobody_chose_is_left_out_and_a_chosen_one_refused(store: ModelStore) -> None:
    install(store, "piper-de_DE-thorsten-medium")
    description = store.folder("piper-de_DE-thorsten-medium") / "de_DE-thorsten-medium.onnx.json"
    description.write_bytes(bytes(description.stat().st_size))
    assert "de_DE-thorsten-medium" not in voices(store)
    with pytest.raises(ModelsDamaged, match=r"thorsten-medium\.onnx\.json.*voicegw models pull piper-de_DE"):
        voices(store, "piper-de_DE-thorsten-medium")


def test_a_voice_that_is_not_complete_is_not_offered(store: ModelStore) -> None:
    install(store, "piper-de_DE-thorsten-medium")
    (store.folder("piper-de_DE-thorsten-medium") / "de_DE-thorsten-medium.onnx.json").unlink()
    assert "de_DE-thorsten-medium" not in voices(store)
    with pytest.raises(ModelsMissing, match="voicegw models pull piper-de_DE-thorsten-medium"):
        voices(store, "piper-de_DE-thorsten-medium")
