"""Words in step with the sound that carries them."""

from collections.abc import Iterator, Sequence

from pipeline.audio import SAMPLE_BYTES, Pcm
from pipeline.engines import Word
from pipeline.playout import Piece


def by_word(pcm: Pcm, words: Sequence[Word], begins: int) -> Iterator[Piece]:
    """The sound of a text, cut where its words begin, so that each word comes with its own sound.

    pcm: a part of that sound, `start` counted from the first sample of the text. words: those that begin in it.
    begins: first sample of the text in the answer. Sound in front of the first word belongs to the word before.
    """
    starts = [min(max(0, round(word.start * pcm.rate) - pcm.start), pcm.samples) for word in words]
    ends = [*starts[1:], pcm.samples][: len(starts)]

    def sounding(text: str, start: int, end: int) -> Piece:
        data = pcm.data[start * SAMPLE_BYTES : end * SAMPLE_BYTES]
        return Piece(text, Pcm(data, pcm.rate, begins + pcm.start + start))

    first = starts[0] if starts else pcm.samples
    if first:
        yield sounding("", 0, first)
    text = ""
    for word, start, end in zip(words, starts, ends, strict=True):
        text += word.text
        if end > start:  # else the next word brings this one along
            yield sounding(text, start, end)
            text = ""
    if text:
        yield Piece(text)
