"""eSpeak NG for the gateway: questions on standard input, answers on standard output. `models.child` runs it.

Both are frames: four bytes of length, little-endian, then MessagePack. It ends with its input.
"""

import os
import sys

import msgspec

from models.tts_espeak_frames import Answer, Facts, Failed, Question, Sound, read, write
from models.tts_espeak_library import EspeakLibrary
from pipeline.errors import EngineError


def main() -> None:
    # The library may print. What it prints must not get between the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    library = EspeakLibrary()
    write(answers, msgspec.msgpack.encode(Facts(library.languages(), library.rate, library.version)))
    while question := read(sys.stdin.buffer):
        write(answers, msgspec.msgpack.encode(_answer(library, msgspec.msgpack.decode(question, type=Question))))


def _answer(library: EspeakLibrary, question: Question) -> Answer:
    try:
        said = library.say(question.text, question.voice, question.speed)
    except EngineError as error:
        return Failed(str(error))
    return Sound(said.sound.tobytes(), said.words)


if __name__ == "__main__":
    main()
