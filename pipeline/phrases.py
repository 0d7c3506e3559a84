"""Where a speaker could take breath in the middle of a clause: before a word that begins a phrase.

The ear waits for the first words of an answer, and a first clause can be twenty words long. "You can buy a ticket for
the train at the station" may be begun with "You can buy a ticket", as anyone might say it who has to think of the rest.

The lists are short on purpose: conjunctions, relatives and prepositions in front of which a break is never odd. So "of"
is not among them. A language without a list has no such breaks.
"""

import re
from collections.abc import Mapping, Sequence

from pipeline.engines import Speaking, Voice

LEAST_WORDS = 4
"""Of a first phrase: a second of sound, during which the rest of the clause is made."""

_STARTS: Mapping[str, str] = {
    "en": "and or but because if when while although unless that which who whose where how to for from with without "
    "into about at in on by than after before until during through between so as",
    "es": "y o pero porque si cuando mientras aunque que quien donde como para por con sin en desde hasta entre sobre "
    "a",
    "fr": "et ou mais parce si quand lorsque puisque que qui où comment pour par avec sans dans en sur depuis chez",
    "de": "und oder aber weil wenn dass ob obwohl während damit wo wie für von mit ohne in im auf an am bei nach zu "
    "zum zur aus um",
    "it": "e o ma perché se quando mentre che chi dove come per con senza in su da tra fra",
    "pt": "e ou mas porque se quando enquanto que quem onde como para por com sem em no na desde até entre sobre",
    "nl": "en of maar omdat als wanneer terwijl dat die waar hoe voor van met zonder in op bij naar uit om",
    "pl": "i a ale albo lub bo ponieważ jeśli gdy kiedy że który która które gdzie jak dla z ze w we na do od po przy",
}
_NEVER_LAST: Mapping[str, str] = {
    "en": "the a an my your his her its our their this these those of is are was were very not no more",
    "es": "el la los las un una unos unas mi tu su de del al es son muy no más lo se",
    "fr": "le la les l un une des du de mon ma mes ton ta son sa ses ce cette est sont très ne pas plus se",
    "de": "der die das den dem des ein eine einen einem einer mein dein sein ihr ist sind sehr nicht kein mehr",
    "it": "il lo la i gli le un uno una di del della dei mio tuo suo è sono molto non più si",
    "pt": "o a os as um uma de do da dos das meu seu é são muito não mais se",
    "nl": "de het een mijn jouw zijn haar van is heel niet geen meer",
    "pl": "mój twój jego jej jest są bardzo nie się",
}
"""Words that belong to what follows them: no break behind them, nor between two words that begin a phrase."""
_BEGIN = {language: frozenset(words.split()) for language, words in _STARTS.items()}
_CLING = {language: frozenset(words.split()) | _BEGIN[language] for language, words in _NEVER_LAST.items()}
_WORD = re.compile(r"\S+")
_EDGES = re.compile(r"^\W+|\W+$")


def phrase_end(text: str, language: str) -> int | None:
    """Where a first phrase of `text` ends, as an index behind its last word; None if nowhere yet.

    The last word of `text` may be half of one, so it begins nothing.
    """
    begin = _BEGIN.get(language)
    if begin is None:
        return None
    words = list(_WORD.finditer(text))
    for at in range(LEAST_WORDS, len(words) - 1):
        before = _plain(words[at - 1].group())
        if _plain(words[at].group()) in begin and before and before not in _CLING[language]:
            return words[at - 1].end()
    return None


def language_of(how: Speaking, voices: Sequence[Voice]) -> str:
    """The language that is going to be spoken: ISO 639-1."""
    if how.language:
        return how.language.partition("-")[0].lower()
    named = [voice for voice in voices if voice.name == how.voice] or list(voices)
    return named[0].languages[0]


def _plain(word: str) -> str:
    return _EDGES.sub("", word).casefold()
