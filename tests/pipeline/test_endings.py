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
        ("You. You. You.", "en", Ending.OPEN),  # hangs on a word
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
        ("Yes, I am.", "en", Ending.DOUBTFUL),
        ("Yes, I am", "en", Ending.OPEN),
        ("Was ist das?", "de", Ending.CLOSED),
        ("Ich rufe dich morgen an.", "de", Ending.DOUBTFUL),
        ("J'en ai un.", "fr", Ending.DOUBTFUL),
        ("Qu'est-ce que c'est ?", "fr", Ending.CLOSED),
        ("Ne ho uno.", "it", Ending.DOUBTFUL),
        ("Gosto muito.", "pt", Ending.DOUBTFUL),
        ("and", "xx", Ending.UNKNOWN),  # a language without a list is judged by its punctuation
    ],
)
def test_ending(text, language, expected):
    assert ending(text, language) is expected


@pytest.mark.parametrize(
    ("before", "text", "language", "expected"),
    [
        ("Are you ready?", "Yes, I am.", "en", Ending.CLOSED),
        ("Can't she swim?", "No, she can.", "en", Ending.CLOSED),
        ("Let us begin.", "Yes, I am.", "en", Ending.DOUBTFUL),
        ("Are you ready?", "Well, I am.", "en", Ending.DOUBTFUL),
        ("Do you like it?", "Yes, but.", "en", Ending.OPEN),
        ("Sind Sie das?", "Ja, das bin ich.", "de", Ending.CLOSED),
        ("Do you like it?", "Yes, because my", "en", Ending.OPEN),
    ],
)
def test_a_short_answer_is_complete_when_it_was_asked_for(before, text, language, expected):
    assert ending(text, language, before) is expected
