"""Talking over the tutor: what stops it, what only pauses it, and what is kept of what it said."""

import itertools
from collections.abc import Sequence

import pytest

from models.scripted import ScriptedChat
from pipeline.audio import Pcm
from pipeline.engines import EchoDetector
from pipeline.errors import CallerError
from pipeline.notices import (
    ItemTruncated,
    ReplyAudio,
    ReplyEnded,
    ReplyItemStarted,
    ReplyStarted,
    ReplyText,
    SpeechStarted,
    SpeechStopped,
)
from pipeline.settings import ReplyOptions
from tests.support import virtual_clock
from tests.support.telephone import Telephone

STORY = [f"This is sentence number {number}. " for number in range(8)]


def sound_of(phone: Telephone, reply: str) -> bytes:
    return b"".join(notice.pcm.data for notice in phone.all(ReplyAudio) if notice.reply == reply)


def starts_of(phone: Telephone) -> list[int]:
    """Place of every piece of sound sent, counted in samples of the whole answer."""
    return [notice.pcm.start for notice in phone.all(ReplyAudio)]


async def telling(
    *texts: str, buffered: bool, echo: EchoDetector | None = None, story: Sequence[str] = STORY
) -> Telephone:
    """A call in which the tutor has been telling its story for two seconds."""
    lead = 3.0 if buffered else 0.0
    phone = Telephone(ScriptedChat(story), texts=("tell me a story", *texts), lead=lead, buffered=buffered, echo=echo)
    await phone.speak(1.0)
    while not phone.all(ReplyAudio):
        await phone.hush(0.02)
    await phone.hush(2.0)
    return phone


@pytest.mark.parametrize("noise", ["", "Mhm.", "Yeah, okay."])
def test_live_playout_pauses_for_a_small_sound_and_resumes_from_the_same_sample(noise):
    async def main():
        phone = await telling(noise, buffered=False)
        await phone.speak(0.3)
        sent = len(phone.all(ReplyAudio))
        await phone.hush(0.15)
        assert len(phone.all(ReplyAudio)) == sent  # it waits
        await phone.hush(20.0)
        assert [notice.status for notice in phone.all(ReplyEnded)] == ["completed"]
        assert len(phone.all(SpeechStarted)) == 1  # nobody was told of the sound
        expected = 0
        for notice in phone.all(ReplyAudio):
            assert notice.pcm.start == expected
            expected += notice.pcm.samples
        assert len(phone.requests) == 1
        await phone.hang_up()

    virtual_clock.run(main())


def test_live_playout_stops_within_a_quarter_of_a_second_of_speech():
    async def main():
        phone = await telling("stop please", buffered=False)
        began = phone.now
        await phone.speak(1.2)
        last = max(at for at, notice in phone.told if isinstance(notice, ReplyAudio))
        last_sound = next(n for at, n in reversed(phone.told) if isinstance(n, ReplyAudio)).pcm.seconds
        assert last - began <= 0.23
        assert last_sound <= 0.2
        assert (phone.last(ReplyEnded).status, phone.last(ReplyEnded).reason) == ("cancelled", "turn_detected")
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_buffering_client_is_told_to_stop_and_gets_the_rest_as_another_answer():
    async def main():
        phone = await telling("mhm", buffered=True)
        first = phone.last(ReplyStarted).reply
        began = phone.now
        await phone.speak(0.3)
        told = [at for at, notice in phone.told if isinstance(notice, SpeechStarted)][-1]
        assert told - began <= 0.23
        item = phone.last(ReplyItemStarted).item.id
        assert phone.last(ReplyEnded).status == "cancelled"
        phone.call.truncate_item(item, 1900)  # its player had got this far
        assert phone.last(ItemTruncated).audio_end_ms == 1900
        await phone.hush(20.0)
        stopped = [notice for notice in phone.all(SpeechStopped) if notice.item == phone.all(SpeechStarted)[-1].item]
        assert len(stopped) == 1
        second = phone.last(ReplyStarted).reply
        assert second != first
        assert phone.last(ReplyEnded).reply == second
        assert phone.last(ReplyEnded).status == "completed"
        (resumed, *_) = [notice for notice in phone.all(ReplyAudio) if notice.reply == second]
        assert resumed.pcm.start == pytest.approx(1.9 * 24_000, abs=1)
        whole = sound_of(phone, first)[: 2 * resumed.pcm.start] + sound_of(phone, second)
        assert len(whole) == pytest.approx(2 * 24_000 * 0.06 * len("This is sentence number 0.") * 8, rel=0.01)
        said = [item.text or "" for item in phone.call.history if item.role == "assistant"]
        assert "".join(said).split() == "".join(STORY).split()  # no word lost, none twice
        assert len(phone.requests) == 1
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_client_that_does_not_say_what_it_played_is_taken_at_our_own_count():
    async def main():
        phone = await telling("mhm", buffered=True)
        first = phone.last(ReplyStarted).reply
        await phone.speak(0.3)
        await phone.hush(20.0)
        second = phone.last(ReplyStarted).reply
        (resumed, *_) = [notice for notice in phone.all(ReplyAudio) if notice.reply == second]
        assert resumed.pcm.start / 24_000 == pytest.approx(2.15, abs=0.1)
        assert first != second
        await phone.hang_up()

    virtual_clock.run(main())


