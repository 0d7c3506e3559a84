"""French as it is said."""

import re
from collections.abc import Iterator
from typing import ClassVar

from models.spoken.numbers import roman
from models.spoken.romance import Romance
from models.spoken.rule import Rule

_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()


class French(Romance):
    code = "fr"
    thousands = " \u00a0\u202f."
    words: ClassVar = {
        "of": "sur", "once": "une fois",
        ".": "point", "dot": "point", ",": "virgule", "in .": "point", "in -": "tiret", "in _": "tiret bas",
        "in /": "slash", "in :": "deux points", "in ?": "point d'interrogation", "in =": "égal", "in &": "et",
        "in %": "pour cent", "in ~": "tilde", "in +": "plus", "in #": "dièse", "in \\": "antislash",
        "in @": "arobase", "@": "arobase", "#1": "numéro", "#": "hashtag", "blank": "blanc", "minus": "moins",
        "to": "à", "per": "par", "cents": "", "%": "pour cent", "‰": "pour mille", "²": "au carré", "³": "au cube",
        "^": "puissance", "by": "sur", "x": "fois", "→": "devient", "<=": "inférieur ou égal à",
        ">=": "supérieur ou égal à", "≤": "inférieur ou égal à", "≥": "supérieur ou égal à", "≠": "différent de",
        "!=": "différent de", "≈": "environ", "±": "plus ou moins", "==": "égale", "=": "égale", "×": "fois",
        "÷": "divisé par", "√": "racine de", "∞": "infini", "+": "plus", "sharp": "sharp", "<": "inférieur à",
        ">": "supérieur à", "over": "plus de", "under": "moins de", "~": "environ", "&": "et", "§": "paragraphe",
        "°": "degrés", "and": "et", "or": "ou",
    }  # fmt: skip
    money: ClassVar = {
        "€": ("euro", "euros", "centime", "centimes"), "$": ("dollar", "dollars", "cent", "cents"),
        "US$": ("dollar américain", "dollars américains", "cent", "cents"), "£": ("livre", "livres", "penny", "pence"),
        "¥": ("yen", "yens", "", ""), "CN¥": ("yuan", "yuans", "", ""), "R$": ("réal", "réaux", "centavo", "centavos"),
        "CHF": ("franc suisse", "francs suisses", "centime", "centimes"), "₹": ("roupie", "roupies", "", ""),
        "₽": ("rouble", "roubles", "", ""),
    }  # fmt: skip
    scales: ClassVar = {
        "mille": "mille", "million": "million", "millions": "millions", "milliard": "milliard",
        "milliards": "milliards", "Md": "milliards", "M": "millions", "k": "mille",
    }  # fmt: skip
    units: ClassVar = {
        "km/h": ("kilomètre heure", "kilomètres heure"), "m/s": ("mètre par seconde", "mètres par seconde"),
        "km²": ("kilomètre carré", "kilomètres carrés"), "km2": ("kilomètre carré", "kilomètres carrés"),
        "m²": ("mètre carré", "mètres carrés"), "m2": ("mètre carré", "mètres carrés"),
        "m³": ("mètre cube", "mètres cubes"), "km": ("kilomètre", "kilomètres"), "m": ("mètre", "mètres"),
        "cm": ("centimètre", "centimètres"), "mm": ("millimètre", "millimètres"), "kg": ("kilogramme", "kilogrammes"),
        "g": ("gramme", "grammes"), "mg": ("milligramme", "milligrammes"), "t": ("tonne", "tonnes"),
        "l": ("litre", "litres"), "L": ("litre", "litres"), "ml": ("millilitre", "millilitres"),
        "cl": ("centilitre", "centilitres"), "h": ("heure", "heures"), "min": ("minute", "minutes"),
        "sec": ("seconde", "secondes"), "°C": ("degré Celsius", "degrés Celsius"),
        "° C": ("degré Celsius", "degrés Celsius"), "°F": ("degré Fahrenheit", "degrés Fahrenheit"),
        "°": ("degré", "degrés"), "ko": ("kilooctet", "kilooctets"), "Mo": ("mégaoctet", "mégaoctets"),
        "Go": ("gigaoctet", "gigaoctets"), "To": ("téraoctet", "téraoctets"), "Hz": ("hertz", "hertz"),
        "kHz": ("kilohertz", "kilohertz"), "MHz": ("mégahertz", "mégahertz"), "GHz": ("gigahertz", "gigahertz"),
        "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"), "kWh": ("kilowattheure", "kilowattheures"),
        "V": ("volt", "volts"), "kcal": ("kilocalorie", "kilocalories"), "ha": ("hectare", "hectares"),
    }  # fmt: skip
    months = _MONTHS
    chapters = "[Cc]hapitre|[Pp]artie|[Aa]cte|[Tt]ome|[Vv]olume|[Ll]ivre|[Tt]ype|[Pp]hase|[Tt]itre|Article"
    first_of_month = "premier"
    between = " "
    de = "de "
    rulers_to = 1
    one = ("un", "une")
    female_ones = frozenset(
        "livre tonne heure minute seconde roupie kilocalorie personne semaine année journée fois page tasse cuillère "
        "femme fille maison voiture question phrase lettre table chose nuit bouteille pomme place leçon ville".split()
    )
    numbered = frozenset("p n no art fig vol chap max min".split())
    spelled = "URL URLs USA UE TVA FBI CIA IA ADN SNCF TGV RATP UV"
    abbreviations: ClassVar = {
        "M": "monsieur", "MM": "messieurs", "Mme": "madame", "Mmes": "mesdames", "Mlle": "mademoiselle",
        "Mlles": "mesdemoiselles", "Dr": "docteur", "Pr": "professeur", "Prof": "professeur", "Me": "maître",
        "env": "environ", "etc": "et cetera", "p. ex": "par exemple", "p.ex": "par exemple", "par ex": "par exemple",
        "c.-à-d": "c'est-à-dire", "av. J.-C": "avant Jésus-Christ", "apr. J.-C": "après Jésus-Christ",
        "av": "avenue", "bd": "boulevard", "boul": "boulevard", "cf": "voir", "chap": "chapitre", "p": "page",
        "fig": "figure", "vol": "volume", "art": "article", "tél": "téléphone", "max": "maximum", "min": "minimum",
        "St": "saint", "Ste": "sainte", "janv": "janvier", "févr": "février", "juil": "juillet", "sept": "septembre",
        "oct": "octobre", "nov": "novembre", "déc": "décembre", "éd": "édition",
    }  # fmt: skip

    def own_rules(self) -> Iterator[Rule]:
        yield re.compile(r"(?<=\d[hH])\s?[–-]\s?(?=\d{1,2}\s?[hH])"), lambda _: " à "
        yield (
            re.compile(r"\b(M|MM|Mme|Mmes|Mlle|Mlles|Dr|Pr|Me)\s(?=[A-ZÀ-Ý][a-zà-ÿ])"),
            lambda m: self.abbreviations[m[1]] + " ",
        )
        yield (
            re.compile(r"(?<![\w:.,])([01]?\d|2[0-4])\s?[hH:]\s?([0-5]\d)\b(?!\w)"),
            lambda m: self.time(int(m[1]), int(m[2])),
        )
        yield re.compile(r"(?<![\w.,])(\d{1,3}|[IVX]{1,6})(?:ème|eme|ième|e|è)(s?)\b"), lambda m: self._th(m[1], m[2])
        yield re.compile(r"(?<![\w.,])(?:1|I)er\b"), lambda _: "premier"
        yield re.compile(r"(?<![\w.,])(?:1|I)(?:re|ère)\b"), lambda _: "première"
        yield re.compile(r"(?<![\w.,])2nde?\b"), lambda m: "second" + ("e" if m[0].endswith("e") else "")
        yield re.compile(r"\b([Nn])[°º]\s?(?=\d)"), lambda _: "numéro "
        yield re.compile(r"\b[Cc]\.-à-d\."), lambda _: "c'est-à-dire"
        yield re.compile(r"\b(0\d)(?:[ .]\d\d){4}\b"), self._pairs
        yield from super().own_rules()

    def _pairs(self, match: "re.Match[str]") -> str:
        return ", ".join(
            (f"zéro {self.cardinal(int(pair[1]))}" if pair[0] == "0" else self.cardinal(int(pair)))
            for pair in re.findall(r"\d\d", match[0])
        )

    def _th(self, number: str, plural: str) -> str | None:
        value = int(number) if number.isdecimal() else roman(number)
        return None if value is None else self.ordinal(value) + plural

    def time(self, hour: int, minute: int) -> str:
        said = "une heure" if hour == 1 else "vingt et une heures" if hour == 21 else f"{self.cardinal(hour)} heures"
        return said if not minute else f"{said} {self.cardinal(minute)}"

    def change(self, whole: int, part: int, names: tuple[str, str, str, str]) -> str:
        said = super().change(whole, part, names)
        return said.removesuffix(f" {names[2 if part == 1 else 3]}") if whole and part else said

    def fraction(self, whole: int, above: int, below: int, noun: str) -> str:
        names = {2: "demi", 3: "tiers", 4: "quart"}
        if (above, below) == (1, 2):
            female = noun.strip() in ("heure", "tasse", "cuillère", "journée", "bouteille", "livre", "minute")
            if whole:
                one = ("une" if female else "un") if whole == 1 else self.cardinal(whole)
                return f"{one}{noun} et demi{'e' if female else ''}"
            return f"{'une' if female else 'un'} demi{'e' if female else ''}{' ' if not noun else ''}{noun}".strip()
        name = names.get(below) or self.ordinal(below)
        said = f"{'un' if above == 1 else self.cardinal(above)} {name}{'s' if above > 1 and below != 3 else ''}"
        of = noun.strip() in ("tasse", "litre", "kilo", "heure", "verre")
        return (
            (f"{self.cardinal(whole)} et " if whole else "")
            + said
            + (" d'heure" if noun.strip() == "heure" else f" de{noun}" if of else noun)
        )
