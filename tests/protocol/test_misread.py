"""Sound that is read in another format than it was written in is noticed; sound that merely sounds odd is not.

The voice is harmonics through two formants, with pauses: as smooth as people are. People's recordings are heard in
`bench/engines/misread_bench.py`.
"""

import base64
import io
import wave

import numpy as np
import pytest

from tests.protocol.line import Line
from voicegw.protocol import misread
from voicegw.protocol.formats import AudioFormat, PcmaFormat, PcmFormat, PcmuFormat
from voicegw.protocol.g711 import a_law, mu_law
from voicegw.protocol.misread import Misread

PCM, MU, A = PcmFormat(), PcmuFormat(), PcmaFormat()
SECONDS = 8


def voice(rate: int = 24000, level: float = 6000.0, hertz: float = 130.0) -> np.ndarray:
    """Says a vowel of 0.4 s, and pauses for 0.15 s, in a quiet room."""
    time = np.arange(SECONDS * rate) / rate
    pitch = 2 * np.pi * hertz * (time + 0.002 * np.sin(2 * np.pi * 5 * time))
    gains = {
        k: 1 / (1 + ((k * hertz - 600) / 150) ** 2) + 0.3 / (1 + ((k * hertz - 1500) / 200) ** 2) for k in range(1, 28)
    }
    sound = sum(gain * np.sin(k * pitch) for k, gain in gains.items())
    spoken = level * np.asarray(sound) * (time % 0.55 < 0.4) + np.random.default_rng(1).normal(0, 8, len(time))
    return spoken.clip(-32768, 32767).astype("<i2")


def noise(level: float) -> np.ndarray:
    return np.random.default_rng(2).normal(0, level, SECONDS * 24000).clip(-32768, 32767).astype("<i2")


def tone(hertz: float) -> np.ndarray:
    return (9000 * np.sin(2 * np.pi * hertz * np.arange(SECONDS * 24000) / 24000)).astype("<i2")


