"""`make test-clients`: every client against a gateway, and the table of what happened.

Each client lives in its own environment below `.clients/`, made from pinned versions from the public registries.
With `--record`, what a client said and was told is kept for tests/protocol, if all went well.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.clients.engines import engines
from tests.clients.recording import RECORDINGS, Tape
from tests.support.gateway import gateway

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BIN = Path(sys.executable).parent
"""Of the project's environment: uv is there, and Node.js."""
ENVIRONMENTS = ROOT / ".clients"
TABLE = ROOT / "docs" / "compatibility.md"
LONGEST_S = 180
SCENARIOS = ("spoken", "interruption", "tool", "text", "session change", "error")
"""Of clients of /v1/realtime."""
AUDIO_SCENARIOS = ("speech", "transcription", "transcription stream", "error")
"""Of clients of /v1/audio."""
INTRODUCTION = """# Compatibility

Clients that nobody here wrote, unmodified, against this gateway over real sockets with scripted engines. Made by
`make test-clients`; do not edit.

"""


@dataclass(frozen=True, slots=True)
class Client:
    """A script and where it runs.

    packages: what its own environment holds: a file of Python packages, or a folder with a lock of npm's, which goes
    below `.clients/` with the scripts in it. None: the script needs only the project's environment.
    scenarios: what the script goes through.
    """

    name: str
    script: str
    packages: str | None = None
    scenarios: tuple[str, ...] = SCENARIOS

    async def command(self) -> list[str]:
        """What runs it, once its environment is there."""
        python = sys.executable
        if self.packages and self.packages.endswith(".txt"):
            python = await _python(self.packages.removesuffix(".txt"), HERE / self.packages)
        elif self.packages:
            await _npm(HERE / self.packages, ENVIRONMENTS / self.packages)
        if self.script.endswith(".mjs"):
            return [str(BIN / "node"), str(ENVIRONMENTS / self.script)]
        return [python, str(HERE / self.script)]


CLIENTS = (
    Client("openai-python", "openai_python.py"),
    Client("agents-js", "agents_js/main.mjs", "agents_js"),
    Client("agents-js-page", "agents_js_page.py", "agents_js"),
    Client("pipecat", "pipecat_service.py", "pipecat.txt"),
    Client("livekit", "livekit_model.py", "livekit.txt"),
    Client("pydantic-ai", "pydantic_ai_session.py", "pydantic_ai.txt"),
    Client("livekit-audio", "livekit_audio.py", "livekit.txt", AUDIO_SCENARIOS),
    Client("voice-pipeline", "voice_pipeline.py", "openai_agents.txt", AUDIO_SCENARIOS),
    Client("ai-sdk", "ai_sdk/main.mjs", "ai_sdk", ("speech", "transcription", "error")),
)


async def main(wanted: Sequence[str], *, record: bool) -> int:
    """wanted: names of clients; empty for all, which also writes the table. Returns the exit status."""
    results: list[dict[str, str]] = []
    async with gateway(engines()) as running:
        for client in CLIENTS:
            if not wanted or client.name in wanted:
                tape = Tape()
                with tape.running() if record else nullcontext():
                    told = await _results(client, running.http)
                if record and client.scenarios is SCENARIOS and all(result["result"] == "ok" for result in told):
                    tape.save(RECORDINGS / f"{client.name}.jsonl")
                results += told
    failed = [result for result in results if result["result"] != "ok"]
    for result in results:
        print("{client} {version}  {scenario}: {result}".format(**result))  # noqa: T201
    if not wanted:
        TABLE.write_text(INTRODUCTION + _tables(results))
    return 1 if failed or not results else 0


async def _results(client: Client, url: str) -> list[dict[str, str]]:
    try:
        command = [*await client.command(), url]
        told = await _run(command, ROOT, PYTHONPATH=str(ROOT))
    except RuntimeError as problem:
        return [{"client": client.name, "version": "?", "scenario": "all", "result": str(problem)}]
    results = [json.loads(line) for line in told.splitlines() if line.startswith('{"client"')]
    missing = set(client.scenarios) - {result["scenario"] for result in results}
    version = results[0]["version"] if results else "?"
    lost = [{"client": client.name, "version": version, "scenario": name, "result": "not told"} for name in missing]
    return results + lost


async def _python(name: str, packages: Path) -> str:
    """The interpreter of an environment with exactly these packages."""
    python = ENVIRONMENTS / name / "bin" / "python"
    uv = str(BIN / "uv")
    if not python.exists():
        await _run([uv, "venv", "-q", "--python", sys.executable, str(python.parent.parent)], ROOT)
    await _run([uv, "pip", "sync", "-q", "--python", str(python), str(packages)], ROOT)
    return str(python)


async def _npm(source: Path, folder: Path) -> None:
    """A copy of `source` with the packages of its lock, fetched when they are not those already there."""
    shutil.copytree(source, folder, dirs_exist_ok=True)  # with the times of its files
    lock, here = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"  # npm's own record
    if not here.is_file() or here.stat().st_mtime < lock.stat().st_mtime:
        await _run([str(BIN / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], folder)


async def _run(command: Sequence[str], folder: Path, **variables: str) -> str:
    """Its standard output. Raises RuntimeError when it fails or takes too long."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            out, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise RuntimeError(f"{command[0]} took longer than {LONGEST_S} s") from None
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:2])} failed: {errors.decode()[-2000:]}")
    return out.decode()


def _tables(results: Sequence[dict[str, str]]) -> str:
    """One of the clients that call, and one of those that have things said and written down."""
    audio = {result["client"] for result in results if result["scenario"] in AUDIO_SCENARIOS[:-1]}
    calls = [result for result in results if result["client"] not in audio]
    others = [result for result in results if result["client"] in audio]
    tables = _table(calls, SCENARIOS, "no"), _table(others, AUDIO_SCENARIOS, "-")
    return "## Calls\n\n{}\n## Recordings and texts\n\n{}".format(*tables)


def _table(results: Sequence[dict[str, str]], scenarios: Sequence[str], absent: str) -> str:
    """absent: for a scenario that a client did not go through."""
    lines = ["| client | version | " + " | ".join(scenarios) + " |", "|---" * (2 + len(scenarios)) + "|"]
    for name in dict.fromkeys(result["client"] for result in results):
        own = [result for result in results if result["client"] == name]
        cells = {result["scenario"]: "yes" if result["result"] == "ok" else "no" for result in own}
        row = [name, own[0]["version"], *(cells.get(scenario, absent) for scenario in scenarios)]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    names = [argument for argument in sys.argv[1:] if argument != "--record"]
    sys.exit(asyncio.run(main(names, record="--record" in sys.argv)))
