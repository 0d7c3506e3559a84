"""A model hub as far as a download sees one: HEAD and GET of files, ranges, a redirect to where large files lie."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.models.weights.server import serving
from tests.models.weights.stand import HUB, Gate


@dataclass
class TinyHub:
    """files: by name, of the repository `HUB`.

    large: names that live on the other server, as files under LFS do. breaks: for each request of a file's bytes in
    turn, after how many of them the connection breaks; none left means it does not. gate: hold after `gate_at` bytes.
    """

    files: Mapping[str, bytes]
    large: frozenset[str] = frozenset()
    ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    gate: Gate | None = None
    gate_at: int = 0
    address: str = ""
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Method, file name, Range; only the requests that ask for bytes or metadata of a file."""

    def gets(self, name: str) -> list[str | None]:
        """The Range of each request for the bytes of a file."""
        return [asked for method, requested, asked in self.requests if method == "GET" and requested == name]


@contextmanager
def tiny_hub(hub: TinyHub) -> Iterator[TinyHub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self) -> None:
            resolve = f"/{HUB.repo}/resolve/{HUB.revision}/{HUB.folder}"
            name = self.path.removeprefix(resolve).removeprefix("/cdn/")
            if name not in hub.files:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path.startswith(resolve) and name in hub.large:
                self._redirect(name)
            else:
                self._send(name)

        def _redirect(self, name: str) -> None:
            if self.command == "HEAD":
                hub.requests.append(("HEAD", name, None))
            self.send_response(302)
            self.send_header("X-Repo-Commit", HUB.revision)
            self.send_header("X-Linked-Etag", f'"{hashlib.sha256(hub.files[name]).hexdigest()}"')
            self.send_header("X-Linked-Size", str(len(hub.files[name])))
            # Another host name, as with the real hub: credentials must not follow there.
            self.send_header("Location", f"{hub.address.replace('127.0.0.1', 'localhost')}/cdn/{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, name: str) -> None:
            data = hub.files[name]
            asked = self.headers.get("Range")
            hub.requests.append((self.command, name, asked))
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and hub.ranges else 0
            self.send_response(206 if asked and hub.ranges else 200)
            self.send_header("X-Repo-Commit", HUB.revision)
            self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
            if asked and hub.ranges:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            if self.command == "GET":
                self._body(data[start:])

        def _body(self, data: bytes) -> None:
            if hub.breaks:
                self.wfile.write(data[: hub.breaks.pop(0)])
                self.close_connection = True
            elif hub.gate:
                self.wfile.write(data[: hub.gate_at])
                self.wfile.flush()
                hub.gate.hold()
                self.wfile.write(data[hub.gate_at :])
            else:
                self.wfile.write(data)

    with serving(Handler) as address:
        hub.address = address
        yield hub
