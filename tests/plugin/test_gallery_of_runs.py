"""What users see of a whole run: waivers that have ended, mistakes in policies, suggestions, shards.

The texts are those of the newest SDK. ``make gallery`` writes them again.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gallery_runs import RUNS
from shards import combine

pytestmark = pytest.mark.slow

MESSAGES = Path(__file__).with_name("gallery") / "messages_of_runs.txt"
ARGS = ("-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=short")
_DURATION = re.compile(r" in [\d.]+s")
_CARETS = re.compile(r"^[E ]*[ ~]*\^+[ ~^]*\n", re.MULTILINE)  # from Python 3.11 on
_SECTION = re.compile(r"^=+ (?:FAILURES|ERRORS|sentry) =+$", re.MULTILINE)
_SIZE = re.compile(r"(max-event-bytes = )[\d_]+")
_LINE_OF_THE_IMPORT = re.compile(r'(File "[^"]*", line )\d+')


def write(folder: Path, files: Iterator[tuple[str, str]]) -> None:
    for name, text in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def shown(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, name: str) -> str:
    """What the run of a situation says, without what differs from machine to machine."""
    situation = RUNS[name]
    folder = pytester.mkdir(name)
    monkeypatch.chdir(folder)
    for variable in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    (folder / "pytest.ini").write_text("[pytest]\n")
    for files, args in situation.earlier:
        write(folder, iter(files.items()))
        pytester.runpytest_subprocess(*ARGS, *args)
    write(folder, iter(situation.files.items()))

    result = pytester.runpytest_subprocess(*ARGS, *situation.args)

    text = result.stdout.str()
    section = _SECTION.search(text)
    text = text[section.start() :] if section else result.stderr.str()
    if situation.combined:
        text = "\n".join(combine(*situation.combined).lines)
    for written in (each for each in situation.args if each.startswith("--sentry-suggest=")):
        file = folder / written.partition("=")[2]
        if file.exists() and file.name not in situation.files:
            text += f"\n--- {file.name} ---\n{file.read_text()}"
    text = text.replace(f"{folder}{os.sep}", "").replace(sys.executable, "python")
    for pattern, replacement in ((_CARETS, ""), (_DURATION, " in …s"), (_SIZE, r"\1…"), (_LINE_OF_THE_IMPORT, r"\1…")):
        text = pattern.sub(replacement, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.mark.needs("messages of the gallery", "Sentry's own engine")  # which a suggestion has tried out
def test_messages_of_runs(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    line = "=" * 100
    texts = {name: shown(pytester, monkeypatch, name) for name in RUNS}
    entries = [f"{line}\n{name}: {RUNS[name].title}\n{line}\n{text}\n" for name, text in texts.items()]

    if request.config.getoption("update_gallery"):
        MESSAGES.write_text("\n".join(entries))
    assert "\n".join(entries) == MESSAGES.read_text()


@pytest.mark.parametrize("name", RUNS)
def test_a_message_of_a_run_has_what_it_must_have(name: str) -> None:
    _, found, text = MESSAGES.read_text().partition(f"\n{name}: ")
    assert found
    text = text.partition("\n\n" + "=" * 100 + "\n")[0]
    for line in RUNS[name].must_appear:
        before, found, text = text.partition(line)
        assert found, f"{line!r} is missing after the lines before it; there is\n{before}"
