"""The language model on this machine: a llama.cpp server of our own, and a client that follows it through restarts."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from importlib.metadata import version

from models.chat_limits import DEFAULT_LIMITS, ChatLimits
from models.llama_process import Address
from models.llama_server import EmbeddedServer
from models.llm_openai import OpenAIChat
from models.slots import Slots
from pipeline.engines import ChatDelta, ChatRequest, EngineInfo
from pipeline.errors import EngineDown

QUEUE = 4
"""Answers that may wait, for each slot."""


class EmbeddedChat:
    """Implements `pipeline.engines.ChatModel`."""

    def __init__(
        self, server: EmbeddedServer, *, limits: ChatLimits = DEFAULT_LIMITS, temperature: float = 0.7
    ) -> None:
        """server: started and closed by this object."""
        self._server = server
        self._limits = limits
        self._temperature = temperature
        self._slots = Slots(server.options.slots, waiting=QUEUE * server.options.slots)
        self._client: tuple[Address, OpenAIChat] | None = None

    @property
    def info(self) -> EngineInfo:
        options = self._server.options
        device = "cpu" if options.gpu_layers == 0 else "gpu"
        return EngineInfo("llm", "llama.cpp (xllamacpp)", options.name, device, version("xllamacpp"))

    async def start(self) -> None:
        await self._server.start()
        await (await self._connect()).start()

    async def close(self) -> None:
        await self._server.close()
        if self._client is not None:
            await self._client[1].close()

    async def stream(self, request: ChatRequest, *, caller: str) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it is made. Raises EngineDown at once while the server is restarting; see also OpenAIChat."""
        await self._connect()
        async with self._slots.lend(caller, within_s=self._limits.first_token_s) as slot:
            chat = await self._connect()
            # Reports of progress are of no use here, but the server finds out by sending them who has left.
            extra = {"id_slot": slot, "cache_prompt": True, "return_progress": True}
            try:
                async with aclosing(chat.stream(request, caller=caller, extra=extra)) as deltas:
                    async for delta in deltas:
                        yield delta
            except EngineDown as error:
                raise EngineDown(
                    "The embedded language model stopped in the middle of its work. It is restarted by itself; "
                    "try again in a few seconds."
                ) from error

    async def prefill(self, request: ChatRequest, *, caller: str) -> None:
        async with aclosing(self.stream(replace(request, max_tokens=1), caller=caller)) as deltas:
            async for _ in deltas:
                pass

    async def _connect(self) -> OpenAIChat:
        """A client of the server's present life. Raises EngineDown while it has none."""
        address = self._server.address
        if address is None:
            raise EngineDown("The embedded language model is restarting; try again in a few seconds.")
        if self._client is not None and self._client[0] == address:
            return self._client[1]
        old, chat = self._client, self._client_of(address)
        self._client = (address, chat)
        if old is not None:
            await old[1].close()
        return chat

    def _client_of(self, address: Address) -> OpenAIChat:
        model = self._server.options.name
        return OpenAIChat(address.url, model, address.key, limits=self._limits, temperature=self._temperature)
