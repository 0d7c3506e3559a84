"""Whatever comes over HTTP: no failure of ours, and a refusal says which field was at fault."""

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio import Pcm
from tests.media.test_codecs import file
from tests.protocol.test_fuzz import GOOD, JSON, places
from tests.support.gateway import scripted
from tests.support.rtc_caller import RtcCaller
from voicegw.app import build
from voicegw.settings import Settings

UNREADABLE = {"invalid_json", "invalid_form", "unsupported_media_type"}
"""Refusals of a body as a whole, of which no field can be named."""
SESSION = {key: value for key, value in GOOD[0]["session"].items() if key != "audio"} | {
    "audio": {"input": GOOD[0]["session"]["audio"]["input"], "output": {"voice": "alloy", "speed": 1.0}}
}
SECRET = {"expires_after": {"anchor": "created_at", "seconds": 600}, "session": SESSION}
SPEECH = {
    "input": "Hello.",
    "voice": "alloy",
    "model": "tts-1",
    "response_format": "pcm",
    "speed": 1.0,
    "instructions": "",
    "stream_format": "audio",
    "language": "en",
}
FORM = {
    "model": "whisper-1",
    "language": "en",
    "prompt": "Eva",
    "response_format": "verbose_json",
    "temperature": "0",
    "timestamp_granularities[]": "word",
    "stream": "false",
}
RECORDING = file("wav", Pcm(b"\x00\x10" * 4800, 24_000))


