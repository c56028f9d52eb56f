"""What users see when a test fails: the whole text of every situation is kept, to be read from top to bottom.

The texts are those of the newest SDK. ``make gallery`` writes them again.
"""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkout import TESTS

GALLERY = Path(__file__).with_name("gallery")
MESSAGES = GALLERY / "messages.txt"
FILES = ("situations_at_start.py", "situations.py")
LEAST = 25
ARGS = ("-p", "collector", "--tb=short", *FILES)
OF_THE_NEWEST_SDK = pytest.mark.needs("messages of the gallery")


def situations() -> Iterator[tuple[str, list[str]]]:
    """The names of the tests, and the lines of their docstrings."""
    for node in [node for file in FILES for node in ast.parse((GALLERY / file).read_text()).body]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            yield node.name, (ast.get_docstring(node) or "").splitlines()


SITUATIONS = dict(situations())


@pytest.fixture
def gallery(pytester: pytest.Pytester) -> pytest.Pytester:
    for file in GALLERY.glob("*.py"):
        shutil.copy(file, pytester.path)
    return pytester


def failures(gallery: pytest.Pytester, *args: str) -> dict[str, str]:
    gallery.runpytest_subprocess(*ARGS, *args)
    texts: dict[str, str] = json.loads((gallery.path / "failures.json").read_text())
    return texts


def rendered(texts: dict[str, str]) -> str:
    entries = [
        f"{'=' * 100}\n{name}: {title}\n{'=' * 100}\n{texts[name]}\n" for name, [title, *_] in SITUATIONS.items()
    ]
    return "\n".join(entries)


@OF_THE_NEWEST_SDK
def test_messages(gallery: pytest.Pytester, request: pytest.FixtureRequest) -> None:
    texts = failures(gallery)

    assert texts.keys() == SITUATIONS.keys()
    assert len(SITUATIONS) >= LEAST
    if request.config.getoption("update_gallery"):
        MESSAGES.write_text(rendered(texts))
    assert rendered(texts) == MESSAGES.read_text()


@OF_THE_NEWEST_SDK
def test_messages_are_the_same_in_workers(gallery: pytest.Pytester) -> None:
    assert rendered(failures(gallery, "-n2", "--dist=loadfile")) == MESSAGES.read_text()


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_message_has_what_it_must_have(name: str) -> None:
    _, _, *must_appear = SITUATIONS[name]
    text = MESSAGES.read_text().partition(f"\n{name}: ")[2].partition("\n" + "=" * 100 + "\ntest_")[0]
    assert must_appear
    for line in must_appear:
        before, found, text = text.partition(line.strip())
        assert found, f"{line!r} is missing after the lines before it; there is\n{before}"


def test_messages_are_not_updated_in_ci(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(TESTS / "conftest.py", pytester.path)
    monkeypatch.setenv("CI", "true")

    result = pytester.runpytest_subprocess("--update-gallery")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --update-gallery is for people who read what it writes, not for CI"])
