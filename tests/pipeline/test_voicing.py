"""Whose voice speaks where nobody chose one."""

from pipeline.engines import Speaking, Voice
from pipeline.voicing import Voicing, default_voices

JOE, ROBOT, PIERRE = (
    Voice("joe", ("en",), 1),
    Voice("robot", ("fr", "es"), 1, natural=False),
    Voice("pierre", ("fr",), 1),
)
ALL = (JOE, ROBOT, PIERRE)


def test_a_voice_like_a_person_is_the_default_of_its_language():
    assert default_voices(ALL) == {"en": "joe", "fr": "pierre", "es": "robot"}


def test_an_unchosen_voice_follows_the_language_of_the_text_and_stays():
    voicing = Voicing(Speaking(speed=1.2), ALL)
    assert (voicing.how, voicing.language) == (Speaking(speed=1.2), "en")
    voicing.read("Bon")
    assert voicing.language == "en"
    voicing.read("jour, comment ça va ?")
    assert (voicing.how, voicing.language) == (Speaking("pierre", 1.2, "fr"), "fr")
    voicing.read(" ¿Y cómo estás tú, amigo mío? Muy bien, gracias, y la familia también.")
    assert voicing.how.voice == "pierre"


def test_a_voice_or_a_language_that_was_chosen_stays():
    for how in (Speaking("joe"), Speaking("robot", 1.0, "es"), Speaking(None, 1.0, "en")):
        voicing = Voicing(how, ALL)
        voicing.read("Bonjour, comment allez-vous ?")
        assert voicing.how == how


def test_a_language_that_nobody_speaks_leaves_the_default_voice():
    voicing = Voicing(Speaking(), ALL)
    voicing.read("Guten Tag, wie geht es dir?")
    assert voicing.how == Speaking()
