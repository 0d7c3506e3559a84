"""Which gateway a command calls."""

import pytest

from voicegw.commands.own_gateway import address


def test_a_key_goes_only_where_it_was_meant_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEGW_API_KEY", "ours")
    assert address("http://10.0.0.1", None) == ("ws://10.0.0.1/v1/realtime", None)
    assert address(None, None)[1] == "ours"
