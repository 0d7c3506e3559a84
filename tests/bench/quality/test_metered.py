import asyncio
from pathlib import Path

import pytest

from bench.quality import memory, virtual_time
from bench.quality.backstage import Backstage
from bench.quality.memory import Memory
from bench.quality.metered import Prices, metered
from bench.quality.tutor import ANSWER, DEFAULT, INSTANT, PacedChat, words
from models.scripted import ScriptedChat, ScriptedRecognizer
from pipeline.audio import Pcm
from pipeline.engines import ChatMessage, ChatRequest, Engines, Listening, Speaking, SpeechScore
from pipeline.errors import OperatorError
from tests.bench.quality.recordings import scripted

SECOND = Pcm(bytes(32_000), 16_000)
NOISE = Pcm(b"\x10\x20" * 16_000, 16_000)


def recognizer(engines: Engines) -> ScriptedRecognizer:
    assert isinstance(engines.recognizer, ScriptedRecognizer)
    return engines.recognizer


def test_engines_are_started_and_closed() -> None:
    engines = scripted()
    with Backstage(engines):
        assert recognizer(engines).started
    assert not recognizer(engines).started


def test_an_engine_that_does_not_start_leaves_nothing_behind() -> None:
    engines = scripted()

    async def fails() -> None:
        raise OperatorError("It is not there.")

    recognizer(engines).start = fails  # type: ignore[method-assign]
    backstage = Backstage(engines)
    with pytest.raises(OperatorError, match="not there"), backstage:
        pass
    assert not backstage.alive


def test_a_fixed_price_passes_on_the_virtual_clock() -> None:
    async def main() -> float:
        await ours.recognizer.transcribe(SECOND, Listening(), caller="a")
        assert ours.turn_detector
        assert await ours.turn_detector.completion(SECOND, caller="a") == 0.9
        return asyncio.get_running_loop().time()

    with Backstage(scripted(complete=0.9)) as backstage:
        ours = metered(backstage, Memory(), Prices({"asr": 2.0, "turn": 0.5}), INSTANT)
        assert virtual_time.run(main()) == pytest.approx(2.5)


def test_a_measured_price_is_multiplied_and_remembered() -> None:
    kept = Memory()

    async def main() -> float:
        await ours.recognizer.transcribe(SECOND, Listening(), caller="a")
        return asyncio.get_running_loop().time()

    engines = scripted()
    with Backstage(engines) as backstage:
        ours = metered(backstage, kept, Prices(slowdown=1000), INSTANT)
        took = virtual_time.run(main())
        ((_, measured),) = kept.asr.values()
        assert took == pytest.approx(1000 * measured)
        assert virtual_time.run(main()) == pytest.approx(took)
    assert len(recognizer(engines).heard) == 1, "the second time it was known"


def test_work_that_nobody_waits_for_is_not_done() -> None:
    async def main() -> None:
        asked = asyncio.create_task(ours.recognizer.transcribe(SECOND, Listening(), caller="a"))
        await asyncio.sleep(0.2)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    engines = scripted()
    with Backstage(engines) as backstage:
        ours = metered(backstage, Memory(), Prices({"asr": 0.3}), INSTANT)
        virtual_time.run(main())
    assert not recognizer(engines).heard


def test_known_audio_is_scored_from_memory_and_unknown_audio_after_it_as_ever() -> None:
    kept = Memory()

    async def scores(*pieces: Pcm) -> list[float]:
        stream = ours.vad.open("a")
        at = 0
        found: list[SpeechScore] = []
        for piece in pieces:
            found += await stream.push(Pcm(piece.data, 16_000, at))
            at += piece.samples
        assert found[-1].span.end == at // 512 * 512
        return [score.probability for score in found]

    with Backstage(scripted()) as backstage:
        ours = metered(backstage, kept, Prices(), INSTANT)
        first = virtual_time.run(scores(SECOND, NOISE))
        assert len(kept.vad) == 2
        assert virtual_time.run(scores(SECOND, NOISE)) == first
        assert len(kept.vad) == 2
        assert virtual_time.run(scores(SECOND, NOISE, SECOND))[: len(first)] == first


def test_a_voice_is_paid_part_by_part() -> None:
    async def main() -> list[float]:
        times = []
        async for _ in ours.synthesizer.stream("twenty characters ..", Speaking(), caller="a"):
            times.append(asyncio.get_running_loop().time())
        return times

    with Backstage(scripted()) as backstage:
        ours = metered(backstage, Memory(), Prices({"tts": 0.25}), INSTANT)
        assert virtual_time.run(main()) == pytest.approx([0.25, 0.5, 0.75])


def test_the_tutor_speaks_at_a_pace() -> None:
    request = ChatRequest((ChatMessage("user", "Hello."),))

    async def main() -> tuple[float, str]:
        deltas = [delta async for delta in PacedChat(ScriptedChat(words), DEFAULT).stream(request, caller="a")]
        return asyncio.get_running_loop().time(), "".join(delta.text for delta in deltas)

    took, text = virtual_time.run(main())
    assert text.strip() == ANSWER
    assert took == pytest.approx(DEFAULT.first + len(ANSWER.split()) * DEFAULT.each)


def test_the_tutor_says_what_the_instructions_are_when_nobody_spoke() -> None:
    assert "".join(words(ChatRequest((ChatMessage("system", "Once upon a time."),)))).strip() == "Once upon a time."


def test_answers_are_kept_in_a_file(tmp_path: Path) -> None:
    kept = Memory()

    async def main() -> None:
        await ours.vad.open("a").push(SECOND)
        await ours.recognizer.transcribe(SECOND, Listening(), caller="a")
        assert ours.turn_detector
        await ours.turn_detector.completion(SECOND, caller="a")
        assert [pcm async for pcm in ours.synthesizer.stream("Hi.", Speaking(), caller="a")]

    with Backstage(scripted()) as backstage:
        ours = metered(backstage, kept, Prices(), INSTANT)
        virtual_time.run(main())
    path = tmp_path / "new" / "engines.msgpack"
    assert memory.load(path) == Memory()
    memory.save(kept, path)
    assert memory.load(path) == kept
    path.write_bytes(b"something else")
    with pytest.raises(OperatorError, match="delete it"):
        memory.load(path)
    with pytest.raises(OperatorError, match="cannot be kept"):
        memory.save(kept, path / "below")