def found(data: bytes, form: AudioFormat, chunk: int = 1920) -> str:
    watch = Misread()
    told = [watch.push(data[at : at + chunk], form) for at in range(0, len(data) // 8 * 8, chunk)]
    assert sum(map(bool, told)) <= 1, "it is told once"
    return "".join(told)


def stereo(left: np.ndarray, right: np.ndarray) -> bytes:
    return np.stack([left, right], axis=1).astype("<i2").tobytes()


def packed_24(sound: np.ndarray) -> bytes:
    return (sound.astype("<i4") << 8).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def wav_file(rate: int, channels: int, sound: np.ndarray) -> bytes:
    with io.BytesIO() as file:
        with wave.open(file, "wb") as made:
            made.setnchannels(channels)
            made.setsampwidth(2)
            made.setframerate(rate)
            made.writeframes(sound.tobytes())
        return file.getvalue()


SAID = voice()
MISTAKES: dict[str, tuple[AudioFormat, bytes]] = {
    "big-endian samples": (PCM, SAID.astype(">i2").tobytes()),
    "shifted by one byte": (PCM, b"\0" + SAID.tobytes() + b"\0"),
    "32-bit float": (PCM, (SAID / 32768).astype("<f4").tobytes()),
    "big-endian 32-bit float": (PCM, (SAID / 32768).astype(">f4").tobytes()),
    "big-endian 32-bit samples": (PCM, (SAID.astype(">i4") << 16).astype(">i4").tobytes()),
    "24-bit samples in 32 bits": (PCM, (SAID.astype("<i4") << 8).tobytes()),
    "64-bit float": (PCM, (SAID / 32768).astype("<f8").tobytes()),
    "32-bit samples": (PCM, (SAID.astype("<i4") << 16).tobytes()),
    "24-bit samples": (PCM, packed_24(SAID)),
    "stereo": (PCM, stereo(SAID, SAID)),
    "two channels": (PCM, stereo(SAID, 0 * SAID)),
    "µ-law": (PCM, mu_law().encode(SAID.tobytes())),
    "A-law": (PCM, a_law().encode(SAID.tobytes())),
    "8-bit": (PCM, (SAID // 256 + 128).astype(np.uint8).tobytes()),
    "cut off at full scale": (PCM, (SAID * 900.0).clip(-32768, 32767).astype("<i2").tobytes()),
    "one value": (PCM, b"\x80" * 48000 * SECONDS),
    "compressed": (PCM, np.random.default_rng(3).bytes(48000 * SECONDS)),
    "other text": (PCM, ",".join(map(str, SAID)).encode()),
    "base64": (PCM, base64.b64encode(SAID.tobytes())),
    "WAV file of 48000 Hz, 2 channels": (PCM, wav_file(48000, 2, SAID)),
    "WAV file of 16000 Hz": (PCM, wav_file(16000, 1, SAID)),
    "Ogg": (PCM, b"OggS\0\2" + np.random.default_rng(3).bytes(9000)),
    "WebM": (PCM, b"\x1aE\xdf\xa3" + np.random.default_rng(3).bytes(9000)),
    "16-bit samples": (MU, SAID.tobytes()),
    "big-endian 16-bit samples": (A, SAID.astype(">i2").tobytes()),
    "G.711 A-law": (MU, a_law().encode(voice(8000).tobytes())),
    "G.711 µ-law": (A, mu_law().encode(voice(8000).tobytes())),
}
ALL_RIGHT: dict[str, tuple[AudioFormat, bytes]] = {
    "a voice": (PCM, SAID.tobytes()),
    "a soft voice": (PCM, voice(level=150).tobytes()),
    "a child": (PCM, voice(hertz=400).tobytes()),
    "a voice in hiss": (PCM, (SAID // 4 + noise(1500)).astype("<i2").tobytes()),
    "a voice beside a constant": (PCM, (SAID // 2 + 9000).astype("<i2").tobytes()),
    "a voice brought to three times its rate by saying all thrice": (PCM, np.repeat(voice(8000), 3).tobytes()),
    "silence": (PCM, bytes(48000 * SECONDS)),
    "hiss": (PCM, noise(3000).tobytes()),
    "the least hiss": (PCM, noise(1).tobytes()),
    "a roar": (PCM, noise(15000).tobytes()),
    "a louder roar": (PCM, noise(22000).tobytes()),
    "hum": (PCM, tone(50).tobytes()),
    "whistling": (PCM, tone(11900).tobytes()),
    "bursts of one value": (PCM, np.tile(np.repeat([8000, 0], [14400, 24001]), 6).astype("<i2").tobytes()),
    "a square wave": (PCM, (8000 * np.sign(tone(100))).astype("<i2").tobytes()),
    "a low square wave": (PCM, (8000 * np.sign(tone(3))).astype("<i2").tobytes()),
    "pulses": (PCM, np.tile(np.repeat([20000, 0], [1, 2399]), 10 * SECONDS).astype("<i2").tobytes()),
    "a WAV file of the right kind": (PCM, wav_file(24000, 1, SAID)),
    "a telephone": (MU, mu_law().encode(voice(8000).tobytes())),
    "another telephone": (A, a_law().encode(voice(8000).tobytes())),
    "a telephone on hold": (MU, b"\xff" * 8000 * SECONDS),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("chunk", [320, 1920, 96000])
def test_a_mistake_is_named_once(mistake: str, chunk: int) -> None:
    form, data = MISTAKES[mistake]
    assert mistake in found(data * (8 if chunk > 48000 else 1), form, chunk)


@pytest.mark.parametrize("sound", ALL_RIGHT)
def test_what_may_be_right_is_left_alone(sound: str) -> None:
    form, data = ALL_RIGHT[sound]
    assert found(data, form) == ""


def test_a_format_that_proved_right_is_not_looked_at_any_more() -> None:
    assert found(SAID.tobytes() + SAID.astype(">i2").tobytes(), PCM) == ""


def test_a_new_format_is_looked_at_though_the_old_one_proved_right() -> None:
    watch = Misread()
    for data, form in ((SAID.tobytes(), PCM), (SAID.tobytes(), MU)):
        told = [watch.push(data[at : at + 1920], form) for at in range(0, len(data), 1920)]
    assert "16-bit samples" in told


def test_a_noisy_line_is_not_looked_at_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    judged = misread._judged

    def counted(block: bytes, form: AudioFormat) -> str | None:
        looked.append(len(block))
        return judged(block, form)

    monkeypatch.setattr(misread, "_judged", counted)
    assert found(noise(3000).tobytes() * 20, PCM) == ""
    assert len(looked) == misread.MOST_SECONDS < 20 * SECONDS


def test_a_second_of_something_else_is_not_enough() -> None:
    wrong = SAID.astype(">i2").tobytes()[: 2 * 48000]
    assert found((wrong + SAID.tobytes()[:48000]) * 5, PCM) == ""


def test_a_new_format_is_judged_anew() -> None:
    watch = Misread()
    wrong = SAID.tobytes()
    for at in range(0, 16000, 800):
        assert watch.push(wrong[at : at + 800], MU) == ""
    for at in range(0, len(wrong), 4800):
        assert watch.push(wrong[at : at + 4800], PCM) == ""


def test_the_client_is_told_and_the_session_goes_on() -> None:
    line = Line()
    sound = SAID.astype(">i2").tobytes()
    for at in range(0, len(sound), 4800):
        audio = base64.b64encode(sound[at : at + 4800]).decode()
        line.send({"type": "input_audio_buffer.append", "audio": audio, "event_id": f"e{at // 4800}"})
    (error,) = (event["error"] for event in line.sent() if event["type"] == "error")
    assert (error["code"], error["param"]) == ("input_audio_format_mismatch", "session.audio.input.format")
    assert error["event_id"] == "e29", "with the third second"
    assert "big-endian samples" in error["message"]
    assert "signed 16-bit little-endian mono at 24000 Hz" in error["message"]
