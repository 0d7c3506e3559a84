"""Finals that start from known words: the same text sooner, and no words that were not said."""

from typing import Any

import pytest

from bench.words import normalised
from models.weights.files import ModelStore
from models.whisper_model import Encoded, Whisper
from models.whisper_reuse import continued
from models.whisper_short import ShortContextWhisper, Utterance
from pipeline.audio import Pcm
from pipeline.engines import Listening
from tests.support.speech import VOICE, Speaker

SENTENCE = "I would like to order a cup of coffee and a sandwich, please."
TRUE = "I would like to order a cup of coffee"


@pytest.fixture(scope="module")
def whisper(model_store: ModelStore) -> Whisper:
    return Whisper(model_store.folder("whisper-base"), "cpu", "int8", 2)


@pytest.fixture(scope="module")
def audio(model_store: ModelStore) -> Pcm:
    return Speaker(model_store.folder(VOICE)).say(SENTENCE)


def encoded(whisper: Whisper, audio: Pcm) -> Encoded:
    return whisper.encode([audio.data], 8)


@pytest.mark.real
@pytest.mark.parametrize(
    "known", [TRUE, f" {TRUE} and ", SENTENCE, "I would like to order a cup of coffee and a sandwich"]
)
def test_the_rest_is_found_behind_what_is_known(whisper: Whisper, audio: Pcm, known: str) -> None:
    found = continued(whisper, encoded(whisper, audio), audio.seconds, "en", known, "")
    assert found is not None
    assert normalised(whisper.tokenizer("en").decode(found.tokens)) == normalised(SENTENCE)
    assert -0.5 < found.logprob < 0


@pytest.mark.real
@pytest.mark.parametrize(
    "known",
    [
        "",
        "I would like",  # too little to gain by
        "I would like to order a glass of water and",
        "Yesterday I went to the market with my sister",
        SENTENCE + " Thank you very much for watching.",
    ],
)
def test_words_that_were_not_said_are_not_believed(whisper: Whisper, audio: Pcm, known: str) -> None:
    assert continued(whisper, encoded(whisper, audio), audio.seconds, "en", known, "") is None


@pytest.mark.real
@pytest.mark.parametrize("known", [TRUE, "I would like to order a glass of water and"])
def test_the_text_is_that_of_a_decoding_from_the_start(whisper: Whisper, audio: Pcm, known: str) -> None:
    listen = ShortContextWhisper(whisper)
    how = Listening("en", word_times=True)
    (anew,) = listen([Utterance(audio.data, how)])
    (reused,) = listen([Utterance(audio.data, how, known)])
    assert normalised(reused.text) == normalised(anew.text) == normalised(SENTENCE)
    assert "".join(word.text for word in reused.words) == reused.text


@pytest.mark.real
def test_fewer_tokens_are_decoded(whisper: Whisper, audio: Pcm, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[list[int]] = []
    generate = whisper.generate

    def spied(sound: Encoded, given: list[list[int]], tokens: int, **options: Any) -> list[Any]:
        prompts.extend(given)
        return generate(sound, given, tokens, **options)

    monkeypatch.setattr(whisper, "generate", spied)
    ShortContextWhisper(whisper)([Utterance(audio.data, Listening("en"), TRUE)])
    (prompt,) = prompts
    tokenizer = whisper.tokenizer("en")
    start = prompt.index(tokenizer.sot)
    assert tokenizer.decode(prompt[1:start]) == " I would like to order"
    assert tokenizer.decode(prompt[start:]) == " a cup of"
