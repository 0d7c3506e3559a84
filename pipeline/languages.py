"""Which language a text is plainly in: by its script, or by the small words that make half of any text.

A hint for choosing a voice. Where it is not plain nothing is said, and the voice stays that of the call.
"""

import re
from collections.abc import Mapping
from functools import cache

from pipeline.scripts import language_of_script, script

LONGEST = 2_000
"""Characters of a text that are looked at."""
LEAST = 2
"""Points that a language needs: two words that it shares with others, or one that is its own."""
LEAD = 2.0
"""How many times the points of the next one."""

_SMALL: Mapping[str, str] = {
    "en": "the a an and or but is are was were be been have has had do does did will would can could should i you he "
    "she it we they my your his her its our their this that these those what where when who how why which with from "
    "for of to in on at by not yes no hello hi please thanks thank sorry good well course there here very just about",
    "es": "el la los las un una unos y o pero es son está están era ser tengo tiene hay yo tú él ella nosotros ustedes "
    "usted mi tu su este esta eso qué dónde cuándo quién cómo por para con de del en al no sí hola gracias buenos "
    "buenas días muy bien también claro más que se lo te me estás soy eres vamos aquí ahora",
    "fr": "le la les un une des et ou mais est sont était être j'ai ai as a avons avez je tu il elle nous vous ils mon "
    "ton son ma ta sa ce cette c'est qu'est qui que quoi où quand comment pourquoi avec pour de du dans sur au aux ne "
    "pas oui non bonjour salut merci bien sûr très aussi plus d'accord voici voilà s'il plaît on y suis",
    "de": "der die das ein eine einen und oder aber ist sind war waren sein habe hat haben ich du er sie es wir ihr "
    "mein dein sein dieser diese dieses was wo wann wer wie warum mit von für zu zum zur im in auf an bei nicht ja "
    "nein hallo guten tag danke bitte gut sehr auch natürlich dass wenn als noch nur den dem gern gerne",
    "it": "il lo la i gli le un uno una e o ma è sono era essere ho hai ha abbiamo io tu lui lei noi voi loro mio tuo "
    "suo questo questa che cosa dove quando chi come perché con per di del della in nel a al non sì ciao grazie "
    "buongiorno bene molto anche certo più si mi ti prego va stai",
    "pt": "o a os as um uma e ou mas é são está estão era ser tenho tem há eu tu você ele ela nós vocês meu seu este "
    "esta isso que onde quando quem como por para com de do da em no na não sim olá oi obrigado obrigada bom dia muito "
    "bem também claro mais se te me vamos aqui agora",
    "nl": "de het een en of maar is zijn was heb hebt heeft ik jij je hij zij ze wij we jullie mijn jouw dit dat deze "
    "wat waar wanneer wie hoe waarom met van voor naar in op bij niet ja nee hallo dank goed heel ook natuurlijk graag "
    "alsjeblieft nog wel",
    "pl": "i a ale lub albo jest są był była być mam masz ma ja ty on ona my wy oni mój twój to ten ta co gdzie kiedy "
    "kto jak dlaczego z ze w we na do od dla nie tak cześć dzień dobry dziękuję proszę dobrze bardzo też się czy",
    "sv": "en ett och eller men är var jag du han hon vi ni de min din det den vad där när vem hur varför med från för "
    "till på i inte ja nej hej tack bra mycket också har kan",
    "tr": "bir ve veya ama var yok ben sen o biz siz onlar bu şu ne nerede kim nasıl neden ile için de da değil evet "
    "hayır merhaba teşekkürler iyi çok mi mı günaydın lütfen",
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def plain_language(text: str) -> str | None:
    """ISO 639-1, None where it is not plain."""
    text = text[:LONGEST]
    letters = [found for char in text if (found := script(char))]
    if not letters:
        return None
    latin = letters.count("Latin")
    if latin < len(letters) / 2:
        return language_of_script("".join(char for char in text if script(char) != "Latin")) or None
    points = dict.fromkeys(_SMALL, 0)
    for word in _WORD.findall(text.casefold().replace("’", "'")):
        owners = _owners().get(word, ())
        for language in owners:
            points[language] += 2 if len(owners) == 1 else 1
    best, second, *_ = sorted(points, key=lambda language: points[language], reverse=True)
    return best if points[best] >= max(LEAST, LEAD * points[second]) else None


@cache
def _owners() -> Mapping[str, tuple[str, ...]]:
    """Word → languages that have it."""
    owners: dict[str, tuple[str, ...]] = {}
    for language, words in _SMALL.items():
        for word in dict.fromkeys(words.split()):
            owners[word] = (*owners.get(word, ()), language)
    return owners
