"""What can be set on the command line, from text to facts."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

import msgspec

from pipeline.errors import OperatorError
from pipeline.settings import TurnPolicy

ROLES: Final = ("asr", "turn", "sentence", "tts")


def policy(pairs: Sequence[str]) -> TurnPolicy:
    """The default policy with `key=value` changes. Raises OperatorError."""
    names = [field.name for field in fields(TurnPolicy)]
    changes = _pairs(pairs, names, "--policy", "patience=1500")
    try:
        return msgspec.convert(changes, TurnPolicy, strict=False)
    except msgspec.ValidationError as error:
        raise OperatorError(f"--policy is not usable: {error}.") from error


def latencies(text: str) -> dict[str, float]:
    """`asr=0.3,turn=0.07`: seconds that an engine takes, by role. Raises OperatorError."""
    changes = _pairs([pair for pair in text.split(",") if pair], ROLES, "--latency", "asr=0.3,turn=0.07")
    try:
        seconds = msgspec.convert(changes, dict[str, float], strict=False)
    except msgspec.ValidationError as error:
        raise OperatorError(f"--latency takes seconds: {error}.") from error
    if any(value < 0 for value in seconds.values()):
        raise OperatorError("--latency takes seconds from 0 up.")
    return seconds


def _pairs(pairs: Sequence[str], names: Sequence[str], option: str, example: str) -> Mapping[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in names:
            raise OperatorError(f"{option} {pair} is not usable: write e.g. {example}. Keys are {', '.join(names)}.")
        found[name] = value
    return found
