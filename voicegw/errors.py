"""The gateway's own errors; see pipeline.errors for the tree they belong to."""

from pipeline.errors import OperatorError


class SettingsError(OperatorError):
    """A setting is unknown, of the wrong kind, or missing; the message names it."""


class CannotListen(OperatorError):
    """The gateway cannot listen where it was told to."""


class PortTaken(CannotListen):
    """Another program has the port."""
