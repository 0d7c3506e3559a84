"""What a response took, in tokens.

Text is counted by the language model's server. It reads and writes nothing else: sound becomes words before it, and
words become sound behind it. So that clients see what was heard and said all the same, sound is counted by its
length, at the rates that OpenAI documents: a token for 100 ms of the caller's, one for 50 ms of the answer's. A
caller's turn is counted once, in the first response after it; text is counted as often as it is read.
"""

from math import ceil

from pipeline.engines import Usage
from voicegw.protocol.response_events import CachedTokens, InputTokens, OutputTokens, ResponseUsage

HEARD_PER_S = 10
SPOKEN_PER_S = 20


def response_usage(usage: Usage, heard_s: float, spoken_s: float) -> ResponseUsage:
    """heard_s, spoken_s: seconds of sound. An object also where nothing was counted: older Pipecat fails on null."""
    heard, spoken = ceil(heard_s * HEARD_PER_S), ceil(spoken_s * SPOKEN_PER_S)
    return ResponseUsage(
        total_tokens=usage.input + heard + usage.output + spoken,
        input_tokens=usage.input + heard,
        output_tokens=usage.output + spoken,
        input_token_details=InputTokens(usage.input, heard, usage.cached, CachedTokens(usage.cached)),
        output_token_details=OutputTokens(usage.output, spoken),
    )
