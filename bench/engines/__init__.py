"""Each engine against the stock way of doing the same, in one run: `python -m pytest bench/engines/tts_bench.py`.

Not part of the tests: these take minutes, want a quiet machine, and tell numbers instead of right or wrong.
"""
