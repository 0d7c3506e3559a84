"""Messages that hold sound, and what of a message or a response is refused alone."""

import base64
import io
import json
import wave
from typing import Any

import numpy as np
import pytest

from pipeline.audio import Pcm
from pipeline.history import Item
from tests.protocol.line import Line
from voicegw.protocol.codec import ITEM_LIMIT
from voicegw.protocol.commands import AddItem, CreateResponse

SECOND = np.arange(-12_000, 12_000, dtype="<i2").tobytes()
"""Of PCM at 24 kHz."""


def b64(audio: bytes) -> str:
    return base64.b64encode(audio).decode()


def create(*content: dict[str, Any], role: str = "user", **fields: Any) -> dict[str, Any]:
    item = {"type": "message", "role": role, "id": "mine", "content": list(content), **fields}
    return {"type": "conversation.item.create", "event_id": "e", "item": item}


def spoken(audio: bytes, **fields: Any) -> dict[str, Any]:
    return {"type": "input_audio", "audio": b64(audio), **fields}


def added(line: Line, event: dict[str, Any]) -> AddItem:
    [command] = line.send(event)
    assert isinstance(command, AddItem)
    return command


def wav(rate: int, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, 2, rate, 0, "NONE", ""))
        writer.writeframes(bytes(2 * channels * rate))
    return file.getvalue()


def test_sound_in_a_message_is_read_in_the_sessions_format() -> None:
    line = Line()
    assert added(line, create(spoken(SECOND))) == AddItem(
        "e", Item("mine", "user", None, audio=True), None, Pcm(SECOND, 24_000)
    )
    line.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
    sound = added(line, create(spoken(b"\xff" * 8000))).sound
    assert sound is not None
    assert (sound.rate, sound.seconds) == (8000, 1.0)


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 44_100])
def test_a_wav_file_is_taken_for_what_it_says(rate: int) -> None:
    sound = added(Line(), create(spoken(wav(rate)))).sound
    assert sound is not None
    assert (sound.rate, sound.seconds) == (rate, 1.0)


def test_several_sounds_and_lines_become_one_message() -> None:
    command = added(
        Line(), create({"type": "input_text", "text": "Say it again:"}, spoken(SECOND), spoken(SECOND, transcript=None))
    )
    assert command.item == Item("mine", "user", "Say it again:", audio=True)
    assert command.sound == Pcm(SECOND * 2, 24_000)


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("user", {"type": "input_audio", "transcript": "Hello."}),
        ("user", {"type": "input_audio", "transcript": "Hello.", "audio": b64(SECOND)}),
        ("assistant", {"type": "output_audio", "transcript": "Hello."}),
        ("assistant", {"type": "audio", "transcript": "Hello.", "audio": None}),
    ],
)
def test_what_was_said_before_is_told_again_by_its_words(role: str, part: dict[str, Any]) -> None:
    command = added(Line(), create(part, role=role))
    assert command.item == Item("mine", "user" if role == "user" else "assistant", "Hello.", audio=True)
    assert command.sound is None


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (SECOND[:2000], "0.1 to 60 s"),
        (SECOND * 61, "0.1 to 60 s"),
        (SECOND[:-1], "even number"),
        (wav(16_000, channels=2), "one channel"),
        (wav(1000), "1000 Hz"),
        (b"RIFF and no more", "cannot be read"),
    ],
)
def test_sound_that_cannot_be_a_message_is_refused_by_name(audio: bytes, said: str) -> None:
    line = Line()
    assert line.send(create(spoken(audio))) == []
    [event] = line.sent()
    assert event["error"]["param"] == "item.content[0].audio"
    assert said in event["error"]["message"]


def test_a_message_with_a_minute_of_sound_fits_and_one_that_is_no_sound_is_bounded() -> None:
    assert added(Line(), create(spoken(SECOND * 60))).sound is not None
    line = Line()
    assert line.send(create(spoken(bytes(ITEM_LIMIT)))) == []
    assert line.sent()[0]["error"]["code"] == "invalid_event"
    many = json.dumps(create({"type": "input_text", "text": "a"}))[:-3] + ',{"x":[' + "{}," * 600_000 + "{}]}]}}"
    assert line.send(many) == []
    assert line.sent()[0]["error"]["code"] in ("unknown_parameter", "invalid_value", "missing_required_parameter")


def test_a_picture_is_left_out_and_the_words_beside_it_are_taken() -> None:
    line = Line()
    picture = {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"}
    command = added(line, create({"type": "input_text", "text": "What is this?"}, picture))
    assert command.item.text == "What is this?"
    [event] = line.sent()
    assert (event["error"]["param"], event["error"]["event_id"]) == ("item.content[1].type", "e")
    assert line.send(create(picture)) == []
    assert line.sent()[0]["error"]["param"] == "item.content[0].type"


def test_unknown_fields_of_an_item_and_its_parts_are_refused_alone() -> None:
    line = Line()
    command = added(line, create({"type": "input_text", "text": "Hi.", "lang": "en"}, phase="commentary"))
    assert command.item.text == "Hi."
    [event] = line.sent()
    assert event["error"]["code"] == "unknown_parameter"
    assert "item.phase" in event["error"]["message"]
    assert "item.content[0].lang" in event["error"]["message"]


def test_a_response_is_made_without_what_is_not_here() -> None:
    line = Line()
    [command] = line.send(
        {
            "type": "response.create",
            "response": {
                "instructions": "Be kind.",
                "temperature": 0.8,
                "reasoning": {"effort": "low"},
                "prompt": {"id": "p"},
                "tools": [{"type": "mcp", "server_label": "s"}, {"type": "function", "name": "f", "strict": True}],
                "input": [
                    {"type": "mcp_approval_response", "id": "a", "approval_request_id": "b", "approve": True},
                    {"type": "message", "role": "user", "content": [spoken(SECOND), {"type": "input_image"}]},
                ],
            },
        }
    )
    assert isinstance(command, CreateResponse)
    options = command.options
    assert options.instructions == "Be kind."
    assert [tool.name for tool in options.tools or ()] == ["f"]
    [item] = options.input or ()
    assert isinstance(item, Item)
    assert options.sounds == ((item.id, Pcm(SECOND, 24_000)),)
    [event] = line.sent()
    for name in ("temperature", "prompt", "tools[0]", "strict", "input[0].type", "input[1].content[1].type"):
        assert f"response.{name}" in event["error"]["message"] or name in event["error"]["message"]
