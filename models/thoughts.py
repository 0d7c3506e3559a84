"""Keeps the thoughts of a reasoning model from being spoken.

Such a model writes `<think>…</think>` before its answer. Servers that know the model move this text into a field of its
own; those that do not leave it in the answer, where a tag may arrive in several pieces.
"""

OPEN, CLOSE = "<think>", "</think>"


class ThoughtFilter:
    """Text goes in as it is made; what may be spoken comes out, without the blank space in front of the answer."""

    def __init__(self) -> None:
        self._rest = ""
        self._thinking = False
        self._speaking = False

    def feed(self, text: str) -> str:
        """The speakable text that is certain by now; the possible beginning of a tag is kept back."""
        self._rest += text
        spoken = []
        while True:
            at, tag = self._next_tag()
            if not tag:
                break
            if not self._thinking:
                spoken.append(self._rest[:at])
            self._rest = self._rest[at + len(tag) :]
            self._thinking = tag == OPEN
        kept = self._unsure()
        sure, self._rest = self._rest[: len(self._rest) - kept], self._rest[len(self._rest) - kept :]
        if not self._thinking:
            spoken.append(sure)
        return self._speak("".join(spoken))

    def end(self) -> str:
        """What was kept back and turned out to be no tag."""
        rest, self._rest = self._rest, ""
        return "" if self._thinking else self._speak(rest)

    def _next_tag(self) -> tuple[int, str]:
        # A closing tag without its opening one is dropped as well: some chat templates open the thought themselves.
        tags = (CLOSE,) if self._thinking else (OPEN, CLOSE)
        found = [(at, tag) for tag in tags if (at := self._rest.find(tag)) >= 0]
        return min(found, default=(-1, ""))

    def _unsure(self) -> int:
        """Length of the longest end of the rest that could become a tag."""
        longest = min(len(self._rest), len(CLOSE) - 1)
        return next((n for n in range(longest, 0, -1) if any(t.startswith(self._rest[-n:]) for t in (OPEN, CLOSE))), 0)

    def _speak(self, text: str) -> str:
        if not self._speaking:
            text = text.lstrip()
            self._speaking = bool(text)
        return text
