"""Does a caller who stopped hang on a word? "I, I, I …", "the the", "w-w-what …".

Who repeats the word that a sentence begins with is looking for the rest, and no full stop of a recognizer makes it an
end. Who repeats an answer means it: "no, no, no", "bye bye", "so so", "why, why". So only words count that begin
something and are said alone by nobody.
"""

import re
from collections.abc import Mapping

_BEGINNINGS: Mapping[str, str] = {
    "en": "i you he she it we they the a an my your his our their this that these those and but because if when is are "
    "was do does did can could would will i'm it's to of in on at for with from",
    "es": "yo tú él ella usted nosotros ellos el la los las un una mi tu su me te se y pero porque si cuando es de en "
    "con por para a",
    "fr": "je tu il elle on nous vous ils elles le la les un une mon ma mes ce c'est et mais parce que si de du à dans "
    "pour avec est",
    "de": "ich du er sie es wir ihr der die das den dem ein eine einen mein meine und aber weil wenn dass ist in mit "
    "von zu für auf",
    "it": "io tu lui lei noi voi loro il lo la i gli le un una mio mia mi ti si e ma perché se quando è di a da in con",
    "pt": "eu tu ele ela você nós eles o a os as um uma meu minha me se e mas porque quando é de em com por para",
    "nl": "ik jij je hij zij ze wij we het de een mijn en maar omdat als dat is in met van voor",
    "pl": "ja ty on ona my wy oni i a ale bo że jeśli gdy jest w z na do",
}
_WORDS = {language: frozenset(words.split()) for language, words in _BEGINNINGS.items()}
_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]*)?")
_BROKEN = re.compile(r"\b(\w{1,3})-\s*(?:\1-?\s*)+[.\u2026]*$", re.IGNORECASE)
"""The beginning of a word, again and again."""


def hangs(text: str, language: str) -> bool:
    """Whether `text` (of a recognizer) ends in a word said twice with which nothing ends."""
    if _BROKEN.search(text.strip()) and text.rstrip(". \u2026").endswith("-"):
        return True
    words = [word.casefold().replace("\u2019", "'") for word in _TOKEN.findall(text)]
    return len(words) > 1 and words[-1] == words[-2] and words[-1] in _WORDS.get(language, frozenset())
