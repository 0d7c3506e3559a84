"""What `pip install .` leaves behind is the whole program: the page and all data files, wherever it is started."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx2
import pytest

from voicegw.http.page import FOLDER, Page

ROOT = Path(__file__).parents[2]
PARTS = ("pyproject.toml", "README.md", "LICENSE", "voicegw", "pipeline", "models", "bench", "web_client")
DATA = {".toml", ".json", ".txt", ".js", ".html", ".css", ".svg", ".webmanifest"}
GATEWAY = "from voicegw.commands.scripted_gateway import main; main(1, None)"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy: a build leaves folders behind."""
    source: Path = tmp_path_factory.mktemp("source")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__", "results"))
        else:
            shutil.copy(ROOT / part, source)
    pip("wheel", "--no-build-isolation", "--wheel-dir", source / "dist", source)
    (built,) = (source / "dist").glob("*.whl")
    return built


def pip(command, *arguments):
    options = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    done = subprocess.run(
        [sys.executable, "-m", "pip", command, *options, *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_no_data_file_is_left_out(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    here = {
        path.relative_to(ROOT).as_posix()
        for part in PARTS
        for path in (ROOT / part).rglob("*")
        if path.suffix in DATA and "results" not in path.parts
    }
    assert "web_client/index.html" in here
    assert here <= packed


def test_the_page_comes_from_where_the_wheel_is_installed(wheel, tmp_path):
    place, elsewhere = tmp_path / "place", tmp_path / "elsewhere"
    pip("install", "--target", place, wheel)
    elsewhere.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", GATEWAY], stdout=subprocess.PIPE, text=True, cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(place)},
    )  # fmt: skip
    try:
        assert process.stdout
        with httpx2.Client(base_url=f"http://127.0.0.1:{int(process.stdout.readline())}", trust_env=False) as client:
            for name, file in Page(FOLDER).files.items():
                assert client.get(f"/{name}").content == file.content, name
    finally:
        process.terminate()
        process.communicate(timeout=30)
