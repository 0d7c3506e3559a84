import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import typer
from anyio.from_thread import start_blocking_portal
from typer.testing import CliRunner, Result

from pipeline.audio import Pcm
from pipeline.errors import OperatorError
from tests.client.test_devices import Stream, card
from tests.support.scripted_gateway import Line, Script, joined, scripted_gateway, silence, tone
from voicegw.client import realtime, wav
from voicegw.client.events import CallFailed
from voicegw.commands.talk import talk

__all__ = ["card"]  # a fixture

app = typer.Typer()
app.command()(talk)


@pytest.fixture(autouse=True)
def quiet_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No sound card, no settings, and callers that know the scripts to be quick."""
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(realtime, "SETTLED_AFTER", 0.5)
    monkeypatch.setattr(realtime, "HEARD_WITHIN", 1.5)
    for name in [name for name in os.environ if name.startswith("VOICEGW_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def question(tmp_path: Path) -> str:
    wav.write(tmp_path / "question.wav", joined(tone(100), silence(100)))
    return str(tmp_path / "question.wav")


@contextmanager
def gateway(script: Script, key: str | None = None) -> Iterator[str]:
    """The scripted gateway on an event loop of its own, for a command that brings its own."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(scripted_gateway(script, key)) as url:
        yield url


def run(*args: str) -> Result:
    return CliRunner().invoke(app, args)


async def answering(line: Line) -> None:
    await line.greet()
    await line.hear("u1", "How are you?")
    await line.answer("r1", "Very [bold]well\x1b[2J.", tone(100))


def test_both_sides_captions_and_where_the_time_went(question: str, tmp_path: Path) -> None:
    with gateway(answering) as url:
        result = run(question, "--url", url, "--save", str(tmp_path / "reply.wav"))
    assert result.exit_code == 0, result.exception
    assert "you: How are you?\n" in result.stdout
    assert "tutor: Very [bold]well[2J.\n" in result.stdout, "a model's words neither style nor steer the terminal"
    for step in (
        "end of speech heard",
        "transcript",
        "first words",
        "first audible sample",
        "answer played",
    ):
        assert step in result.stdout
    assert wav.read(tmp_path / "reply.wav") == tone(100)


def test_captions_that_come_in_pieces_are_shown_once(question: str) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", None)
        for piece in ("How ", "are you?"):
            kind = "conversation.item.input_audio_transcription.delta"
            await line.send(kind, item_id="u1", content_index=0, delta=piece)
        kind = "conversation.item.input_audio_transcription.completed"
        await line.send(kind, item_id="u1", content_index=0, transcript="How are you?")
        await line.answer("r1", "Well.", tone(20))

    with gateway(script) as url:
        result = run(question, "--url", url)
    assert result.stdout.startswith("   you: How are you?\n tutor: Well.\n")


def test_json_lines_for_programs(question: str) -> None:
    with gateway(answering) as url:
        result = run(question, "--url", url, "--json")
    assert result.exit_code == 0, result.exception
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["type"] for line in lines] == [
        "session.created",
        "session.updated",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.done",
        "summary",
    ]
    assert lines[0]["at_ms"] == 0
    times = [line["at_ms"] for line in lines[:-1]]
    assert times == sorted(times)
    assert lines[7]["audio_ms"] == 100
    assert "delta" not in lines[7]
    (turn,) = lines[-1]["turns"]
    assert turn["status"] == "completed"
    assert turn["heard"] == "How are you?"
    assert turn["latency_ms"] == turn["since_speech_end_ms"]["first_audible"]
    assert turn["reply_s"] == 0.1


def test_the_instructions_and_the_key_reach_the_gateway(question: str) -> None:
    told = []

    async def script(line: Line) -> None:
        await line.send("session.created", session={})
        told.append(await line.expect("session.update"))
        await line.send("session.updated", session={})
        await line.hear("u1", "Hi.")
        await line.answer("r1", "Arr.", tone(20))

    with gateway(script, key="secret") as url:
        result = run(question, "--url", url, "--key", "secret", "--instructions", "Be a pirate.")
    assert result.exit_code == 0, result.exception
    assert told[0]["session"]["instructions"] == "Be a pirate."


