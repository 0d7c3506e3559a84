"""The composition root: settings become engines, engines become an application."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute

from models.registry import EngineChoice, build_engines
from pipeline.engines import Engines, Listening, Speaking
from pipeline.settings import CallSettings, TurnPolicy
from voicegw.connections import Connections
from voicegw.http import calls, health, models
from voicegw.http.access import Doorkeeper
from voicegw.http.client_secrets import client_secrets
from voicegw.http.endpoint import endpoint
from voicegw.http.gateway import Gateway
from voicegw.http.host import HostCheck
from voicegw.http.lobby import lobby
from voicegw.http.page import Page
from voicegw.http.realtime import realtime
from voicegw.http.speech import speech
from voicegw.http.transcriptions import transcriptions, translations
from voicegw.http.unknown import no_call_here, not_served
from voicegw.sessions.ephemeral import EphemeralKeys
from voicegw.sessions.table import SessionTable
from voicegw.settings import Settings, asr_device
from voicegw.transports.ice import IceServers

log = logging.getLogger(__name__)


def engine_choice(settings: Settings) -> EngineChoice:
    """The part of the settings that decides which models are loaded, and how."""
    llm, asr, tts = settings.llm, settings.asr, settings.tts
    device = asr_device(settings)
    return EngineChoice(
        models_dir=settings.models_dir,
        profile=settings.profile,
        llm_url=llm.url,
        llm_model=llm.model,
        llm_key=(llm.api_key.get_secret_value().strip() or None) if llm.api_key else None,
        llm_start_s=llm.start_s,
        llm_first_token_s=llm.first_token_s,
        llm_total_s=llm.total_s,
        llm_max_tokens=llm.max_tokens,
        llm_temperature=llm.temperature,
        llm_threads=llm.threads,
        llm_slots=llm.slots or settings.max_calls,
        llm_context=llm.context,
        asr_model=asr.model,
        asr_device=device,
        asr_compute_type=asr.compute_type or ("float16" if device == "cuda" else "int8"),
        asr_language=asr.language,
        asr_threads=asr.threads,
        asr_deadline_s=asr.deadline_s,
        tts_voice=tts.voice,
        tts_threads=tts.threads,
        tts_deadline_s=tts.deadline_s,
    )


def call_defaults(settings: Settings) -> CallSettings:
    return CallSettings(
        instructions=settings.instructions,
        listening=Listening(language=settings.asr.language),
        speaking=Speaking(),
        max_tokens=settings.llm.max_tokens,
        turn=TurnPolicy(
            patience=round(settings.patience_s * 1000),
            goodbye=None if settings.goodbye_s is None else round(settings.goodbye_s * 1000),
        ),
    )


def ice_servers(settings: Settings) -> IceServers:
    rtc = settings.rtc
    return IceServers(
        stun=tuple((rtc.stun or "").split()),
        turn=tuple((rtc.turn or "").split()),
        secret=rtc.turn_secret.get_secret_value() if rtc.turn_secret else None,
        ttl_s=rtc.turn_ttl_s,
        own=rtc.own_addresses == "all",
    )


def cross_origin(settings: Settings) -> list[Middleware]:
    """What tells browsers that pages of other origins may call; they read where their call is from a header."""
    if settings.origins is None:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.origins.split(),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["Location", calls.TICKET],
        )
    ]


def open_gateway(settings: Settings, engines: Engines) -> Gateway:
    """The gateway's state, not started yet."""
    key = settings.key
    if key and key.short:
        log.warning("the key is short; behind a proxy that others can reach it could be guessed")
    origins = frozenset((settings.origins or "").split())
    ephemeral = EphemeralKeys(places=settings.max_calls_per_key or settings.max_calls // 2 or 1)
    return Gateway(
        engines=engines,
        defaults=call_defaults(settings),
        doorkeeper=Doorkeeper(key, ephemeral, origins),
        ephemeral=ephemeral,
        connections=Connections(settings.max_connections, settings.max_connections_each),
        table=SessionTable(settings.max_calls),
        longest_s=settings.max_call_minutes * 60,
        ice_servers=ice_servers(settings),
        grace_s=settings.rtc.grace_s,
        drain_s=settings.drain_s,
        batch_jobs=settings.batch_jobs,
        public={
            "profile": settings.profile,
            "max_calls": settings.max_calls,
            "patience_s": settings.patience_s,
            "asr": settings.asr.model_dump(mode="json"),
            "llm": settings.llm.model_dump(mode="json", exclude={"api_key", "url"}),
            "tts": settings.tts.model_dump(mode="json"),
        },
    )


def build(
    settings: Settings,
    engines: Engines | None = None,
    *,
    ready: Callable[[], None] = lambda: None,
    failed: Callable[[Exception], None] = lambda _: None,
) -> Starlette:
    """The ASGI application. engines: others than the settings name, for tests and load runs.

    It answers at once, and warms its engines in the background. ready, failed: told how that went.
    Raises OperatorError when a model that the settings name is not there.
    """
    gateway = open_gateway(settings, engines or build_engines(engine_choice(settings)))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(_warm(gateway, ready, failed), name="warm the engines")
        watching = asyncio.create_task(gateway.lag.run(), name="watch the event loop")
        try:
            yield
        finally:
            gateway.state = "stopping"
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
            await gateway.drain()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await asyncio.gather(*(engine.close() for engine in gateway.engines.all))

    app = Starlette(
        routes=[
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Route("/v1/info", health.info),
            Route("/v1/models", endpoint(models.models)),
            Route("/v1/models/{model:path}", endpoint(models.model)),
            Route("/v1/audio/transcriptions", endpoint(transcriptions), methods=["POST"]),
            Route("/v1/audio/translations", endpoint(translations), methods=["POST"]),
            Route("/v1/audio/speech", endpoint(speech), methods=["POST"]),
            Route("/v1/realtime/client_secrets", endpoint(client_secrets), methods=["POST"]),
            WebSocketRoute("/v1/realtime", realtime),
            Route("/v1/realtime/ice", calls.ice),
            Route("/v1/realtime/calls", calls.place, methods=["POST"]),
            Route("/v1/realtime/calls/{call_id}", calls.hang_up, methods=["DELETE"]),
            Route("/v1/realtime/calls/{call_id}/hangup", calls.hang_up, methods=["POST"]),
            Route("/v1/realtime/calls/{call_id}/resume", calls.resume, methods=["POST"]),
            Route("/v1/voicegw/lobby", lobby),
            *Page().routes(),
            WebSocketRoute("/{path:path}", no_call_here),
        ],
        exception_handlers={HTTPException: not_served},
        middleware=[Middleware(HostCheck), *cross_origin(settings)],
        lifespan=lifespan,
    )
    app.state.gateway = gateway
    return app


async def _warm(gateway: Gateway, ready: Callable[[], None], failed: Callable[[Exception], None]) -> None:
    try:
        async with asyncio.TaskGroup() as tasks:
            for engine in gateway.engines.all:
                tasks.create_task(engine.start())
    except* Exception as group:
        error = group.exceptions[0]
        log.error("an engine did not start", extra={"reason": str(error)})  # noqa: TRY400 - the sentence says it all
        failed(error if isinstance(error, Exception) else group)
    else:
        gateway.state = "ready"
        log.info("ready", extra={"models": [engine.info.model for engine in gateway.engines.all]})
        ready()
