"""The chosen language chooses the voice, unless the client did."""

import pytest

from pipeline.engines import Listening, Speaking
from pipeline.errors import CallerError
from pipeline.settings import CallSettings
from tests.protocol.line import LANGUAGES, Line
from tests.protocol.sessions import configured, updated
from voicegw.protocol.offer import Offer
from voicegw.protocol.voices import Voices

SPOKEN_IN = {"en": "joe", "fr": "espeak-fr", "es": "espeak-es"}
NAMES = ("joe", "espeak-fr", "espeak-es")


def line(defaults: CallSettings | None = None) -> Line:
    return Line(Offer("local", NAMES, defaults or CallSettings(), LANGUAGES | {"fr", "es", "de"}, spoken_in=SPOKEN_IN))


def french(**output):
    return {"input": {"transcription": {"language": "fr"}}, "output": output}


@pytest.mark.parametrize("output", [{}, {"voice": "alloy"}, {"voice": "marin"}])
def test_a_language_without_a_voice_has_the_default_voice_of_that_language(output):
    assert configured(line(), audio=french(**output)).speaking == Speaking("espeak-fr", 1.0, "fr")


def test_a_hint_of_languages_counts_as_well():
    audio = {"input": {"transcription": {"languages": ["es-MX"]}}}
    assert configured(line(), audio=audio).speaking == Speaking("espeak-es", 1.0, "es")


def test_a_voice_that_was_chosen_stays_whatever_the_language():
    assert configured(line(), audio=french(voice="joe")).speaking == Speaking("joe", 1.0)


def test_the_operators_language_counts_where_the_client_names_none():
    heard = line(CallSettings(listening=Listening(language="fr")))
    assert configured(heard, instructions="Hi").speaking == Speaking("espeak-fr", 1.0, "fr")


def test_a_language_that_no_voice_speaks_has_the_default_voice():
    audio = {"input": {"transcription": {"language": "de"}}}
    assert configured(line(), audio=audio).speaking.voice == "joe"


def test_where_no_language_is_known_the_text_will_tell():
    assert configured(line(), instructions="Hi").speaking == Speaking(None, 1.0)


def test_the_client_is_shown_who_speaks_or_what_it_asked_for():
    call = line()
    assert updated(call, instructions="Hi")["audio"]["output"]["voice"] == "joe"
    assert updated(call, audio=french())["audio"]["output"]["voice"] == "espeak-fr"
    assert updated(call, audio={"output": {"voice": "alloy"}})["audio"]["output"]["voice"] == "alloy"
    assert updated(call, audio={"output": {"voice": "joe"}})["audio"]["output"]["voice"] == "joe"


def test_changing_the_language_changes_a_voice_that_nobody_chose():
    call = line()
    assert configured(call, audio=french()).speaking.voice == "espeak-fr"
    call.sent()
    audio = {"input": {"transcription": {"language": "es"}}}
    assert configured(call, audio=audio).speaking.voice == "espeak-es"


def test_an_unknown_voice_is_refused_with_the_remedy():
    with pytest.raises(CallerError, match=r"no voice 'bob'.*'joe'.*leave the voice out") as caught:
        Voices(NAMES, "joe", SPOKEN_IN).named("bob", "voice")
    assert caught.value.param == "voice"
    many = tuple(f"v{number}" for number in range(100))
    with pytest.raises(CallerError, match="and 88 more, which GET /v1/voicegw/lobby lists"):
        Voices(many, "v1").named("bob", "voice")