def test_this_machines_own_gateway_is_called_with_its_own_key(question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with gateway(answering, key="secret") as url:
        monkeypatch.setenv("VOICEGW_PORT", url.rpartition(":")[2].partition("/")[0])
        monkeypatch.setenv("VOICEGW_API_KEY", "secret")
        result = run(question)
        assert result.exit_code == 0, result.exception
        elsewhere = run(question, "--url", url)
    assert "refused the key" in str(elsewhere.exception), "our key is not for other addresses"


def test_the_answer_is_played_where_there_is_a_loudspeaker(question: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("card")
    with gateway(answering) as url:
        assert run(question, "--url", url).exit_code == 0
    (stream,) = Stream.opened
    block = bytearray(tone(100).data)
    stream.callback(block, 2400, None, None)
    assert Pcm(bytes(block), 24_000) == tone(100)
    with gateway(answering) as url:
        assert run(question, "--url", url, "--no-play").exit_code == 0
    assert len(Stream.opened) == 1


def test_what_was_heard_until_the_gateway_broke_off_is_saved(question: str, tmp_path: Path) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "How are you?")
        await line.begin_answer("r1", "Very", tone(100))
        await line.socket.close(1011, "crashed")

    with gateway(script) as url:
        result = run(question, "--url", url, "--save", str(tmp_path / "reply.wav"))
    assert isinstance(result.exception, CallFailed)
    assert "crashed" in str(result.exception)
    assert wav.read(tmp_path / "reply.wav") == tone(100)


def test_a_place_that_takes_no_recording_is_known_before_the_call(question: str, tmp_path: Path) -> None:
    result = run(question, "--url", "ws://127.0.0.1:1", "--save", str(tmp_path / "question.wav" / "reply.wav"))
    assert isinstance(result.exception, OperatorError)
    assert "reply.wav cannot be written" in str(result.exception)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as in a terminal: a shell makes its background jobs, which tests may be, ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_a_live_call_goes_on_until_ctrl_c(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("card")
    loudspeaker = []

    async def script(line: Line) -> None:
        await line.greet()
        speaker, microphone = Stream.opened
        for sound in [tone(20)] * 3 + [silence(20)] * 5:
            microphone.callback(sound.data, 480, None, None)
        await line.hear("u1", "Hello?")
        await line.answer("r1", "Let me tell you.", tone(5000))
        # an interruption: the caller's answer to it shows that it has taken in all before it
        await line.send("input_audio_buffer.speech_started", item_id="u2", audio_start_ms=0)
        await line.expect("conversation.item.truncate")
        block = bytearray(960)
        speaker.callback(block, 480, None, None)
        loudspeaker.append(bytes(block))
        os.kill(os.getpid(), signal.SIGINT)

    with gateway(script) as url:
        result = run("--url", url)
    assert result.exit_code == 0, result.exception
    assert "you: Hello?\n tutor: Let me tell you.\n" in result.stdout
    assert "first audible sample" in result.stdout
    assert not any(stream.running for stream in Stream.opened)
    assert loudspeaker == [bytes(960)], "an interrupted answer falls silent"


# --- what can go wrong ---------------------------------------------------------------------------------------------


def failure(*args: str, error: type[Exception] = CallFailed) -> str:
    result = run(*args)
    assert isinstance(result.exception, error), result.exception
    return str(result.exception)


def test_without_a_file_a_microphone_is_needed() -> None:
    assert "pip install '.[microphone]'" in failure("--url", "ws://127.0.0.1:1", error=OperatorError)


def test_a_file_that_is_not_there() -> None:
    assert "There is no file nothing.wav" in failure("nothing.wav", error=OperatorError)


def test_nothing_was_heard(question: str) -> None:
    with gateway(Line.greet) as url:
        assert "heard no speech in" in failure(question, "--url", url)


def test_no_words_were_heard(question: str) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "")

    with gateway(script) as url:
        assert "heard no words in" in failure(question, "--url", url)


def test_no_answer_came(question: str) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "Hello?")
        await line.send("error", error={"type": "server_error", "message": "The model is gone."})

    with gateway(script) as url:
        sentence = failure(question, "--url", url, "--wait", "1")
    assert sentence == "The gateway did not answer within 1 s. It reported: The model is gone."


def test_the_answer_failed(question: str) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear("u1", "Hello?")
        await line.send("response.created", response={"id": "r1", "status": "in_progress"})
        await line.end_answer("r1", "failed", {"type": "failed", "error": {"type": "x", "message": "Out of memory."}})

    with gateway(script) as url:
        result = run(question, "--url", url)
    assert str(result.exception) == "The gateway gave an empty answer (failed). It reported: Out of memory."
    assert "answer failed: Out of memory." in result.stdout


def test_as_a_process_a_failure_is_one_sentence_and_a_status(question: str) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{taken.getsockname()[1]}/v1/realtime"
        done = subprocess.run(
            [sys.executable, "-m", "voicegw", "talk", question, "--url", url, "--no-play"],
            capture_output=True, text=True, timeout=60, check=False,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"voicegw: No gateway can be reached at {url}: start it with `make run`, or give --url.\n"
    assert done.stdout == ""
