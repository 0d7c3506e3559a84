"""`voicegw bench`: measure a gateway from the outside, as a caller sees it."""

import typer

from voicegw.commands.bench_calls import calls
from voicegw.commands.bench_dictated import dictated
from voicegw.commands.bench_endings import endings
from voicegw.commands.bench_loop import loop
from voicegw.commands.bench_page import page, rough
from voicegw.commands.bench_quality import quality
from voicegw.commands.bench_recorded import recorded
from voicegw.commands.bench_spoken import spoken
from voicegw.commands.bench_turn import turn

app = typer.Typer(help="Measure a gateway from the outside, as a caller sees it.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure a gateway from the outside, as a caller sees it."""


app.command("turn")(turn)
app.command("quality")(quality)
app.command("endings")(endings)
app.command("recorded")(recorded)
app.command("dictated")(dictated)
app.command("calls")(calls)
app.command("loop")(loop)
app.command("page")(page)
app.command("rough")(rough)
app.command("spoken")(spoken)
