"""Real libopus: what is encoded is heard again, and what is lost is guessed."""

import numpy as np
import pytest

from voicegw.transports.opus import CLOCK_RATE, FRAME, BadPacket, OpusDecoder, OpusEncoder, duration

HEARING = 16_000


def voice(seconds: float) -> bytes:
    """A tone that swells, as vowels do."""
    t = np.arange(int(seconds * CLOCK_RATE)) / CLOCK_RATE
    return (9000 * np.sin(2 * np.pi * 300 * t) * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * t))).astype("<i2").tobytes()


def packets(sound: bytes, **settings: int) -> list[bytes]:
    encoder = OpusEncoder(**settings)
    size = FRAME * 2
    return [encoder.encode(sound[at : at + size]) for at in range(0, len(sound), size)]


def loudness(pcm: bytes) -> float:
    return float(np.sqrt(np.mean(np.frombuffer(pcm, "<i2").astype(float) ** 2)))


def test_what_is_encoded_is_heard_again_at_the_engines_rate():
    decoder = OpusDecoder(HEARING)
    heard = b"".join(decoder.decode(packet) for packet in packets(voice(1.0)))
    assert len(heard) == HEARING * 2
    spectrum = np.abs(np.fft.rfft(np.frombuffer(heard, "<i2")))
    assert int(np.argmax(spectrum)) == 300
    assert loudness(heard) == pytest.approx(loudness(voice(1.0)), rel=0.1)


def test_a_lost_packet_comes_back_from_the_copy_in_the_next():
    sent = packets(voice(1.0), loss=20)
    whole, patched, guessed = OpusDecoder(HEARING), OpusDecoder(HEARING), OpusDecoder(HEARING)
    errors = {"copy": 0.0, "guess": 0.0}
    truth = [whole.decode(packet) for packet in sent]
    for n in range(10, 40):
        if n % 5:
            patched.decode(sent[n])
            guessed.decode(sent[n])
            continue
        wanted = np.frombuffer(truth[n], "<i2").astype(float)
        for name, sound in (("copy", patched.conceal(FRAME, sent[n + 1])), ("guess", guessed.conceal(FRAME))):
            assert len(sound) == len(truth[n])
            errors[name] += float(np.sqrt(np.mean((np.frombuffer(sound, "<i2") - wanted) ** 2)))
    assert errors["copy"] < errors["guess"]


def test_a_guess_fades():
    decoder = OpusDecoder(HEARING)
    for packet in packets(voice(0.5)):
        decoder.decode(packet)
    levels = [loudness(decoder.conceal(FRAME)) for _ in range(20)]
    assert levels[0] > 1000
    assert levels[-1] < 100


def test_the_length_of_a_packet_is_known_without_decoding_it():
    assert {duration(packet) for packet in packets(voice(0.2))} == {FRAME}


@pytest.mark.parametrize("junk", [b"", b"\xff\xff\xff", bytes([3])])
def test_junk_is_refused_and_the_decoder_lives_on(junk):
    decoder = OpusDecoder(HEARING)
    if junk:
        with pytest.raises(BadPacket):
            decoder.decode(junk)
    with pytest.raises(BadPacket):
        duration(junk)
    assert len(decoder.decode(packets(voice(0.02))[0])) == 640


def test_lasting_silence_is_silent_and_the_voice_after_it_whole():
    encoder, decoder = OpusEncoder(), OpusDecoder(HEARING)
    silence = bytes(FRAME * 2)

    def through(sound: bytes) -> bytes:
        return b"".join(
            decoder.decode(encoder.encode(sound[at : at + 2 * FRAME])) for at in range(0, len(sound), 2 * FRAME)
        )

    through(voice(0.4))
    quiet = through(silence * 200)
    assert len({encoder.encode(silence) for _ in range(10)}) == 1
    assert loudness(quiet[-HEARING:]) < 3
    again = through(voice(0.4))
    assert loudness(again) == pytest.approx(loudness(voice(0.4)), rel=0.1)
