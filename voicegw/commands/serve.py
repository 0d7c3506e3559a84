"""`voicegw serve`: run the gateway."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from pipeline.errors import OperatorError, VoiceError
from voicegw import descriptors, logs
from voicegw.settings import load, refuse_exposure


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; VOICEGW_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one; VOICEGW_PORT.")] = None,
) -> None:
    """Run the gateway until it is interrupted."""
    # The engines take a second to import: too long for every other command to wait for.
    import uvloop

    from voicegw.app import build
    from voicegw.server import bind, make_server

    given = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    settings = load(**given)
    refuse_exposure(settings)
    logs.configure(settings.log_level)
    descriptors.raise_limit()
    listener = bind(settings.host, settings.port)
    address = f"{settings.host}:{listener.getsockname()[1]}"
    console = Console()
    failures: list[Exception] = []

    def ready() -> None:
        console.print(f"\n[bold]voicegw is ready[/bold] on http://{address}")
        console.print("Talk to it from another terminal:")
        console.print("  .venv/bin/voicegw talk                  with your microphone")
        console.print("  .venv/bin/voicegw talk question.wav     with a recording")
        console.print(f"Any client of the OpenAI Realtime API: ws://{address}/v1/realtime")
        console.print("Stop it with Ctrl-C.\n")

    def failed(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    app = build(settings, ready=ready, failed=failed)
    server = make_server(app, settings, app.state.gateway.drain)
    console.print(f"Loading the models ({settings.profile} profile) ...")
    with listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve(sockets=[listener]))
    for error in failures:
        raise error if isinstance(error, VoiceError) else OperatorError(f"The gateway could not start: {error!r}")
