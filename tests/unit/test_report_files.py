"""How reports reach files and GitHub: replaced as a whole or not at all, and with GitHub's escapes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pytest_sentry_capture._reports.github_annotations import GithubLevel, append_to_github_summary, github_annotation
from pytest_sentry_capture._reports.writing import replace_file


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()

    replace_file(tmp_path / "new.txt", "Größe\n")

    assert (tmp_path / "new.txt").read_bytes() == "Größe\n".encode()
    assert (tmp_path / "new.txt").stat().st_mode == usual.stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.txt", "usual"]


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("a long old text")
    path.chmod(0o640)

    with path.open() as reader:
        replace_file(path, "new")
        assert reader.read() == "a long old text"

    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_target_of_a_link_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "report.txt").write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to("folder/report.txt")

    replace_file(link, "new")

    assert link.is_symlink()
    assert (folder / "report.txt").read_text() == "new"
    assert [path.name for path in folder.iterdir()] == ["report.txt"]


def test_a_link_to_nothing_gets_its_target(tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to("report.txt")

    replace_file(link, "new")

    assert link.is_symlink()
    assert (tmp_path / "report.txt").read_text() == "new"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_error_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = tmp_path / "report.txt"
    path.write_text("old")

    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    monkeypatch.setattr(Path, step, fail, raising=False)

    with pytest.raises(OSError, match="No space left"):
        replace_file(path, "new")

    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.txt"]


@pytest.mark.parametrize("name", ["folder", "missing/report.txt", "file/report.txt", "loop", "pipe"])
def test_what_cannot_be_a_report_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(OSError) as caught:
        replace_file(tmp_path / name, "new")

    assert caught.value.strerror
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_must_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The administrator, as whom tests may run, may write everything: the system's answer is given in its place."""
    path = tmp_path / "report.txt"
    path.write_text("old")
    system_open = os.open

    def denying_open(file: Path, flags: int, mode: int = 0o777) -> int:
        if file == path:
            raise PermissionError(13, "Permission denied", str(file))
        return system_open(file, flags, mode)

    monkeypatch.setattr(os, "open", denying_open)

    with pytest.raises(PermissionError):
        replace_file(path, "new")

    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.txt"]


@pytest.mark.parametrize(
    ("level", "file", "line", "title", "message", "command"),
    [
        ("error", "tests/test_a.py", 7, "Rule", "broken", "::error file=tests/test_a.py,line=7,title=Rule::broken"),
        ("warning", "a.py", None, "Rule", "x", "::warning file=a.py,title=Rule::x"),
        ("warning", None, 7, "Rule", "x", "::warning title=Rule::x"),
        ("error", None, None, "", "x", "::error::x"),
        (
            "error",
            "a,b:c%.py",
            1,
            "50 %: a, b\n",
            "1: 100 %, 2\r\n::error::x",
            "::error file=a%2Cb%3Ac%25.py,line=1,title=50 %25%3A a%2C b%0A::1: 100 %25, 2%0D%0A::error::x",
        ),
    ],
)
def test_an_annotation(
    level: GithubLevel, file: str | None, line: int | None, title: str, message: str, command: str
) -> None:
    assert github_annotation(level, file, line, title, message) == command


def test_the_summary_of_a_step_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"

    append_to_github_summary(path, "## One\n")
    append_to_github_summary(path, "## Zwölf\n")

    assert path.read_bytes() == "## One\n\n## Zwölf\n".encode()


def test_a_summary_that_github_would_refuse_is_shortened(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("x" * 1000)

    append_to_github_summary(path, "<details>\n\n" + "| ä |\n" * 300_000 + "</details>\n")

    text = path.read_text()
    assert 1024 * 1024 - 100 < len(text.encode()) <= 1024 * 1024
    assert text.endswith(
        "| ä |\n\n</details>\n\n*Shortened: GitHub shows no more than 1 MiB. --sentry-report writes all of it.*\n"
    )
    append_to_github_summary(path, "| more |\n" * 1000)
    assert path.read_text() == text


def test_a_summary_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        append_to_github_summary(tmp_path, "## One\n")
