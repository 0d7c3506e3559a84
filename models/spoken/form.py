"""The spoken form of a text: what a voice is given to read in place of what is written.

Captions and history keep the written words, so each stretch that is said otherwise goes with its words.
"""

from collections import deque
from functools import lru_cache

from models.spoken.english import English
from models.spoken.french import French
from models.spoken.german import German
from models.spoken.italian import Italian
from models.spoken.japanese import Japanese
from models.spoken.language import Language
from models.spoken.portuguese import Portuguese
from models.spoken.spanish import Spanish
from models.tts_words import Unit, split

REMEMBERED = 64
"""Texts whose spoken form is kept: a voice asks twice for the same."""

_LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (English(), German(), Spanish(), French(), Italian(), Portuguese(), Japanese())
}
_ANY = Language()


def say(text: str, language: str) -> str:
    """The whole text as it is said. language: ISO 639-1; one that has no rules is said as it is written."""
    return "".join(unit.said for unit in units(text, language))


@lru_cache(REMEMBERED)
def units(text: str, language: str) -> tuple[Unit, ...]:
    """The words of `text` in order; what is written joins to it."""
    changes = deque(_LANGUAGES.get(language, _ANY).changes(text))
    found: list[Unit] = []
    written: list[str] = []
    said: list[str] = []
    at = end = 0  # up to where it is said, and up to where it is read
    for word in split(text):
        end += len(word)
        written.append(word)
        while changes and changes[0].start < end:
            change = changes.popleft()
            said += [text[at : change.start], change.said]
            at = change.end
        if at > end:
            continue  # what is said for it goes on in the next word
        said.append(text[at:end])
        at = end
        found.append(_unit("".join(written), "".join(said)))
        written, said = [], []
    return tuple(found)


def _unit(written: str, said: str) -> Unit:
    if written == said:
        return Unit(written, said)
    space = written[: len(written) - len(written.lstrip())]
    return Unit(written, space + " ".join(said.split()))
