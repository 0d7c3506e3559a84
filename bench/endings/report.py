"""The measures of `bench endings` for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from bench.endings.measure import LONG_MS


def rendered(found: Mapping[str, Mapping[str, Any]], asked: frozenset[str]) -> Table:
    """found: by language. asked: languages that a model was asked about; of the others word lists and marks tell."""
    table = Table(title="is the turn over? from the words alone", title_justify="left")
    for heading in ("", "places", "area under the curve", f"complete: wait > {LONG_MS} ms", "median wait"):
        table.add_column(heading, justify="left" if not heading else "right")
    table.add_column(f"incomplete: cut by {LONG_MS} ms", justify="right")
    table.add_column("a model reads it")
    for name, row in found.items():
        table.add_row(
            name,
            f"{row['complete']} + {row['incomplete']}",
            "" if row["auc"] is None else f"{row['auc']:.2f}",
            _percent(row["complete_waits"]),
            "" if row["wait_ms"] is None else f"{row['wait_ms']:.0f} ms",
            _percent(row["incomplete_cut"]),
            "yes" if name in asked else "",
        )
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"
