"""The states of the conversation's floor, one small table for each side, and what moves them (see `pipeline.turn`)."""

from collections.abc import Mapping
from enum import Enum


class Caller(Enum):
    SILENT = "silent"
    PROBING = "probing"
    SPEAKING = "speaking"
    PAUSED = "paused"


class Tutor(Enum):
    IDLE = "idle"
    THINKING = "thinking"
    SPEAKING = "speaking"


class Cue(Enum):
    """What moves a side from one state to the next."""

    ONSET = "onset"
    PROBE = "probe"
    CERTAIN = "certain"
    WORDS = "words"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    DROP = "drop"
    ASKED = "asked"
    SOUND = "sound"
    OVER = "over"
    STOPPED = "stopped"


CALLER: Mapping[Caller, Mapping[Cue, Caller]] = {
    Caller.SILENT: {Cue.ONSET: Caller.SPEAKING, Cue.PROBE: Caller.PROBING},
    Caller.PROBING: {Cue.CERTAIN: Caller.SPEAKING, Cue.WORDS: Caller.PAUSED, Cue.DROP: Caller.SILENT},
    Caller.SPEAKING: {Cue.PAUSE: Caller.PAUSED, Cue.END: Caller.SILENT, Cue.DROP: Caller.SILENT},
    Caller.PAUSED: {Cue.RESUME: Caller.SPEAKING, Cue.END: Caller.SILENT, Cue.DROP: Caller.SILENT},
}

TUTOR: Mapping[Tutor, Mapping[Cue, Tutor]] = {
    Tutor.IDLE: {Cue.ASKED: Tutor.THINKING},
    # ASKED: the next answer may be asked for while the last words of this one are still on their way to the ear.
    Tutor.THINKING: {
        Cue.SOUND: Tutor.SPEAKING,
        Cue.OVER: Tutor.IDLE,
        Cue.STOPPED: Tutor.IDLE,
        Cue.ASKED: Tutor.THINKING,
    },
    Tutor.SPEAKING: {Cue.OVER: Tutor.IDLE, Cue.STOPPED: Tutor.IDLE, Cue.ASKED: Tutor.THINKING},
}
