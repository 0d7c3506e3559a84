"""Where captions are cut, and how they are written."""

from pipeline.engines import Word
from voicegw.media.captions import Caption, captions, srt, vtt


def words(*told: tuple[str, float, float]) -> list[Word]:
    return [Word(*word) for word in told]


def texts(*told: tuple[str, float, float]) -> list[str]:
    return [caption.text for caption in captions(words(*told))]


def test_captions_end_with_sentences_and_at_pauses() -> None:
    assert texts((" Hello.", 0.1, 0.5), (" How", 0.6, 0.8), (" are", 0.9, 1.0), (" you", 2.0, 2.2)) == [
        "Hello.",
        "How are",
        "you",
    ]
    assert captions(words((" Hello", 0.1, 0.5), (" there.", 0.6, 0.9))) == [Caption("Hello there.", 0.1, 0.9)]
    assert captions([]) == []


def test_no_caption_is_too_long_to_read() -> None:
    spoken = [(f" word{number:02}", number * 0.3, number * 0.3 + 0.3) for number in range(60)]
    shown = captions(words(*spoken))
    assert all(len(caption.text) <= 84 and caption.end - caption.start <= 6.01 for caption in shown)
    assert " ".join(caption.text for caption in shown) == "".join(text for text, _, _ in spoken).strip()


def test_both_ways_of_writing_them() -> None:
    shown = [Caption("Hello.", 0.5, 1.25), Caption("Bye.", 3725.0, 3726.0)]
    assert srt(shown) == ("1\n00:00:00,500 --> 00:00:01,250\nHello.\n\n2\n01:02:05,000 --> 01:02:06,000\nBye.\n\n")
    assert vtt(shown) == ("WEBVTT\n\n00:00:00.500 --> 00:00:01.250\nHello.\n\n01:02:05.000 --> 01:02:06.000\nBye.\n\n")
