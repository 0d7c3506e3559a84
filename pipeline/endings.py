"""Does a sentence sound as if more must follow? By its last word, in each language the tutor knows.

Lists of words after which a speaker who stops has not finished: conjunctions, articles, prepositions, fillers. They are
short on purpose: a word that often does end a sentence ("so", "that") is left out, because a wrong entry makes the
caller wait.
"""

from collections.abc import Mapping
from enum import Enum

_OPEN_WORDS: Mapping[str, str] = {
    "en": "and or but because if when while although unless the a an my your his their our to of for from with into "
    "about um uh er erm hmm i'm it's we're they're",
    "es": "y e o u pero porque si cuando mientras aunque el la los las un una unos unas mi tu su de del a al en con "
    "por para sin sobre entre eh em este pues",
    "fr": "et ou mais parce que si quand lorsque puisque le la les un une des du de mon ma mes ton ta son sa à au en "
    "aux avec pour sans sur dans par chez euh ben alors c'est",
    "de": "und oder aber weil wenn dass ob obwohl während der die das ein eine einen einem einer mein meine dein im "
    "seine in mit von vom zum zur für auf an bei nach aus äh ähm hm also",
    "it": "e o ma perché se quando mentre il lo la i gli le un uno una mio mia di del della a al alla in con per su "
    "tra fra ehm eh allora",
    "pt": "e ou mas porque se quando enquanto o a os as um uma meu minha de do da em no na com por para sem sobre "
    "hum ah então",
    "nl": "en of maar omdat als wanneer terwijl dat de het een mijn jouw van in met voor naar op bij uit eh ehm",
    "pl": "i a ale albo lub bo ponieważ jeśli gdy kiedy że w we z ze do na o od po przy dla eee yyy",
}
_OPEN = {language: frozenset(words.split()) for language, words in _OPEN_WORDS.items()}
# Chinese and Japanese: the last characters, for there are no spaces.
_OPEN_TAILS: Mapping[str, tuple[str, ...]] = {
    "zh": ("和", "但是", "因为", "所以", "如果", "的时候", "还有", "然后", "那个", "嗯", "我想"),
    "ja": ("と", "が", "けど", "から", "ので", "は", "を", "に", "で", "の", "ええと", "あの", "えっと", "そして"),
}
_COMMAS = ",;:-\u2013\u2014\u2026\u3001\uff0c"


class Ending(Enum):
    OPEN = "open"
    """More must follow."""
    CLOSED = "closed"
    """It can stand as it is."""
    UNKNOWN = "unknown"


def ending(text: str, language: str) -> Ending:
    """How `text` (of a recognizer, with its punctuation) ends. language: ISO 639-1."""
    text = text.strip()
    if not text:
        return Ending.UNKNOWN
    if text.endswith("...") or text[-1] in _COMMAS:
        return Ending.OPEN
    if text[-1] in "?\uff1f":
        return Ending.CLOSED  # "Where are you from?"
    bare = text.rstrip(".!?\u3002\uff01\uff1f\"'\u201d\u00bb) ").lower()
    if bare.endswith(_OPEN_TAILS.get(language, ())):
        return Ending.OPEN
    last = bare.split()[-1] if bare.split() else ""
    if last in _OPEN.get(language, frozenset()):
        return Ending.OPEN
    return Ending.CLOSED if text[-1] in ".!\u3002\uff01" else Ending.UNKNOWN
