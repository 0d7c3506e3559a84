import gzip

import numpy as np
import pytest

from bench.quality import labels, sound
from bench.quality.recorded import made, prompts_in
from pipeline.engines import Word
from pipeline.errors import OperatorError

TEXTS = """; comments: are left out
busy: All circuits are busy now.
menu: Press star for help.  Press pound to exit.
tail: ...and then press the pound key.
short: Please wait.
gone: There is no recording of this one.
again: All circuits are busy now.
"""
RATE = 16_000


@pytest.fixture
def prompts(tmp_path):
    """One prompt of five tones of 300 ms, each word a tone, with gaps of 50 ms between them."""
    rng = np.random.default_rng(1)
    tone = np.sin(2 * np.pi * 300 * np.arange(round(0.3 * RATE)) / RATE) * 0.3 + rng.normal(0, 0.01, round(0.3 * RATE))
    gap = np.zeros(round(0.05 * RATE))
    spoken = np.concatenate([part for _ in range(5) for part in (tone, gap)][:-1]).astype(np.float32)
    for name in ("busy", "menu", "tail", "short", "again"):
        sound.write(tmp_path / f"{name}.wav", np.concatenate([sound.silence(0.2), spoken, sound.silence(0.4)]))
    (tmp_path / "texts.gz").write_bytes(gzip.compress(TEXTS.encode()))
    return prompts_in(tmp_path, tmp_path / "texts.gz")


async def heard(_pcm):
    words = ["All", " circuits", " are", " busy", " now."]
    return [Word(word, at * 0.35, at * 0.35 + 0.3) for at, word in enumerate(words)]


def test_only_whole_sentences_of_plain_words_with_a_recording_are_taken_and_each_once(prompts):
    assert [(prompt.name, prompt.text) for prompt in prompts] == [("busy", "All circuits are busy now.")]


async def test_a_pause_is_cut_in_between_two_words_and_nothing_of_the_speech_is_lost(prompts, tmp_path):
    out = tmp_path / "corpus"
    out.mkdir()
    assert await made(prompts, out, "en", seed=3, hear=heard, tell=lambda *_: None) == 2
    paused, whole = labels.read(out)
    (span,) = whole.label.speech
    assert span[1] - span[0] == pytest.approx(5 * 0.3 + 4 * 0.05, abs=0.02)
    (before, after) = paused.label.speech
    (pause,) = paused.label.pauses
    assert (pause.start, pause.end) == (before[1], after[0])
    assert (before[1] - before[0]) + (after[1] - after[0]) == pytest.approx(span[1] - span[0], abs=0.001)
    assert any(before[1] - before[0] == pytest.approx(at * 0.35 - 0.025, abs=0.03) for at in (2, 3))  # in a gap
    silent = sound.from_s16(sound.read(paused.path).data)[round(pause.start * RATE) : round(pause.end * RATE)]
    assert sound.rms(silent) < 0.01


async def test_a_recording_that_was_heard_otherwise_is_only_used_whole(prompts, tmp_path):
    async def other(_pcm):
        return [Word("Hello", 0.0, 1.0)]

    (tmp_path / "corpus").mkdir()
    assert await made(prompts, tmp_path / "corpus", "en", seed=3, hear=other, tell=lambda *_: None) == 1


def test_texts_that_match_no_recording_are_an_error_that_says_so(tmp_path):
    (tmp_path / "texts").write_text("a: This sentence has five words.\n")
    with pytest.raises(OperatorError, match="holds no recording of a whole sentence"):
        prompts_in(tmp_path, tmp_path / "texts")
    with pytest.raises(OperatorError, match="cannot be read"):
        prompts_in(tmp_path, tmp_path / "none.gz")
