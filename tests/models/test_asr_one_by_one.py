"""What is said one by one is heard, and beside others as it is alone: with the real default model.

Letters of eSpeak NG stand for a person's; people's are heard by `voicegw bench dictated` and `bench quality`.
"""

import re
from itertools import pairwise

import numpy as np
import pytest

from bench.quality.sound import RATE, bounds, resampled, s16
from models import whisper_rules
from models.tts_espeak_library import EspeakLibrary
from models.weights.files import ModelStore
from models.whisper_model import Whisper
from models.whisper_short import ShortContextWhisper, Utterance
from pipeline.engines import Listening
from tests.support.speech import VOICE, Speaker

ENGLISH = Listening("en")
SPELLED = [(name, gap) for name in ("johnson", "smith", "garcia", "anna", "peter") for gap in (0.7, 1.0)]


@pytest.fixture(scope="module")
def whisper(model_store: ModelStore) -> ShortContextWhisper:
    return ShortContextWhisper(Whisper(model_store.folder("whisper-base"), "cpu", "int8", 2))


@pytest.fixture(scope="module")
def spelled() -> list[Utterance]:
    espeak, rng = EspeakLibrary(), np.random.default_rng(1)

    def letter(character: str) -> np.ndarray:
        sound = resampled(espeak.say(f"{character.upper()}.", "en-us", 0.86).sound, espeak.rate)
        start, end = bounds(sound)
        return sound[start:end] * 0.6

    def utterance(name: str, gap_s: float) -> Utterance:
        gap = np.zeros(int(gap_s * RATE))
        sound = np.concatenate([part for character in name for part in (gap, letter(character))])
        return Utterance(s16((sound + rng.normal(0, 6 / 32768, len(sound))).astype(np.float32)), ENGLISH)

    return [utterance(name, gap_s) for name, gap_s in SPELLED]


def heard(whisper: ShortContextWhisper, utterances: list[Utterance]) -> list[str]:
    return [whisper([utterance])[0].text for utterance in utterances]


@pytest.mark.real
def test_no_spelled_name_vanishes(whisper: ShortContextWhisper, spelled: list[Utterance]) -> None:
    texts = heard(whisper, spelled)
    assert all(texts), dict(zip(SPELLED, texts, strict=True))
    assert all(len(re.findall(r"\w", text)) >= 4 for text in texts), "and letters are what is heard"


@pytest.mark.real
def test_without_a_second_look_some_would(
    whisper: ShortContextWhisper, spelled: list[Utterance], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper_rules, "in_doubt", lambda _no_speech, _logprob: False)
    assert not all(heard(whisper, spelled))


@pytest.mark.real
def test_a_batch_hears_what_each_alone_would(
    whisper: ShortContextWhisper, spelled: list[Utterance], model_store: ModelStore
) -> None:
    speaker = Speaker(model_store.folder(VOICE))
    sentences = (
        "I would like a cup of coffee, please.",
        "I, I, I want to go home.",
        "No, no, no, no.",
        "Very, very, very good.",
        "Thank you.",
        "My number is two two two, five five.",
    )
    how = Listening("en", prompt="Kathryn")
    drafts = ("I would like a cup of coffee, please. Please", "I, I", "", "Very", "Thank you", "")
    said = [
        Utterance(speaker.say(sentence).data, how, draft) for sentence, draft in zip(sentences, drafts, strict=True)
    ]
    alone = [whisper([one])[0] for one in said]
    assert whisper(said) == alone, "to the last digit"
    for one, other in pairwise(said):
        assert whisper([other, one]) == [alone[said.index(other)], alone[said.index(one)]]
    counted = [re.findall(r"[a-z0-9]+", transcript.text.lower()) for transcript in alone]
    assert counted[0].count("please") == 1, "a phrase is not doubled"
    assert counted[2].count("no") >= 3, "and who says it four times is not cut short"
    assert counted[3].count("very") >= 3
    assert counted[4] == ["thank", "you"]
