"""What checks the page comes from npm, once: a type checker and an accessibility checker (see package.json)."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The packages of package-lock.json, fetched when they are not those already there."""
    folder, lock = HERE / "node_modules", HERE / "package-lock.json"
    stamp = folder / ".package-lock.json"  # npm's own record of what it put there
    if not stamp.is_file() or stamp.stat().st_mtime < lock.stat().st_mtime:
        npm = [str(BIN / "npm"), "ci", "--ignore-scripts"]
        done = subprocess.run(npm, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"npm could not fetch what checks the page: {done.stderr}"
    return folder


@pytest.fixture(scope="session")
def axe(node_modules: Path) -> str:
    return (node_modules / "axe-core" / "axe.min.js").read_text()
