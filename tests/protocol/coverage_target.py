"""What atheris calls with ever new bytes: frames with line breaks between them, for one session.

Usage: python -m tests.protocol.coverage_target [libFuzzer's options] CORPUS...
"""

import sys

import atheris

with atheris.instrument_imports(include=["voicegw.protocol", "pipeline"]):
    from tests.protocol.line import Line
    from voicegw.protocol.beta import BETA
    from voicegw.protocol.dialect import GA


def answers_every_frame(data: bytes) -> None:
    """Each with one command, or with one error, or with both."""
    for dialect in (GA, BETA):
        line = Line()
        for frame in data.split(b"\n"):
            commands = line.send(dialect.read(frame))
            events = line.events()
            errors = sum(event.__struct_config__.tag == "error" for event in events)
            assert 1 >= len(commands) >= 1 - errors >= 0
            for event in events:
                assert all(len(written) < 200_000 for written in dialect.write(event))


if __name__ == "__main__":
    atheris.Setup(sys.argv, answers_every_frame)
    atheris.Fuzz()
