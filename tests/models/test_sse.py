"""models/sse.py: bytes into events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sse import EventStream


def test_data_of_whole_events_comes_out() -> None:
    stream = EventStream()
    assert stream.feed(b"data: one\n\nda") == ["one"]
    assert stream.feed(b"ta:two\n") == []
    assert stream.feed(b"data: lines\n\ndata: cut") == ["two\nlines"]


def test_comments_and_other_fields_are_dropped() -> None:
    assert EventStream().feed(b": ping\n\nevent: x\nid: 7\nretry: 5\ndata: kept\n\n") == ["kept"]


def test_an_event_without_data_is_none() -> None:
    assert EventStream().feed(b"event: x\n\n\n\n") == []


@pytest.mark.parametrize("separator", ["\u2028", "\u0085", "\x0b", "\x0c", "\x1c"])
def test_only_line_ends_end_lines(separator: str) -> None:
    assert EventStream().feed(f"data: a{separator}b\n\n".encode()) == [f"a{separator}b"]


def test_an_endless_event_is_refused() -> None:
    stream = EventStream(limit=100)
    stream.feed(b"data: " + b"x" * 90)
    with pytest.raises(ValueError, match="longer than 100 bytes"):
        stream.feed(b"x" * 20)


def test_an_event_of_endless_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 100 bytes"):
        EventStream(limit=100).feed(b"data: 0123456789\n" * 20)


def test_bad_utf8_is_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        EventStream().feed(b"data: \xff\n\n")


@settings(deadline=None)
@given(
    texts=st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1), min_size=1),
    end=st.sampled_from(["\n", "\r\n"]),
    data=st.data(),
)
def test_pieces_do_not_matter(texts: list[str], end: str, data: st.DataObject) -> None:
    wire = "".join(f"data: {text}{end}{end}" for text in texts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)))))
    stream = EventStream()
    found = [
        event
        for start, stop in zip([0, *cuts], [*cuts, len(wire)], strict=True)
        for event in stream.feed(wire[start:stop])
    ]
    assert found == texts
