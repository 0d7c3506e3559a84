"""Full stops that end no sentence, in each language: abbreviations, initials, and numbers that count.

Three kinds. `NEVER`: something always follows ("Dr.", "z. B."). `BEFORE_NUMBERS`: a number follows, else it is a word
("No. 5", but "No. Thanks."). `PERHAPS`: it may also stand at the end ("etc.", "usw.", "Jr.", "p.m."), which is so when
a new sentence clearly begins: with a capital letter and one of the small words that begin most sentences.
"""

import re
from collections.abc import Mapping
from enum import Enum

_NEVER: Mapping[str, str] = {
    "en": "mr mrs ms mx dr prof rev hon gen col lt sgt capt cmdr maj gov sen rep pres messrs vs cf viz e.g i.e ca "
    "approx incl esp dept est pp mt ave apt ext tel",
    "es": "sr sra srta dr dra prof profa gral cnel lic ing d dña av avda cl pza sto sta ee ff rr jj p.ej p.e ej "
    "aprox tel dpto excmo ilmo mons",
    "de": "dr prof hr fr bzw z.b d.h ca evtl ggf inkl exkl vgl sog z.t u.u i.d.r o.g s.o v.a z.zt abb bd bes dipl ing "
    "mind st tel geb kath ev frl hl hrsg jgv kfm lt m.e n.chr v.chr gem bspw allg engl franz urspr "
    "zzgl bzgl med phil jur fa frhr lfd entspr",
    "it": "sig sigg sigra sig.ra sig.na dott dott.ssa prof prof.ssa ing avv arch geom rag on p.es ad.es per.es pag "
    "pagg es tel ca cfr s ss gent spett ill sec",
    "fr": "mm mme mmes mlle mlles me mgr dr pr prof p.ex par.ex env av bd boul cf chap tél éd m st ste",
    "pt": "sr sra srta srs sras dr dra drs prof profa eng av p.ex por.ex r trav pç tel aprox exmo exma d séc",
    "nl": "dhr mevr mw dr prof ir drs bijv b.v d.w.z d.m.v m.b.t o.a t.a.v ca evt incl excl tel st",
    "pl": "np dr prof inż mgr tzn tj m.in ul al pl os ok św p.o im woj",
}
_BEFORE_NUMBERS: Mapping[str, str] = {
    "en": "no nos p pg ch sec art fig vol op rm jan feb mar apr may jun jul aug sep sept oct nov dec",
    "es": "n nº p pág págs núm art fig vol cap ref máx mín ene feb mar abr may jun jul ago sept oct nov dic",
    "de": "nr s abs kap art max min jan feb mär apr jun jul aug sep sept okt nov dez",
    "it": "n nn p art fig vol cap max min gen feb mar apr mag giu lug ago set ott nov dic",
    "fr": "n p no art fig vol max min janv févr avr juil sept oct nov déc",
    "pt": "n p pág págs núm art fig vol cap máx mín jan fev mar abr mai jun jul ago set out nov dez",
    "nl": "nr blz max min jan feb mrt apr jun jul aug sep okt nov dec",
    "pl": "nr s str r",
}
_PERHAPS: Mapping[str, str] = {
    "en": "etc jr sr st inc ltd co corp bros a.m p.m u.s u.k b.c a.d ph.d m.d b.a m.a d.c rd ln sq blvd ft hrs min "
    "mins oz lb lbs jan feb aug sept oct nov dec mon tue tues wed thur thurs fri",
    "es": "etc ud uds vd vds ee.uu a.m p.m a.c d.c s.a cía hnos h min kg km c/u",
    "de": "usw etc u.a u.ä o.ä u.v.m jh jhd mio mrd std str chr u.s.w uvm tsd jr sen min max jan feb aug sept "
    "okt nov dez",
    "it": "ecc etc a.c d.c s.p.a s.r.l jr sen",
    "fr": "etc j.-c j.c apr s.a min janv févr",
    "pt": "etc vc vcs ltda cia s.a a.c d.c h min",
    "nl": "enz etc e.d jr",
    "pl": "itd itp etc r w godz tys mln mld zł gr",
}
_STARTERS: Mapping[str, str] = {
    "en": "the this that these those it he she they we you i if when then so but and in on at there here what how why "
    "who where which do does did is are was were can could would will my your his her our their its for as because "
    "while after before let let's yes no not please also maybe sometimes now it's i'm that's we're you're they're",
    "es": "el la los las un una yo tú él ella nosotros ellos usted esto eso este esta y pero si cuando entonces en con "
    "por para qué cómo dónde no sí también hay es son mi su luego después a",
    "de": "der die das ein eine ich du er sie es wir ihr und aber wenn dann dort hier was wie wo warum wer in im am "
    "nein ja auch dies diese dieser mein dein sein ist sind hat kann man danach jetzt heute bitte so deshalb denn",
    "it": "il lo la i gli le un una io tu lui lei noi loro questo questa e ma se quando poi in con per che come dove "
    "non sì anche è sono mio suo dopo",
    "fr": "le la les l un une je tu il elle nous vous ils elles ce cela ça et mais si quand puis en dans avec pour que "
    "comment où non oui aussi est mon son c'est j'ai on après",
    "pt": "o os as um uma eu tu ele ela nós você eles isto isso este esta e mas se quando então em com por para que "
    "como onde não sim também é são meu seu depois",
    "nl": "de het een ik jij hij zij wij ze we je en maar als dan in op met voor wat hoe waar waarom nee ja ook dit "
    "dat",
    "pl": "to ten ta ja ty on ona my oni ale jeśli kiedy potem na co jak gdzie nie tak też jest są",
}


