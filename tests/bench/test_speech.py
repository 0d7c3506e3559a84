from pathlib import Path

import numpy as np
import pytest

from bench import speech
from pipeline.audio import Pcm
from pipeline.errors import OperatorError
from tests.support.scripted_gateway import joined, silence, tone
from voicegw.client import wav
from voicegw.client.levels import samples_of

LINES = ["One.", "Two."]


async def speak(text: str, speed: float) -> Pcm:
    """A tone between silences, as a voice at another rate would give it; shorter when faster."""
    sound = joined(silence(50), tone(round(400 / speed)), silence(80))
    return wav.resampled(sound, 22_050)


def test_there_are_enough_varied_prompts_without_digits() -> None:
    lines = speech.texts()
    assert len(lines) >= 20
    assert len(set(lines)) == len(lines)
    assert not any(char.isdigit() for line in lines for char in line)


def test_comments_and_empty_lines_are_no_prompts(tmp_path: Path) -> None:
    (tmp_path / "xx.txt").write_text("# comment\n\n  Hello?  \n", encoding="utf-8")
    assert speech.texts(tmp_path / "xx.txt") == ["Hello?"]


async def test_prompts_end_with_their_last_speech_sample() -> None:
    for prompt in await speech.spoken(LINES, speak, seed=1):
        samples = np.abs(samples_of(prompt.audio).astype(int))
        level = samples.max() // 50
        assert samples[0] >= level
        assert samples[-1] >= level
        assert 0.33 < prompt.audio.seconds < 0.47
        assert 0.354 < samples.max() / 32767 < 0.708  # -9 to -3 dBFS


async def test_the_same_seed_says_the_same_and_another_does_not() -> None:
    first, again, other = [await speech.spoken(LINES, speak, seed) for seed in (1, 1, 2)]
    assert first == again
    assert first != other
    assert first[0].audio.samples != first[1].audio.samples, "each has its own speed"


def test_a_quiet_room_is_quiet_and_the_same_for_the_same_seed() -> None:
    noise = speech.room(1)
    assert noise == speech.room(1) != speech.room(2)
    samples = samples_of(noise).astype(float)
    assert 20 * np.log10(np.sqrt(np.mean(samples**2)) / 32768) == pytest.approx(-55, abs=0.5)
    assert np.abs(samples).max() < 328, "nobody would call it audible"


def test_recordings_with_and_without_their_words(tmp_path: Path) -> None:
    wav.write(tmp_path / "b.wav", joined(silence(20), tone(100)))
    wav.write(tmp_path / "a.WAV", tone(50, 300))
    (tmp_path / "a.txt").write_text("Hello?\n", encoding="utf-8")
    (tmp_path / "notes.md").write_text("not a recording", encoding="utf-8")
    first, second = speech.recorded(tmp_path, seed=1)
    assert (first.name, first.text, first.audio.seconds) == ("a.WAV", "Hello?", 0.05)
    assert (second.name, second.text, second.audio.seconds) == ("b.wav", None, 0.1)
    assert np.abs(samples_of(first.audio).astype(int)).max() > 10_000


def test_folders_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no folder"):
        speech.recorded(tmp_path / "nowhere", seed=1)
    with pytest.raises(OperatorError, match="holds no recordings"):
        speech.recorded(tmp_path, seed=1)
    wav.write(tmp_path / "mute.wav", silence(100))
    with pytest.raises(OperatorError, match=r"mute\.wav is silent"):
        speech.recorded(tmp_path, seed=1)
