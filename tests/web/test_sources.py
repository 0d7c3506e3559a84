"""The page's sources: their types, their logic without a browser, and that they need nobody else."""

import json
import re
import subprocess

import pytest

from tests.web.conftest import BIN, HERE
from voicegw.http.page import FOLDER, SOURCES

TABLES = {path.stem: json.loads(path.read_text()) for path in (FOLDER / "messages").glob("*.json")}
CODE = {path: path.read_text() for path in FOLDER.rglob("*") if path.suffix in SOURCES | {".ts"}}


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("project", ["tsconfig.json", "tsconfig.worker.json"])
def test_every_type_is_right(project, node_modules):
    run(str(BIN / "node"), str(node_modules / "typescript" / "bin" / "tsc"), "--project", project)


def test_the_logic_that_needs_no_browser():
    run(str(BIN / "node"), "--test", *map(str, sorted((HERE / "units").glob("*.test.js"))))


def test_nothing_comes_from_another_host():
    for path, text in CODE.items():
        hosts = set(re.findall(r"(?:https?:)?//([\w-]+\.[\w.-]+)", text)) - {
            "www.w3.org"
        }  # a namespace, not an address
        assert not hosts, path


def test_every_language_says_everything_with_the_same_blanks():
    assert set(TABLES) == {"en", "es", "de", "fr"}
    english = TABLES["en"]
    for language, table in TABLES.items():
        assert table.keys() == english.keys(), language
        for key, sentence in table.items():
            assert sentence.strip(), (language, key)
            assert re.findall(r"{\w+}", sentence) == re.findall(r"{\w+}", english[key]), (language, key)


def test_every_sentence_is_used_and_every_used_one_is_there():
    code = "\n".join(text for path, text in CODE.items() if path.suffix in (".html", ".js"))
    used = set(re.findall(r'data-t(?:-label)?="([\w.]+)"', code)) | set(re.findall(r'["`]([a-z]+\.[\w.]+)["`]', code))
    families = [re.escape(prefix) for prefix in re.findall(r"`([a-z]+\.)\$\{", code)]
    keys = TABLES["en"].keys()
    missing = {key for key in used if key.split(".")[0] in {k.split(".")[0] for k in keys}} - keys
    assert not missing - {key for key in missing if key.endswith((".js", ".json"))}
    unused = {key for key in keys if key not in used and not any(re.match(family, key) for family in families)}
    assert not unused


def test_french_marks_keep_their_word():
    for key, sentence in TABLES["fr"].items():
        assert not re.search(r" [:;!?»]|« ", sentence), key
    assert "\u00a0?" in TABLES["fr"]["lobby.scenario"]


def test_the_tutor_has_first_words_in_every_language_that_the_page_itself_speaks():
    greetings = json.loads((FOLDER / "greetings.json").read_text())
    assert set(TABLES) | {"it", "pt"} <= set(greetings)
    assert all(words.strip() for words in greetings.values())


def test_no_picture_hangs_on_a_style_of_its_own():
    """Firefox drops a style sheet inside an SVG file of which a part is used elsewhere."""
    assert "<style" not in (FOLDER / "icons.svg").read_text()
