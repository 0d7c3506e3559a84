"""What the tutor says when the gateway goes away in the middle of a call."""

from collections.abc import Mapping

_FAREWELLS: Mapping[str, str] = {
    "en": "I have to hang up now. Please call again in a moment. Goodbye!",
    "es": "Ahora tengo que colgar. Vuelve a llamar en un momento, por favor. ¡Hasta luego!",
    "fr": "Je dois raccrocher maintenant. Rappelez dans un instant, s'il vous plaît. À bientôt !",
    "de": "Ich muss jetzt auflegen. Bitte ruf gleich noch einmal an. Auf Wiederhören!",
    "it": "Adesso devo riattaccare. Richiama tra un momento, per favore. A presto!",
    "pt": "Agora tenho de desligar. Volte a ligar daqui a pouco, por favor. Até logo!",
    "zh": "我现在得挂电话了。请过一会儿再打来。再见！",
    "nl": "Ik moet nu ophangen. Bel zo meteen nog eens. Tot ziens!",
    "pl": "Muszę teraz kończyć. Zadzwoń ponownie za chwilę. Do usłyszenia!",
    "ja": "今、電話を切らなければなりません。少ししてからまたかけてください。さようなら。",
}


def farewell(language: str) -> str:
    """In English where there is none in this language (ISO 639-1)."""
    return _FAREWELLS.get(language, _FAREWELLS["en"])
