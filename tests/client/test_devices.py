"""The sound card's side, with a module in the place of sounddevice: a test machine has no sound card."""

import asyncio
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar

import pytest

from pipeline.errors import OperatorError
from tests.support.scripted_gateway import tone
from voicegw.client import devices
from voicegw.client.microphone import Frame


class PortAudioError(Exception):
    pass


class Stream:
    """What sounddevice gives: here the test pulls and pushes the blocks."""

    opened: ClassVar[list[Any]] = []

    def __init__(self, callback: Callable[..., None], **format: Any) -> None:
        self.callback = callback
        self.format = format
        self.running = False
        Stream.opened.append(self)

    def __enter__(self) -> None:
        self.running = True

    def __exit__(self, *_: object) -> None:
        self.running = False


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("sounddevice")
    monkeypatch.setattr(module, "RawInputStream", Stream, raising=False)
    monkeypatch.setattr(module, "RawOutputStream", Stream, raising=False)
    monkeypatch.setattr(module, "PortAudioError", PortAudioError, raising=False)
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    monkeypatch.setattr(Stream, "opened", [])
    return module


async def test_a_microphone_delivers_what_the_card_hears(card: ModuleType) -> None:
    said = tone(20).data
    with devices.microphone() as frames:
        (stream,) = Stream.opened
        assert stream.format == {"samplerate": 24_000, "channels": 1, "dtype": "int16", "blocksize": 480}
        await asyncio.to_thread(stream.callback, said, 480, None, None)  # PortAudio calls from a thread of its own
        await asyncio.to_thread(stream.callback, bytes(960), 480, None, None)
        assert await anext(frames) == Frame(said, 480)
        assert await anext(frames) == Frame(bytes(960), 0)
    assert not stream.running


async def test_a_stalled_network_loses_the_oldest_sound(card: ModuleType) -> None:
    with devices.microphone() as frames:
        for number in range(53):
            Stream.opened[0].callback(bytes([number, 0]) * 480, 480, None, None)
        await asyncio.to_thread(lambda: None)  # lets the loop take in what the card has called
        assert (await anext(frames)).data[0] == 3


async def test_a_microphone_that_falls_silent_is_unplugged(card: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_SILENCE_AFTER_S", 0.05)
    with devices.microphone() as frames, pytest.raises(OperatorError, match="still plugged in"):
        await anext(frames)


def test_a_loudspeaker_plays_what_it_is_given_then_silence(card: ModuleType) -> None:
    with devices.loudspeaker() as speaker:
        (stream,) = Stream.opened
        block = bytearray(b"\xff" * 4)
        stream.callback(block, 2, None, None)
        assert block == bytes(4)
        speaker.play(b"\1\2\3\4\5\6")
        stream.callback(block, 2, None, None)
        assert block == b"\1\2\3\4"
        stream.callback(block, 2, None, None)
        assert block == b"\5\6\0\0"
        speaker.play(b"\1\2\3\4")
        speaker.stop()
        stream.callback(block, 2, None, None)
        assert block == bytes(4)


def test_an_endless_answer_does_not_fill_the_memory(card: ModuleType) -> None:
    with devices.loudspeaker() as speaker:
        for _ in range(130):
            speaker.play(b"\1" * 48_000)
        block = bytearray(120 * 48_000)
        Stream.opened[0].callback(block, 0, None, None)
        assert block[-1] == 1
        Stream.opened[0].callback(block, 0, None, None)
        assert not any(block)


def test_without_the_package_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)  # as if it were not installed
    with pytest.raises(OperatorError, match=r"pip install '\.\[microphone\]'"), devices.loudspeaker():
        pass


def test_without_portaudio_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoLibrary:
        def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    with pytest.raises(OperatorError, match="apt install libportaudio2"), devices.loudspeaker():
        pass


def test_without_a_device_it_is_said(card: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(**_: Any) -> None:
        raise PortAudioError("Error querying device -1", -1)

    monkeypatch.setattr(card, "RawOutputStream", none)
    with pytest.raises(OperatorError, match=r"no usable loudspeaker .*Error querying device"), devices.loudspeaker():
        pass
