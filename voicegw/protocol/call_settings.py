"""What a session, or the options of one response, mean to a call."""

from collections.abc import Set
from dataclasses import dataclass, replace

from msgspec import UNSET

from pipeline.engines import Listening
from pipeline.errors import CallerError
from pipeline.settings import CallSettings, ReplyOptions
from voicegw.protocol.client_events import ResponseOptions
from voicegw.protocol.formats import AudioFormat
from voicegw.protocol.input_items import Reader, Written, input_from
from voicegw.protocol.session import (
    AnySession,
    RetentionRatio,
    Session,
    Transcription,
    TranscriptionSession,
    Truncation,
)
from voicegw.protocol.tools import offered
from voicegw.protocol.turn_detection import turn_policy
from voicegw.protocol.voices import Voices
from voicegw.protocol.wire import MAX_OUTPUT_TOKENS, MaxTokens

CHARS_PER_TOKEN = 4
"""A conversation is measured in characters here; this is what a token of plain English has, on average."""


@dataclass(frozen=True, slots=True)
class FormattedOptions(ReplyOptions):
    """Options of a response that is to be written in another format than the session's."""

    format: AudioFormat | None = None


def call_settings(session: AnySession, defaults: CallSettings, voices: Voices, languages: Set[str]) -> CallSettings:
    """The standing orders that `session` amounts to. Raises CallerError for what is not on offer."""
    heard = session.audio.input
    listening = _listening(heard.transcription, defaults.listening, languages)
    listening = replace(listening, token_logprobs=bool(session.include and heard.transcription))
    turn = turn_policy(heard.turn_detection, defaults.turn)
    if isinstance(session, TranscriptionSession):
        silent = replace(turn, create_response=False, interrupt_response=False, idle_timeout=None)
        return CallSettings(listening=listening, turn=silent)
    tools, tool_choice = offered(session.tools, session.tool_choice, "session")
    spoken = session.audio.output
    settings = replace(
        defaults,
        instructions=session.instructions,
        listening=listening,
        speaking=voices.speaking(spoken.voice, spoken.speed, listening.language, "session.audio.output.voice"),
        audio=session.output_modalities == ("audio",),
        max_tokens=_limit(session.max_output_tokens),
        tools=tools,
        tool_choice=tool_choice,
        turn=turn,
    )
    return _truncated(settings, session.truncation)


def reply_options(
    options: ResponseOptions, session: Session, voices: Voices, language: str | None, reader: Reader
) -> ReplyOptions:
    """How one response differs from `session`. language: of the call. Raises CallerError for what is not on offer."""
    given_input = None if options.input is None else input_from(options.input, reader)
    output = options.audio.output if options.audio else None
    speaking = None
    if output and output.voice is not None:
        speed = session.audio.output.speed
        speaking = voices.speaking(output.voice, speed, language, "response.audio.output.voice")
    limit = None if options.max_output_tokens is None else _limit(options.max_output_tokens)
    if options.max_output_tokens == "inf" and session.max_output_tokens != "inf":
        limit = MAX_OUTPUT_TOKENS  # None would mean the session's limit, which this response lifts
    tools = tool_choice = None
    if options.tools is not None or options.tool_choice is not None:
        given = session.tools if options.tools is None else options.tools
        tools, tool_choice = offered(given, options.tool_choice or "auto", "response")
    made = ReplyOptions(
        instructions=options.instructions,
        audio=None if options.output_modalities is None else options.output_modalities == ("audio",),
        speaking=speaking,
        max_tokens=limit,
        metadata=options.metadata,
        tools=tools,
        tool_choice=tool_choice,
        input=None
        if given_input is None
        else tuple(one.item if isinstance(one, Written) else one for one in given_input),
        sounds=tuple((one.item.id, one.sound) for one in given_input or () if isinstance(one, Written) and one.sound),
        in_conversation=options.conversation != "none",
        words=options.voicegw.say if options.voicegw else "",
    )
    if output and output.format is not None and output.format != session.audio.output.format:
        fields = {name: getattr(made, name) for name in ReplyOptions.__dataclass_fields__}
        return FormattedOptions(**fields, format=output.format)
    return made


def _limit(tokens: MaxTokens) -> int | None:
    return None if tokens == "inf" else tokens


def _truncated(settings: CallSettings, truncation: Truncation) -> CallSettings:
    if truncation == "disabled":
        return replace(settings, forgets=False)
    if not isinstance(truncation, RetentionRatio):
        return settings
    limits = truncation.token_limits
    tokens = UNSET if limits is UNSET else limits.post_instructions
    memory = settings.memory if tokens is UNSET else min(settings.memory, tokens * CHARS_PER_TOKEN)
    return replace(settings, memory=memory, retained=truncation.retention_ratio)


def _listening(wanted: Transcription | None, default: Listening, languages: Set[str]) -> Listening:
    """Transcription settings guide the recognizer; without them it still listens, as it does by default."""
    if wanted is None:
        return default
    language = known_language(wanted, languages) if wanted.language or wanted.languages else default.language
    hints = [wanted.prompt or "", ", ".join(wanted.keywords or ())]
    return replace(
        default,
        language=language,
        prompt="\n".join(hint for hint in hints if hint) or default.prompt,
    )


def known_language(wanted: Transcription, languages: Set[str]) -> str | None:
    """The one that is asked for; None for none, or several. Raises CallerError for one that is not known."""
    param = "session.audio.input.transcription"
    if wanted.language:
        return _language(wanted.language, languages, f"{param}.language")
    several = [
        _language(tag, languages, f"{param}.languages[{index}]") for index, tag in enumerate(wanted.languages or ())
    ]
    return several[0] if len(set(several)) == 1 else None


def _language(tag: str, languages: Set[str], param: str) -> str:
    """The ISO 639-1 code in front of a language tag: recognizers know languages, not their regions."""
    code = tag.split("-", maxsplit=1)[0].lower()
    if code in languages:
        return code
    known = ", ".join(sorted(languages))
    raise CallerError(f"'{param}' is '{tag}', which the recognizer does not know. It knows: {known}.", param=param)
