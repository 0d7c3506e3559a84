"""Which gateway a command calls."""

import pytest

from voicegw.commands.own_gateway import address, completed


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("ws://10.0.0.1:8080/v1/realtime", "ws://10.0.0.1:8080/v1/realtime"),
        ("http://10.0.0.1:8080", "ws://10.0.0.1:8080/v1/realtime"),
        ("https://voice.example/", "wss://voice.example/v1/realtime"),
        ("wss://voice.example?model=x", "wss://voice.example/v1/realtime?model=x"),
        ("https://voice.example/inner/v1/realtime", "wss://voice.example/inner/v1/realtime"),
        ("voice.example", "voice.example"),  # refused when it is called, with what is missing
    ],
)
def test_the_address_of_the_page_is_enough(given: str, called: str) -> None:
    assert completed(given) == called


def test_a_key_goes_only_where_it_was_meant_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEGW_API_KEY", "ours")
    assert address("http://10.0.0.1", None) == ("ws://10.0.0.1/v1/realtime", None)
    assert address(None, None)[1] == "ours"
