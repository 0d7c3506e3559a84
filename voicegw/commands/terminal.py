"""Where tables go: a terminal as wide as it is, or a pipe and a file that have no width."""

import os
import sys

from rich.console import Console

PIPE_WIDTH = 160
"""Columns where nobody says how many there are: no name is cut there."""


def terminal() -> Console:
    return Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH)
