"""`voicegw talk`: call a gateway like a person would, with a recording or a microphone."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.audio import Pcm
from pipeline.errors import OperatorError
from voicegw.client.events import CallFailed

if TYPE_CHECKING:
    from voicegw.client.conversation import Turn
    from voicegw.client.realtime import RealtimeCaller, Watch
    from voicegw.commands.captions import Shown

    Heard = tuple[tuple[Turn, ...], CallFailed | asyncio.CancelledError | None]


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
    from voicegw.client.output import opened
    from voicegw.commands.captions import Captions, JsonLines
    from voicegw.commands.own_gateway import address
    from voicegw.commands.stopping import stoppable

    url, key = address(url, key)
    shown: Shown = JsonLines(Console()) if as_json else Captions(Console())
    recording = None if file is None else wav.read(file)
    with ExitStack() as held:
        saved = held.enter_context(opened(save)) if save else None
        watch = _sounding(shown.watch, held, required=file is None) if play else shown.watch
        stopping = held.enter_context(stoppable())
        call = (
            _duplex(url, key, instructions, watch)
            if recording is None
            else _say(recording, url, key, instructions, watch, wait)
        )
        turns, cut = asyncio.run(call)
        shown.finish(turns)
        if saved is not None and turns:
            saved.write(wav.encoded(Pcm(b"".join(turn.audio.data for turn in turns), turns[0].audio.rate)))
    if isinstance(cut, CallFailed):
        raise cut
    if cut and file is not None:
        raise stopping.exit
    if file is not None:
        _check(turns, file, wait)


async def _say(
    recording: Pcm, url: str, key: str | None, instructions: str | None, watch: "Watch", wait: float
) -> "Heard":
    from voicegw.client.realtime import RealtimeCaller

    async with RealtimeCaller.connect(url, key, watch=watch) as caller:
        await caller.configure(instructions=instructions)
        return await _until_cut(caller, caller.say(recording, within=wait))


async def _duplex(url: str, key: str | None, instructions: str | None, watch: "Watch") -> "Heard":
    from voicegw.client import devices
    from voicegw.client.realtime import RealtimeCaller

    with devices.microphone() as microphone:
        async with RealtimeCaller.connect(url, key, microphone=microphone, watch=watch) as caller:
            await caller.configure(instructions=instructions)
            return await _until_cut(caller, caller.listen())  # Ctrl-C is how such a call ends


async def _until_cut(caller: "RealtimeCaller", talking: Awaitable[object]) -> "Heard":
    """The turns of a call, and what cut it short, if anything did; what was heard until then is kept."""
    try:
        await talking
    except (CallFailed, asyncio.CancelledError) as cut:
        return caller.conversation.turns, cut
    return caller.conversation.turns, None


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
