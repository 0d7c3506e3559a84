"""The words of an answer are told once, however the voice divides them over its sound."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from models.scripted import ScriptedChat, ScriptedSynthesizer
from pipeline.actions import Ticket
from pipeline.audio import Pcm
from pipeline.engines import ChatMessage, ChatRequest, Speaking, Spoken, Word
from pipeline.playout import Piece, Playout
from pipeline.reply import Plan, Reply
from tests.support import virtual_clock

RATE = 24_000
PART = Pcm(bytes(2 * RATE // 10), RATE)


class Divided(ScriptedSynthesizer):
    """Tells, with each piece of sound, as many words as it is told to; with the last, all that are left."""

    def __init__(self, counts: Sequence[int] | None) -> None:
        super().__init__()
        self.counts = counts

    async def stream(
        self, text: str, how: Speaking, *, caller: str, batch: bool = False
    ) -> AsyncGenerator[Spoken, None]:
        if self.counts is None:
            for _ in range(3):
                yield Spoken(PART)
            return
        words = [word if at == 0 else f" {word}" for at, word in enumerate(text.split())]
        for count in (*self.counts[:-1], len(words)):
            yield Spoken(PART, tuple(Word(word, 0, 0) for word in words[:count]))
            del words[:count]


def told(answer: list[str], counts: Sequence[int] | None) -> list[Piece]:
    async def main() -> list[Piece]:
        playout = Playout(lead=1000)
        plan = Plan(ChatRequest((ChatMessage("user", "Hi."),)), Speaking(), audio=True)
        await Reply(Ticket(1, 0), plan, playout, lambda: None).make(ScriptedChat(answer), Divided(counts), "caller")
        playout.release(0)
        return playout.due(asyncio.get_running_loop().time())

    return virtual_clock.run(main())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=5) | st.none())
def test_the_words_join_to_the_answer(counts: list[int] | None) -> None:
    answer = ["How are you today, my friend? ", "I am fine. ", "What would you like to talk about?"]
    assert "".join(piece.text for piece in told(answer, counts)) == "".join(answer)


def test_a_first_sound_without_words_has_none() -> None:
    first, second, *_ = told(["Hello there, my friend."], [0, 1, 3])
    assert (first.text, second.text) == ("", "Hello")
