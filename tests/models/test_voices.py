"""Several synthesizers as one."""

from collections.abc import AsyncGenerator

import pytest

from models.scripted import ScriptedSynthesizer
from models.voices import Voices, pick
from pipeline.engines import Speaking, Spoken, Synthesizer, Voice
from pipeline.errors import EngineError

JOE, ANNA, RITA = Voice("joe", ("en",), 22_050), Voice("anna", ("de",), 22_050), Voice("rita", ("pt", "en"), 16_000)
ALL = (JOE, ANNA, RITA)


@pytest.mark.parametrize(
    ("how", "voice"),
    [
        (Speaking(), JOE),
        (Speaking(language="en"), JOE),
        (Speaking(language="de"), ANNA),
        (Speaking(language="pt-BR"), RITA),
        (Speaking(language="DE"), ANNA),
        (Speaking(voice="rita"), RITA),
        (Speaking(voice="rita", language="de"), RITA),
    ],
)
def test_a_voice_is_found_by_name_or_by_language(how: Speaking, voice: Voice) -> None:
    assert pick(ALL, how) == voice


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(EngineError, match=r"'amy'.*joe \(en\), anna \(de\), rita \(pt/en\)\."):
        pick(ALL, Speaking(voice="amy"))
    with pytest.raises(EngineError, match=r"'fr'.*joe \(en\).*voicegw models list"):
        pick(ALL, Speaking(language="fr"))


def test_an_error_does_not_name_a_hundred_voices() -> None:
    many = [Voice(f"v{number}", ("en",), 8000) for number in range(100)]
    with pytest.raises(EngineError, match="and 88 more") as caught:
        pick(many, Speaking(voice="amy"))
    assert len(str(caught.value)) < 300


class Member(ScriptedSynthesizer):
    def __init__(self, *voices: Voice) -> None:
        super().__init__()
        self.voices = voices
        self.open = 0

    async def stream(
        self, text: str, how: Speaking, *, caller: str, batch: bool = False
    ) -> AsyncGenerator[Spoken, None]:
        self.open += 1
        try:
            async for part in super().stream(text, how, caller=caller, batch=batch):
                yield part
        finally:
            self.open -= 1


async def test_each_text_is_spoken_by_the_synthesizer_that_has_the_voice() -> None:
    neural, robot = Member(JOE, ANNA), Member(Voice("espeak-en", ("en",), 22_050), Voice("espeak-fr", ("fr",), 22_050))
    voices: Synthesizer = Voices(neural, robot)
    await voices.start()
    assert [voice.name for voice in voices.voices] == ["joe", "anna", "espeak-en", "espeak-fr"]
    for text, how in [
        ("Good morning", Speaking(language="en")),
        ("Bonjour", Speaking(language="fr")),
        ("Guten Morgen", Speaking(voice="anna")),
        ("Hello", Speaking(voice="espeak-en")),
    ]:
        assert [part async for part in voices.stream(text, how, caller="anna")]
    await voices.close()
    assert list(neural.spoken) == ["Good morning", "Guten Morgen"]
    assert list(robot.spoken) == ["Bonjour", "Hello"]


async def test_a_stretch_in_another_script_is_spoken_by_a_voice_that_can_read_it() -> None:
    neural, robot = Member(JOE), Member(Voice("espeak-en", ("en",), 22_050), Voice("espeak-ru", ("ru",), 16_000))
    text = 'I said "привет, мир" to him.'
    parts = [part async for part in Voices(neural, robot).stream(text, Speaking(), caller="anna")]
    assert list(neural.spoken) == ['I said "', '" to him.']
    assert list(robot.spoken) == ["привет, мир"]
    assert "".join(word.text for part in parts for word in part.words or ()) == text
    assert {part.pcm.rate for part in parts} == {JOE.rate}
    at = 0
    for part in parts:
        assert part.pcm.start == at
        at += part.pcm.samples
    starts = [word.start for part in parts for word in part.words or ()]
    assert starts == sorted(starts)


async def test_what_no_voice_can_read_is_shown_and_not_said() -> None:
    text = "The word សួស្តី means hello."
    neural = Member(JOE)
    parts = [part async for part in Voices(neural).stream(text, Speaking(), caller="anna")]
    assert list(neural.spoken) == ["The word ", " means hello."]
    assert "".join(word.text for part in parts for word in part.words or ()) == text
    parts = [part async for part in Voices(neural).stream("Say សួស្តី", Speaking(), caller="anna")]
    assert "".join(word.text for part in parts for word in part.words or ()) == "Say សួស្តី"


async def test_closing_the_stream_closes_the_one_behind_it() -> None:
    member = Member(JOE)
    stream = Voices(member).stream("a long text that takes several parts", Speaking(), caller="anna")
    await anext(stream)
    assert member.open == 1
    await stream.aclose()
    assert member.open == 0


def test_the_engine_is_named_after_all_of_them() -> None:
    info = Voices(Member(JOE), Member(ANNA)).info
    assert info.role == "tts"
    assert " + " in info.engine
