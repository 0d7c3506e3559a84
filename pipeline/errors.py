"""Everything that can go wrong, in one tree that says which side is to blame.

    VoiceError
    ├── CallerError       the other end of the wire asked for something that cannot be done
    ├── OperatorError     this installation is not set up right: settings, model files, ports
    └── EngineError       a model or its server did not do its work
        ├── ConversationTooLong  it was given more than it can read
        ├── ContentFiltered   its server does not want to answer this
        ├── EngineDown        it cannot be reached or has died
        ├── EngineTimeout     it did not answer before its deadline
        ├── EngineOverloaded  its queue is full
        ├── EngineRefused     its server does not take our requests: the key, the model's name, the request
        ├── EngineBroken      what it sent cannot be understood
        └── NoAnswer          it made something, but nothing that could be said

A `CallerError` becomes an `error` event and the call goes on. An `OperatorError` becomes one sentence and a non-zero
exit status. An `EngineError` fails one turn, never the call.
"""


class VoiceError(Exception):
    """Root of all errors raised on purpose. The message is a sentence for a person, with the remedy."""


class CallerError(VoiceError):
    """The caller's request was refused.

    code: machine-readable reason, from the Realtime protocol where it has one (`invalid_value`, ...).
    param: dotted path of the offending field (`session.audio.input.format`), or None.
    """

    def __init__(self, message: str, *, code: str = "invalid_value", param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class OperatorError(VoiceError):
    """The installation needs a person's hand; the message says what to do."""


class EngineError(VoiceError):
    """An engine failed. The message is for the log and the operator: it may quote servers, addresses and settings.

    code, told: all that a caller learns of it.
    """

    code = "engine_failed"
    told = "A part of this service failed; try again."

    def __init__(self, message: str, *, told: str | None = None) -> None:
        """told: what the caller may know, where that is more than the sentence of its kind."""
        super().__init__(message)
        if told is not None:
            self.told = told


class ConversationTooLong(EngineError):
    """The conversation does not fit in the language model's view, and nothing of it may be forgotten."""

    code = "context_length_exceeded"
    told = "The conversation is longer than the language model can read; delete items, or allow truncation."


class ContentFiltered(EngineError):
    """The engine's server refuses to answer what it was asked."""

    code = "content_filter"
    told = "The language model's provider does not answer this."


class EngineDown(EngineError):
    """The engine cannot be reached, or died."""

    code = "engine_unavailable"
    told = "A part of this service cannot be reached at the moment; try again in a few seconds."


class EngineTimeout(EngineError):
    """The engine did not answer before its deadline."""

    code = "engine_timeout"
    told = "A part of this service did not answer in time; try again."


class EngineOverloaded(EngineError):
    """The engine's queue is full; trying again later may work."""

    code = "engine_overloaded"
    told = "This service has too much to do at the moment; try again later."


class EngineRefused(EngineError):
    """The engine's server does not take our requests as they are."""

    code = "engine_refused"
    told = "A part of this service refused the request; its operator finds the reason in the log."


class EngineBroken(EngineError):
    """The engine's server sent what cannot be understood."""

    code = "engine_broken"
    told = "A part of this service gave an answer that cannot be used; try again."


class NoAnswer(EngineError):
    """The engine did its work, and nothing of what it made could be said; if some of it was, that is forgotten."""

    code = "no_answer"
    told = "The language model gave no answer; try again."
