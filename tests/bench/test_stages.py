import pytest

from bench.gateway import asking_for_timings
from bench.stages import STAGES, smart_turn, stages
from pipeline.audio import Pcm
from voicegw.client.conversation import Conversation, Turn
from voicegw.client.events import TurnTimings, decode
from voicegw.client.timing import Moments

TOLD = {"pause": 100.0, "asr": 300.0, "first_token": 400.0, "first_chunk": 200.0, "tts": 150.0, "release": 0.0}
TIMED = TurnTimings("r", 1150.0, TOLD, 180.0)


def turn(timed: TurnTimings | None, audible: float | None = 11.3) -> Turn:
    moments = Moments(speech_end=10.0, first_audio=11.25, first_audible=audible)
    return Turn("completed", "Hi.", "Hi.", Pcm(b"", 24_000), moments, 0.0, (), timed)


def test_the_stages_add_up_to_what_the_caller_waited() -> None:
    found = stages(turn(TIMED))
    assert list(found) == list(STAGES)
    assert found["delivery"] == pytest.approx(100)
    assert found["lead_in"] == pytest.approx(50)
    assert sum(found.values()) == pytest.approx(1300)
    assert smart_turn(turn(TIMED)) == 80


def test_a_gateway_that_does_not_say_has_no_stages() -> None:
    assert stages(turn(None)) == {}
    assert smart_turn(turn(None)) is None
    assert stages(turn(TIMED, audible=None)) == {}
    assert smart_turn(turn(TurnTimings("r", 1150.0, TOLD))) is None


def test_what_the_gateway_says_belongs_to_the_turn_that_its_answer_is_for() -> None:
    conversation = Conversation(lambda _: 1.0)
    for frame in (
        '{"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 0}',
        '{"type": "response.created", "response": {"id": "r"}}',
        '{"type": "voicegw.turn.timings", "response_id": "r", "latency_ms": 1, "stages_ms": {"pause": 1}, '
        '"judged_ms": null}',
    ):
        event = decode(frame)
        assert event is not None
        conversation.receive(event, 2.0)
    (found,) = conversation.turns
    assert found.timed == TurnTimings("r", 1.0, {"pause": 1.0}, None)


def test_asking_keeps_the_rest_of_the_address() -> None:
    asked = "wss://host:1/v1/realtime?model=a+b&voicegw_timings=1"
    assert asking_for_timings("wss://host:1/v1/realtime?model=a+b") == asked
    assert asking_for_timings(asked) == asked