def test_coughing_again_and_again_loses_nothing():
    async def main():
        phone = await telling("", "", "", "", buffered=True)
        for _ in range(4):
            await phone.speak(0.25)
            await phone.hush(1.2)
        await phone.hush(20.0)
        said = [item.text or "" for item in phone.call.history if item.role == "assistant"]
        assert "".join(said).split() == "".join(STORY).split()
        replies = [notice.reply for notice in phone.all(ReplyStarted)]
        assert [notice.reply for notice in phone.all(ReplyEnded)] == replies
        assert phone.last(ReplyEnded).status == "completed"
        await phone.hang_up()

    virtual_clock.run(main())


@pytest.mark.parametrize("buffered", [False, True])
def test_history_keeps_what_was_heard_and_no_more(buffered):
    async def main():
        phone = await telling("wait what is that", buffered=buffered)
        heard = phone.now - phone.when(ReplyAudio)
        await phone.speak(1.2)
        kept = next(item for item in phone.call.history if item.role == "assistant")
        spoken = heard + 0.2  # it was heard until the interruption was noticed
        per_word = 0.06 * len("This is sentence number 0.") / 5
        assert len((kept.text or "").split()) == pytest.approx(spoken / per_word, abs=2)
        sent = "".join(notice.text for notice in phone.all(ReplyText))
        assert sent.startswith(kept.text or "x")
        if buffered:
            assert len(sent) > len(kept.text or "")
        await phone.hush(4.0)
        assert phone.requests[-1].messages[-2].text == kept.text
        await phone.hang_up()

    virtual_clock.run(main())


def test_the_tutors_own_words_coming_back_do_not_stop_it_and_it_does_not_stutter():
    async def main():
        echoes = itertools.repeat("this is sentence number")
        phone = await telling(*itertools.islice(echoes, 20), buffered=False)
        for _ in range(5):
            await phone.speak(0.5)
            await phone.hush(1.0)
        await phone.hush(20.0)
        assert [notice.status for notice in phone.all(ReplyEnded)] == ["completed"]
        gaps = [b - a for a, b in itertools.pairwise(at for at, n in phone.told if isinstance(n, ReplyAudio))]
        assert sum(gap > 0.25 for gap in gaps) == 1  # only the first echo made it wait
        await phone.hang_up()

    virtual_clock.run(main())


def test_echo_after_echo_sends_nothing_twice_to_a_client_that_buffers():
    async def main():
        phone = await telling(*itertools.repeat("this is sentence number", 20), buffered=True)
        for _ in range(5):
            await phone.speak(0.5)
            await phone.hush(1.0)
        await phone.hush(20.0)
        said = [item.text or "" for item in phone.call.history if item.role == "assistant"]
        assert "".join(said).split() == "".join(STORY).split()
        assert len(phone.all(ReplyStarted)) == len(phone.all(ReplyEnded)) == 2
        await phone.hang_up()

    virtual_clock.run(main())


def test_an_echo_of_words_in_front_of_a_pause_is_known_behind_it():
    async def main():
        words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        phone = await telling("mhm", "six", buffered=True, story=[words])
        await phone.speak(0.3)
        await phone.hush(0.5)
        assert phone.last(ReplyStarted) != phone.all(ReplyStarted)[0]  # it goes on as another answer
        told = next(item for item in phone.call.history if item.role == "assistant")
        assert told.text == "one two three four five six"
        await phone.speak(0.4)
        await phone.hush(20.0)
        assert [item.text for item in phone.call.history if item.role == "user"] == ["tell me a story"]
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_response_asked_for_while_the_answer_is_paused_takes_its_place():
    async def main():
        phone = await telling("mhm", buffered=True)
        await phone.speak(0.25)
        phone.call.respond(ReplyOptions())
        await phone.hush(25.0)
        replies = [notice.reply for notice in phone.all(ReplyStarted)]
        assert [notice.reply for notice in phone.all(ReplyEnded)] == replies
        assert len(replies) == 2
        await phone.hang_up()

    virtual_clock.run(main())


