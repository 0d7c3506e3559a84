"""Portuguese as it is said, in Brazil where the two differ in a word that must be chosen."""

import re
from collections.abc import Iterator
from typing import ClassVar

from models.spoken.numbers import roman
from models.spoken.romance import Romance, is_female
from models.spoken.rule import Rule

_MONTHS = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split()


class Portuguese(Romance):
    code = "pt"
    words: ClassVar = {
        "of": "de", "once": "uma vez",
        ".": "ponto", "dot": "ponto", ",": "vírgula", "in .": "ponto", "in -": "hífen", "in _": "sublinhado",
        "in /": "barra", "in :": "dois pontos", "in ?": "interrogação", "in =": "igual", "in &": "e",
        "in %": "por cento", "in ~": "til", "in +": "mais", "in #": "cerquilha", "in \\": "barra invertida",
        "in @": "arroba", "@": "arroba", "#1": "número", "#": "hashtag", "blank": "lacuna", "minus": "menos",
        "to": "a", "per": "por", "cents": "e", "%": "por cento", "‰": "por mil", "²": "ao quadrado", "³": "ao cubo",
        "^": "elevado a", "by": "por", "x": "vezes", "→": "passa a", "<=": "menor ou igual a",
        ">=": "maior ou igual a", "≤": "menor ou igual a", "≥": "maior ou igual a", "≠": "diferente de",
        "!=": "diferente de", "≈": "cerca de", "±": "mais ou menos", "==": "igual a", "=": "igual a", "×": "vezes",
        "÷": "dividido por", "√": "raiz de", "∞": "infinito", "+": "mais", "sharp": "sharp", "<": "menor que",
        ">": "maior que", "over": "mais de", "under": "menos de", "~": "cerca de", "&": "e", "§": "parágrafo",
        "°": "graus", "and": "e", "or": "ou",
    }  # fmt: skip
    money: ClassVar = {
        "R$": ("real", "reais", "centavo", "centavos"), "€": ("euro", "euros", "cêntimo", "cêntimos"),
        "$": ("dólar", "dólares", "centavo", "centavos"), "US$": ("dólar", "dólares", "centavo", "centavos"),
        "£": ("libra", "libras", "penny", "pence"), "¥": ("iene", "ienes", "", ""), "CN¥": ("yuan", "yuans", "", ""),
        "CHF": ("franco suíço", "francos suíços", "cêntimo", "cêntimos"), "₹": ("rupia", "rupias", "", ""),
        "₽": ("rublo", "rublos", "", ""),
    }  # fmt: skip
    scales: ClassVar = {
        "mil": "mil", "milhão": "milhão", "milhões": "milhões", "mi": "milhões", "bi": "bilhões", "bilhão": "bilhão",
        "bilhões": "bilhões", "mil milhões": "mil milhões", "trilhões": "trilhões",
    }  # fmt: skip
    units: ClassVar = {
        "km/h": ("quilômetro por hora", "quilômetros por hora"), "m/s": ("metro por segundo", "metros por segundo"),
        "km²": ("quilômetro quadrado", "quilômetros quadrados"),
        "km2": ("quilômetro quadrado", "quilômetros quadrados"),
        "m²": ("metro quadrado", "metros quadrados"), "m2": ("metro quadrado", "metros quadrados"),
        "m³": ("metro cúbico", "metros cúbicos"), "km": ("quilômetro", "quilômetros"), "m": ("metro", "metros"),
        "cm": ("centímetro", "centímetros"), "mm": ("milímetro", "milímetros"), "kg": ("quilograma", "quilogramas"),
        "g": ("grama", "gramas"), "mg": ("miligrama", "miligramas"), "t": ("tonelada", "toneladas"),
        "l": ("litro", "litros"), "L": ("litro", "litros"), "ml": ("mililitro", "mililitros"),
        "h": ("hora", "horas"), "min": ("minuto", "minutos"), "seg": ("segundo", "segundos"),
        "°C": ("grau Celsius", "graus Celsius"), "ºC": ("grau Celsius", "graus Celsius"),
        "° C": ("grau Celsius", "graus Celsius"), "°F": ("grau Fahrenheit", "graus Fahrenheit"), "°": ("grau", "graus"),
        "kB": ("quilobyte", "quilobytes"), "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"),
        "TB": ("terabyte", "terabytes"), "Hz": ("hertz", "hertz"), "kHz": ("quilohertz", "quilohertz"),
        "MHz": ("mega-hertz", "mega-hertz"), "GHz": ("giga-hertz", "giga-hertz"), "W": ("watt", "watts"),
        "kW": ("quilowatt", "quilowatts"), "kWh": ("quilowatt-hora", "quilowatts-hora"), "V": ("volt", "volts"),
        "kcal": ("quilocaloria", "quilocalorias"), "ha": ("hectare", "hectares"),
    }  # fmt: skip
    months = _MONTHS
    chapters = "[Cc]apítulo|[Pp]arte|[Aa]to|[Ss]éculo|[Tt]omo|[Vv]olume|[Ll]ivro|Guerra Mundial|[Tt]ipo|[Ff]ase|Título"
    first_of_month = "primeiro"
    one = ("um", "uma")
    female_ones = frozenset("libra tonelada hora rupia quilocaloria".split())
    numbered = frozenset("n p pág págs núm art cap fig vol máx mín".split())
    spelled = "URL EUA UE FBI CIA IA CPF"
    abbreviations: ClassVar = {
        "Sr": "senhor", "Sra": "senhora", "Srs": "senhores", "Srta": "senhorita", "Dr": "doutor", "Dra": "doutora",
        "D": "dona", "Prof": "professor", "Profa": "professora", "Eng": "engenheiro", "Av": "avenida", "R": "rua",
        "Trav": "travessa", "Pç": "praça", "p. ex": "por exemplo", "p.ex": "por exemplo", "P. ex": "por exemplo",
        "por ex": "por exemplo", "etc": "et cetera", "aprox": "aproximadamente", "pág": "página", "págs": "páginas",
        "p": "página", "núm": "número", "n": "número", "art": "artigo", "cap": "capítulo", "fig": "figura",
        "vol": "volume", "tel": "telefone", "Tel": "telefone", "máx": "máximo", "mín": "mínimo",
        "a.C": "antes de Cristo", "d.C": "depois de Cristo", "a. C": "antes de Cristo", "d. C": "depois de Cristo",
        "Cia": "companhia", "Ltda": "limitada", "S.A": "sociedade anônima", "séc": "século",
    }  # fmt: skip

    def own_rules(self) -> Iterator[Rule]:
        yield (
            re.compile(r"(?<![\w:.,])([01]?\d|2[0-4])\s?h\s?([0-5]\d)\b(?:min)?"),
            lambda m: self.time(int(m[1]), int(m[2])),
        )
        yield re.compile(r"(?<![\w.,])2[x×](?!\w)"), lambda _: "duas vezes"
        yield re.compile(r"\bD\.\s(?=[A-ZÁÉÍÓÚ][a-záéíóúãõç]{1,20}(?<!a)\b)"), lambda _: "dom "
        yield re.compile(r"(?<![\w.,])(\d{1,2})\.([ºª])"), self._ordinal_mark
        yield re.compile(r"\bséc\.\s([IVX]{1,6})\b"), lambda m: f"século {self.cardinal(roman(m[1]) or 0)}"
        yield re.compile(r"\b([Nn])\.?[º°]\s?(?=\d)"), lambda _: "número "
        yield re.compile(r"(?<![\w.,])(\d{1,3})\s?[–-]\s?(\d{1,3})(?=\s[a-záéíóúãõç])"), self._about
        yield from super().own_rules()

    def _about(self, match: "re.Match[str]") -> str:
        first, second = int(match[1]), int(match[2])
        return f"{self.number(match[1])} {'ou' if second == first + 1 else 'a'} {self.number(match[2])}"

    def time(self, hour: int, minute: int) -> str:
        said = {1: "uma hora", 2: "duas horas", 21: "vinte e uma horas", 22: "vinte e duas horas"}.get(hour) or (
            f"{self.cardinal(hour)} horas"
        )
        return said if not minute else f"{said} e {self.cardinal(minute)}"

    def counted(self, number: str, names: tuple[str, ...]) -> str:
        said = super().counted(number, names)
        if names[0].partition(" ")[0] in self.female_ones:
            if said == "dois" or said.endswith(" dois"):
                said = said.removesuffix("dois") + "duas"
            said = said.replace("entos", "entas")
        return said

    def with_noun(self, written: str, noun: str) -> str:
        if noun.endswith("s") and is_female(noun):
            return self.counted(written, ("hora",))
        return super().with_noun(written, noun)

    def fraction(self, whole: int, above: int, below: int, noun: str) -> str:
        if (above, below) == (1, 2):
            female = noun.strip().endswith("a") or noun.strip() in ("colher",)
            half = "meia" if female else "meio"
            if whole:
                return f"{self.counted(str(whole), ('hora' if female else 'x',))}{noun} e {half}"
            return f"{half}{noun}"
        one = {3: "terço", 4: "quarto"}.get(below) or self.ordinal(below)
        said = f"{'um' if above == 1 else self.cardinal(above)} {one}{'' if above == 1 else 's'}"
        of = noun.strip() in ("xícara", "litro", "quilo", "hora", "copo")
        return (f"{self.cardinal(whole)} e " if whole else "") + said + (f" de{noun}" if of else noun)
