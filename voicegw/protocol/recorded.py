"""Sound that a client puts into a message, and what it may be."""

import io
import wave

from pipeline.audio import HEARING_RATE, SAMPLE_BYTES, Pcm
from pipeline.errors import CallerError
from voicegw.protocol.formats import AudioFormat

LONGEST_S = 60
"""As long as a turn may be that is spoken live."""
LEAST_S = 0.1
"""Shorter holds no word: the bound of input_audio_buffer.commit."""
RATES = range(8000, 192_001)
"""Samples a second of a WAV file."""


def recorded(audio: bytes, wire: AudioFormat, at: str) -> Pcm:
    """The samples: in the session's input format, as the protocol has it, or of a WAV file, as other APIs do.

    at: the field it came in. Raises CallerError naming it.
    """
    pcm = _wav(audio, at) if audio.startswith(b"RIFF") else Pcm(_decoded(audio, wire, at), wire.rate)
    if not LEAST_S <= pcm.seconds <= LONGEST_S:
        raise CallerError(
            f"'{at}' holds {pcm.seconds:.2f} s of sound; a message may have {LEAST_S} to {LONGEST_S} s.", param=at
        )
    return pcm


def _decoded(audio: bytes, wire: AudioFormat, at: str) -> bytes:
    try:
        return wire.decode(audio)
    except CallerError as error:
        raise CallerError(str(error).replace("'audio'", f"'{at}'"), param=at) from None


def _wav(audio: bytes, at: str) -> Pcm:
    try:
        with wave.open(io.BytesIO(audio)) as file:
            kind = (file.getnchannels(), file.getsampwidth())
            rate, data = file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise CallerError(f"'{at}' begins like a WAV file, and cannot be read as one: {error}.", param=at) from None
    if kind != (1, SAMPLE_BYTES) or rate not in RATES:
        raise CallerError(
            f"'{at}' is a WAV file of {kind[0]} channels, {8 * kind[1]} bits, {rate} Hz; it must have one channel and "
            f"16 bits, best at {HEARING_RATE} Hz.",
            param=at,
        )
    return Pcm(data, rate)
