"""`voicegw talk`: call a gateway like a person would, with a recording or a microphone."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.audio import Pcm
from pipeline.errors import OperatorError

if TYPE_CHECKING:
    from voicegw.client.conversation import Turn
    from voicegw.client.realtime import Watch
    from voicegw.commands.captions import Shown


def talk(  # noqa: PLR0913 - each is an option of the command
    file: Annotated[Path | None, typer.Argument(help="A recording to say; without one, your microphone.")] = None,
    *,
    url: Annotated[str | None, typer.Option(help="Where to call; this machine's own gateway if not given.")] = None,
    key: Annotated[str | None, typer.Option(help="The gateway's key, if it asks for one.")] = None,
    instructions: Annotated[str | None, typer.Option(help="What to tell the tutor instead of its own brief.")] = None,
    save: Annotated[Path | None, typer.Option(help="Write what you heard to this WAV file.")] = None,
    wait: Annotated[float, typer.Option(min=1, help="Seconds to wait for the answer to a recording.")] = 60,
    play: Annotated[bool, typer.Option(help="Play the answer, where there is a loudspeaker.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of captions.")] = False,
) -> None:
    """Call a gateway: say something, hear the answer, and see where the time went.

    A recording is streamed in real time, and each pause in it may get its answer. With the microphone, use headphones,
    and end the call with Ctrl-C.
    """
    from rich.console import Console

    from voicegw.client import wav
    from voicegw.commands.captions import Captions, JsonLines
    from voicegw.commands.own_gateway import address

    url, key = address(url, key)
    shown: Shown = JsonLines(Console()) if as_json else Captions(Console())
    recording = None if file is None else wav.read(file)
    with ExitStack() as devices:
        watch = _sounding(shown.watch, devices, required=file is None) if play else shown.watch
        if recording is None:
            turns = asyncio.run(_duplex(url, key, instructions, watch))
        else:
            turns = asyncio.run(_say(recording, url, key, instructions, watch, wait))
    shown.finish(turns)
    if save is not None and turns:
        wav.write(save, Pcm(b"".join(turn.audio.data for turn in turns), turns[0].audio.rate))
    if file is not None:
        _check(turns, file, wait)


async def _say(
    recording: Pcm, url: str, key: str | None, instructions: str | None, watch: "Watch", wait: float
) -> tuple["Turn", ...]:
    from voicegw.client.realtime import RealtimeCaller

    async with RealtimeCaller.connect(url, key, watch=watch) as caller:
        await caller.configure(instructions=instructions)
        return await caller.say(recording, within=wait)


async def _duplex(url: str, key: str | None, instructions: str | None, watch: "Watch") -> tuple["Turn", ...]:
    from voicegw.client import devices
    from voicegw.client.realtime import RealtimeCaller

    with devices.microphone() as microphone:
        async with RealtimeCaller.connect(url, key, microphone=microphone, watch=watch) as caller:
            await caller.configure(instructions=instructions)
            try:
                await caller.listen()
            except asyncio.CancelledError:  # Ctrl-C is how such a call ends
                return caller.conversation.turns


def _sounding(shown: "Watch", devices: ExitStack, *, required: bool) -> "Watch":
    """`shown`, and the answers on a loudspeaker; one that is not required is done without where it is missing."""
    from voicegw.client import events as ev
    from voicegw.client.devices import loudspeaker

    try:
        speaker = devices.enter_context(loudspeaker())
    except OperatorError:
        if required:
            raise
        return shown

    def watch(event: ev.Event, now: float) -> None:
        if isinstance(event, ev.AudioDelta):
            speaker.play(event.delta)
        elif isinstance(event, ev.SpeechStarted):
            speaker.stop()
        shown(event, now)

    return watch


def _check(turns: Sequence["Turn"], file: Path, wait: float) -> None:
    """Raises CallFailed when the recording got no answer."""
    from voicegw.client.conversation import UNANSWERED
    from voicegw.client.events import CallFailed

    if not turns:
        raise CallFailed(f"The gateway heard no speech in {file}: is it loud enough?")
    last = turns[-1]
    if last.status == UNANSWERED and last.heard is not None and not last.heard.strip():
        raise CallFailed(f"The gateway heard no words in {file}: is it clear enough?")
    reasons = "".join(f" It reported: {error}" for error in last.errors[-1:])
    if last.status == UNANSWERED:
        raise CallFailed(f"The gateway did not answer within {wait:.0f} s.{reasons}")
    if not last.reply and not last.audio.samples:
        raise CallFailed(f"The gateway gave an empty answer ({last.status}).{reasons}")
