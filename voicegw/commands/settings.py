"""`voicegw settings`: what can be set, and how it is set now."""

import os

from rich.table import Table

from voicegw import settings as gateway_settings
from voicegw.commands.terminal import terminal


def settings() -> None:
    """List every setting with its value; keys are not shown."""
    console = terminal()
    now = gateway_settings.load().model_dump()
    flat = {key: value for key, value in now.items() if not isinstance(value, dict)}
    for group, values in now.items():
        if isinstance(values, dict):
            flat |= {f"{group}_{key}": value for key, value in values.items()}
    table = Table(title=f"file: {gateway_settings.config_file(os.environ) or 'none'}")
    longest = max(map(len, gateway_settings.variables()))
    table.add_column("variable", overflow="fold", min_width=longest if console.width > 2 * longest else None)
    table.add_column("value", overflow="fold")
    table.add_column("what it is", overflow="fold")
    for name, description in gateway_settings.variables().items():
        value = flat.get(name.removeprefix(gateway_settings.PREFIX).lower(), os.environ.get(name, ""))
        table.add_row(name, "" if value is None else str(value)[:60], description)
    console.print(table)
