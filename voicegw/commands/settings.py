"""`voicegw settings`: what can be set, and how it is set now."""

import os

from rich.console import Console
from rich.table import Table

from voicegw import settings as gateway_settings


def settings() -> None:
    """List every setting with its value; keys are not shown."""
    now = gateway_settings.load().model_dump()
    flat = {key: value for key, value in now.items() if not isinstance(value, dict)}
    for group, values in now.items():
        if isinstance(values, dict):
            flat |= {f"{group}_{key}": value for key, value in values.items()}
    table = Table(
        "variable", "value", "what it is", title=f"file: {gateway_settings.config_file(os.environ) or 'none'}"
    )
    for name, description in gateway_settings.variables().items():
        value = flat.get(name.removeprefix(gateway_settings.PREFIX).lower(), os.environ.get(name, ""))
        table.add_row(name, "" if value is None else str(value)[:60], description)
    Console().print(table)
