"""What is read from llama.cpp's answer. The answers are the server's own, cut short."""

import json

import pytest

from models.llama_endings import bare, stopping
from pipeline.errors import EngineError


def page(*guesses: tuple[str, list[int] | None, float]) -> bytes:
    told = [
        {"id": number, "token": token, "bytes": list(token.encode()) if octets is None else octets, "logprob": logprob}
        for number, (token, octets, logprob) in enumerate(guesses)
    ]
    return json.dumps({"content": ".", "completion_probabilities": [{"top_logprobs": told}]}).encode()


def test_the_end_of_the_message_has_no_bytes_and_ends_it():
    assert stopping(page(("", [], -1.0), (" more", None, -1.5))) == pytest.approx(0.368, abs=0.001)


def test_a_part_of_a_character_has_no_text_and_ends_nothing():
    assert stopping(page(("", [229, 144], -0.1), ("。", None, -3.0))) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize("token", [".", "?", "!", "\n", '."', " .", "。", "？", "！\n", "…"])
def test_marks_of_every_language_end_a_sentence(token):
    assert stopping(page((token, None, 0.0))) == 1


@pytest.mark.parametrize("token", [",", " and", "，", "的", " 3"])
def test_others_do_not(token):
    assert stopping(page((token, None, 0.0))) == 0


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"content": "x"}', b'{"error": {"message": "no"}}'])
def test_an_answer_without_probabilities_is_an_error_and_not_a_guess(answer):
    with pytest.raises(EngineError):
        stopping(answer)


@pytest.mark.parametrize("heard", ["Yes, I am.", "Yes, I am", "Yes, I am...", 'Yes, I am?"', "Yes, I am。"])
def test_the_marks_at_the_end_are_what_is_asked(heard):
    assert bare(heard) == "Yes, I am"
