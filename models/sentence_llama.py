"""Could a sentence end here? A small language model says how likely a full stop is as the next token.

People who stop in mid-sentence leave words behind that nobody would put a full stop after, whatever punctuation a
recognizer guessed. A model of 135 million parameters knows that, and reads a sentence in a few hundredths of a second
on one core. It is asked where the language model that makes the answers cannot be, because it runs in a server of its
own (`models.llm_embedded`).
"""

from collections.abc import Mapping, Set
from importlib.metadata import version
from typing import Any, Final

import httpx2

from models.llama_endings import ASKED, bare, stopping
from models.llama_process import Address
from models.llama_server import EmbeddedServer
from models.prefills import Prefills
from models.slots import Slots
from pipeline.engines import ChatRequest, EngineInfo
from pipeline.errors import EngineDown, EngineError, EngineTimeout

LANGUAGES: Final = frozenset({"en"})
"""What SmolLM2 was trained on."""
EARLIER_CHARS: Final = 200
"""Of what the other side said before: enough for its question, which makes a short answer complete."""
WORDS_CHARS: Final = 400
"""Of the turn, at most: what was said half a minute ago has no say in whether a sentence could end here."""
FORGOTTEN_CHARS: Final = 200
"""Of a longer turn the beginning is forgotten in steps, so that what was read is worth something meanwhile."""
TEMPLATE: Final = (
    "<|im_start|>system\nA learner talks with a tutor.<|im_end|>\n"
    "<|im_start|>assistant\n{before}<|im_end|>\n"
    "<|im_start|>user\n{words}"
)
"""ChatML, which the model was tuned with."""
QUEUE: Final = 4
"""Questions that may wait, for each slot."""


class LlamaSentences:
    """A `SentenceDetector`."""

    def __init__(self, server: EmbeddedServer, *, deadline_s: float = 2.0) -> None:
        """server: of a small ChatML model; started and closed by this object."""
        self._server = server
        self._deadline_s = deadline_s
        self._slots = Slots(server.options.slots, waiting=QUEUE * server.options.slots)
        self._prefills = Prefills()
        self._client = httpx2.AsyncClient(trust_env=False, timeout=deadline_s)

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("sentence", "llama.cpp (xllamacpp)", self._server.options.name, "cpu", version("xllamacpp"))

    @property
    def languages(self) -> Set[str]:
        return LANGUAGES

    async def start(self) -> None:
        await self._server.start()
        await self.finished("I am ready.", before="", caller="warm-up")

    async def close(self) -> None:
        await self._server.close()
        await self._client.aclose()

    async def probe(self) -> None:
        await self._server.look()

    async def finished(self, words: str, *, before: str, caller: str, conversation: ChatRequest | None = None) -> float:
        address = self._server.address
        if address is None:
            raise EngineDown("The sentence model is restarting; until it is back, sentences are judged without it.")
        async with self._slots.lend(caller, within_s=self._deadline_s) as slot:
            self._prefills.stop(slot)
            return stopping(await self._ask(address, slot, prompt(words, before), ASKED))

    async def prepare(self, words: str, *, before: str, caller: str) -> None:
        """Read that much in the caller's own slot: read whole, a long question takes 0.3 s on one core."""
        address, slot = self._server.address, self._slots.reserve(caller)
        if address is not None and slot is not None:
            await self._prefills.run(slot, self._read(address, slot, prompt(words, before)))

    async def _read(self, address: Address, slot: int, text: str) -> None:
        await self._ask(address, slot, text, {"n_predict": 0})

    async def _ask(self, address: Address, slot: int, text: str, asked: Mapping[str, Any]) -> bytes:
        body = {"prompt": text, "id_slot": slot, "cache_prompt": True, **asked}
        try:
            response = await self._client.post(
                f"{address.url}/completion", json=body, headers={"Authorization": f"Bearer {address.key}"}
            )
            response.raise_for_status()
        except httpx2.TimeoutException as error:
            raise EngineTimeout(f"The sentence model gave no answer within {self._deadline_s:g} s.") from error
        except httpx2.HTTPError as error:
            raise EngineError(f"The sentence model failed: {error!r}") from error
        return response.content


def prompt(words: str, before: str) -> str:
    """What the model is shown; of a growing turn, nearly always the beginning of what it is shown next."""
    words = bare(words)
    over = max(0, len(words) - WORDS_CHARS)
    forgotten = -(-over // FORGOTTEN_CHARS) * FORGOTTEN_CHARS
    return TEMPLATE.format(before=before[-EARLIER_CHARS:], words=words[forgotten:])
