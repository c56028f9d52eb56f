"""``scripts.plain_language``: what is refused in the texts of this project, and what is not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.plain_language import DATA, main, plain_language

CHECKOUT = Path(__file__).parents[2]

Checked = Callable[[str, str], "tuple[int, str]"]


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checked:
    """Checks a file with a text: the exit code, and the lines that are printed, without the folder."""

    def check(name: str, text: str) -> tuple[int, str]:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        code = main(["--check", str(file)])
        return code, capsys.readouterr().out.replace(f"{tmp_path}/", "")

    return check


PLAIN = """
# Filters

You can filter client errors. Pass `by=` to name the callable; the test fails if another one discarded the event.
There is no event for a request that is no longer running. It is no longer than this, and told apart by its route.

```python
one = "in code"; other = 2; third = 3
```
"""


def test_plain_text_passes(checked: Checked) -> None:
    assert checked("page.md", PLAIN) == (0, "")


@pytest.mark.parametrize(
    ("text", "line", "phrase"),
    [
        ("The test runs.\n\nSentry was told nothing.", 3, "told"),
        ("This happens without\na word from the SDK.", 1, "without a word"),
        ("`KeyError` is no kind of item.", 1, "is no "),
        ("- Each has a file of its own.", 1, "of its own"),
        ("```text\nthat is a blind spot.\n```", 2, "blind spot"),
        ("The behaviour changes.", 1, "behaviour"),
    ],
)
def test_a_planted_phrase_is_refused(checked: Checked, text: str, line: int, phrase: str) -> None:
    code, printed = checked("page.md", text)

    assert code == 1
    assert printed.startswith(f'page.md:{line}: "{phrase}". Write: ')


CODE = '''"""One thing is told here."""

told = "told once"  # and what came later

SIZE = 3
"""A number of its own."""
'''


def test_docstrings_and_comments_are_checked(checked: Checked) -> None:
    code, printed = checked("module.py", CODE)

    assert code == 1
    assert [line.split('"')[:2] for line in printed.splitlines()] == [
        ["module.py:1: ", "told"],
        ["module.py:3: ", "what came"],
        ["module.py:6: ", "of its own"],
    ]


def test_messages_of_the_package_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "pytest_sentry_capture" / "module.py"
    file.parent.mkdir()
    file.write_text(
        'def text(name):\n    return (\n        f"{name[0]!r:>{10}} is "\n        "no kind"\n    )\n', encoding="utf-8"
    )

    [problem] = plain_language().problems(file, tmp_path)

    assert problem.startswith('pytest_sentry_capture/module.py:3: "is no ". Write: ')


def test_comments_of_a_makefile_are_checked(checked: Checked) -> None:
    code, printed = checked("Makefile", "# Runs the tests.\ntest:\n\tpytest; echo; echo; echo\n\n# Makes files anew.\n")

    assert code == 1
    assert printed.startswith('Makefile:5: "anew". Write: ')


def test_a_short_file_may_have_one_semicolon(checked: Checked) -> None:
    assert checked("page.md", "One thing; another thing.") == (0, "")


def test_two_semicolons_in_a_short_file_are_refused(checked: Checked) -> None:
    code, printed = checked("page.md", "One thing; another thing.\n\nAnd a third; the last.")

    assert (code, printed) == (
        1,
        "page.md:1: 2 semicolons in 9 words of prose (lines 1, 3), allowed: 1. Write: two sentences\n",
    )


def test_a_long_file_may_have_two_semicolons_in_1000_words(checked: Checked) -> None:
    text = "word " * 998 + "one; two; "
    assert checked("page.md", text) == (0, "")
    assert checked("page.md", text + "three; four")[0] == 1


def test_without_check_problems_are_listed_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "page.md"
    file.write_text("Sentry was told.", encoding="utf-8")

    assert main([str(file)]) == 0
    assert "told" in capsys.readouterr().out


def test_each_phrase_has_a_plain_one() -> None:
    assert [phrase.pattern.pattern for phrase in plain_language().phrases if not phrase.plain.strip()] == []
    assert [phrase.plain for phrase in plain_language().phrases if phrase.pattern.search(phrase.plain)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "Nothing is idle."),
        ("CONTRIBUTING.md", "Nothing is idle."),
        ("docs/how-to/page.md", "Nothing is idle."),
        ("Makefile", "test: ## Run the idle tests"),
        (".ci/run", "# Runs the idle tests."),
        (".github/workflows/checks.yml", "name: Idle checks"),
        (".github/pull_request_template.md", "Nothing is idle."),
        ("pyproject.toml", 'description = "An idle plugin"'),
        ("tests/plugin/gallery/messages.txt", "2 idle waivers"),
        ("tests/unit/test_waivers.py", '"""Idle waivers."""'),
        ("pytest_sentry_capture/plugin.py", 'parser.addini("sentry_strict", "Fail for idle waivers.")'),
        ("pytest_sentry_capture/_text/nouns.py", "WORD = 1  # for idle waivers"),
        ("pytest_sentry_capture/_reports/report.schema.json", '{"description": "Idle waivers."}'),
    ],
)
def test_a_phrase_is_found_in_every_sort_of_file(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n", encoding="utf-8")
    checked = plain_language()

    assert checked.files(tmp_path) == [file]
    [problem] = checked.problems(file, tmp_path)
    assert problem.startswith(f'{name}:1: "')
    assert problem.lower().endswith('"idle". write: unused')


def test_a_phrase_planted_in_a_checkout_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "docs" / "how-to").mkdir(parents=True)
    (tmp_path / "docs" / "how-to" / "page.md").write_text("Nothing is idle here.", encoding="utf-8")
    (tmp_path / "scripts").mkdir()
    for file in (DATA, DATA.with_suffix(".py"), DATA.with_name("__init__.py")):
        shutil.copy(file, tmp_path / "scripts")

    run = subprocess.run(
        [sys.executable, "-m", "scripts.plain_language", "--check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert run.stdout == 'docs/how-to/page.md:1: "idle". Write: unused\n'
