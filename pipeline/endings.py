"""Does a sentence sound as if more must follow? By its last word, in each language the tutor knows.

Lists of words after which a speaker who stops has not finished: conjunctions, articles, prepositions, fillers. They are
short on purpose: a word that often does end a sentence ("so", "that") is left out, because a wrong entry makes the
caller wait. A recognizer that puts no full stop says something too: it heard no end. And a list is a hint: of words
that also end everyday sentences ("Ich rufe dich an.", "J'en ai un.") it says no more than that there is doubt. "Yes, I
am." is complete where it was asked for.
"""

from collections.abc import Mapping
from enum import Enum

from pipeline.stutters import hangs

_NEVER_LAST: Mapping[str, str] = {
    "en": "and or but because if when while although unless the a an my your his their our its than i'm it's we're "
    "they're i'd you're um uh er erm hmm very every",
    "es": "y e o u pero porque si cuando mientras aunque el la los las un una unos unas mi tu su del al muy eh em pues",
    "fr": "et ou mais parce que si quand lorsque puisque le la les un une des du mon ma mes ton ta son sa au aux "
    "très euh ben c'est j'ai",
    "de": "und oder aber weil wenn dass ob obwohl während der die das ein eine einen einem einer mein meine dein im "
    "seine vom zum zur sehr äh ähm hm",
    "it": "e o ma perché se quando mentre il lo la i gli le un uno una mio mia del della al alla molto ehm eh",
    "pt": "e ou mas porque se quando enquanto o a os as um uma meu minha do da no na muito hum ah",
    "nl": "en of maar omdat als wanneer terwijl dat de het een mijn jouw heel eh ehm",
    "pl": "i a ale albo lub bo ponieważ jeśli gdy kiedy że bardzo eee yyy",
}
"""Words that end no sentence, whatever punctuation a recognizer put behind them."""
_LAST_IN_QUESTIONS: Mapping[str, str] = {
    "en": "to of for from with into about at in on by like is are was were am do does did have has can could would "
    "should will i we he she they never ever",
    "es": "de a en con por para sin sobre entre",
    "fr": "de à en avec pour sans sur dans par chez",
    "de": "in mit von für auf an bei nach aus also ich",
    "it": "di a in con per su tra fra allora",
    "pt": "de em com por para sem sobre então",
    "nl": "van in met voor naar op bij uit",
    "pl": "w we z ze do na o od po przy dla",
}
"""Words that leave a statement open, but may end a question: "Where are you from?", "Who is he?"."""
_LAST_TOO: Mapping[str, str] = {
    "en": "am do does did have has can could would should will is are was were to in on by about like while",
    "es": "una él",
    "fr": "un une le la les c'est j'ai avec pour sans",
    "de": "das der die ein eine einen meine deine seine an auf aus mit nach bei von vor um ich sehr",
    "it": "uno una molto",
    "pt": "um uma muito",
    "nl": "op uit voor in bij van het",
}
"""Words of the other two lists that end sentences as well, where the recognizer heard an end: a verb that stands for an
answer, a verb's other half, a pronoun."""
_ANSWERS: Mapping[str, str] = {
    "en": "yes yeah yep no nope",
    "es": "sí si no",
    "fr": "oui ouais non si",
    "de": "ja nein doch",
    "it": "sì si no",
    "pt": "sim não",
    "nl": "ja nee jawel",
    "pl": "tak nie",
}
"""Words that an answer to a question begins with, which may then be as short as it likes."""
_ANSWER = {language: frozenset(words.split()) for language, words in _ANSWERS.items()}
_EITHER = {language: frozenset(words.split()) for language, words in _LAST_TOO.items()}
_NEVER = {language: frozenset(words.split()) for language, words in _NEVER_LAST.items()}
_STATEMENT = {language: frozenset(words.split()) for language, words in _LAST_IN_QUESTIONS.items()}
# Chinese and Japanese: the last characters, for there are no spaces.
_OPEN_TAILS: Mapping[str, tuple[str, ...]] = {
    "zh": ("和", "但是", "因为", "所以", "如果", "的时候", "还有", "然后", "那个", "嗯", "我想"),
    "ja": ("と", "が", "けど", "から", "ので", "は", "を", "に", "で", "の", "ええと", "あの", "えっと", "そして"),
}
_COMMAS = ",;:-\u2013\u2014\u2026\u3001\uff0c"
_QUESTION = "?\uff1f"
_FULL_STOP = ".!\u3002\uff01"


class Ending(Enum):
    OPEN = "open"
    """More must follow."""
    CLOSED = "closed"
    """It can stand as it is."""
    DOUBTFUL = "doubtful"
    """It ends in a word that mostly leaves it open, and with a full stop."""
    UNKNOWN = "unknown"


def ending(text: str, language: str, before: str = "") -> Ending:
    """How `text` (of a recognizer, with its punctuation) ends. language: ISO 639-1. before: the tutor's last words."""
    text = text.strip()
    if not text:
        return Ending.UNKNOWN
    if hangs(text, language):
        return Ending.OPEN
    if text.endswith("...") or text[-1] in _COMMAS:
        return Ending.OPEN
    bare = text.rstrip(_QUESTION + _FULL_STOP + "\"'\u201d\u00bb) ").lower()
    last = (bare.split() or [""])[-1]
    asks = text[-1] in _QUESTION
    if last in _EITHER.get(language, frozenset()) and (asks or text[-1] in _FULL_STOP):
        answers = before.rstrip().endswith(tuple(_QUESTION)) and _first(bare) in _ANSWER.get(language, frozenset())
        return Ending.CLOSED if asks or answers else Ending.DOUBTFUL
    if last in _NEVER.get(language, frozenset()) or bare.endswith(_OPEN_TAILS.get(language, ())):
        return Ending.OPEN
    if last in _STATEMENT.get(language, frozenset()) and not asks:
        return Ending.OPEN
    return Ending.CLOSED if asks or text[-1] in _FULL_STOP else Ending.UNKNOWN


def _first(text: str) -> str:
    return (text.split() or [""])[0].strip(_COMMAS)
