from bench.chain import Chain, facts, middle


def test_the_middle_is_taken_of_each_part_by_itself() -> None:
    rounds = [Chain(1000, 900, 200), Chain(5000, 800, 100), Chain(1100, 850, 300)]
    assert middle(rounds) == Chain(1100, 850, 200)
    assert middle(rounds).total == 2150


def test_what_was_measured_before_and_after_counts_alike() -> None:
    found = facts([Chain(1, 2, 3)], [Chain(3, 4, 5)])
    assert (found["asr_ms"], found["llm_ms"], found["tts_ms"], found["total_ms"]) == (2, 3, 4, 9)
    assert found["after"] == [{"asr": 3, "llm": 4, "tts": 5}]
