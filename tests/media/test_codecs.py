"""Sound into files and out of them again."""

import io
import wave

import av
import numpy as np
import pytest

from pipeline.audio import Pcm
from pipeline.errors import CallerError
from voicegw.media import decode
from voicegw.media.decode import BLOCK, blocks, decoded
from voicegw.media.encode import MEDIA_TYPES, Format, sound_stream

RATE = 22_050


def tone(seconds: float, rate: int = RATE) -> Pcm:
    time = np.arange(round(seconds * rate)) / rate
    return Pcm((8000 * np.sin(2 * np.pi * 300 * time)).astype("<i2").tobytes(), rate)


def pieces(pcm: Pcm, samples: int = 3000) -> list[Pcm]:
    step = samples * 2
    return [Pcm(pcm.data[at : at + step], pcm.rate, at // 2) for at in range(0, len(pcm.data), step)]


def file(wanted: Format, pcm: Pcm) -> bytes:
    stream = sound_stream(wanted)
    return b"".join(stream.push(piece) for piece in pieces(pcm)) + stream.finish()


@pytest.mark.parametrize("wanted", [name for name in MEDIA_TYPES if name != "pcm"])
def test_what_is_written_can_be_read_and_is_the_same_sound(wanted: Format) -> None:
    heard = decoded(file(wanted, tone(2.0)))
    assert heard.rate == 16_000
    assert heard.seconds == pytest.approx(2.0, abs=0.1)
    middle = np.frombuffer(heard.data, "<i2")[8000:24000].astype(float)
    assert np.sqrt(np.square(middle).mean()) == pytest.approx(8000 / np.sqrt(2), rel=0.08)
    loudest = np.abs(np.fft.rfft(middle)).argmax() * 16_000 / len(middle)
    assert loudest == pytest.approx(300, abs=2)


def test_raw_samples_are_at_the_rate_of_the_openai_api() -> None:
    assert len(file("pcm", tone(2.0))) / 2 / 24_000 == pytest.approx(2.0, abs=0.001)


@pytest.mark.parametrize("wanted", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_sound_leaves_while_it_is_made(wanted: Format) -> None:
    stream = sound_stream(wanted)
    first_half = b"".join(stream.push(piece) for piece in pieces(tone(4.0)))
    assert len(first_half) > 0.6 * len(first_half + stream.finish())


@pytest.mark.parametrize("junk", [b"", b"hello", bytes(1000), b"RIFF\xff\xff\xff\xffWAVE", b"ID3" + bytes(200)])
def test_what_is_no_recording_is_refused(junk: bytes) -> None:
    with pytest.raises(CallerError) as caught:
        decoded(junk)
    assert caught.value.param == "file"


def test_a_playlist_fetches_nothing(tmp_path) -> None:
    """Formats that name other files would let anyone read what this machine can."""
    secret = tmp_path / "secret.wav"
    secret.write_bytes(file("wav", tone(1.0)))
    for text in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile {secret}\n",
    ):
        with pytest.raises(CallerError):
            decoded(text.encode())


def test_a_recording_without_sound_and_one_too_long_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = io.BytesIO()
    with av.open(picture, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(stream.encode(None))
    with pytest.raises(CallerError, match="no audio stream"):
        decoded(picture.getvalue())
    monkeypatch.setattr(decode, "LONGEST_S", 1)
    with pytest.raises(CallerError, match="longer than 1 seconds"):
        decoded(file("flac", tone(2.0)))


def test_a_small_file_of_much_silence_is_never_in_memory_as_a_whole() -> None:
    """Sixteen of them took a gigabyte."""
    silence = file("flac", Pcm(bytes(2 * RATE * 600), RATE))
    assert len(silence) < 200_000
    sizes = [len(block.data) for block in blocks(io.BytesIO(silence))]
    assert sum(sizes) == pytest.approx(600 * 32_000, rel=0.001)
    assert max(sizes) < BLOCK + 32_000


def test_pieces_say_where_in_the_recording_they_are() -> None:
    at = 0
    for block in blocks(io.BytesIO(file("wav", tone(9.0)))):
        assert block.start == at
        at += block.samples
    assert at == pytest.approx(9 * 16_000, abs=100)


@pytest.mark.parametrize("rate", [1, 100, 3999])
def test_a_rate_at_which_nobody_records_is_refused(rate: int) -> None:
    """Each of its samples would become thousands."""
    container = io.BytesIO()
    with wave.open(container, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(20_000))
    with pytest.raises(CallerError, match="samples a second; it takes at least 4000") as caught:
        decoded(container.getvalue())
    assert caught.value.param == "file"
