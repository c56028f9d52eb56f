"""What must be said of a run as a whole: rules that came too late, and tests that no configuration is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def late_hook_warnings(files: Iterable[str]) -> Iterator[str]:
    """A warning for each file whose rules came too late."""
    for file in dict.fromkeys(files):
        yield (
            f"{file}: pytest_sentry_capture_rules was registered during the collection, too late: its rules are"
            " off. Move it to a conftest.py of the rootdir, or name its folder in testpaths or on the command line"
        )


def outside_notes(files: Sequence[str]) -> Iterator[str]:
    """A note of the files of tests outside of the rootdir, which are sorted. None where there are none."""
    if files:
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield f"No rules and no contract for tests outside the rootdir: {files[0]}{more}."
