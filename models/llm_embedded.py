"""The language model on this machine: a llama.cpp server of our own, and a client that follows it through restarts."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Set
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any

from models.call_grammar import grammar, words
from models.chat_limits import DEFAULT_LIMITS, ChatLimits
from models.llama_endings import bare, calibrated
from models.llama_process import Address
from models.llama_prompts import PromptReader
from models.llama_server import EmbeddedServer
from models.llm_openai import OpenAIChat
from models.prefills import Prefills
from models.prompt_memory import PromptMemory
from models.slots import Slots
from pipeline.engines import ChatDelta, ChatMessage, ChatRequest, EngineInfo, Reading
from pipeline.errors import EngineDown, EngineOverloaded, EngineRefused

log = logging.getLogger(__name__)

SAMPLE = ChatRequest(
    (
        ChatMessage(
            "system",
            "You are a patient tutor on the telephone. Speak in short and simple sentences, ask about the day of your "
            "learner, correct one mistake at a time, and say what was meant. When nothing is clear, kindly ask again.",
        ),
    )
)
"""Read once at the start, to learn how long a token takes: a processor with other work to do may need five times as
long as an idle one, and the first conversation may be a long one."""
BEGINNINGS = ('{"', "<tool_call>")
"""Of a call. The grammar has neither in any other place that the model is free to choose."""
LEANING = 6.5
"""Added to the logarithm of their probability: behind examples of talk (`told_tools.EXAMPLES`) a small model tells what
needs a call from what does not, and leans to words for both. Chosen with the tuning half of tools_requests.py."""
QUEUE = 4
"""Answers that may wait, for each slot."""
LANGUAGES = frozenset({"de", "en", "es", "fr", "it", "pt", "zh"})
JUDGING_S = 1.5
"""Longest wait for a judgement, which the answer waits for too."""


class EmbeddedChat:
    """Implements `pipeline.engines.ChatModel`, and `SentenceDetector` beside it.

    Whether the caller's words could end where they do is the same model's to say: it has read the conversation, and
    reads these words anyway for the answer. An answer that is asked for meanwhile begins behind that.
    """

    def __init__(
        self, server: EmbeddedServer, *, limits: ChatLimits = DEFAULT_LIMITS, temperature: float = 0.7
    ) -> None:
        """server: started and closed by this object."""
        self._server = server
        self._limits = limits
        self._temperature = temperature
        self._slots = Slots(server.options.slots, waiting=QUEUE * server.options.slots)
        self._prefills = Prefills()
        self._leaning: list[tuple[int, float]] = []
        self._memory = PromptMemory()
        self._judging = [asyncio.Lock() for _ in range(server.options.slots)]  # held while words are judged in a slot
        self._life: _Life | None = None

    @property
    def info(self) -> EngineInfo:
        options = self._server.options
        device = "cpu" if options.gpu_layers == 0 else "gpu"
        return EngineInfo("llm", "llama.cpp (xllamacpp)", options.name, device, version("xllamacpp"))

    async def start(self) -> None:
        await self._server.start()
        life = await self._connect()
        await life.chat.start()
        await life.reader.read(life.chat.asked(SAMPLE, whole=False), 0, self._time)
        begins = [await life.reader.token(text) for text in BEGINNINGS]
        self._leaning = [(token, LEANING) for token in begins if token is not None]

    async def close(self) -> None:
        await self._server.close()
        if self._life is not None:
            await self._life.close()

    async def probe(self) -> None:
        await self._server.look()

    async def stream(self, request: ChatRequest, *, caller: str) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it is made. Raises EngineDown at once while the server is restarting; see also OpenAIChat."""
        await self._connect()
        async with self._slots.lend(caller, within_s=self._limits.first_token_s) as slot:
            # The server begins once it has left the words it is reading ahead in this slot, and goes on from there.
            self._prefills.stop(slot)
            async with self._judging[slot]:
                chat = (await self._connect()).chat
            try:
                async with aclosing(self._answer(chat, request, slot, caller)) as deltas:
                    async for delta in deltas:
                        yield delta
            except EngineDown as error:
                raise EngineDown(
                    "The embedded language model stopped in the middle of its work. It is restarted by itself; "
                    "try again in a few seconds."
                ) from error

    async def _answer(
        self, chat: OpenAIChat, request: ChatRequest, slot: int, caller: str
    ) -> AsyncGenerator[ChatDelta, None]:
        asked, answer = chat.asked(request).messages, ""
        for kept_in_order in self._manners(request):
            # By sending reports of progress the server also finds out who has left.
            extra = {"id_slot": slot, "cache_prompt": True, "return_progress": True, **kept_in_order}
            try:
                async with aclosing(chat.stream(request, caller=caller, extra=extra)) as deltas:
                    async for delta in deltas:
                        self._see(asked, slot, caller, delta)
                        answer += delta.text
                        yield delta
            except EngineRefused:
                if not kept_in_order:
                    raise
                log.exception("call %s: llama.cpp does not take the grammar of its tools; it is asked without", caller)
            else:
                self._memory.wrote(answer, slot)
                return

    async def prefill(self, request: ChatRequest, *, caller: str) -> None:
        """Read the prompt to the end of the last message's words, in the caller's own slot.

        Makes way for the caller's answer and for a newer prefill: then it returns at once, and what was read is kept.
        """
        life = await self._connect()
        slot = self._slots.reserve(caller)
        if slot is not None:
            asked = life.chat.asked(request, whole=False)
            seen = partial(self._see_reading, asked.messages, slot, caller)
            await self._prefills.run(slot, life.reader.read(asked, slot, seen))

    def _manners(self, request: ChatRequest) -> tuple[dict[str, Any], ...]:
        """What an answer is held to where there are tools, and what is tried when llama.cpp refuses that."""
        if not request.tools or request.tool_choice == "none":
            return ({},)
        if request.tool_choice == "auto" and request.messages[-1].role == "tool":
            return {"grammar": words(request.tools)}, {}  # a small model would go on calling, and its client with it
        return {"grammar": grammar(request.tools, request.tool_choice), "logit_bias": self._leaning}, {}

    def reading_s(self, request: ChatRequest, *, caller: str) -> float:
        if self._life is None:
            return 0.0
        return self._memory.reading_s(self._life.chat.asked(request).messages, self._slots.own(caller), caller)

    def _see(self, asked: tuple[ChatMessage, ...], slot: int, caller: str, delta: ChatDelta) -> None:
        """Learn from an answer how far its prompt is read."""
        if delta.reading is not None:
            self._see_reading(asked, slot, caller, delta.reading)
        elif delta.text or delta.call or delta.finish:
            self._memory.read(asked, slot, caller, 1.0)

    def _see_reading(self, asked: tuple[ChatMessage, ...], slot: int, caller: str, reading: Reading) -> None:
        self._memory.read(asked, slot, caller, reading.share)
        self._memory.sized(asked, reading.total)
        self._time(reading)

    def _time(self, reading: Reading) -> None:
        self._memory.measured(reading.done - reading.known, reading.seconds)

    @property
    def languages(self) -> Set[str]:
        """In which its judgement of sentences was measured (`voicegw bench endings`)."""
        return LANGUAGES

    async def finished(self, words: str, *, before: str, caller: str, conversation: ChatRequest | None = None) -> float:
        """P(the caller's turn could end with `words`), in the caller's own slot. Raises EngineError."""
        life = await self._connect()
        slot = self._slots.reserve(caller)
        if slot is None:
            raise EngineOverloaded("The embedded language model is busy; this pause is judged without it.")
        said = (ChatMessage("assistant", before),) if before else ()
        messages = conversation.messages[:-1] if conversation else said
        request = replace(conversation or ChatRequest(()), messages=(*messages, ChatMessage("user", bare(words))))
        asked = life.chat.asked(request, whole=False)
        async with self._judging[slot]:
            self._prefills.stop(slot)
            ends = await life.reader.ends(asked, slot, JUDGING_S)
        self._memory.read(asked.messages, slot, caller, 1.0)
        return calibrated(ends)

    async def prepare(self, words: str, *, before: str, caller: str) -> None:
        """Nothing: the conversation is read ahead for the answer."""

    async def _connect(self) -> "_Life":
        """Clients of the server's present life. Raises EngineDown while it has none."""
        address = self._server.address
        if address is None:
            raise EngineDown("The embedded language model is restarting; try again in a few seconds.")
        if self._life is not None and self._life.address == address:
            return self._life
        old = self._life
        self._memory.forget()
        self._life = new = self._begin(address)
        if old is not None:
            await old.close()
        return new

    def _begin(self, address: Address) -> "_Life":
        model = self._server.options.name
        chat = OpenAIChat(
            address.url, model, address.key, limits=self._limits, temperature=self._temperature, own=True
        )  # fmt: skip
        return _Life(address, chat, PromptReader(address, self._limits))


@dataclass(frozen=True, slots=True)
class _Life:
    """One life of the server, and who talks to it."""

    address: Address
    chat: OpenAIChat
    reader: PromptReader

    async def close(self) -> None:
        await self.chat.close()
        await self.reader.close()
