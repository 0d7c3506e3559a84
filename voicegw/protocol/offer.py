"""What this gateway gives to every session."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import UNSET, structs

from pipeline.errors import CallerError, OperatorError
from pipeline.settings import CallSettings
from voicegw.protocol.alone import Refusals
from voicegw.protocol.available import available
from voicegw.protocol.call_settings import call_settings
from voicegw.protocol.session import (
    AnySession,
    Audio,
    HeardAudio,
    InputAudio,
    Session,
    SessionType,
    SpokenAudio,
    Transcription,
    TranscriptionSession,
)
from voicegw.protocol.turn_detection import turn_detection
from voicegw.protocol.updates import updated_session
from voicegw.protocol.voices import Voices


@dataclass(frozen=True, slots=True)
class Offer:
    """model: the name it goes by on the wire. transcriber: that of its recognizer.

    voices: names of the voices it has, the default first; never empty.
    defaults: the settings of a call whose client asks for nothing.
    languages: ISO 639-1 codes that the recognizer can be asked for. spoken_in: code → default voice of that language.
    """

    model: str
    voices: tuple[str, ...]
    defaults: CallSettings
    languages: Set[str]
    transcriber: str = "whisper"
    spoken_in: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises OperatorError for defaults that no client could be told, or that any update would be blamed for."""
        if not self.voices:
            raise OperatorError("There is no voice to speak with: install at least one.")
        by_silence = {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
        try:
            self.spoken.named(self.spoken.default, "the default voice")
            self.settings(self.updated(self.session("realtime", "", 0), by_silence))
        except CallerError as error:
            raise OperatorError(f"The default settings of a call cannot be used: {error}") from None

    def session(
        self,
        kind: SessionType,
        session_id: str,
        expires_at: int,
        wishes: Mapping[str, Any] | None = None,
        refusals: Refusals | None = None,
    ) -> AnySession:
        """A session whose client has said nothing yet, but for its `wishes`, which read like a session.update.

        expires_at: seconds since the epoch. refusals: see `updated`. Raises CallerError for wishes that cannot be
        fulfilled.
        """
        session = self._default(kind, session_id, expires_at)
        if wishes is None:
            return session
        session = self.updated(session, wishes, refusals)
        self.settings(session)
        return session

    def updated(self, session: AnySession, update: Mapping[str, Any], refusals: Refusals | None = None) -> AnySession:
        """`session` changed by the client's wishes. Raises CallerError for what cannot be had.

        refusals: takes what is refused alone, and stays as it was; without it, that refuses the whole.
        """
        alone = Refusals()
        made = updated_session(session, update, self.defaults, alone)
        made = available(made, session, self.spoken, self.languages, alone)
        if refusals is None and alone.error:
            raise alone.error
        if refusals is not None:
            refusals.take(alone)
        return made

    def settings(self, session: AnySession) -> CallSettings:
        """What `session` means to a call. Raises CallerError for what is not on offer."""
        return call_settings(session, self.defaults, self.spoken, self.languages)

    @property
    def spoken(self) -> Voices:
        chosen = self.defaults.speaking.voice
        return Voices(self.voices, chosen or self.voices[0], self.spoken_in, fixed=chosen is not None)

    def shown(self, session: AnySession) -> AnySession:
        """`session` as its client sees it: with the voice that speaks where the client chose none."""
        if not isinstance(session, Session) or session.audio.output.voice is not UNSET:
            return session
        voice = self.spoken.of(self.settings(session).listening.language)
        output = structs.replace(session.audio.output, voice=voice)
        return structs.replace(session, audio=structs.replace(session.audio, output=output))

    def _default(self, kind: SessionType, session_id: str, expires_at: int) -> AnySession:
        defaults = self.defaults
        if kind == "transcription":
            silent = replace(defaults.turn, create_response=False, interrupt_response=False)
            transcription = Transcription(model=self.transcriber)
            heard = InputAudio(transcription=transcription, turn_detection=turn_detection(silent))
            return TranscriptionSession(id=session_id, expires_at=expires_at, audio=HeardAudio(heard))
        return Session(
            id=session_id,
            model=self.model,
            expires_at=expires_at,
            output_modalities=("audio",) if defaults.audio else ("text",),
            instructions=defaults.instructions,
            max_output_tokens="inf" if defaults.max_tokens is None else defaults.max_tokens,
            audio=Audio(
                input=InputAudio(turn_detection=turn_detection(defaults.turn)),
                output=SpokenAudio(speed=defaults.speaking.speed),
            ),
        )