class FullStop(Enum):
    """What a full stop does to its sentence."""

    ENDS = "ends"
    GOES_ON = "goes on"
    UNKNOWN = "unknown until more has come"


_ORDINAL_LANGUAGES = frozenset(
    ("cs", "da", "de", "et", "fi", "hr", "hu", "is", "lv", "nb", "nn", "no", "pl", "sk", "sl")
)
"""Where "12. Mai" is the twelfth."""
_COUNTS = re.compile(r"\d{1,2}|[IVX]{1,5}")
_COUNTED = re.compile(r"(?:[IVXLC]{2,}|[VX])(?!\w|\Z)")
"""A Roman number; "I" is a word, and one letter may go on."""
_ELIDED = re.compile(r"\A(?:[cdjlmnst]|qu|un|dell|all|nell|dall|sull|quell)['’]")
_INITIALS = re.compile(r"(?:[^\W\d_][.\-]{1,2}){0,4}[^\W\d_]")
_STREET = re.compile(r"\w{3,}(?:str|pl)")
_TOKENS = re.compile(r"\S+")
_OPENING = "\"'“”„‘«»([{¿¡*_-"
_NEXT = re.compile(r"\s*([^\w\s]*)(\w+(?:['’]\w+)*)(\W)?")


def _words(table: Mapping[str, str], language: str) -> frozenset[str]:
    return frozenset(table.get(language or "en", "").split())


class Abbreviations:
    """Of one language; for an unknown one ("") those of English are taken."""

    def __init__(self, language: str) -> None:
        """language: ISO 639-1."""
        self._never = _words(_NEVER, language)
        self._numbers = _words(_BEFORE_NUMBERS, language)
        self._perhaps = _words(_PERHAPS, language)
        self._starters = _words(_STARTERS, language)
        self._counts = language in _ORDINAL_LANGUAGES
        self._streets = language == "de"
        self._english = language in ("en", "")

    def judge(self, before: str, after: str, *, over: bool = False) -> FullStop:
        """before: the text up to the full stop, its last 32 characters are enough. after: what has come behind it.

        over: nothing more will come.
        """
        kind = self._kind(before)
        if kind is None:
            return FullStop.ENDS
        following = after.lstrip()
        if not following:
            return FullStop.ENDS if over else FullStop.UNKNOWN
        if kind == "never":
            return FullStop.GOES_ON
        if following[0].isdigit():
            return FullStop.GOES_ON
        if kind == "number":
            if _COUNTED.match(following):
                return FullStop.GOES_ON
            unknown = not over and _COUNTS.fullmatch(following) is not None
            return FullStop.UNKNOWN if unknown else FullStop.ENDS
        return self._begins(after, over=over)

    def known(self, before: str) -> bool:
        """Whether a full stop behind this may be no end."""
        return self._kind(before) is not None

    def _kind(self, before: str) -> str | None:
        """What the abbreviation is that `before` ends with; None for a word."""
        tokens = [token.lstrip(_OPENING) for token in _TOKENS.findall(before[-32:])]
        if not tokens or not tokens[-1]:
            return None
        last = tokens[-1]
        low = _ELIDED.sub("", last.lower())
        pair = f"{tokens[-2].lower()}{low}" if len(tokens) > 1 and tokens[-2].endswith(".") else ""
        named = f"{tokens[-2].lower()}.{low}" if len(tokens) > 1 else ""
        if pair in self._never or named in self._never or low in self._never:
            return "never"
        if pair in self._perhaps or low in self._perhaps:
            return "perhaps"
        if low in self._numbers and not (_INITIALS.fullmatch(last) and last.isupper()):
            return "number"
        if _INITIALS.fullmatch(last) and not (last == "I" and self._english):
            return "perhaps"
        if self._counts and _COUNTS.fullmatch(last):
            return "perhaps"
        return "perhaps" if self._streets and _STREET.fullmatch(low) else None

    def _begins(self, after: str, *, over: bool) -> FullStop:
        """Whether a sentence begins there for sure."""
        found = _NEXT.match(after)
        if found is None:
            return FullStop.GOES_ON if over or len(after) > 32 else FullStop.UNKNOWN
        if "¿" in found[1] or "¡" in found[1]:
            return FullStop.ENDS
        word, behind = found[2], found[3]
        if not word[0].isupper():
            return FullStop.GOES_ON
        if behind is None and not over:
            return FullStop.UNKNOWN
        initial = len(word) == 1 and behind == "."
        return FullStop.ENDS if word.replace("’", "'").lower() in self._starters and not initial else FullStop.GOES_ON
