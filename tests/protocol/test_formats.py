"""G.711 against FFmpeg's tables, and the rules of each format."""

from typing import Literal

import numpy as np
import pytest
from av import AudioCodecContext, AudioFrame, CodecContext, Packet

from pipeline.errors import CallerError
from voicegw.protocol.formats import PcmaFormat, PcmFormat, PcmuFormat
from voicegw.protocol.g711 import a_law, mu_law

EVERY_SAMPLE = np.arange(-32768, 32768).astype("<i2")
LAWS = [("pcm_mulaw", mu_law()), ("pcm_alaw", a_law())]


def codec(name: Literal["pcm_mulaw", "pcm_alaw"], mode: Literal["r", "w"]) -> AudioCodecContext:
    context = CodecContext.create(name, mode)
    context.sample_rate, context.layout = 8000, "mono"
    if mode == "w":
        context.format = "s16"
    return context


@pytest.mark.parametrize(("name", "law"), LAWS)
def test_every_code_means_what_it_means_to_ffmpeg(name, law):
    codes = bytes(range(256))
    [frame] = codec(name, "r").decode(Packet(codes))
    assert law.decode(codes) == bytes(frame.planes[0])[:512]


@pytest.mark.parametrize(("name", "law"), LAWS)
def test_every_sample_becomes_the_nearest_level(name, law):
    """FFmpeg's encoder is coarser than the codec (its table has a quarter of the samples): never better than ours."""
    frame = AudioFrame(format="s16", layout="mono", samples=len(EVERY_SAMPLE))
    frame.sample_rate = 8000
    frame.planes[0].update(EVERY_SAMPLE.tobytes())
    theirs = b"".join(bytes(packet) for packet in codec(name, "w").encode(frame))
    ours = law.encode(EVERY_SAMPLE.tobytes())

    def distance(coded: bytes) -> np.ndarray:
        result: np.ndarray = np.abs(np.frombuffer(law.decode(coded), "<i2").astype(int) - EVERY_SAMPLE)
        return result

    assert (distance(ours) <= distance(theirs)).all()
    levels = np.unique(np.frombuffer(law.decode(bytes(range(256))), "<i2")).astype(int)
    nearest = np.abs(levels[None, ::] - EVERY_SAMPLE[::37, None].astype(int)).min(axis=1)
    assert (distance(ours)[::37] == nearest).all()


@pytest.mark.parametrize(("name", "law"), LAWS)
def test_what_was_decoded_is_encoded_back(name, law):
    codes = bytes(range(256))
    again = law.encode(law.decode(codes))
    differing = [code for code in codes if again[code] != code]
    assert differing == ([0x7F] if name == "pcm_mulaw" else [])  # µ-law has two zeros


def test_silence_is_what_telephones_send_for_it():
    assert mu_law().encode(bytes(4)) == b"\xff\xff"
    assert a_law().encode(bytes(4)) == b"\xd5\xd5"


def test_rates_and_lengths():
    for wire, rate, size in ((PcmFormat(), 24000, 48), (PcmuFormat(), 8000, 8), (PcmaFormat(), 8000, 8)):
        assert (wire.rate, wire.bytes_per_ms) == (rate, size)
        assert wire.decode(b"") == wire.encode(b"") == b""
    with pytest.raises(CallerError, match="even number"):
        PcmFormat().decode(b"\0")
    assert PcmFormat().encode(b"\1\0") == b"\1\0"
