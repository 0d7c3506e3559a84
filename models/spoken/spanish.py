"""Spanish as it is said."""

import re
from collections.abc import Iterator
from typing import ClassVar

from models.spoken.romance import Romance, is_female
from models.spoken.rule import Rule

_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()


class Spanish(Romance):
    code = "es"
    words: ClassVar = {
        "of": "sobre", "once": "una vez",
        ".": "punto", "dot": "punto", ",": "coma", "in .": "punto", "in -": "guion", "in _": "guion bajo",
        "in /": "barra", "in :": "dos puntos", "in ?": "interrogación", "in =": "igual", "in &": "y",
        "in %": "por ciento", "in ~": "tilde", "in +": "más", "in #": "almohadilla", "in \\": "barra invertida",
        "in @": "arroba", "@": "arroba", "#1": "número", "#": "hashtag", "blank": "espacio", "minus": "menos",
        "to": "a", "per": "por", "cents": "con", "%": "por ciento", "‰": "por mil", "²": "al cuadrado",
        "³": "al cubo", "^": "elevado a", "by": "por", "x": "veces", "→": "pasa a", "<=": "menor o igual que",
        ">=": "mayor o igual que", "≤": "menor o igual que", "≥": "mayor o igual que", "≠": "distinto de",
        "!=": "distinto de", "≈": "aproximadamente", "±": "más menos", "==": "igual a", "=": "igual a",
        "×": "por", "÷": "dividido entre", "√": "raíz de", "∞": "infinito", "+": "más", "sharp": "sharp",
        "<": "menor que", ">": "mayor que", "over": "más de", "under": "menos de", "~": "unos", "&": "y",
        "§": "sección", "°": "grados", "and": "y", "or": "o", "c/u": "cada uno",
    }  # fmt: skip
    money: ClassVar = {
        "€": ("euro", "euros", "céntimo", "céntimos"), "$": ("dólar", "dólares", "centavo", "centavos"),
        "US$": ("dólar", "dólares", "centavo", "centavos"), "£": ("libra", "libras", "penique", "peniques"),
        "¥": ("yen", "yenes", "", ""), "CN¥": ("yuan", "yuanes", "", ""),
        "R$": ("real", "reales", "centavo", "centavos"),
        "CHF": ("franco", "francos", "céntimo", "céntimos"), "₹": ("rupia", "rupias", "", ""),
        "₽": ("rublo", "rublos", "", ""),
    }  # fmt: skip
    scales: ClassVar = {
        "mil": "mil", "millón": "millón", "millones": "millones", "mil millones": "mil millones",
        "billones": "billones", "M": "millones",
    }  # fmt: skip
    units: ClassVar = {
        "km/h": ("kilómetro por hora", "kilómetros por hora"), "m/s": ("metro por segundo", "metros por segundo"),
        "km²": ("kilómetro cuadrado", "kilómetros cuadrados"), "km2": ("kilómetro cuadrado", "kilómetros cuadrados"),
        "m²": ("metro cuadrado", "metros cuadrados"), "m2": ("metro cuadrado", "metros cuadrados"),
        "m³": ("metro cúbico", "metros cúbicos"), "km": ("kilómetro", "kilómetros"), "m": ("metro", "metros"),
        "cm": ("centímetro", "centímetros"), "mm": ("milímetro", "milímetros"), "kg": ("kilogramo", "kilogramos"),
        "g": ("gramo", "gramos"), "gr": ("gramo", "gramos"), "mg": ("miligramo", "miligramos"),
        "t": ("tonelada", "toneladas"), "l": ("litro", "litros"), "L": ("litro", "litros"),
        "ml": ("mililitro", "mililitros"), "cl": ("centilitro", "centilitros"), "h": ("hora", "horas"),
        "min": ("minuto", "minutos"), "seg": ("segundo", "segundos"), "°C": ("grado Celsius", "grados Celsius"),
        "ºC": ("grado Celsius", "grados Celsius"), "° C": ("grado Celsius", "grados Celsius"),
        "°F": ("grado Fahrenheit", "grados Fahrenheit"), "°": ("grado", "grados"),
        "kB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"),
        "TB": ("terabyte", "terabytes"), "Hz": ("hercio", "hercios"), "kHz": ("kilohercio", "kilohercios"),
        "MHz": ("megahercio", "megahercios"), "GHz": ("gigahercio", "gigahercios"), "W": ("vatio", "vatios"),
        "kW": ("kilovatio", "kilovatios"), "kWh": ("kilovatio hora", "kilovatios hora"), "V": ("voltio", "voltios"),
        "kcal": ("kilocaloría", "kilocalorías"), "ha": ("hectárea", "hectáreas"),
    }  # fmt: skip
    months = _MONTHS
    chapters = (
        "[Cc]apítulo|[Pp]arte|[Aa]cto|[Ss]iglo|siglos|[Tt]omo|[Vv]olumen|[Ll]ibro|Guerra Mundial|[Tt]ipo|[Ff]ase|Título"
    )
    first_of_month = "primero"
    one = ("un", "una")
    female_ones = frozenset("libra tonelada hora hectárea rupia kilocaloría".split())
    numbered = frozenset("n.º nº n p pág págs núm art cap fig vol máx mín".split())
    spelled = "URL USA DNI UE ONU IVA FBI CIA IA"
    abbreviations: ClassVar = {
        "Sr": "señor", "Sra": "señora", "Srta": "señorita", "Sres": "señores", "Dr": "doctor", "Dra": "doctora",
        "D": "don", "Dña": "doña", "Prof": "profesor", "Profa": "profesora", "Ud": "usted", "Uds": "ustedes",
        "Vd": "usted", "Vds": "ustedes", "Av": "avenida", "Avda": "avenida", "C": "calle", "Pza": "plaza",
        "p. ej": "por ejemplo", "p.ej": "por ejemplo", "P. ej": "por ejemplo", "etc": "etcétera",
        "aprox": "aproximadamente",
        "pág": "página", "págs": "páginas", "p": "página", "núm": "número", "n": "número", "art": "artículo",
        "cap": "capítulo", "fig": "figura", "vol": "volumen", "tel": "teléfono", "Tel": "teléfono", "máx": "máximo",
        "mín": "mínimo", "a. C": "antes de Cristo", "d. C": "después de Cristo", "a.C": "antes de Cristo",
        "d.C": "después de Cristo", "EE. UU": "Estados Unidos", "EE.UU": "Estados Unidos", "a. m": "de la mañana",
        "a.m": "de la mañana", "p. m": "de la tarde", "p.m": "de la tarde", "Lic": "licenciado", "Ing": "ingeniero",
        "Gral": "general", "S. A": "sociedad anónima", "S.A": "sociedad anónima", "Cía": "compañía",
        "dpto": "departamento",
        "Dpto": "departamento", "min": "minutos",
    }  # fmt: skip

    def own_rules(self) -> Iterator[Rule]:
        yield re.compile(r"(?<![\w:.,])([01]?\d|2[0-4]):(\d\d)\s?h\b\.?"), lambda m: self.time(int(m[1]), int(m[2]))
        yield (
            re.compile(r"(?<![\w.,])(\d{1,2})\.(?:er|º|ª)|(?<![\w.,])(\d{1,2})er\b"),
            lambda m: self._short(self.ordinal(int(m[1] or m[2])), m[0]),
        )
        yield re.compile(r"\b([Nn])\.?[º°]\s?(?=\d)"), lambda _: "número "
        yield re.compile(r"(?<![\w.,])(\d{1,3})\s?[–-]\s?(\d{1,3})(?=\s[a-záéíóúñ])"), self._about
        yield from super().own_rules()

    def _short(self, said: str, written: str) -> str:
        if "er" in written:
            return {"primero": "primer", "tercero": "tercer"}.get(said, said)
        return said[:-1] + "a" if "ª" in written else said

    def _about(self, match: "re.Match[str]") -> str:
        first, second = int(match[1]), int(match[2])
        return f"{self.number(match[1])} {'o' if second == first + 1 else 'a'} {self.number(match[2])}"

    def time(self, hour: int, minute: int) -> str:
        said = "una" if hour == 1 else "veintiuna" if hour == 21 else self.cardinal(hour)
        return said if not minute else f"{said} y {self.cardinal(minute)}"

    def with_noun(self, written: str, noun: str) -> str:
        if noun.islower() and len(noun) > 2:
            return self.counted(written, ("hora" if is_female(noun) else "",))
        return self.number(written)

    def counted(self, number: str, names: tuple[str, ...]) -> str:
        said = super().counted(number, names)
        female = names[0].partition(" ")[0] in self.female_ones
        if said.endswith("veintiuno"):
            return said.removesuffix("veintiuno") + ("veintiuna" if female else "veintiún")
        if said.endswith(" y uno"):
            return said[:-1] + ("a" if female else "")
        return said.replace("cientos", "cientas") if female else said

    def fraction(self, whole: int, above: int, below: int, noun: str) -> str:
        names = {2: ("medio", "medios"), 3: ("tercio", "tercios"), 4: ("cuarto", "cuartos")}
        if below == 2 and above == 1:
            female = noun.strip().endswith("a") or noun.strip() == "hora"
            if whole:
                return f"{self.counted(str(whole), (noun.strip() or 'x',))}{noun} y {'media' if female else 'medio'}"
            return f"{'media' if female else 'medio'}{noun}"
        one, many = names.get(below) or (self.ordinal(below).split()[-1], self.ordinal(below).split()[-1] + "s")
        said = f"{'un' if above == 1 else self.cardinal(above)} {one if above == 1 else many}"
        if whole:
            return f"{self.cardinal(whole)} y {said}{noun}"
        return (
            f"{said} de{noun}"
            if noun.strip() in ("taza", "litro", "kilo", "hora", "cucharada", "vaso")
            else said + noun
        )
