"""Could a sentence end here? With the real model."""

import asyncio
from itertools import pairwise

import pytest
import pytest_asyncio

from models.llama_server import EmbeddedServer
from models.sentence_llama import FORGOTTEN_CHARS, WORDS_CHARS, LlamaSentences, prompt
from pipeline.errors import EngineDown, OperatorError


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sentences(model_store):
    gguf = model_store.folder("smollm2-135m") / "SmolLM2-135M-Instruct.Q4_1.gguf"
    # A test machine may be busy with other things; how long it takes is not asked here.
    engine = LlamaSentences(EmbeddedServer(gguf, threads=1, slots=2, context=512), deadline_s=30)
    await engine.start()
    yield engine
    await engine.close()


pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize(
    ("open_end", "whole"),
    [
        ("I would like a table for", "I would like a table for two"),
        ("Where is the", "Where is the train station"),
        ("If I had more money", "If I had more money, I would buy a house"),
        ("Yesterday I went to the", "Yesterday I went to the market"),
    ],
)
async def test_a_whole_sentence_is_likelier_to_end_than_one_that_breaks_off(sentences, open_end, whole):
    broken = await sentences.finished(open_end, before="", caller="anna")
    entire = await sentences.finished(whole, before="", caller="anna")
    assert 0 <= broken < entire <= 1
    assert entire > 3 * broken


async def test_the_punctuation_of_a_recognizer_changes_nothing(sentences):
    bare = await sentences.finished("Where is the", before="", caller="anna")
    for guessed in ("Where is the?", "Where is the.", "Where is the..."):
        assert await sentences.finished(guessed, before="", caller="anna") == pytest.approx(bare, rel=0.1)


async def test_a_short_answer_is_whole_when_it_was_asked_for(sentences):
    alone = await sentences.finished("Two", before="", caller="anna")
    asked = await sentences.finished("Two", before="How many children do you have?", caller="anna")
    assert asked > alone


@pytest.mark.parametrize("words", ["我是学生", "我想", "Привет, меня зовут", "日本語"])
async def test_words_whose_next_token_is_part_of_a_character_are_judged_too(sentences, words):
    assert 0 <= await sentences.finished(words, before="你好", caller="anna") <= 1


async def test_callers_do_not_disturb_each_other(sentences):
    asked = [("Where is the", "anna"), ("I am from Spain", "ben"), ("Where is the", "cleo")]
    found = await asyncio.gather(*(sentences.finished(words, before="", caller=who) for words, who in asked))
    assert found[0] == pytest.approx(found[2], rel=0.1)
    assert found[1] > found[0]


async def test_what_was_prepared_for_changes_nothing_but_the_time(sentences):
    told = {"before": "Where do you live?", "caller": "anna"}
    fresh = await sentences.finished("I live in a house near the river", **told)
    await sentences.prepare("I live in a", **told)
    await sentences.prepare("I live in the mountains", **told)
    assert await sentences.finished("I live in a house near the river", **told) == pytest.approx(fresh, rel=0.1)


async def test_a_question_does_not_wait_for_what_is_being_prepared(sentences):
    preparing = asyncio.create_task(sentences.prepare("so " * 100, before="Well? " * 30, caller="dora"))
    await asyncio.sleep(0)
    assert 0 <= await sentences.finished("Where is the", before="", caller="dora") <= 1
    await preparing


async def test_a_long_turn_is_forgotten_in_steps(sentences):
    """So that what was read of it is not moved with every word."""
    turn = "word after word " * 60
    ends = [prompt(turn[:length], "") for length in range(WORDS_CHARS, len(turn))]
    moved = sum(not later.startswith(earlier.rstrip()) for earlier, later in pairwise(ends))
    assert moved <= (len(turn) - WORDS_CHARS) // FORGOTTEN_CHARS + 1
    assert max(map(len, ends)) <= WORDS_CHARS + 200


async def test_a_whole_minute_of_words_fits(sentences):
    assert 0 <= await sentences.finished("and then we went on " * 60, before="So? " * 300, caller="anna") <= 1


async def test_a_model_that_is_gone_is_an_error_and_not_a_guess(model_store):
    gguf = model_store.folder("smollm2-135m") / "SmolLM2-135M-Instruct.Q4_1.gguf"
    engine = LlamaSentences(EmbeddedServer(gguf, threads=1, slots=1, context=512))
    await engine.start()
    await engine.close()
    with pytest.raises(EngineDown):
        await engine.finished("I am ready", before="", caller="anna")
    missing = LlamaSentences(EmbeddedServer(gguf.with_name("none.gguf"), threads=1, slots=1, context=512))
    with pytest.raises(OperatorError, match="models pull"):
        await missing.start()
    await missing.close()
