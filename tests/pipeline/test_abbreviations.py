"""Where a sentence does not end, and where it does all the same."""

import pytest

from pipeline.sentences import SentenceSplitter


def sentences(text: str, language: str) -> list[str]:
    """The chunks behind a first one, which is cut in other ways."""
    splitter = SentenceSplitter(language)
    chunks = [chunk for at in range(0, len(text), 4) for chunk in splitter.push(text[at : at + 4])]
    return chunks + splitter.finish()


WHOLE = {
    "en": [
        "Dr. Smith and Mrs. Jones met J. R. R. Tolkien.",
        "See No. 5, p. 12 and Fig. 3 for it.",
        "Bring fruit, e.g. Apples or i.e. Pears.",
        "It is Tom Brown Jr. who came.",
        "We met at 3 p.m. on Nov. 26 in St. Louis.",
        "Apples vs. Oranges, approx. Five of each.",
        "The U.S. Army has approx. half a million.",
        "Go to www.example.com/a.html or pay 3.50 now.",
        "Plan B. Wilson wrote it.",
        "Read vol. II and ch. IV of it.",
    ],
    "es": [
        "Muchas frutas, p. ej. Manzanas y peras.",
        "Vive en la Av. Libertador con la Sra. Gómez.",
        "Como Uds. Saben, el Dr. Ruiz vino.",
        "Está en la pág. 12, núm. 3.",
        "Los EE. UU. Tienen estados y Sto. Domingo es grande.",
        "Véase el cap. IV del vol. II.",
    ],
    "fr": [
        "Bonjour Mme. Dupont et M. Martin.",
        "Voici l'av. Foch et l'éd. Gallimard, chap. IX.",
        "Il y a env. Dix pages, p. ex. Celles-ci.",
        "Il est né en 44 av. J.-C. à Rome.",
    ],
    "de": [
        "Wir treffen uns am 3. März bei Dr. Weber.",
        "Viele Tiere, z. B. Hunde, d. h. Haustiere.",
        "Das sind ca. Zehn Leute bzw. Gäste.",
        "Ich wohne in der Hauptstr. 5 oder Gartenstr. 7.",
        "Im 19. Jahrhundert regierte Friedrich II. in Preußen.",
        "Prof. Dr. med. Weber zahlt inkl. Steuer und zzgl. Versand an die Fa. Bosch.",
        "Johann S. Bach spielte, siehe S. 5 und Kap. IV.",
        "Äpfel, Birnen usw. kaufen wir.",
    ],
    "it": [
        "Ecco il sig. Rossi e il dott. Bianchi.",
        "Frutta, per es. Mele e pere.",
        "L'ing. Verdi e l'avv. Neri nel sec. XX.",
        "La sig.ra Verdi e il prof. Neri.",
    ],
    "pt": ["O Sr. Silva e a Dra. Costa moram na Av. Paulista.", "Frutas, p. ex. Maçãs e peras."],
}


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, texts in WHOLE.items() for text in texts]
)
def test_a_sentence_does_not_end_within(language, text):
    chunks = sentences("Ja! Ja, ja, ja, ja, ja. " + text, language)
    assert chunks[-1] == text


@pytest.mark.parametrize(
    ("text", "language", "last"),
    [
        ("No. Thanks. We have apples, pears, etc. They are good.", "en", "They are good."),
        ("He came at three p.m. Then he left.", "en", "Then he left."),
        ("I live on Main St. It is nice.", "en", "It is nice."),
        ("It is Tom Brown Jr. He came.", "en", "He came."),
        ("So do I. Tomorrow is fine.", "en", "Tomorrow is fine."),
        ("Vitamin C. This is good.", "en", "This is good."),
        ("We have a fig. Fine.", "en", "Fine."),
        ("Äpfel, Birnen usw. Das ist gut.", "de", "Das ist gut."),
        ("Ich bin jetzt 25. Und du?", "de", "Und du?"),
        ("Es war 1990. Danach kam er.", "de", "Danach kam er."),
        ("Ich wohne in der Hauptstr. Dort ist es schön.", "de", "Dort ist es schön."),
        ("Es para Uds. ¿Quieren más?", "es", "¿Quieren más?"),
        ("Mele, pere ecc. Sono buone.", "it", "Sono buone."),
    ],
)  # fmt: skip
def test_a_sentence_may_end_there_when_another_clearly_begins(text, language, last):
    assert sentences(text, language)[-1] == last


def test_what_goes_on_with_a_small_letter_has_not_ended_where_capitals_are_used():
    assert sentences("Well then, that is all. It is an unkn. word for it.", "en")[-1] == "It is an unkn. word for it."
    assert sentences("well then, that is all. this is lower. case for it.", "en")[-1] == "case for it."
