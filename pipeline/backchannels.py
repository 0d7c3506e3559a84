"""Is it worth interrupting for? Sounds that listeners make to say "go on", and the tutor's own words coming back."""

import re
from collections.abc import Mapping
from itertools import groupby

_BACKCHANNELS: Mapping[str, str] = {
    "en": "mhm m mm mmm hmm hm uh huh uhhuh yeah yep yes yup ok okay right sure ah oh aha wow i see ic got it really",
    "es": "mhm mm ajá aja sí si ya vale claro ah oh bueno okay ok",
    "fr": "mhm mm ouais oui d'accord ok okay ah oh bien voilà hum",
    "de": "mhm mm hm ja genau ok okay ach ah oh so gut aha stimmt",
    "it": "mhm mm sì si ok okay ah oh già certo ecco va bene",
    "pt": "mhm mm sim é ok okay ah oh tá certo pois aham",
    "nl": "mhm mm ja ok okay ah oh juist precies",
    "pl": "mhm mm tak no ok okay ah aha dobrze jasne",
    "zh": "嗯 对 是 好 哦 啊 嗯嗯 对对 好的 是的",
    "ja": "うん はい ええ へえ ああ そう うんうん そうですね なるほど",
}
_WORDS = {language: frozenset(words.split()) for language, words in _BACKCHANNELS.items()}
LONGEST = 4
"""Words of a backchannel at most: "yes yes yes I see" is one, a sentence is not."""
ECHO_SHARE = 0.6
"""Share of the words heard that must be the tutor's, in the tutor's order, to take them for an echo."""

_WORD = re.compile(r"[\w']+")
_DRAWN = re.compile(r"(.)\1+")
"""A sound that is held: "yeahhh", "mmmm"."""
_WIDE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def is_backchannel(text: str, language: str) -> bool:
    """Whether all of `text` says no more than "I am listening". Empty text says less than that."""
    known = _WORDS.get(language, frozenset())
    words = _joined(_words(text))
    return len(words) <= LONGEST and all(word in known or _DRAWN.sub(r"\1", word) in known for word in words)


def is_echo(heard: str, spoken: str) -> bool:
    """Whether the words heard are the words that were being spoken to the caller. False for nothing heard."""
    ours, theirs = _words(heard), _words(spoken)
    if not ours or not theirs:
        return False
    return _common_run(ours, theirs) >= ECHO_SHARE * len(ours)


def _words(text: str) -> list[str]:
    text = text.lower().replace("\u2019", "'")
    if _WIDE.search(text):
        return [word for word in re.split(r"[\s\u3001\u3002\uff0c\uff01\uff1f,.!?]+", text) if word]
    return _WORD.findall(text.replace("-", " "))


def _joined(words: list[str]) -> list[str]:
    """With letters that stand alone joined to a word: recognizers spell "m h m" and "o k"."""
    joined: list[str] = []
    for alone, group in groupby(words, key=lambda word: len(word) == 1 and word.isascii()):
        found = list(group)
        joined += ["".join(found)] if alone else found
    return joined


def _common_run(ours: list[str], theirs: list[str]) -> int:
    """Length of the longest common subsequence: words that match in order, with gaps where one was misheard."""
    row = [0] * (len(theirs) + 1)
    for word in ours:
        before = 0
        for at, other in enumerate(theirs, start=1):
            before, row[at] = row[at], before + 1 if word == other else max(row[at], row[at - 1])
    return row[-1]
