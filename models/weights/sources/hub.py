"""The model hub, through huggingface_hub: HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN, proxies and certificates apply.

The library's own download starts from nothing after an interruption (huggingface_hub 2 writes to a name that no later
process knows), so this takes its addresses, headers and connections, and asks for ranges itself.
"""

import queue
import threading
from collections.abc import Sequence

from models.weights.landing import Landing
from models.weights.manifest import Hub, Model, ModelFile
from models.weights.partial import Partial
from models.weights.sources import SourceUnavailable

PROBE_S = 4.0
"""How long the hub may take to answer at all before the next source is tried."""
_READ_S = 30.0


class HubSource:
    """Made for one pull: whether the hub can be reached is found out once."""

    name = "model hub"

    def __init__(self, endpoint: str | None = None, *, probe_s: float = PROBE_S) -> None:
        """endpoint: base address; None takes HF_ENDPOINT, else the public hub."""
        self._endpoint = endpoint
        self._probe_s = probe_s
        self._probed = False
        self._down: str | None = None

    def offers(self, model: Model, file: ModelFile) -> bool:
        return model.hub is not None

    def fetch(self, files: Sequence[ModelFile], landing: Landing) -> None:
        hub = landing.model.hub
        assert hub is not None, "only what is offered is asked for"
        self._ensure_reachable(self._address(hub, files[0]))
        for file in files:
            url = self._address(hub, file)
            with landing.open(file, url) as partial:
                self._download(url, file, partial)

    def _address(self, hub: Hub, file: ModelFile) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(hub.repo, hub.folder + file.name, revision=hub.revision, endpoint=self._endpoint)

    def _ensure_reachable(self, url: str) -> None:
        if not self._probed:
            # In a thread, because looking up a host name has no deadline of its own.
            answer: queue.SimpleQueue[str | None] = queue.SimpleQueue()
            threading.Thread(target=lambda: answer.put(_probe(url, self._probe_s)), daemon=True).start()
            try:
                self._down = answer.get(timeout=self._probe_s)
            except queue.Empty:
                self._down = f"no answer from {url} within {self._probe_s:g} s"
            self._probed = True
        if self._down is not None:
            raise SourceUnavailable(self._down)

    def _download(self, url: str, file: ModelFile, partial: Partial) -> None:
        """As long as every request brings some bytes, the next one goes on where it broke off."""
        import httpx2

        while partial.size < file.size:
            before = partial.size
            try:
                _stream(url, file, partial)
            except httpx2.HTTPStatusError as error:
                raise SourceUnavailable(f"{url} answered {error.response.status_code}") from error
            except httpx2.TransportError as error:
                if partial.size == before:
                    # Often the hub itself answers but the servers it sends us to are blocked: for all files alike.
                    self._down = f"{url} cannot be read ({_reason(error)})"
                    raise SourceUnavailable(self._down) from error
            if partial.size == before:
                raise SourceUnavailable(f"{url} ended after {before} of {file.size} bytes")


def _probe(url: str, timeout_s: float) -> str | None:
    """Ask for one file as the library does. None when a hub answers, else what is wrong."""
    import httpx2
    from huggingface_hub import errors, get_hf_file_metadata, is_offline_mode

    if is_offline_mode():
        return "HF_HUB_OFFLINE is set"
    try:
        answer = get_hf_file_metadata(url, timeout=timeout_s)
    except (errors.RemoteEntryNotFoundError, errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
        return None  # a hub's own way of saying no; the request for the file itself will say what is not there
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return f"no answer from {url} ({_reason(error)})"
    return None if answer.commit_hash else f"what answers at {url} is not a model hub"


def _stream(url: str, file: ModelFile, partial: Partial) -> None:
    import httpx2
    from huggingface_hub import get_session, get_token

    # identity: the hub compresses text files, and a range of compressed bytes would be of no use.
    headers = {"Accept-Encoding": "identity", "Range": f"bytes={partial.size}-"}
    if token := get_token():
        headers["Authorization"] = f"Bearer {token}"
    timeout = httpx2.Timeout(_READ_S, connect=PROBE_S)
    with get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=timeout) as response:
        response.raise_for_status()
        # A server may ignore the range and send everything.
        skip = 0 if response.status_code == httpx2.codes.PARTIAL_CONTENT else partial.size
        for data in response.iter_bytes():  # as it comes: what has arrived before a break is kept
            partial.append(data[skip:])
            skip = max(skip - len(data), 0)
            if partial.size > file.size:
                return  # not the right file; the landing will say so


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
