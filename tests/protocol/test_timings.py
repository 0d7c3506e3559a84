from pipeline.notices import TurnTimed
from pipeline.timings import TurnTimings
from tests.protocol.line import Line
from voicegw.protocol.narrator import Narrator
from voicegw.protocol.replies import Replies
from voicegw.protocol.server_events import ServerEvent
from voicegw.protocol.server_events import TurnTimings as TimingsEvent
from voicegw.protocol.timings import in_milliseconds

TIMINGS = TurnTimings(paused=0.1, heard=0.4, token=0.8, chunk=1.0, voiced=1.2, sent=1.25, judged=0.2)


def test_a_client_that_did_not_ask_is_not_told() -> None:
    assert Line().notify(TurnTimed("resp_1", TIMINGS)) == []


def test_a_client_that_asked_is_told_in_milliseconds() -> None:
    said: list[ServerEvent] = []
    line = Line()
    narrator = Narrator(Replies(conversation_id="c", encoder=line._encoder, say=said.append), said.append, timings=True)
    narrator.tell(TurnTimed("resp_1", TIMINGS), line.protocol.session)
    (event,) = said
    assert isinstance(event, TimingsEvent)
    assert (event.response_id, event.latency_ms, event.judged_ms) == ("resp_1", 1250.0, 200.0)
    assert event.stages_ms == {
        "pause": 100.0, "asr": 300.0, "first_token": 400.0, "first_chunk": 200.0, "tts": 200.0, "release": 50.0,
    }  # fmt: skip


def test_no_opinion_is_null() -> None:
    assert in_milliseconds(TurnTimings(0.1, None, None, None, None, 0.5))["judged_ms"] is None