class Asker:
    """The application without a socket: what it raises is raised here. A fresh client has no cookies of another."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        ready = asyncio.Event()
        self._app = build(Settings(), scripted(), ready=ready.set)
        self._stack = AsyncExitStack()
        self._run(self._stack.enter_async_context(self._app.router.lifespan_context(self._app)))
        self._run(ready.wait())

    def post(self, path: str, content: bytes, kind: bytes = b"application/json") -> httpx2.Response:
        answer: httpx2.Response = self._run(self._post(path, content, kind))
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            error = answer.json()["error"]
            assert error["message"]
            assert error["code"]
            assert error["param"] is not None or error["code"] in UNREADABLE, error
            assert len(answer.content) < 10_000
        return answer

    def offer(self) -> str:
        """What a caller would send."""

        async def made() -> str:
            caller = RtcCaller()
            try:
                return await caller.offer()
            finally:
                await caller.hang_up()

        text: str = self._run(made())
        return text

    def close(self) -> None:
        self._run(self._stack.aclose())

    async def _post(self, path: str, content: bytes, kind: bytes) -> httpx2.Response:
        # Without a key only this machine's own names are answered.
        wire = httpx2.ASGITransport(self._app)
        async with httpx2.AsyncClient(transport=wire, base_url="http://127.0.0.1/v1") as client:
            answer = await client.post(path, content=content, headers=[(b"Content-Type", kind)])
            if answer.status_code == 201:
                called = answer.headers["location"].removeprefix("/v1")
                assert (await client.delete(called)).status_code == 200
                async with asyncio.timeout(10):
                    while len(self._app.state.gateway.table):
                        await asyncio.sleep(0.01)
            return answer

    def _run(self, work: Any) -> Any:
        return self._runner.run(work)


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with asyncio.Runner() as runner:
        asker = Asker(runner)
        yield asker
        asker.close()


@pytest.fixture(scope="module")
def offer(asker: Asker) -> str:
    return asker.offer()


@st.composite
def mutants(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """A good body with one thing in it replaced, removed or added, or cut short, as bytes."""
    body = copy.deepcopy(good)
    *way, last = draw(st.sampled_from(places(body)))
    holder: Any = body
    for key in way:
        holder = holder[key]
    match draw(st.sampled_from(["replace", "remove", "add", "cut"])):
        case "replace":
            holder[last] = draw(JSON)
        case "remove":
            del holder[last]
        case "add" if isinstance(holder, dict):
            holder[draw(st.text())] = draw(JSON)
        case "cut":
            text = json.dumps(body).encode()
            return text[: draw(st.integers(0, len(text)))]
    return json.dumps(body).encode()


BODIES = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())
NAMES = st.sampled_from(["file", "sdp", "session", *FORM]) | st.text(max_size=8)
HEADERS = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=40).map(
    lambda text: text.encode("latin-1")
)
BOUNDARY = b"form-end"
MULTIPART = b"multipart/form-data; boundary=" + BOUNDARY


def form(parts: list[tuple[bytes, bytes]]) -> bytes:
    """parts: the headers of each, and its content."""
    told = b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY, headers, content) for headers, content in parts)
    return told + b"--" + BOUNDARY + b"--\r\n"


def part(name: str, content: bytes, *, upload: bool = False) -> tuple[bytes, bytes]:
    said = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode("utf-8", "replace")
    return b'Content-Disposition: form-data; name="%b"%b' % (said, b'; filename="a.wav"' * upload), content


@pytest.mark.parametrize(("path", "good"), [("/realtime/client_secrets", SECRET), ("/audio/speech", SPEECH)])
def test_the_good_bodies_are_good(asker: Asker, path: str, good: dict[str, Any]) -> None:
    assert asker.post(path, json.dumps(good).encode()).status_code == 200


@given(body=BODIES | mutants(SECRET))
def test_any_wish_for_a_key(asker: Asker, body: bytes) -> None:
    asker.post("/realtime/client_secrets", body)


@given(body=BODIES | mutants(SPEECH))
def test_any_text_to_speak(asker: Asker, body: bytes) -> None:
    asker.post("/audio/speech", body)


def test_the_good_recording_is_good(asker: Asker) -> None:
    parts = [part(name, text.encode()) for name, text in FORM.items()]
    assert asker.post("/audio/transcriptions", form([*parts, part("file", RECORDING, upload=True)]), MULTIPART)


@given(name=NAMES, value=st.binary(max_size=20), place=st.integers(0, len(FORM)), upload=st.booleans())
def test_any_field_beside_a_recording(asker: Asker, name: str, value: bytes, place: int, *, upload: bool) -> None:
    parts = [part(known, text.encode()) for known, text in FORM.items()]
    parts.insert(place, part(name, value, upload=upload))
    asker.post("/audio/transcriptions", form([*parts, part("file", RECORDING, upload=True)]), MULTIPART)


@given(at=st.integers(0, len(RECORDING)), junk=st.binary(max_size=60), cut=st.booleans())
def test_any_damage_to_a_recording(asker: Asker, at: int, junk: bytes, *, cut: bool) -> None:
    damaged = RECORDING[:at] + junk + (b"" if cut else RECORDING[at + len(junk) :])
    asker.post("/audio/transcriptions", form([part("file", damaged, upload=True)]), MULTIPART)


@pytest.mark.parametrize("path", ["/audio/transcriptions", "/realtime/calls"])
@given(headers=HEADERS, content=st.binary(max_size=60), kind=HEADERS | st.just(MULTIPART))
def test_any_form(asker: Asker, path: str, headers: bytes, content: bytes, kind: bytes) -> None:
    asker.post(path, form([(headers, content)]), kind)
    asker.post(path, content, kind)
    asker.post(path, form([(b"Content-Disposition: " + headers, content)]), MULTIPART)


@given(session=mutants(SESSION) | BODIES)
def test_any_session_beside_what_is_no_offer(asker: Asker, session: bytes) -> None:
    body = form([part("session", session), part("sdp", b"v=0")])
    assert asker.post("/realtime/calls", body, MULTIPART).status_code == 400


@settings(max_examples=40)  # each offer that is taken opens sockets
@given(data=st.data())
def test_any_change_to_an_offer(asker: Asker, offer: str, data: st.DataObject) -> None:
    lines = offer.split("\r\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    words = lines[at].split(" ")
    match data.draw(st.sampled_from(["drop", "double", "swap", "word", "junk"])):
        case "drop":
            del lines[at]
        case "double":
            lines.insert(at, lines[at])
        case "swap":
            lines[at], lines[-at] = lines[-at], lines[at]
        case "word":
            words[data.draw(st.integers(0, len(words) - 1))] = data.draw(st.text(max_size=6))
            lines[at] = " ".join(words)
        case _:
            lines[at] = data.draw(st.text(max_size=30))
    asker.post("/realtime/calls", "\r\n".join(lines).encode("utf-8", "surrogatepass"), b"application/sdp")
