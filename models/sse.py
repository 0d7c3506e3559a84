"""Server-sent events, the half that reads: bytes go in as they arrive, the data of whole events comes out.

The format is section 9.2 of the WHATWG HTML standard. Only `data` fields are kept; comments, which servers send to keep
a connection open, and all other fields are dropped. Lines end where the standard says, and nowhere else: the line
splitting of `str` would also cut at U+2028 and its kin, which JSON text may hold unescaped.
"""


class EventStream:
    """Feed it bytes in any pieces; it keeps the unfinished rest."""

    def __init__(self, limit: int = 1 << 20) -> None:
        """limit: most bytes one event may have, so that a server that never ends a line cannot fill the memory."""
        self._limit = limit
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The data of every event that `chunk` completes. Raises ValueError for bad UTF-8 and for an endless event."""
        lines = (self._rest + chunk).splitlines(keepends=True)
        # A line that ends in CR is whole only when it is known that no LF follows.
        self._rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        events = []
        for line in lines:
            text = line.rstrip(b"\r\n")
            if text.startswith(b"data:"):
                self._data.append(text[5:].removeprefix(b" "))
            elif not text and self._data:
                events.append(b"\n".join(self._data).decode())
                self._data.clear()
        if len(self._rest) + sum(map(len, self._data)) > self._limit:
            raise ValueError(f"an event is longer than {self._limit} bytes")
        return events
