"""Japanese as it is said: in kana, for the voice knows no ideographs."""

from functools import cache
from typing import Any, ClassVar

from models.spoken.language import Change, Language
from pipeline.scripts import script


class Japanese(Language):
    code: ClassVar[str] = "ja"

    def changes(self, text: str) -> list[Change]:
        if not any(script(char) == "Han" for char in text):
            return super().changes(text)
        found, at = [], 0
        for part in _reader().convert(text):
            written, said = part["orig"], part["hira"]
            start = text.find(written, at)
            if start < 0:
                continue
            at = start + len(written)
            if any(script(char) == "Han" for char in written):
                found.append(Change(start, at, said))
        return found


@cache
def _reader() -> Any:
    """Loaded when it is first needed: its dictionary takes a second, in the voice's own thread."""
    import pykakasi

    reader: Any = pykakasi.kakasi
    return reader()
