"""Voices and languages of a session that are not here: refused alone, and what was before stays in force."""

from collections.abc import Set

from msgspec import UNSET, structs

from pipeline.errors import CallerError
from voicegw.protocol.alone import Refusals
from voicegw.protocol.call_settings import known_language
from voicegw.protocol.session import AnySession, Session
from voicegw.protocol.voices import Voices


def available(
    wanted: AnySession, before: AnySession, voices: Voices, languages: Set[str], refusals: Refusals
) -> AnySession:
    """`wanted`, with the voice and the language of `before` where there are no such ones."""
    transcription = wanted.audio.input.transcription
    if transcription is not None:
        try:
            known_language(transcription, languages)
        except CallerError as error:
            refusals.add(error)
            wanted = _heard_as(wanted, before)
    if isinstance(wanted, Session) and isinstance(before, Session):
        try:
            voices.named(wanted.audio.output.voice, "session.audio.output.voice")
        except CallerError as error:
            refusals.add(error)
            return with_voice_of(wanted, before)
    return wanted


def with_voice_of(wanted: Session, before: Session) -> Session:
    output = structs.replace(wanted.audio.output, voice=before.audio.output.voice)
    return structs.replace(wanted, audio=structs.replace(wanted.audio, output=output))


def _heard_as(wanted: AnySession, before: AnySession) -> AnySession:
    """With the language of before."""
    known, heard = before.audio.input.transcription, wanted.audio.input
    assert heard.transcription is not None
    language, languages = (known.language, known.languages) if known else (UNSET, UNSET)
    transcription = structs.replace(heard.transcription, language=language, languages=languages)
    heard = structs.replace(heard, transcription=transcription)
    if isinstance(wanted, Session):
        return structs.replace(wanted, audio=structs.replace(wanted.audio, input=heard))
    return structs.replace(wanted, audio=structs.replace(wanted.audio, input=heard))
