"""The decoder of our own writes what CTranslate2's writes, and a draft changes nothing but the time."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.words import normalised
from models.weights.files import ModelStore
from models.whisper_decoder import OnnxDecoder, Text
from models.whisper_model import Encoded, Whisper
from tests.support.speech import VOICE, Speaker

SENTENCES = (
    "I would like to order a cup of coffee and a sandwich, please.",
    "Where can I buy a ticket for the train to London?",
    "My friend lives in a small house near the river with two cats and a very old dog.",
)

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def whisper(model_store: ModelStore) -> Whisper:
    return Whisper(model_store.folder("whisper-base"), "cpu", "int8", 2)


@pytest.fixture(scope="module")
def stock(model_store: ModelStore) -> Whisper:
    """The same model, with CTranslate2's decoder."""
    return Whisper(model_store.folder("whisper-base"), "cpu", "float32", 2)


@pytest.fixture(scope="module")
def encoded(whisper: Whisper, model_store: ModelStore) -> Encoded:
    speaker = Speaker(model_store.folder(VOICE))
    return whisper.encode([speaker.say(sentence).data for sentence in SENTENCES], 8)


def alone(encoded: Encoded, at: int = 0) -> np.ndarray:
    return np.asarray(encoded)[at : at + 1]


def written(whisper: Whisper, text: Text) -> str:
    return str(whisper.tokenizer("en").decode(text.tokens)).strip()


def test_it_writes_what_ctranslate2_writes(whisper: Whisper, stock: Whisper, encoded: Encoded):
    prompts = [whisper.prompt("en", "")] * len(SENTENCES)
    ours, theirs = (model.decode(encoded, prompts, [60] * len(prompts)) for model in (whisper, stock))
    for sentence, our, their in zip(SENTENCES, ours, theirs, strict=True):
        assert normalised(written(whisper, our)) == normalised(sentence)
        assert our.tokens == their.tokens
        assert our.logprob == pytest.approx(their.logprob, abs=0.03)
        assert our.no_speech == pytest.approx(their.no_speech, abs=0.01)


def test_utterances_in_a_batch_do_not_touch_each_other(whisper: Whisper, encoded: Encoded):
    prompt = whisper.prompt("en", "")
    drafts = [whisper.tokens("en", text) for text in ("I would like", "", *SENTENCES[2:])]
    limits = [60, 5, *[60] * (len(SENTENCES) - 2)]
    together = whisper.decode(encoded, [prompt] * len(SENTENCES), limits, drafts=drafts)
    for at, (limit, draft, text) in enumerate(zip(limits, drafts, together, strict=True)):
        (single,) = whisper.decode(alone(encoded, at), [prompt], [limit], drafts=[draft])
        assert single == text, "to the last digit"


@pytest.mark.parametrize(
    "draft",
    [
        "I would like to order a cup of",
        "I would like to order a cup of tea and",
        "I would like to order a cup of coffee and a sandwich, please.",
        "I would like to order a cup of coffee and a sandwich, please. Thank you for watching.",
        "Yesterday I went to the market",
    ],
)
def test_a_draft_changes_nothing(whisper: Whisper, encoded: Encoded, draft: str):
    prompt = whisper.prompt("en", "")
    (anew,) = whisper.decode(alone(encoded), [prompt], [60])
    (drafted,) = whisper.decode(alone(encoded), [prompt], [60], drafts=[whisper.tokens("en", draft)])
    assert drafted.tokens == anew.tokens
    assert drafted.logprob == pytest.approx(anew.logprob, abs=0.01)
    assert drafted.no_speech == pytest.approx(anew.no_speech, abs=0.01)


def test_a_true_draft_saves_steps(whisper: Whisper, encoded: Encoded, monkeypatch: pytest.MonkeyPatch):
    vectors: list[int] = []
    vector = OnnxDecoder._vector

    def counted(self: OnnxDecoder, tokens: list[int], place: int) -> np.ndarray:
        vectors.append(len(tokens))
        return vector(self, tokens, place)

    monkeypatch.setattr(OnnxDecoder, "_vector", counted)
    prompt, draft = whisper.prompt("en", ""), whisper.tokens("en", "I would like to order a cup of coffee and")
    (text,) = whisper.decode(alone(encoded), [prompt], [60], drafts=[draft])
    assert vectors == [len(prompt) + len(draft), *[1] * (len(text.tokens) - len(draft))]


def test_a_text_is_no_longer_than_is_allowed(whisper: Whisper, encoded: Encoded):
    prompt = whisper.prompt("en", "")
    (whole,) = whisper.decode(alone(encoded), [prompt], [60])
    for draft in ((), whole.tokens):
        (short,) = whisper.decode(alone(encoded), [prompt], [5], drafts=[draft])
        assert short.tokens == whole.tokens[:5]
        assert short.ended


def test_nothing_comes_twice_that_must_not(whisper: Whisper, encoded: Encoded):
    decoder = whisper._decoder
    assert decoder is not None
    prompt = whisper.prompt("en", "")
    whole = decoder.decode(alone(encoded), prompt, 60)
    text = decoder.decode(alone(encoded), prompt, 60, no_repeat=1)
    assert len(set(text.tokens)) == len(text.tokens) > 5
    assert len(set(whole.tokens)) < len(whole.tokens), "the sentence has a word twice"


def test_a_prompt_may_fill_half_of_what_fits(whisper: Whisper, encoded: Encoded):
    prompt = whisper.prompt("en", "We spoke about coffee and sandwiches. " * 60)
    (text,) = whisper.decode(alone(encoded), [prompt], [400])
    assert text.ended
    assert len(prompt) + len(text.tokens) <= 448


def copied(folder: Path, to: Path, **config: Any) -> Path:
    """The model with another configuration; None takes an entry out."""
    for file in folder.iterdir():
        (to / file.name).symlink_to(file)
    told = json.loads((folder / "config.json").read_text()) | config
    (to / "config.json").unlink()
    (to / "config.json").write_text(json.dumps({name: value for name, value in told.items() if value is not None}))
    return to


def test_a_configuration_may_leave_things_out(model_store: ModelStore, tmp_path: Path, encoded: Encoded):
    folder = copied(model_store.folder("whisper-base"), tmp_path, suppress_ids=None, suppress_ids_begin=None)
    whisper = Whisper(folder, "cpu", "int8", 2)
    assert whisper.decoder == "onnxruntime"
    (text,) = whisper.decode(alone(encoded), [whisper.prompt("en", "")], [60])
    assert normalised(written(whisper, text)) == normalised(SENTENCES[0])


def test_what_it_cannot_read_is_left_to_ctranslate2(
    model_store: ModelStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    folder = copied(model_store.folder("whisper-base"), tmp_path, suppress_ids=[123456])
    whisper = Whisper(folder, "cpu", "int8", 2)
    assert whisper.decoder == "ctranslate2"
    assert "names tokens that it does not have" in caplog.text
