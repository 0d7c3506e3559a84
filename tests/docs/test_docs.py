"""What README and docs name is there: files, folders, links, commands with their options, targets of make, settings."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from voicegw.cli import app
from voicegw.settings import variables

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ROOMS = ("voicegw", "pipeline", "models", "bench", "web_client", "tests", "docs", "docker", "requirements")
MADE = {"voicegw.toml", "page_files.js", "evidence.json"}
"""Files that the operator writes, or that are made when they are asked for."""

FILE = re.compile(r"[\w./-]*\w\.(?:py|toml|txt|js|mjs|json|md|css|html|yaml|svg|ts)\b")
FOLDER = re.compile(r"(?:[\w-]+/)+")


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request) -> Path:
    given: Path = request.param
    return given


def code(page: Path) -> Iterator[str]:
    """What stands between backticks, and each line of the blocks of code."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from block.splitlines()
    yield from re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


@cache
def paths() -> tuple[str, ...]:
    """Every file and folder, each with a slash in front."""
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*") if "node_modules" not in path.parts]
    top = [*ROOT.iterdir(), *found]
    return tuple(f"/{path.relative_to(ROOT).as_posix()}" for path in top)


def test_files_and_folders_exist(page):
    named = {name for span in code(page) if "://" not in span for name in FILE.findall(span)} - MADE
    named |= {span.rstrip("/") for span in code(page) if FOLDER.fullmatch(span)}
    gone = {name for name in named if not any(path.endswith(f"/{name.removeprefix('../')}") for path in paths())}
    assert not gone


def test_links_resolve(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(command: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each with its words. command: one of typer's, or a group of them."""
    if inner := getattr(command, "commands", None):
        for name, one in inner.items():
            yield from commands(one, *names, name)
    else:
        yield names, command


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_readme_names_every_command_and_target():
    spans = list(code(ROOT / "README.md"))
    assert ("bench", "turn") in COMMANDS
    unnamed = [names for names in COMMANDS if not any(f"voicegw {' '.join(names[:2])}" in span for span in spans)
               if names[0] != "models"]  # fmt: skip
    assert not unnamed
    named = {target for span in spans for target in re.findall(r"^make ([\w-]+)", span)}
    assert named <= set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_commands_have_the_options_that_are_named(page):
    for span in code(page):
        words = span.split()
        for start in (place for place, word in enumerate(words) if word.removeprefix(".venv/bin/") == "voicegw"):
            said = [*words[start + 1 :]]
            command = next((COMMANDS[key] for key in (tuple(said[:2]), tuple(said[:1])) if key in COMMANDS), None)
            if command is None:
                assert not said or said[0] in {"bench", "models"} | {"--version", "--help"}, span
                continue
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            assert {word.split("=")[0] for word in said if word.startswith("--")} <= known, span


def test_settings_exist(page):
    known = variables()
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"\bVOICEGW_[A-Z_]*[A-Z]\b", text))
    assert named <= set(known)
