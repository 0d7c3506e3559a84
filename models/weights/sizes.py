"""Bytes for people."""


def human(size: int) -> str:
    """`size` bytes in the decimal unit that suits it, to three digits: 4.8 kB, 63.2 MB, 1.12 GB."""
    if size < 1000:
        return f"{size} B"
    amount = size / 1000
    for unit in ("kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} TB"
