"""English as it is said."""

import re
from collections.abc import Iterator
from typing import ClassVar

from models.spoken.language import Language
from models.spoken.numbers import digit_words, roman
from models.spoken.rule import SEEN, Rule

_DAYS = {"Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
         "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday"}  # fmt: skip
_MONTHS = "January February March April May June July August September October November December".split()
_SHORT = {month[:3]: number for number, month in enumerate(_MONTHS, 1)} | {"Sept": 9}
_RULERS = (
    "Alexander|Alfonso|Benedict|Catherine|Charles|Christian|Clement|Constantine|David|Edward|Elizabeth|Eric|Ferdinand|"
    "Francis|Franz|Frederick|George|Gregory|Gustav|Harald|Henry|Ivan|James|John|John Paul|Juan Carlos|Leo|Leopold|"
    "Louis|Margaret|Mary|Napoleon|Nicholas|Otto|Paul|Peter|Philip|Pius|Ramesses|Ramses|Richard|Robert|Victor|"
    "Victoria|Wilhelm|William|Urban|Innocent|Felipe|Carlos|Pope|King|Queen"
)
_LETTERED = re.compile(
    r"(?:Apt|Apartment|Room|Suite|Unit|Flat|Gate|Seat|Row|Building|Block|Exercise|Question|Figure|Fig|Table|Part|Class|"
    r"Level|Grade|Section|Terminal|Platform|Bus|Line|Route|No|Number|Step|Page|Street|Road)\.?\s\Z",
    re.IGNORECASE,
)
_BEHIND_THE_FIRST = (
    r"(?=[\s]*(?:[.,;:!?)’']|$)|\s(?:of|was|is|and|had|has|became|ruled|reigned|died|in|who|from|to|were)\b)"
)
_CUPS = frozenset(
    "cup teaspoon tablespoon tsp tbsp hour mile liter litre pound kilo kilometer kilometre meter metre inch ounce "
    "gallon pint quart day year century million mile degree glass bottle".split()
)
_PARTS = {2: ("half", "halves"), 4: ("quarter", "quarters")}
_TITLES = frozenset("Dr St Mt Ft".split())
_NUMBERED = frozenset("No Nos p pp pg Fig fig Ch ch Sec Vol vol Art Op Rm".split())


