"""What GitHub Actions shows beside a run: annotations in the diff, and the summary of a step.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

GithubLevel = Literal["error", "warning", "notice"]

GITHUB_SUMMARY_VARIABLE: Final = "GITHUB_STEP_SUMMARY"
"""The environment variable that names the file of the step's summary."""
WORKSPACE_VARIABLE: Final = "GITHUB_WORKSPACE"
"""The environment variable that names the folder of the checkout."""
_MOST_BYTES: Final = 1024 * 1024
"""GitHub refuses the whole summary of a step that is larger."""
_UNFOLDED: Final = b"\n\n</details>"
_SHORTENED: Final = b"\n\n*Shortened: GitHub shows no more than 1 MiB. --sentry-report writes all of it.*\n"


def github_annotation(level: GithubLevel, file: str | None, line: int | None, title: str, message: str) -> str:
    """The workflow command, to be printed on its own line, that annotates a line of a file.

    Args:
        level: how severe it is.
        file: relative to the root of the repository, or None for an annotation of the whole run.
        line: counted from 1, or None for the whole file.
        title: in bold above the message.
        message: may have several lines.
    """
    properties = {"file": file.replace(os.sep, "/") if file else None, "line": line if file else None, "title": title}
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    return f"::{level}{' ' if given else ''}{given}::{_data(message)}"


def path_in_repository(file: Path) -> str:
    """A file relative to the checkout (``GITHUB_WORKSPACE``) or, where that is not known, to the working directory."""
    checkout = Path(os.environ.get(WORKSPACE_VARIABLE) or Path.cwd()).resolve()
    try:
        return str(file.resolve().relative_to(checkout))
    except ValueError:
        return str(file)


def append_to_github_summary(path: Path, markdown: str) -> None:
    """Add Markdown to the summary of the step, shortened where GitHub would refuse it.

    Raises:
        OSError: the file can't be written. It is as it was then.
    """
    size = path.stat().st_size if path.exists() else 0
    try:
        with path.open("ab") as file:
            file.write(_shortened(markdown if not size else f"\n{markdown}", _MOST_BYTES - size))
    except OSError:
        with suppress(OSError):
            os.truncate(path, size)
        raise


def _shortened(markdown: str, most: int) -> bytes:
    content = markdown.encode()
    if len(content) <= most:
        return content
    room = most - len(_UNFOLDED) - len(_SHORTENED)
    whole_lines = content[: max(0, room)].rpartition(b"\n")[0]
    if not whole_lines:
        return b""
    is_folded = whole_lines.count(b"<details>") > whole_lines.count(b"</details>")
    return whole_lines + (_UNFOLDED if is_folded else b"") + _SHORTENED


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
