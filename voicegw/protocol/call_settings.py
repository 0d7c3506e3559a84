"""What a session, or the options of one response, mean to a call."""

from dataclasses import dataclass, replace

from pipeline.engines import Listening, Speaking
from pipeline.errors import CallerError, OperatorError
from pipeline.settings import CallSettings, Detection, ReplyOptions, TurnPolicy
from voicegw.protocol.client_events import ResponseOptions
from voicegw.protocol.session import (
    SemanticVad,
    ServerVad,
    Session,
    Transcription,
    TurnDetection,
    default_session,
    updated_session,
)
from voicegw.protocol.wire import MAX_OUTPUT_TOKENS, MaxTokens, Voice, VoiceId

OPENAI_VOICES = frozenset({
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse",
})  # fmt: skip
"""Voices that unmodified clients ask for by name; here each of them means the default voice."""

# How long each eagerness waits for a sentence that is not complete: the caps that OpenAI documents for them. `auto` is
# left to this gateway's own patience.
PATIENCE_MS = {"low": 8000, "medium": 4000, "high": 2000}


@dataclass(frozen=True, slots=True)
class Offer:
    """What this gateway gives to every session.

    model: the name it goes by on the wire.
    voices: names of the voices it has, the default first; never empty.
    defaults: the settings of a call whose client asks for nothing.
    """

    model: str
    voices: tuple[str, ...]
    defaults: CallSettings

    def __post_init__(self) -> None:
        """Raises OperatorError for defaults that no client could be told, or that any update would be blamed for."""
        if not self.voices:
            raise OperatorError("There is no voice to speak with: install at least one.")
        by_silence = {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
        try:
            call_settings(updated_session(self.session("", 0), by_silence, self.defaults), self)
        except CallerError as error:
            raise OperatorError(f"The default settings of a call cannot be used: {error}") from None

    @property
    def default_voice(self) -> str:
        return self.defaults.speaking.voice or self.voices[0]

    def session(self, session_id: str, expires_at: int) -> Session:
        """A session whose client has said nothing yet. expires_at: seconds since the epoch."""
        return default_session(
            id=session_id, model=self.model, voice=self.default_voice, expires_at=expires_at, defaults=self.defaults
        )

    def voice(self, wanted: Voice, param: str) -> str:
        """The name of the voice that speaks. Raises CallerError, naming the field `param`, for one that is not here."""
        name = wanted.id if isinstance(wanted, VoiceId) else wanted
        if name in self.voices:
            return name
        if name in OPENAI_VOICES:
            return self.default_voice
        known = ", ".join(f"'{voice}'" for voice in self.voices)
        raise CallerError(f"There is no voice '{name}' here. The voices are: {known}.", param=param)


def call_settings(session: Session, offer: Offer) -> CallSettings:
    """The standing orders that `session` amounts to. Raises CallerError for a voice that is not on offer."""
    audio = session.audio
    return replace(
        offer.defaults,
        instructions=session.instructions,
        listening=_listening(audio.input.transcription, offer.defaults.listening),
        speaking=Speaking(offer.voice(audio.output.voice, "session.audio.output.voice"), audio.output.speed),
        audio=session.output_modalities == ("audio",),
        max_tokens=_limit(session.max_output_tokens),
        turn=_turn_policy(audio.input.turn_detection, offer.defaults.turn),
    )


def reply_options(options: ResponseOptions, session: Session, offer: Offer) -> ReplyOptions:
    """How one response differs from `session`. Raises CallerError for a voice that is not on offer."""
    output = options.audio.output if options.audio else None
    speaking = None
    if output and output.voice is not None:
        voice = offer.voice(output.voice, "response.audio.output.voice")
        speaking = Speaking(voice, session.audio.output.speed)
    limit = None if options.max_output_tokens is None else _limit(options.max_output_tokens)
    if options.max_output_tokens == "inf" and session.max_output_tokens != "inf":
        limit = MAX_OUTPUT_TOKENS  # None would mean the session's limit, which this response lifts
    return ReplyOptions(
        instructions=options.instructions,
        audio=None if options.output_modalities is None else options.output_modalities == ("audio",),
        speaking=speaking,
        max_tokens=limit,
        metadata=options.metadata,
    )


def _limit(tokens: MaxTokens) -> int | None:
    return None if tokens == "inf" else tokens


def _listening(wanted: Transcription | None, default: Listening) -> Listening:
    """Transcription settings guide the recognizer; without them it still listens, as it does by default."""
    if wanted is None:
        return default
    param = "session.audio.input.transcription"
    language = default.language
    if wanted.language:
        language = _language(wanted.language, f"{param}.language")
    elif wanted.languages:
        language = _language(wanted.languages[0], f"{param}.languages[0]")
    hints = [wanted.prompt or "", ", ".join(wanted.keywords or ())]
    return Listening(
        language=language,
        prompt="\n".join(hint for hint in hints if hint) or default.prompt,
    )


def _language(tag: str, param: str) -> str:
    """The ISO 639-1 code in front of a language tag: recognizers know languages, not their regions."""
    code = tag.split("-", maxsplit=1)[0].lower()
    if len(code) == 2 and code.isascii() and code.isalpha():
        return code
    raise CallerError(f"'{param}' must begin with a code of ISO 639-1, such as 'en', not '{tag}'.", param=param)


def _turn_policy(wanted: TurnDetection | None, default: TurnPolicy) -> TurnPolicy:
    match wanted:
        case None:
            return replace(default, detection=Detection.MANUAL)
        case SemanticVad():
            patience = PATIENCE_MS.get(wanted.eagerness, default.patience)
            policy = replace(default, detection=Detection.ADAPTIVE, patience=max(default.shortest, patience))
        case ServerVad():
            # Keep the distance of the default between the two thresholds, as Silero's own iterator does (0.15).
            release = wanted.threshold - (default.threshold - default.release)
            policy = replace(
                default,
                detection=Detection.SILENCE,
                threshold=wanted.threshold,
                release=min(wanted.threshold, max(0.01, release)),
                prefix=wanted.prefix_padding_ms,
                silence=wanted.silence_duration_ms,
                pause=min(default.pause, wanted.silence_duration_ms),
                idle_timeout=wanted.idle_timeout_ms,
            )
    return replace(policy, create_response=wanted.create_response, interrupt_response=wanted.interrupt_response)
