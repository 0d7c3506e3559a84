"""German as it is said."""

import re
from collections.abc import Iterator
from typing import ClassVar

from models.spoken.language import Language
from models.spoken.numbers import roman
from models.spoken.rule import Rule

_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
_SHORT = {"Jan": 1, "Feb": 2, "Mär": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sept": 9, "Sep": 9, "Okt": 10,
          "Nov": 11, "Dez": 12}  # fmt: skip
_DAYS = {"Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr": "Freitag", "Sa": "Samstag",
         "So": "Sonntag"}  # fmt: skip
_WEAK = frozenset(
    "am zum vom beim im den dem des ab bis seit nach vor einem einen unserem meinem seinem ihrem dieses".split()
)
_NAKED = frozenset("der die das diese dieser jeder jede jedes".split())
_RULER = r"[A-ZÄÖÜ][a-zäöüß]{2,20}"
_DENOMINATORS = {2: "halb", 3: "Drittel", 4: "Viertel", 5: "Fünftel", 8: "Achtel", 10: "Zehntel", 100: "Hundertstel"}
_FEMALE = frozenset(
    "Million Millionen Milliarde Milliarden Stunde Minute Sekunde Tonne Unze Meile Kilowattstunde Kalorie".split()
)

_FEMALE_ENDING = re.compile(r"(?:e|ung|heit|keit|schaft|ion|tät|Person|person|Frau|frau|Stadt|Nacht|Hand|Woche)$")