class English(Language):
    code = "en"
    words: ClassVar = {
        "of": "out of", "once": "one time",
        ".": "point", "dot": "point", ",": "point", "in .": "dot", "in -": "dash", "in _": "underscore",
        "in /": "slash", "in :": "colon", "in ?": "question mark", "in =": "equals", "in &": "and", "in %": "percent",
        "in ~": "tilde", "in +": "plus", "in #": "hash", "in \\": "backslash", "in @": "at", "@": "at", "#1": "number",
        "#": "hashtag", "blank": "blank", "minus": "minus", "to": "to", "per": "per", "cents": "and",
        "%": "percent", "‰": "per mille",
        "²": "squared", "³": "cubed", "^": "to the power of", "by": "by", "x": "times", "→": "becomes",
        "<=": "is less than or equal to", ">=": "is greater than or equal to", "≤": "is less than or equal to",
        "≥": "is greater than or equal to", "≠": "is not equal to", "!=": "is not equal to", "≈": "is about",
        "±": "plus or minus", "==": "equals", "=": "equals", "×": "times", "÷": "divided by", "√": "the square root of",
        "∞": "infinity", "+": "plus", "sharp": "sharp", "<": "is less than", ">": "is greater than", "over": "over",
        "under": "under", "~": "about", "&": "and", "§": "section", "°": "degrees", "and": "and", "or": "or",
        "w/o": "without", "n/a": "not applicable", "c/o": "care of",
    }  # fmt: skip
    money: ClassVar = {
        "$": ("dollar", "dollars", "cent", "cents"), "US$": ("US dollar", "US dollars", "cent", "cents"),
        "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
        "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
        "CA$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
        "€": ("euro", "euros", "cent", "cents"), "£": ("pound", "pounds", "penny", "pence"),
        "¥": ("yen", "yen", "", ""), "CN¥": ("yuan", "yuan", "", ""), "R$": ("real", "reais", "centavo", "centavos"),
        "₹": ("rupee", "rupees", "paisa", "paise"), "₽": ("rouble", "roubles", "kopek", "kopeks"),
        "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    }  # fmt: skip
    scales: ClassVar = {
        "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion", "k": "thousand",
        "K": "thousand", "M": "million", "m": "million", "mn": "million", "bn": "billion", "B": "billion",
        "b": "billion", "T": "trillion",
    }  # fmt: skip
    units: ClassVar = {
        "km/h": ("kilometer per hour", "kilometers per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
        "mph": ("mile per hour", "miles per hour"), "m/s": ("meter per second", "meters per second"),
        "m/s²": ("meter per second squared", "meters per second squared"),
        "km²": ("square kilometer", "square kilometers"), "km2": ("square kilometer", "square kilometers"),
        "m²": ("square meter", "square meters"), "m2": ("square meter", "square meters"),
        "cm²": ("square centimeter", "square centimeters"), "m³": ("cubic meter", "cubic meters"),
        "m3": ("cubic meter", "cubic meters"), "cm³": ("cubic centimeter", "cubic centimeters"),
        "sq ft": ("square foot", "square feet"), "sq mi": ("square mile", "square miles"),
        "km": ("kilometer", "kilometers"), "m": ("meter", "meters"), "cm": ("centimeter", "centimeters"),
        "mm": ("millimeter", "millimeters"), "µm": ("micrometer", "micrometers"), "nm": ("nanometer", "nanometers"),
        "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"),
        "µg": ("microgram", "micrograms"), "l": ("liter", "liters"), "L": ("liter", "liters"),
        "dl": ("deciliter", "deciliters"), "cl": ("centiliter", "centiliters"), "ml": ("milliliter", "milliliters"),
        "mL": ("milliliter", "milliliters"), "h": ("hour", "hours"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"),
        "min": ("minute", "minutes"), "mins": ("minute", "minutes"), "sec": ("second", "seconds"),
        "secs": ("second", "seconds"), "ms": ("millisecond", "milliseconds"), "ft": ("foot", "feet"),
        "yd": ("yard", "yards"), "mi": ("mile", "miles"), "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"),
        "oz": ("ounce", "ounces"), "gal": ("gallon", "gallons"), "tsp": ("teaspoon", "teaspoons"),
        "tbsp": ("tablespoon", "tablespoons"), "°C": ("degree Celsius", "degrees Celsius"),
        "° C": ("degree Celsius", "degrees Celsius"), "ºC": ("degree Celsius", "degrees Celsius"),
        "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "° F": ("degree Fahrenheit", "degrees Fahrenheit"),
        "ºF": ("degree Fahrenheit", "degrees Fahrenheit"), "°": ("degree", "degrees"),
        "kB": ("kilobyte", "kilobytes"), "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
        "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"), "Mbps": ("megabit per second",
        "megabits per second"), "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"),
        "MHz": ("megahertz", "megahertz"), "GHz": ("gigahertz", "gigahertz"), "W": ("watt", "watts"),
        "kW": ("kilowatt", "kilowatts"), "MW": ("megawatt", "megawatts"), "kWh": ("kilowatt hour", "kilowatt hours"),
        "V": ("volt", "volts"), "mA": ("milliampere", "milliamperes"), "kcal": ("kilocalorie", "kilocalories"),
        "cal": ("calorie", "calories"), "kJ": ("kilojoule", "kilojoules"), "ha": ("hectare", "hectares"),
        "dB": ("decibel", "decibels"), "px": ("pixel", "pixels"), "¢": ("cent", "cents"),
    }  # fmt: skip
    months = _MONTHS
    short_months = _SHORT
    chapters = (
        "World War|Chapter|chapter|Part|part|Act|act|Scene|scene|Volume|volume|Book|book|Section|section|Episode|"
        "episode|Article|Title|Figure|Appendix|Grade|Phase|phase|Stage|stage|Level|Type|type|Class|Mark|Super Bowl|"
        "Rocky|Apollo|Round|Unit|Lesson|Step|Table|Page|Verse|Elements|Fantasy|Olympiad|Gemini|Saturn|Amendment"
    )
    spelled = (
        "URL URLs USA UK UAE EU AI API APIs ATM CEO CIA EKG FAQ FBI HIV IOU IPO IQ ISP UFO UFOs UI UN USB UTC UV UX "
        "VIP VIPs DIY DNA RNA ID IDs IP MBA IBM BMI LA NYC AC OS SUV ER USSR"
    )
    abbreviations: ClassVar = {
        "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Dr": "Doctor", "Prof": "Professor", "Rev": "Reverend",
        "Hon": "Honorable", "Gen": "General", "Col": "Colonel", "Lt": "Lieutenant", "Sgt": "Sergeant",
        "Capt": "Captain", "Gov": "Governor", "Sen": "Senator", "Rep": "Representative", "Pres": "President",
        "Jr": "Junior", "Sr": "Senior", "St": "Saint", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road",
        "Ln": "Lane", "Hwy": "Highway", "Apt": "Apartment", "Mt": "Mount", "Ft": "Fort", "No": "number",
        "Nos": "numbers", "p": "page", "pp": "pages", "pg": "page", "Fig": "figure", "fig": "figure", "Ch": "chapter",
        "ch": "chapter", "Sec": "section", "Vol": "volume", "vol": "volume", "vs": "versus", "etc": "et cetera",
        "e.g": "for example", "i.e": "that is", "cf": "compare", "approx": "approximately", "ca": "about",
        "incl": "including", "esp": "especially", "est": "estimated", "Dept": "Department", "dept": "department",
        "min": "minimum", "max": "maximum", "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation",
        "Co": "Company", "Bros": "Brothers", "a.m": "A M", "p.m": "P M", "A.M": "A M", "P.M": "P M", "Ph.D": "P H D",
        "B.C": "B C", "A.D": "A D", "U.S": "U S", "U.K": "U K", "U.S.A": "U S A", "D.C": "D C", "ft": "feet",
        "Tel": "telephone", "tel": "telephone", "ext": "extension", "tsp": "teaspoon", "tbsp": "tablespoon",
        "oz": "ounces", "lb": "pound", "lbs": "pounds", "Univ": "University", "Assn": "Association", "viz": "namely",
        **_DAYS, **{short: _MONTHS[number - 1] for short, number in _SHORT.items()},
    }  # fmt: skip

    def own_rules(self) -> Iterator[Rule]:
        months = "|".join([*_MONTHS, *_SHORT])
        yield (
            re.compile(rf"\b({months})\b\.?\s(\d{{1,2}})\s?[–-]\s?(\d{{1,2}})\b(?![:.,/-]?\d)"),
            lambda m: self._days(m[1], m[2], m[3]),
        )
        yield re.compile(r"\b(\d{1,3}(?:st|nd|rd|th))\s?[–-]\s?(?=\d{1,3}(?:st|nd|rd|th)\b)"), self._from
        yield (
            re.compile(rf"\b({'|'.join(_DAYS)})\s?[–-]\s?({'|'.join(_DAYS)})\b"),
            (lambda m: f"{_DAYS[m[1]]} to {_DAYS[m[2]]}"),
        )
        yield re.compile(r"\b(ZIP(?:\scode)?\s)(\d{5})\b"), lambda m: m[1] + " ".join(digit_words(m[2], "en"))
        yield re.compile(rf"\bRs\.?\s?({self.number_pattern})"), lambda m: f"{self.number(m[1])} rupees"
        yield (
            re.compile(r"(?<![\w.])v(\d{1,4}(?:\.\d{1,4}){1,4})\b"),
            lambda m: "version " + " point ".join(self.number(part) for part in m[1].split(".")),
        )
        yield (
            re.compile(rf"\b(?:the\s)?(\d{{1,2}})\s?[–-]\s?(\d{{1,2}})\s({months})\b"),
            lambda m: f"the {self.ordinal(int(m[1]))} to the {self.ordinal(int(m[2]))} of {self._month(m[3])}",
        )
        yield re.compile(r"(?:(?<=[ap]m)|(?<=[ap]\.m\.)|(?<=[AP]M))\s?[–-]\s?(?=\d)"), lambda _: " to "
        yield re.compile(r"\bWW\s?(II|I|2|1)\b"), lambda m: f"World War {'two' if m[1] in ('II', '2') else 'one'}"
        yield (
            re.compile(r"(?<![\w/.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?![\w/])"),
            lambda m: self._date(m[1], m[2], m[3]),
        )
        yield (
            re.compile(r"(?<![\w.,$€£])(?!4K|8K|401k)(\d{1,4}(?:\.\d{1,2})?)(k|K|M|bn|B)\b"),
            self._large,
        )
        yield (
            re.compile(
                rf"\b({months})\b\.?\s(\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.,/]\d)(?:(,)?\s((?:1[0-9]|20)\d\d)\b)?"
            ),
            lambda m: self._day(m[1], m[2], m[4]),
        )
        yield (
            re.compile(
                rf"\b(the\s)?(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?({months})\b(?!')(?:,?\s((?:1[0-9]|20)\d\d)\b)?"
            ),
            (
                lambda m: (
                    f"the {self.ordinal(int(m[2]))} of {self._month(m[3])}"
                    + (f" {self.year(int(m[4]))}" if m[4] else "")
                )
            ),
        )
        yield re.compile(r"(?<![\w/])(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/-])"), self._slashed
        yield re.compile(r"(?<![\w:.,])(\d{1,2})(?::(\d\d))?\s?([AaPp])\.?([Mm])\b(\.(?!\w))?"), self._half_day
        yield re.compile(r"(?<!\w)['’]?(\d0)['’]?s\b"), lambda m: self._decade(int(m[1]))
        yield re.compile(r"\b(1[0-9]|20)(\d0)['’]?s\b"), lambda m: self._century(int(m[1]), int(m[2]))
        yield re.compile(r"(?<!\w)['’](\d\d)\b(?!['’\"])"), lambda m: self._plain_pair(m[1])
        yield (
            re.compile(r"\b(\d{1,2})['’′]\s?(\d{1,2})(?:\"|”|″|'')"),
            lambda m: f"{self.number(m[1])} foot {self.number(m[2])}",
        )
        yield (
            re.compile(r"(?<![\w.])(\d{1,3})(?:″|\")(?=\s(?:screen|display|TV|wide|tall|long|pizza|monitor))"),
            (lambda m: f"{self.number(m[1])} inch"),
        )
        yield (
            re.compile(r"\b(\d{1,3}(?:,\d{3})*|\d{1,6})(?:st|nd|rd|th)\b"),
            lambda m: self.ordinal(int(m[1].replace(",", ""))),
        )
        yield re.compile(rf"\b({_RULERS})\s((?=[IVX]{{2}})[IVX]{{2,6}}|[VX]|I{_BEHIND_THE_FIRST})(?![\w])"), self._ruler
        yield re.compile(r"\b([A-Z][a-z]{2,20})\s((?=[IVX]{2})[IVX]{2,6})\b"), self._chapter
        yield re.compile(r"\b24/7\b"), lambda _: "twenty-four seven"
        yield re.compile(r"\bw/(?=\s|$)"), lambda _: "with"
        yield re.compile(r"\bH2O\b"), lambda _: "H two O"
        yield re.compile(r"\bCO2\b"), lambda _: "C O two"

    def _day(self, month: str, day: str, year: str | None) -> str | None:
        if not 1 <= int(day) <= 31:
            return None
        return f"{self._month(month)} {self.ordinal(int(day))}" + (f", {self.year(int(year))}" if year else "")

    def _days(self, month: str, first: str, last: str) -> str | None:
        if not (1 <= int(first) < int(last) <= 31):
            return None
        return f"{self._month(month)} {self.ordinal(int(first))} to {self.ordinal(int(last))}"

    def _large(self, match: "re.Match[str]") -> str | None:
        """Two million, but not in "Apt. 2B"."""
        if _LETTERED.search(match.string, max(0, match.start() - SEEN), match.start()):
            return None
        return f"{self.number(match[1])} {self.scales[match[2]]}"

    def _from(self, match: "re.Match[str]") -> str:
        return f"{self.ordinal(int(match[1][:-2]))} to "

    def _month(self, name: str) -> str:
        return _MONTHS[_SHORT[name] - 1] if name in _SHORT else name

    def date(self, day: int, month: str, year: int | None) -> str:
        return f"{month} {self.ordinal(day)}" + (f", {self.year(year)}" if year else "")

    def _slashed(self, match: "re.Match[str]") -> str | None:
        first, second = int(match[1]), int(match[3])
        month, day = (first, second) if first <= 12 else (second, first)
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        return self._date(str(day), str(month), str(year))

    def _half_day(self, match: "re.Match[str]") -> str | None:
        hour, minute = int(match[1]), int(match[2] or 0)
        if not (1 <= hour <= 12 and minute < 60):
            return None
        said = self.cardinal(hour) if not minute else self.time(hour, minute)
        end = "." if match[5] and not match.string[match.end() : match.end() + 8].strip("\"'”’) ") else ""
        return f"{said} {match[3].upper()} M{end}"

    def time(self, hour: int, minute: int) -> str:
        if not minute:
            return f"{self.cardinal(hour)} o'clock" if 1 <= hour <= 12 else f"{self.cardinal(hour)} hundred"
        return f"{self.cardinal(hour)} {'oh ' if minute < 10 else ''}{self.cardinal(minute)}"

    def _decade(self, tens: int) -> str:
        said = self.cardinal(tens)
        return said.removesuffix("y") + "ies" if said.endswith("y") else said + "s"

    def _century(self, hundreds: int, tens: int) -> str:
        if not tens:
            return f"{self.cardinal(hundreds)} hundreds" if hundreds != 20 else "two thousands"
        return f"{self.cardinal(hundreds)} {self._decade(tens)}"

    def _plain_pair(self, digits: str) -> str:
        return f"oh {self.cardinal(int(digits))}" if digits[0] == "0" else self.cardinal(int(digits))

    def _ruler(self, match: "re.Match[str]") -> str | None:
        number = roman(match[2])
        return None if number is None else f"{match[1]} the {self.ordinal(number)}"

    def _plain(self, number: str) -> str:
        return self.year(int(number)) if len(number) == 4 and "1100" <= number <= "2099" else self.number(number)

    def _number(self, match: "re.Match[str]") -> str:
        if re.fullmatch(r"1[1-9]\d\d|20\d\d", match[0]) and not match.string[match.end() : match.end() + 1].isalpha():
            return self.year(int(match[0]))
        return super()._number(match)

    def fraction(self, whole: int, above: int, below: int, noun: str) -> str:
        singular, plural = _PARTS.get(below) or (self.ordinal(below), self.ordinal(below) + "s")
        name = singular if above == 1 else plural
        if whole:
            return f"{self.cardinal(whole)} and {'a' if above == 1 else self.cardinal(above)} {name}{noun}"
        if noun.strip() in _CUPS:
            return f"half a{noun}" if below == 2 else f"{'a' if above == 1 else self.cardinal(above)} {name} of a{noun}"
        return f"{self.cardinal(above)} {name}{noun}"

    def abbreviation(self, short: str, before: str, after: str) -> str | None:
        following = after.lstrip()
        if short in _NUMBERED:
            return self.abbreviations[short] if following[:1].isdecimal() else None
        if short in ("Sat", "Sun", "Wed", "May", "Mar") and not following[:1].isdecimal():
            return None
        if short in ("min", "max", "est") and not following[:1].isalnum():
            return None
        if short in _TITLES and not (following[:1].isupper() and not re.search(r"\b(?!The\b)[A-Z]\w+\s$", before)):
            return {"Dr": "Drive", "St": "Street", "Mt": "Mount", "Ft": "feet"}[short]
        return self.abbreviations[short]
