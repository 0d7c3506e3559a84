"""Everything that can go wrong, in one tree that says which side is to blame.

    VoiceError
    ├── CallerError       the other end of the wire asked for something that cannot be done
    ├── OperatorError     this installation is not set up right: settings, model files, ports
    └── EngineError       a model or its server did not do its work
        ├── ConversationTooLong  it was given more than it can read
        ├── EngineDown        it cannot be reached or has died
        ├── EngineTimeout     it did not answer before its deadline
        └── EngineOverloaded  its queue is full

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
    """An engine failed. `code` is what the caller's client is told."""

    code = "engine_failed"


class ConversationTooLong(EngineError):
    """The conversation does not fit in the language model's view, and nothing of it may be forgotten."""

    code = "context_length_exceeded"


class EngineDown(EngineError):
    """The engine cannot be reached, or died."""

    code = "engine_unavailable"


class EngineTimeout(EngineError):
    """The engine did not answer before its deadline."""

    code = "engine_timeout"


class EngineOverloaded(EngineError):
    """The engine's queue is full; trying again later may work."""

    code = "engine_overloaded"