def test_cancelling_what_paused_at_a_buffering_client_is_refused_and_obeyed():
    async def main():
        phone = await telling("mhm", buffered=True)
        await phone.speak(0.25)
        with pytest.raises(CallerError, match=r"^Cancellation failed"):
            phone.call.cancel()
        sent = len(phone.all(ReplyAudio))
        await phone.hush(10.0)
        assert len(phone.all(ReplyAudio)) == sent
        await phone.hang_up()

    virtual_clock.run(main())


def test_yes_at_the_end_of_a_question_is_an_answer_to_it():
    async def main():
        phone = Telephone(ScriptedChat(["Do you like it here?"]), texts=("hello", "Yes."), lead=3.0)
        await phone.speak(1.0)
        while not phone.all(ReplyEnded):
            await phone.hush(0.02)
        await phone.hush(0.9)  # 1.2 s of sound: the last moment of it
        await phone.speak(0.3)
        await phone.hush(4.0)
        assert [item.text for item in phone.call.history if item.role == "user"] == ["hello", "Yes."]
        assert len(phone.requests) == 2
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_real_interruption_is_heard_even_after_an_echo():
    async def main():
        slower = "please speak more slowly"
        phone = await telling("this is sentence number", slower, slower, slower, buffered=False)
        await phone.speak(0.5)
        await phone.hush(1.5)
        await phone.speak(1.5)
        await phone.hush(3.0)
        assert phone.all(ReplyEnded)[0].status == "cancelled"
        assert [item.text for item in phone.call.history if item.role == "user"][-1] == slower
        await phone.hang_up()

    virtual_clock.run(main())


class Ears:
    """An echo detector with an opinion of its own, that keeps what it was shown."""

    def __init__(self, likeness: float) -> None:
        self.opinion = likeness
        self.shown: list[tuple[Pcm, Pcm]] = []

    def likeness(self, heard: Pcm, played: Pcm) -> float:
        self.shown.append((heard, played))
        return self.opinion


def test_sound_that_matches_what_is_playing_is_not_even_noticed():
    async def main():
        ears = Ears(1.0)
        phone = await telling(buffered=False, echo=ears)
        heard = phone.now - phone.when(ReplyAudio)
        await phone.speak(1.0)
        pcm, played = ears.shown[0]
        assert pcm.seconds == pytest.approx(0.4)
        end = (played.start + played.samples) / played.rate
        assert heard - 1e-6 <= end <= heard + 0.5  # what is being heard at this moment
        await phone.hush(20.0)
        assert [notice.status for notice in phone.all(ReplyEnded)] == ["completed"]
        assert len(phone.all(SpeechStarted)) == 1
        await phone.hang_up()

    virtual_clock.run(main())


def test_sound_that_does_not_match_is_an_interruption_and_nothing_is_compared_when_the_tutor_is_silent():
    async def main():
        ears = Ears(0.05)
        phone = await telling("stop", buffered=False, echo=ears)
        assert ears.shown == []
        await phone.speak(1.2)
        assert ears.shown
        assert phone.last(ReplyEnded).status == "cancelled"
        await phone.hang_up()

    virtual_clock.run(main())


@pytest.mark.parametrize("buffered", [False, True])
def test_hanging_up_while_the_answer_is_paused_leaves_nothing_behind(buffered):
    async def main():
        phone = await telling("mhm", buffered=buffered)
        await phone.speak(0.25)
        await phone.hang_up()

    virtual_clock.run(main())


def test_a_client_that_cancels_while_the_answer_is_paused_hears_no_more_of_it():
    async def main():
        phone = await telling("mhm", buffered=False)
        await phone.speak(0.25)
        phone.call.cancel()
        sent = len(phone.all(ReplyAudio))
        await phone.hush(5.0)
        assert len(phone.all(ReplyAudio)) == sent
        assert len(phone.all(ReplyEnded)) == 1
        await phone.hang_up()

    virtual_clock.run(main())
