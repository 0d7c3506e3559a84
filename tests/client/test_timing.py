from dataclasses import fields

from voicegw.client.timing import STEPS, Moments, latency, since_speech_end, waits

TURN = Moments(
    speech_end=10.0, speech_stopped=10.5, transcript=10.75, response_created=10.625, first_text=11.0, first_audio=11.25,
    first_audible=11.5, done=12.0, played=13.0,
)  # fmt: skip


def test_every_step_has_a_name() -> None:
    assert {"speech_end", *STEPS} == {field.name for field in fields(Moments)}


def test_latency_is_first_audible_minus_last_speech() -> None:
    assert latency(TURN) == 1500.0
    assert latency(Moments(speech_end=10.0, first_audio=11.0)) is None
    assert latency(Moments(first_audible=11.0)) is None


def test_waits_follow_the_order_of_this_turn_and_add_up() -> None:
    found = waits(TURN)
    assert list(found) == [
        "speech_stopped", "response_created", "transcript", "first_text",
        "first_audio", "first_audible", "done", "played",
    ]  # fmt: skip
    assert found["transcript"] == 125.0
    assert sum(found.values()) == since_speech_end(TURN)["played"] == 3000.0


def test_a_gateway_that_was_early_has_a_negative_wait() -> None:
    assert waits(Moments(speech_end=10.0, speech_stopped=9.5, transcript=10.25)) == {
        "speech_stopped": -500.0,
        "transcript": 750.0,
    }


def test_what_did_not_happen_is_left_out() -> None:
    assert since_speech_end(Moments(speech_end=1.0, done=2.0)) == {"done": 1000.0}
    assert waits(Moments()) == {}
