"""A gateway whose engines are scripted, in a process of its own: `python -m voicegw.commands.scripted_gateway CALLS`.

It is what `voicegw bench calls`, `page` and `rough` measure: everything of a call but the models. Says its port when it
is ready, and in the end how late its ticks were: {"late": {milliseconds: ticks}, "left_out": ticks}.
"""

import asyncio
import json
import os
import sys

import uvloop

from models.scripted import ScriptedChat, ScriptedRecognizer, ScriptedSynthesizer, ScriptedTurnDetector, ScriptedVad
from pipeline.engines import ChatRequest, Engines
from voicegw.app import build
from voicegw.server import bind, make_server
from voicegw.settings import Settings


def answer(request: ChatRequest) -> list[str]:
    """Shows how much of the conversation the language model was told."""
    asked = sum(message.role == "user" for message in request.messages)
    return ["That ", "is ", "question ", f"{asked}, ", "and ", "I ", "will ", "gladly ", "answer ", "it."]


def main(calls: int, core: int | None) -> None:
    """calls: most at once. core: the only one to use, None for any."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    engines = Engines(
        vad=ScriptedVad(),
        recognizer=ScriptedRecognizer(["a question"]),
        chat=ScriptedChat(answer),
        synthesizer=ScriptedSynthesizer(),
        turn_detector=ScriptedTurnDetector(1.0),
    )

    async def drain() -> None:
        await app.state.gateway.drain()
        switchboard = app.state.gateway.switchboard
        told = {"late": switchboard.late, "left_out": switchboard.left_out}
        print(json.dumps(told), flush=True)  # noqa: T201 - likewise

    settings = Settings(host="127.0.0.1", port=0, max_calls=calls)
    with bind(settings.host, settings.port) as listener:
        port = listener.getsockname()[1]
        app = build(settings, engines, ready=lambda: print(port, flush=True))  # noqa: T201 - who started it reads this
        server = make_server(app, settings, drain)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
