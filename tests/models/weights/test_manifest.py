import re

import pytest

from models.weights.errors import ManifestError
from models.weights.manifest import Manifest, Model, default_manifest, parse

TINY = """
profiles = { default = ["a"] }
[[models]]
id = "a"
role = "vad"
about = "A test"
licence = "MIT"
languages = ["*"]
[[models.files]]
name = "a.bin"
size = 3
sha256 = "%s"
""" % ("0" * 64)


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return default_manifest()


def models() -> list[Model]:
    return list(default_manifest().models)


def test_the_profiles_have_every_role(manifest: Manifest) -> None:
    for name in ("default", "small"):
        roles = sorted(model.role for model in manifest.profile(name))
        assert roles == ["asr", "llm", "sentence", "tts", "turn", "vad"]
    # its language model runs in a server of its own
    assert sorted(model.role for model in manifest.profile("gpu")) == ["asr", "sentence", "tts", "turn", "vad"]


def test_the_profiles_need_no_hub(manifest: Manifest) -> None:
    for name in ("default", "small"):
        for model in manifest.profile(name):
            assert all(file.parts for file in model.files), model.id


def test_every_file_has_somewhere_to_come_from(manifest: Manifest) -> None:
    for model in manifest.models:
        assert model.hub or all(file.parts for file in model.files), model.id


def test_the_hub_is_asked_for_a_fixed_revision(manifest: Manifest) -> None:
    for model in manifest.models:
        if model.hub:
            assert re.fullmatch("[0-9a-f]{40}", model.hub.revision), model.id
            assert model.hub.folder in ("", model.hub.folder.rstrip("/") + "/"), model.id


@pytest.mark.parametrize("model", models(), ids=lambda model: model.id)
def test_numbered_parts_are_in_the_order_of_their_numbers(model: Model) -> None:
    for file in model.files:
        numbers = [
            int(re.findall(r"\d+", part.package.split("==")[0])[-1]) for part in file.parts if len(file.parts) > 1
        ]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len({part.package for part in file.parts}) == len(file.parts)


def test_voices_say_their_language(manifest: Manifest) -> None:
    for model in manifest.models:
        if model.role == "tts":
            assert model.languages == (model.id.removeprefix("piper-")[:2],)
            assert {file.name for file in model.files} == {
                f"{model.id.removeprefix('piper-')}.onnx{end}" for end in ("", ".json")
            }


def test_facts_cannot_be_changed(manifest: Manifest) -> None:
    with pytest.raises(AttributeError):
        manifest.models[0].id = "other"  # type: ignore[misc]


def test_what_is_not_there_is_named(manifest: Manifest) -> None:
    with pytest.raises(ManifestError, match="no model 'whisper-huge'"):
        manifest.model("whisper-huge")
    with pytest.raises(ManifestError, match="no profile 'huge', only default, small, gpu"):
        manifest.profile("huge")


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("size = 3", "size = 3\ncolour = 'red'", "unknown field `colour`"),
        ("size = 3", "", "missing required field `size`"),
        ("0" * 64, "0" * 63, "sha256"),
        ('"a.bin"', '"../a.bin"', "name"),
        ('id = "a"', 'id = ".."', "id"),
        ('"vad"', '"ear"', "role"),
        ('["a"]', '["b"]', "profile default names b"),
        ("size = 3", "size = 3\nparts = [{ package = 'p==1', member = 'm', size = 2 }]", "do not add up"),
        ("size = 3", "size = 3\nparts = [{ package = '--index-url=x', member = 'm', size = 3 }]", "package"),
        ("[[models]]", "[[models]", "manifest x.toml"),
    ],
)
def test_a_mistake_is_refused_and_named(right: str, wrong: str, says: str) -> None:
    assert parse(TINY, "x.toml").model("a").size == 3
    with pytest.raises(ManifestError, match=re.escape(says)):
        parse(TINY.replace(right, wrong), "x.toml")