class German(Language):
    code = "de"
    thousands = ". \u00a0\u202f'’"
    point = ","
    words: ClassVar = {
        "of": "von", "ratio": "zu", "once": "einmal",
        ".": "Punkt", "dot": "Punkt", ",": "Komma", "in .": "Punkt", "in -": "Bindestrich", "in _": "Unterstrich",
        "in /": "Schrägstrich", "in :": "Doppelpunkt", "in ?": "Fragezeichen", "in =": "gleich", "in &": "und",
        "in %": "Prozent", "in ~": "Tilde", "in +": "Plus", "in #": "Raute", "in \\": "Backslash", "in @": "ät",
        "@": "ät", "#1": "Nummer", "#": "Hashtag", "blank": "Lücke", "minus": "minus", "to": "bis", "per": "pro",
        "cents": "", "%": "Prozent", "‰": "Promille", "²": "hoch zwei", "³": "hoch drei", "^": "hoch", "by": "mal",
        "x": "mal", "→": "wird zu", "<=": "kleiner oder gleich", ">=": "größer oder gleich", "≤": "kleiner oder gleich",
        "≥": "größer oder gleich", "≠": "ungleich", "!=": "ungleich", "≈": "ungefähr", "±": "plus minus",
        "==": "gleich", "=": "gleich", "×": "mal", "÷": "geteilt durch", "√": "Wurzel aus", "∞": "unendlich",
        "+": "plus", "sharp": "sharp", "<": "kleiner als", ">": "größer als", "over": "über", "under": "unter",
        "~": "etwa", "&": "und", "§": "Paragraf", "°": "Grad", "and": "und", "or": "oder",
    }  # fmt: skip
    money: ClassVar = {
        "€": ("Euro", "Euro", "Cent", "Cent"), "$": ("Dollar", "Dollar", "Cent", "Cent"),
        "US$": ("US-Dollar", "US-Dollar", "Cent", "Cent"), "£": ("Pfund", "Pfund", "Pence", "Pence"),
        "¥": ("Yen", "Yen", "", ""), "CN¥": ("Yuan", "Yuan", "", ""), "CHF": ("Franken", "Franken", "Rappen", "Rappen"),
        "R$": ("Real", "Real", "Centavo", "Centavos"), "₹": ("Rupie", "Rupien", "", ""),
        "₽": ("Rubel", "Rubel", "", ""),
    }  # fmt: skip
    scales: ClassVar = {
        "Tausend": "tausend", "Tsd.": "tausend", "Million": "Million", "Millionen": "Millionen", "Mio.": "Millionen",
        "Mio": "Millionen", "Mrd.": "Milliarden",
        "Milliarde": "Milliarde", "Milliarden": "Milliarden", "Mrd": "Milliarden", "Billionen": "Billionen",
    }  # fmt: skip
    units: ClassVar = {
        "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"), "m/s": ("Meter pro Sekunde", "Meter pro Sekunde"),
        "km²": ("Quadratkilometer", "Quadratkilometer"), "km2": ("Quadratkilometer", "Quadratkilometer"),
        "m²": ("Quadratmeter", "Quadratmeter"), "m2": ("Quadratmeter", "Quadratmeter"),
        "qm": ("Quadratmeter", "Quadratmeter"), "m³": ("Kubikmeter", "Kubikmeter"), "km": ("Kilometer", "Kilometer"),
        "m": ("Meter", "Meter"), "cm": ("Zentimeter", "Zentimeter"), "mm": ("Millimeter", "Millimeter"),
        "kg": ("Kilogramm", "Kilogramm"), "g": ("Gramm", "Gramm"), "mg": ("Milligramm", "Milligramm"),
        "t": ("Tonne", "Tonnen"), "l": ("Liter", "Liter"), "L": ("Liter", "Liter"), "dl": ("Deziliter", "Deziliter"),
        "cl": ("Zentiliter", "Zentiliter"), "ml": ("Milliliter", "Milliliter"), "h": ("Stunde", "Stunden"),
        "Std": ("Stunde", "Stunden"), "Std.": ("Stunde", "Stunden"), "min": ("Minute", "Minuten"),
        "Min.": ("Minute", "Minuten"), "sec": ("Sekunde", "Sekunden"), "Sek.": ("Sekunde", "Sekunden"),
        "ms": ("Millisekunde", "Millisekunden"), "°C": ("Grad Celsius", "Grad Celsius"),
        "° C": ("Grad Celsius", "Grad Celsius"), "°F": ("Grad Fahrenheit", "Grad Fahrenheit"), "°": ("Grad", "Grad"),
        "kB": ("Kilobyte", "Kilobyte"), "MB": ("Megabyte", "Megabyte"), "GB": ("Gigabyte", "Gigabyte"),
        "TB": ("Terabyte", "Terabyte"), "Hz": ("Hertz", "Hertz"), "kHz": ("Kilohertz", "Kilohertz"),
        "MHz": ("Megahertz", "Megahertz"), "GHz": ("Gigahertz", "Gigahertz"), "W": ("Watt", "Watt"),
        "kW": ("Kilowatt", "Kilowatt"), "kWh": ("Kilowattstunde", "Kilowattstunden"), "V": ("Volt", "Volt"),
        "kcal": ("Kilokalorie", "Kilokalorien"), "ha": ("Hektar", "Hektar"), "EL": ("Esslöffel", "Esslöffel"),
        "TL": ("Teelöffel", "Teelöffel"), "ct": ("Cent", "Cent"), "dB": ("Dezibel", "Dezibel"),
    }  # fmt: skip
    months = _MONTHS
    short_months = _SHORT
    chapters = "Kapitel|Teil|Akt|Band|Artikel|Weltkrieg|Stufe|Klasse|Typ|Szene|Buch|Abschnitt|Phase|Lektion"
    abbreviations: ClassVar = {
        "z. B": "zum Beispiel", "z.B": "zum Beispiel", "zB": "zum Beispiel", "d. h": "das heißt", "d.h": "das heißt",
        "u. a": "unter anderem", "u.a": "unter anderem", "u. Ä": "und Ähnliches", "o. Ä": "oder Ähnliches",
        "u.Ä": "und Ähnliches", "o.Ä": "oder Ähnliches", "s. o": "siehe oben", "s. u": "siehe unten",
        "i. d. R": "in der Regel", "i.d.R": "in der Regel", "z. T": "zum Teil", "z.T": "zum Teil",
        "v. a": "vor allem", "v.a": "vor allem", "n. Chr": "nach Christus", "v. Chr": "vor Christus",
        "n.Chr": "nach Christus", "v.Chr": "vor Christus", "usw": "und so weiter", "etc": "et cetera",
        "bzw": "beziehungsweise", "ca": "circa", "evtl": "eventuell", "ggf": "gegebenenfalls", "inkl": "inklusive",
        "exkl": "exklusive", "vgl": "vergleiche", "sog": "sogenannte", "bspw": "beispielsweise", "allg": "allgemein",
        "Dr": "Doktor", "Prof": "Professor", "Hr": "Herr", "Hrn": "Herrn", "Fr": "Frau", "Frl": "Fräulein",
        "Dipl": "Diplom", "Ing": "Ingenieur", "St": "Sankt", "Nr": "Nummer", "Str": "Straße", "str": "straße",
        "Tel": "Telefon", "Abb": "Abbildung", "Abs": "Absatz", "Art": "Artikel", "Kap": "Kapitel", "Bd": "Band",
        "S": "Seite", "Jh": "Jahrhundert", "Jhd": "Jahrhundert", "Mio": "Millionen", "Mrd": "Milliarden",
        "Tsd": "tausend", "Std": "Stunden", "Min": "Minuten", "Sek": "Sekunden", "max": "maximal", "min": "mindestens",
        "mind": "mindestens", "geb": "geboren", "gest": "gestorben", "verh": "verheiratet", "engl": "englisch",
        "franz": "französisch", "dt": "deutsch", "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch",
        "Do": "Donnerstag", "Sa": "Samstag", "So": "Sonntag",
        **{short: _MONTHS[number - 1] for short, number in _SHORT.items()},
    }  # fmt: skip

    def own_rules(self) -> Iterator[Rule]:
        months = "|".join([*_MONTHS, *(f"{short}\\." for short in _SHORT)])
        yield (
            re.compile(rf"(?:\b(\w+)(\s))?(?<![\w.,])(\d{{1,2}})\.\s?(?:[–-]|bis)\s?(\d{{1,2}})\.\s?({months})"),
            self._days,
        )
        yield (
            re.compile(r"\b(Mo|Di|Mi|Do|Fr|Sa|So)\.?\s?[–-]\s?(Mo|Di|Mi|Do|Fr|Sa|So)\b(?:\.(?=\s\S))?"),
            self._weekdays,
        )
        yield (
            re.compile(r"(?<![\w.,])((?:1[1-9]|20)\d\d)\s?[–-]\s?(?=(?:1[1-9]|20)\d\d(?![\w-]))"),
            lambda m: f"{self._plain(m[1])} bis ",
        )
        yield re.compile(r"(?<=\d\.)\s?[–-]\s?(?=\d{1,2}\.)"), lambda _: " bis "
        yield re.compile(r"(?<![\w.,])(\d{1,2})\.(?=\s?[–-]\s?\d{1,2}\.)"), lambda m: self.ordinal(int(m[1])) + "r"
        yield re.compile(r"(?<!\w\s)\b(I{1,2})\.(?=\sWeltkrieg)"), lambda m: self.ordinal(len(m[1])).capitalize() + "r"
        yield re.compile(rf"(?:\b(\w+)(\s))?(?<![\w.,])(\d{{1,2}})\.\s?({months})(?:\s(\d{{4}})\b)?"), self._day
        yield re.compile(r"(?:\b(\w+)(\s))?(?<![\w.,])(\d{1,2})\.\s?(\d{1,2})\.(\d{4}|\d{2})?(?!\d)"), self._numeric_day
        yield re.compile(r"(?<![\w:.,])([01]?\d|2[0-4])[:.](\d\d)\sUhr\b"), lambda m: self.time(int(m[1]), int(m[2]))
        yield re.compile(r"(?<![\w:.,])([01]?\d|2[0-4])\sUhr\b"), lambda m: f"{self._one(int(m[1]))} Uhr"
        yield re.compile(rf"\b({_RULER})\s([IVX]{{1,6}})\.(?=\s[a-zäöü]|,|$|\s?$)"), self._ruler
        yield re.compile(r"\b(\w+)(\s)(\d{1,3}|[IVX]{1,5})\.(?=\s[A-ZÄÖÜa-zäöü])"), self._counting
        yield (
            re.compile(
                r"(?<![\w.,])(\d{1,2})\.(?=\s(?:[a-zäöü]|Jahrhundert|Weltkrieg|Stock|Mal|Klasse|Platz|Tag|Etage))"
            ),
            (lambda m: self.ordinal(int(m[1]))),
        )
        yield (
            re.compile(r"(?<![\w.,])(\d{1,3})\s?(?:[x×](?!\w)|-?mal\b)(?!\s?\d)"),
            lambda m: f"{self._one(int(m[1]))}mal",
        )
        yield re.compile(r"\b(\d{1,3})0er\b"), lambda m: self._plain(m[1] + "0") + "er"
        yield re.compile(r"(?<=[a-zäöüß])str\.(?!\w)"), lambda _: "straße"
        yield re.compile(r"(?<![\w.,])(\d{4})(?![\w.,]?\d)(?!\s?[€$%])"), lambda m: self._plain(m[1])

    def _one(self, number: int) -> str:
        return "ein" if number == 1 else self.cardinal(number)

    def _day(self, match: "re.Match[str]") -> str | None:
        if not 1 <= int(match[3]) <= 31:
            return None
        month = match[4].rstrip(".")
        month = _MONTHS[_SHORT[month] - 1] if month in _SHORT else month
        said = f"{self._bent(match[1], int(match[3]))} {month}" + (f" {self.year(int(match[5]))}" if match[5] else "")
        return f"{match[1]} {said}" if match[1] else said

    def _days(self, match: "re.Match[str]") -> str | None:
        """From one day of a month to another."""
        if not (1 <= int(match[3]) <= 31 and 1 <= int(match[4]) <= 31):
            return None
        month = match[5].rstrip(".")
        month = _MONTHS[_SHORT[month] - 1] if month in _SHORT else month
        first, last = (self._bent(match[1] or "vom", int(day)) for day in (match[3], match[4]))
        return f"{match[1] + ' ' if match[1] else ''}{first} bis {last} {month}"

    def _weekdays(self, match: "re.Match[str]") -> str:
        return f"{_DAYS[match[1]]} bis {_DAYS[match[2]]}"

    def _numeric_day(self, match: "re.Match[str]") -> str | None:
        day, month = int(match[3]), int(match[4])
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return None
        said = f"{self._bent(match[1], day)} {_MONTHS[month - 1]}"
        if match[5]:
            said += f" {self.year(int(match[5]) + (2000 if len(match[5]) == 2 else 0))}"
        return f"{match[1]} {said}" if match[1] else said

    def date(self, day: int, month: str, year: int | None) -> str:
        return f"{self.ordinal(day)}r {month}" + (f" {self.year(year)}" if year else "")

    def _bent(self, before: str | None, number: int) -> str:
        """An ordinal behind this word, as it is declined there."""
        word = (before or "").lower()
        return self.ordinal(number) + ("n" if word in _WEAK else "" if word in _NAKED else "r")

    def _counting(self, match: "re.Match[str]") -> str | None:
        word = match[1].lower()
        number = int(match[3]) if match[3].isdecimal() else roman(match[3])
        if number is None or word not in _WEAK | _NAKED or (word == "die" and number > 12):
            return None
        return f"{match[1]} {self._bent(match[1], number)}"

    def _ruler(self, match: "re.Match[str]") -> str | None:
        number = roman(match[2])
        return None if number is None else f"{match[1]} der {self.ordinal(number).capitalize()}"

    def time(self, hour: int, minute: int) -> str:
        return f"{self._one(hour)} Uhr" + (f" {self.cardinal(minute)}" if minute else "")

    def counted(self, number: str, names: tuple[str, ...]) -> str:
        if number == "1":
            return "eine" if names[0].split()[0] in _FEMALE else "ein"
        return self.number(number)

    def with_noun(self, written: str, noun: str) -> str:
        if written != "1":
            return self.number(written)
        return "eine" if noun in _FEMALE or _FEMALE_ENDING.search(noun) else "ein" if noun[0].isupper() else "eins"

    def number(self, written: str) -> str:
        if "," in written and re.fullmatch(r"\d+,\d+", written):
            whole, part = written.split(",")
            return f"{self.cardinal(int(whole))} Komma {' '.join(self.cardinal(int(digit)) for digit in part)}"
        return super().number(written)

    def _plain(self, number: str) -> str:
        return self.year(int(number)) if len(number) == 4 and "1100" <= number <= "1999" else self.number(number)

    def fraction(self, whole: int, above: int, below: int, noun: str) -> str:
        if (above, below) == (1, 2):
            if whole:
                return f"{self.cardinal(whole)}einhalb{noun}"
            male = noun.strip() in ("Liter", "Tag", "Meter", "Kilometer", "Teelöffel", "Esslöffel")
            half = "ein halber" if male else "eine halbe" if _FEMALE_ENDING.search(noun) else "ein halbes"
            return f"{half}{noun}" if noun else "ein halb"
        name = _DENOMINATORS.get(below) or self.ordinal(below).removesuffix("te").capitalize() + "tel"
        top = "ein" if above == 1 else self.cardinal(above)
        return f"{self.cardinal(whole) + ' ' if whole else ''}{top} {name}{noun}"

    def abbreviation(self, short: str, before: str, after: str) -> str | None:
        following = after.lstrip()
        if short in ("S", "Art", "Abs", "Kap", "Abb", "Nr") and not following[:1].isdecimal():
            return None
        if short in ("Mo", "Di", "Mi", "Do", "Sa", "So", "Mai", "Min", "min", "max") and not following[:1].isalnum():
            return None
        if short == "So" or (short in ("Mo", "Di", "Mi", "Do", "Sa") and following[:1].isalpha()):
            return None
        return self.abbreviations[short]
