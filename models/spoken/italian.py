"""Italian as it is said."""

import re
from collections.abc import Iterator
from typing import ClassVar

from models.spoken.numbers import roman
from models.spoken.romance import Romance
from models.spoken.rule import Rule

_MONTHS = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split()


class Italian(Romance):
    code = "it"
    words: ClassVar = {
        "of": "su", "once": "una volta",
        ".": "punto", "dot": "punto", ",": "virgola", "in .": "punto", "in -": "trattino", "in _": "trattino basso",
        "in /": "barra", "in :": "due punti", "in ?": "punto interrogativo", "in =": "uguale", "in &": "e",
        "in %": "per cento", "in ~": "tilde", "in +": "più", "in #": "cancelletto", "in \\": "barra rovesciata",
        "in @": "chiocciola", "@": "chiocciola", "#1": "numero", "#": "hashtag", "blank": "spazio", "minus": "meno",
        "to": "a", "per": "al", "cents": "e", "%": "per cento", "‰": "per mille", "²": "al quadrato", "³": "al cubo",
        "^": "elevato a", "by": "per", "x": "volte", "→": "diventa", "<=": "minore o uguale a",
        ">=": "maggiore o uguale a", "≤": "minore o uguale a", "≥": "maggiore o uguale a", "≠": "diverso da",
        "!=": "diverso da", "≈": "circa", "±": "più o meno", "==": "uguale a", "=": "uguale a", "×": "per",
        "÷": "diviso", "√": "radice di", "∞": "infinito", "+": "più", "sharp": "sharp", "<": "minore di",
        ">": "maggiore di", "over": "più di", "under": "meno di", "~": "circa", "&": "e", "§": "paragrafo",
        "°": "gradi", "and": "e", "or": "o",
    }  # fmt: skip
    money: ClassVar = {
        "€": ("euro", "euro", "centesimo", "centesimi"), "$": ("dollaro", "dollari", "centesimo", "centesimi"),
        "US$": ("dollaro", "dollari", "centesimo", "centesimi"), "£": ("sterlina", "sterline", "penny", "pence"),
        "¥": ("yen", "yen", "", ""), "CN¥": ("yuan", "yuan", "", ""), "R$": ("real", "real", "centavo", "centavos"),
        "CHF": ("franco svizzero", "franchi svizzeri", "centesimo", "centesimi"), "₹": ("rupia", "rupie", "", ""),
        "₽": ("rublo", "rubli", "", ""),
    }  # fmt: skip
    scales: ClassVar = {
        "mila": "mila", "milione": "milione", "milioni": "milioni", "miliardo": "miliardo", "miliardi": "miliardi",
        "mln": "milioni", "mld": "miliardi",
    }  # fmt: skip
    units: ClassVar = {
        "km/h": ("chilometro all'ora", "chilometri all'ora"), "m/s": ("metro al secondo", "metri al secondo"),
        "km²": ("chilometro quadrato", "chilometri quadrati"), "km2": ("chilometro quadrato", "chilometri quadrati"),
        "m²": ("metro quadrato", "metri quadrati"), "m2": ("metro quadrato", "metri quadrati"),
        "mq": ("metro quadrato", "metri quadrati"), "m³": ("metro cubo", "metri cubi"),
        "km": ("chilometro", "chilometri"),
        "m": ("metro", "metri"), "cm": ("centimetro", "centimetri"), "mm": ("millimetro", "millimetri"),
        "kg": ("chilogrammo", "chilogrammi"), "g": ("grammo", "grammi"), "gr": ("grammo", "grammi"),
        "mg": ("milligrammo", "milligrammi"), "t": ("tonnellata", "tonnellate"), "l": ("litro", "litri"),
        "L": ("litro", "litri"), "ml": ("millilitro", "millilitri"), "cl": ("centilitro", "centilitri"),
        "h": ("ora", "ore"), "min": ("minuto", "minuti"), "sec": ("secondo", "secondi"),
        "°C": ("grado Celsius", "gradi Celsius"), "° C": ("grado Celsius", "gradi Celsius"),
        "°F": ("grado Fahrenheit", "gradi Fahrenheit"), "°": ("grado", "gradi"), "kB": ("kilobyte", "kilobyte"),
        "MB": ("megabyte", "megabyte"), "GB": ("gigabyte", "gigabyte"), "TB": ("terabyte", "terabyte"),
        "Hz": ("hertz", "hertz"), "kHz": ("chilohertz", "chilohertz"), "MHz": ("megahertz", "megahertz"),
        "GHz": ("gigahertz", "gigahertz"), "W": ("watt", "watt"), "kW": ("chilowatt", "chilowatt"),
        "kWh": ("chilowattora", "chilowattora"), "V": ("volt", "volt"), "kcal": ("chilocaloria", "chilocalorie"),
        "ha": ("ettaro", "ettari"),
    }  # fmt: skip
    months = _MONTHS
    chapters = "[Cc]apitolo|[Pp]arte|[Aa]tto|[Vv]olume|[Ll]ibro|[Tt]ipo|[Ff]ase|[Tt]itolo|[Tt]omo"
    first_of_month = "primo"
    between = " "
    de = "di "
    rulers_to = 39
    one = ("un", "una")
    female_ones = frozenset("sterlina tonnellata ora rupia chilocaloria".split())
    numbered = frozenset("n p pag pagg art cap fig vol max min".split())
    spelled = "URL USA UE FBI CIA IA DNA"
    abbreviations: ClassVar = {
        "sig": "signor", "Sig": "signor", "sigg": "signori", "sig.ra": "signora", "Sig.ra": "signora",
        "sig.na": "signorina", "Sig.na": "signorina", "dott": "dottor", "Dott": "dottor", "dott.ssa": "dottoressa",
        "Dott.ssa": "dottoressa", "dr": "dottor", "Dr": "dottor", "prof": "professor", "Prof": "professor",
        "prof.ssa": "professoressa", "ing": "ingegner", "Ing": "ingegner", "avv": "avvocato", "Avv": "avvocato",
        "arch": "architetto", "geom": "geometra", "ecc": "eccetera", "etc": "eccetera", "es": "esempio",
        "p. es": "per esempio", "p.es": "per esempio", "pag": "pagina", "pagg": "pagine", "p": "pagina",
        "n": "numero", "art": "articolo", "cap": "capitolo", "fig": "figura", "vol": "volume", "tel": "telefono",
        "Tel": "telefono", "max": "massimo", "min": "minimo", "ca": "circa", "cfr": "confronta",
        "a.C": "avanti Cristo", "d.C": "dopo Cristo", "a. C": "avanti Cristo", "d. C": "dopo Cristo",
        "S.p.A": "società per azioni", "S": "San", "gen": "gennaio", "feb": "febbraio", "ott": "ottobre",
        "nov": "novembre", "dic": "dicembre", "sett": "settembre",
    }  # fmt: skip

    def own_rules(self) -> Iterator[Rule]:
        yield re.compile(r"(?<![\w:.,])([01]?\d|2[0-4])[:.](\d\d)(?=\s?(?:h|$|[.,!?]|\s[a-z]))(?!\d)"), self._hour
        yield re.compile(r"\b([IVX]{1,6})(?=\ssecolo\b|\ssec\.)"), lambda m: self._th(m[1])
        yield re.compile(r"\bsec\.\s([IVX]{1,6})\b"), lambda m: f"secolo {self._th(m[1]) or m[1]}"
        yield re.compile(r"\b([Nn])[°º]\s?(?=\d)"), lambda _: "numero "
        yield re.compile(r"(?<![\w.,])(\d{1,3})\s?[–-]\s?(\d{1,3})(?=\s[a-zàèéìòù])"), self._about
        yield from super().own_rules()

    def _hour(self, match: "re.Match[str]") -> str | None:
        return self.time(int(match[1]), int(match[2])) if ":" in match[0] and int(match[2]) < 60 else None

    def _th(self, number: str) -> str | None:
        value = roman(number)
        return None if value is None else self.ordinal(value)

    def _about(self, match: "re.Match[str]") -> str:
        first, second = int(match[1]), int(match[2])
        return f"{self.number(match[1])} {'o' if second == first + 1 else 'a'} {self.number(match[2])}"

    def time(self, hour: int, minute: int) -> str:
        said = "una" if hour == 1 else self.cardinal(hour)
        return said if not minute else f"{said} e {self.cardinal(minute)}"

    def change(self, whole: int, part: int, names: tuple[str, str, str, str]) -> str:
        said = super().change(whole, part, names)
        return said.removesuffix(f" {names[2 if part == 1 else 3]}") if whole and part else said

    def fraction(self, whole: int, above: int, below: int, noun: str) -> str:
        if (above, below) == (1, 2):
            female = noun.strip() in ("ora", "tazza", "bottiglia", "giornata")
            half = "mezza" if female else "mezzo"
            if whole:
                return f"{self.counted(str(whole), (noun.strip() or 'x',))}{noun} e {half}"
            return f"{half}{noun}"
        one = {3: "terzo", 4: "quarto"}.get(below) or self.ordinal(below)
        said = f"{'un' if above == 1 else self.cardinal(above)} {one if above == 1 else one[:-1] + 'i'}"
        of = noun.strip() in ("tazza", "litro", "chilo", "ora", "bicchiere")
        return (f"{self.cardinal(whole)} e " if whole else "") + said + (f" di{noun}" if of else noun)
