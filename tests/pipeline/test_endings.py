import pytest

from pipeline.endings import Ending, ending


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I would like a table for two.", "en", Ending.CLOSED),
        ("Where are you from?", "en", Ending.CLOSED),
        ("I would like to", "en", Ending.OPEN),
        ("What is the?", "en", Ending.OPEN),  # no question ends in an article
        ("Who is he?", "en", Ending.CLOSED),
        ("I think he.", "en", Ending.OPEN),
        ("I went there because.", "en", Ending.OPEN),  # recognizers put a full stop behind anything
        ("Well, I think, um", "en", Ending.OPEN),
        ("First of all,", "en", Ending.OPEN),
        ("I was thinking...", "en", Ending.OPEN),
        ("yes", "en", Ending.UNKNOWN),
        ("", "en", Ending.UNKNOWN),
        ("Quiero una mesa para", "es", Ending.OPEN),
        ("Quiero una mesa para dos.", "es", Ending.CLOSED),
        ("Je voudrais un café et", "fr", Ending.OPEN),
        ("Ich glaube, dass", "de", Ending.OPEN),
        ("Ich komme aus Berlin.", "de", Ending.CLOSED),
        ("Vorrei un caffè con", "it", Ending.OPEN),
        ("Eu queria um café com", "pt", Ending.OPEN),
        ("因为", "zh", Ending.OPEN),
        ("我喜欢咖啡。", "zh", Ending.CLOSED),
        ("コーヒーが好きですけど", "ja", Ending.OPEN),
        ("and", "xx", Ending.UNKNOWN),  # a language without a list is judged by its punctuation
    ],
)
def test_ending(text, language, expected):
    assert ending(text, language) is expected
