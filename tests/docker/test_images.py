"""The images, as far as a machine without Docker can tell: they parse, what they name exists, settings are settings."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from models.weights.manifest import default_manifest
from voicegw import settings
from voicegw.app import engine_choice

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker" / "compose.yaml"
DOCKERFILES = sorted(ROOT.glob("docker/*.Dockerfile"))
each_dockerfile = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
TOOLS = Path(sys.executable).parent


def instructions(path: Path) -> list[tuple[str, str]]:
    parser = DockerfileParser(path=str(path), env_replace=False)
    return [(step["instruction"], step["value"]) for step in parser.structure if step["instruction"] != "COMMENT"]


def values(path: Path, name: str) -> list[str]:
    return [value for instruction, value in instructions(path) if instruction == name]


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


def interpolated(value: str) -> str:
    """With the defaults that the file itself gives; a value that must be given becomes one long enough for a key."""
    value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return re.sub(r"\$\{\w+:\?[^}]*\}", "given by the operator", value)


def test_there_is_an_image() -> None:
    assert [path.name for path in DOCKERFILES] == ["gpu.Dockerfile"]


@each_dockerfile
def test_a_dockerfile_has_no_known_flaw(path: Path) -> None:
    done = subprocess.run([TOOLS / "hadolint", path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@each_dockerfile
def test_everything_that_is_copied_exists(path: Path) -> None:
    for value in values(path, "COPY"):
        *sources, _ = value.split()
        for source in sources:
            assert (ROOT / source).exists(), source


@each_dockerfile
def test_bases_are_of_a_fixed_version(path: Path) -> None:
    for base in values(path, "FROM"):
        assert re.search(r":\d+\.\d+", base), base


@each_dockerfile
def test_the_gateway_is_not_root_and_says_when_it_is_ready(path: Path) -> None:
    assert values(path, "USER")[-1] == "10001"
    (check,) = values(path, "HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    compile(command[2], "healthcheck", "exec")
    assert "/readyz" in command[2]


@each_dockerfile
def test_the_environment_of_an_image_is_made_of_settings(path: Path) -> None:
    names = re.findall(r"\b(VOICEGW_\w+)=", " ".join(values(path, "ENV")))
    assert names
    assert set(names) <= settings.variables().keys()


def test_the_compose_file_is_one() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_what_services_name_exists(services: dict[str, dict[str, Any]]) -> None:
    volumes = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= services.keys(), name
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= volumes.keys(), name
        if "build" in service:
            context = (COMPOSE.parent / service["build"]["context"]).resolve()
            assert (context / service["build"]["dockerfile"]).is_file(), name
        else:
            assert re.search(r":v?\d+\.\d+", interpolated(service["image"])), f"{name} has no fixed version"


def test_the_gateway_waits_for_what_it_needs(services: dict[str, dict[str, Any]]) -> None:
    gateway = services["gateway"]
    assert gateway["depends_on"]["llm"]["condition"] == "service_healthy"
    assert "healthcheck" in services["llm"]
    assert gateway["depends_on"]["models"]["condition"] == "service_completed_successfully"
    assert services["models"]["command"] == ["models", "pull", "--profile", gateway["environment"]["VOICEGW_PROFILE"]]
    assert gateway["restart"] == services["llm"]["restart"] == "unless-stopped"
    for name in ("gateway", "llm"):
        (device,) = services[name]["deploy"]["resources"]["reservations"]["devices"]
        assert device["capabilities"] == ["gpu"]


def test_the_gateways_environment_is_usable(
    services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (image,) = values(ROOT / "docker" / "gpu.Dockerfile", "ENV")[1:]
    environment = dict(re.findall(r"\b(VOICEGW_\w+)=(\S+)", image)) | services["gateway"]["environment"]
    for name, value in environment.items():
        assert name in settings.variables(), name
        monkeypatch.setenv(name, interpolated(value))
    loaded = settings.load()
    settings.refuse_exposure(loaded)
    choice = engine_choice(loaded)
    assert (choice.profile, choice.asr_device, choice.asr_compute_type) == ("gpu", "cuda", "float16")
    assert f"--served-model-name={choice.llm_model}" in services["llm"]["command"]
    assert default_manifest().profile(choice.profile)
