import wave
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.audio import Pcm
from pipeline.errors import OperatorError
from tests.support.scripted_gateway import tone
from voicegw.client import wav
from voicegw.client.levels import samples_of


def pitch(pcm: Pcm) -> float:
    spectrum = np.abs(np.fft.rfft(samples_of(pcm)))
    return float(np.argmax(spectrum)) * pcm.rate / pcm.samples


def encode(path: Path, codec: str, rate: int) -> None:
    """One second of a 440 Hz stereo tone."""
    wave_form = (8000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.int16)
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        context = stream.codec_context
        frame = av.AudioFrame.from_ndarray(np.repeat(wave_form, 2)[np.newaxis], format="s16", layout="stereo")
        frame.sample_rate = rate
        resampler = av.AudioResampler(context.format, "stereo", rate, frame_size=context.frame_size or None)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))


def test_a_file_written_here_is_read_back_bit_by_bit(tmp_path: Path) -> None:
    pcm = tone(123)
    wav.write(tmp_path / "a.wav", pcm)
    assert wav.read(tmp_path / "a.wav") == pcm


@pytest.mark.parametrize(("name", "codec", "rate"), [("a.flac", "flac", 44_100), ("a.mp3", "libmp3lame", 16_000)])
def test_any_format_becomes_mono_at_the_wires_rate(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    encode(tmp_path / name, codec, rate)
    pcm = wav.read(tmp_path / name)
    assert pcm.rate == 24_000
    assert pcm.seconds == pytest.approx(1.0, abs=0.12)  # MP3 pads its ends
    assert pitch(pcm) == pytest.approx(440, abs=2)
    assert np.abs(samples_of(pcm).astype(int)).max() == pytest.approx(8000, rel=0.1)


def test_resampling_keeps_length_pitch_and_level() -> None:
    original = Pcm((8000 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)).astype("<i2").tobytes(), 22_050)
    pcm = wav.resampled(original, 24_000)
    assert pcm.samples == pytest.approx(24_000, abs=50)
    assert pitch(pcm) == pytest.approx(440, abs=2)
    assert wav.resampled(pcm, 24_000) == pcm
    assert wav.resampled(Pcm(b"", 22_050), 24_000) == Pcm(b"", 24_000)


def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="There is no file"):
        wav.read(tmp_path / "nothing.wav")
    (tmp_path / "text.wav").write_text("this is not sound")
    with pytest.raises(OperatorError, match=r"text\.wav cannot be read as a recording"):
        wav.read(tmp_path / "text.wav")
    wav.write(tmp_path / "empty.wav", Pcm(b"", 24_000))
    with pytest.raises(OperatorError, match="holds no sound at all"):
        wav.read(tmp_path / "empty.wav")


def test_a_video_without_sound_is_no_recording(tmp_path: Path) -> None:
    with av.open(tmp_path / "mute.avi", "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        container.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(stream.encode(None))
    with pytest.raises(OperatorError, match="holds no audio stream"):
        wav.read(tmp_path / "mute.avi")


def test_an_endless_recording_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "long.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 8000 * 601))
    with pytest.raises(OperatorError, match="longer than 10 minutes"):
        wav.read(tmp_path / "long.wav")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"nowhere/a\.wav cannot be written: No such file"):
        wav.write(tmp_path / "nowhere" / "a.wav", tone(10))
