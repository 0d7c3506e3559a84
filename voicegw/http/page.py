"""The phone in the browser: the files of `web_client/`, and the headers that keep them to themselves.

The files are read once, when the gateway starts, and each answer names its content (ETag): a browser that has the page
asks whether it changed and is told no. The service worker keeps the whole page for the next visit; `page_files.js`,
made here, tells it what the page consists of and when that is another page than before.
"""

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pipeline.errors import OperatorError

FOLDER = Path(__file__).resolve().parents[2] / "web_client"
"""Beside the packages: in the repository, and where a wheel is installed."""
LISTING = "page_files.js"
HOME = "index.html"
SOURCES = {".html", ".css", ".js", ".json", ".svg", ".webmanifest"}
"""What a page is made of; anything else in the folder (types for the checker, say) is not served."""

POLICY = "; ".join([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self' blob:",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
])  # fmt: skip
"""No other host, nothing inline, no frame around it (Content Security Policy Level 3)."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "microphone=(self), screen-wake-lock=(self), autoplay=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # keep it, and ask each time whether it is still the same
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is sent. etag: with its quotes."""

    content: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, name: str) -> "PageFile":
        return cls(content, _media_type(name), f'"{hashlib.sha256(content).hexdigest()[:32]}"')


class Page:
    """All files of the page by their path below `/`, e.g. `styles/call.css`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Raises OperatorError when `folder` holds no page."""
        files = {
            path.relative_to(folder).as_posix(): PageFile.of(path.read_bytes(), path.name)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in SOURCES
        }
        if HOME not in files:
            raise OperatorError(
                f"There is no {HOME} in {folder}: the page belongs beside the packages, in repository and wheel."
            )
        files[LISTING] = _listing(files)
        self._files = files

    @property
    def files(self) -> Mapping[str, PageFile]:
        return self._files

    def routes(self) -> list[BaseRoute]:
        """One route for each file: what is not listed does not exist, so no path can lead out of the folder."""
        return [Route("/", self._answer, name=HOME), *(Route(f"/{name}", self._answer) for name in self._files)]

    async def _answer(self, request: Request) -> Response:
        file = self._files[request.url.path.removeprefix("/") or HOME]
        headers = HEADERS | {"ETag": file.etag}
        if file.etag in _known(request):
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.media_type)


def _known(request: Request) -> set[str]:
    """ETags that the browser says it has; a proxy that compresses marks them as weak."""
    given = request.headers.get("if-none-match", "")
    return {tag.strip().removeprefix("W/") for tag in given.split(",")}


def _listing(files: Mapping[str, PageFile]) -> PageFile:
    """What the service worker keeps. The version follows from the contents, so it changes exactly when they do."""
    together = "".join(f"{name}{file.etag}" for name, file in files.items())
    version = hashlib.sha256(together.encode()).hexdigest()[:16]
    kept = ["/", *(f"/{name}" for name in files if name not in (HOME, "service_worker.js"))]
    script = f"self.PAGE = {json.dumps({'version': version, 'files': kept})};\n"
    return PageFile.of(script.encode(), LISTING)


def _media_type(name: str) -> str:
    if name.endswith(".webmanifest"):
        return "application/manifest+json"
    if name.endswith(".js"):
        return "text/javascript"  # some systems say text/plain, which browsers refuse to run
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
