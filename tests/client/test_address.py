"""What people type for a gateway's address, and where a call then goes."""

import pytest

from pipeline.errors import OperatorError
from voicegw.client.address import beside, realtime


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("ws://10.0.0.1:8080/v1/realtime", "ws://10.0.0.1:8080/v1/realtime"),
        ("ws://10.0.0.1:8080/v1/realtime/", "ws://10.0.0.1:8080/v1/realtime"),
        ("http://10.0.0.1:8080", "ws://10.0.0.1:8080/v1/realtime"),
        ("http://10.0.0.1:8080/v1", "ws://10.0.0.1:8080/v1/realtime"),
        ("http://10.0.0.1:8080/v1/", "ws://10.0.0.1:8080/v1/realtime"),
        ("https://voice.example/", "wss://voice.example/v1/realtime"),
        ("HTTPS://Voice.example", "wss://Voice.example/v1/realtime"),
        ("wss://voice.example?model=x", "wss://voice.example/v1/realtime?model=x"),
        ("https://voice.example/v1?model=x", "wss://voice.example/v1/realtime?model=x"),
        ("https://voice.example/inner/v1", "wss://voice.example/inner/v1/realtime"),
        ("https://voice.example/inner/v1/realtime", "wss://voice.example/inner/v1/realtime"),
        ("http://voice.example/#talk", "ws://voice.example/v1/realtime"),
        ("voice.example", "ws://voice.example/v1/realtime"),
        ("127.0.0.1:8080", "ws://127.0.0.1:8080/v1/realtime"),
        ("localhost:8080/v1", "ws://localhost:8080/v1/realtime"),
        ("[::1]:8080", "ws://[::1]:8080/v1/realtime"),
        (" http://127.0.0.1:8080 ", "ws://127.0.0.1:8080/v1/realtime"),
    ],
)
def test_what_a_person_types_is_enough(given: str, called: str) -> None:
    assert realtime(given) == called


@pytest.mark.parametrize(
    "given",
    ["", " ", "http://", "http://:8080", "http://127.0.0.1:99999", "http://127.0.0.1:0", "127.0.0.1:port", "http://[::1",
     "ftp://127.0.0.1", "http://two words", "file:///v1/realtime",
     "http://bücher..example", "a" * 64 + ".example"],
)  # fmt: skip
def test_what_is_no_address_is_one_sentence_with_one_that_is(given: str) -> None:
    with pytest.raises(OperatorError, match=r"^The address .* give one like http://127\.0\.0\.1:8080\.$"):
        realtime(given)


def test_other_endpoints_lie_beside_the_calls() -> None:
    assert beside("ws://10.0.0.1:8080/v1/realtime?model=x", "info") == "http://10.0.0.1:8080/v1/info"
    assert beside("wss://voice.example/inner/v1/realtime", "info") == "https://voice.example/inner/v1/info"
