import base64
import json

import pytest

from voicegw.client import events as ev


def test_known_events_are_read_and_their_extra_fields_skipped() -> None:
    event = ev.decode(
        '{"type":"response.done","event_id":"e","response":{"id":"r","status":"cancelled","usage":null,'
        '"status_details":{"type":"cancelled","reason":"turn_detected"}}}'
    )
    assert event == ev.ResponseDone(ev.Response("r", "cancelled", ev.Details(reason="turn_detected")))
    assert event.type == "response.done"


def test_sound_arrives_as_bytes() -> None:
    frame = {
        "type": "response.output_audio.delta",
        "response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0,
        "delta": base64.b64encode(b"\1\2").decode(),
    }  # fmt: skip
    event = ev.decode(json.dumps(frame))
    assert isinstance(event, ev.AudioDelta)
    assert event.delta == b"\1\2"


def test_events_that_a_caller_does_not_need_are_none_of_its_business() -> None:
    assert ev.decode('{"type":"rate_limits.updated","rate_limits":"whatever"}') is None
    assert ev.decode(b'{"type":"something.new"}') is None


@pytest.mark.parametrize(
    "frame",
    ["", "hello", "[1]", "{}", '{"type":7}', '{"type":"response.done"}', b"\xff\xfe",
     '{"type":"response.output_audio.delta","response_id":"r","item_id":"i","content_index":0,"delta":"%%"}'],
)  # fmt: skip
def test_what_is_no_realtime_event_is_said_to_be_none(frame: str | bytes) -> None:
    with pytest.raises(ev.CallFailed, match="does not speak the OpenAI Realtime protocol"):
        ev.decode(frame)


def test_half_a_sample_is_refused() -> None:
    frame = '{"type":"response.output_audio.delta","response_id":"r","item_id":"i","content_index":0,"delta":"AAAA"}'
    with pytest.raises(ev.CallFailed, match="half a sample: 3 bytes"):
        ev.decode(frame)
