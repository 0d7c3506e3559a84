"""`voicegw doctor`: what this machine has, and what is wrong, in plain words."""

import typer
from rich.markup import escape
from rich.table import Table

from voicegw.commands.terminal import terminal

COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}


def doctor() -> None:
    """Examine this machine. Exit status 1 when something keeps the gateway from working."""
    # The engines take a second to import: too long for every other command to wait for.
    from voicegw.commands.examination import findings

    found = list(findings())
    table = Table("", "what", "finding", box=None)
    for finding in found:
        table.add_row(f"[{COLOURS[finding.verdict]}]{finding.verdict}[/]", finding.subject, escape(finding.says))
    terminal().print(table)
    if any(finding.verdict == "wrong" for finding in found):
        raise typer.Exit(1)
