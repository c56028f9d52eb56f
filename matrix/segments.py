"""Writes the tables of what segments are on each SDK, from real runs: ``python -m matrix.segments``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from matrix.sdks import CHECKOUT, python_with, run_tests, write_between_markers
from pytest_sentry_capture._sdk.versions import NEWEST_TESTED

SDKS: Final = ("1.45.1", "2.75.0", NEWEST_TESTED)
REQUIREMENTS: Final = ("celery", "fastapi", "flask", "httpx2", "sqlalchemy")
PAGE: Final = CHECKOUT / "docs" / "reference" / "segments.md"
MARKER: Final = "segments"
MEASURED: Final = CHECKOUT / "matrix" / "segments.jsonl"
_SUPPORT: Final = CHECKOUT / "tests" / "support"
_ATTRIBUTES: Final = "attributes"

Measured = list[dict[str, Any]]
"""What was done with which SDK (``sdk``, ``origin``, ``case``), and the ``segments`` that came of it."""


def measure(python: Path, folder: Path) -> Measured:
    """What the SDK of a Python does. Where it can stream spans, that counts as another SDK."""
    output = folder / "segments.jsonl"
    variables = {"SEGMENTS": str(output), "PYTHONPATH": str(_SUPPORT)}
    tests = str(_SUPPORT / "segments_of_one_sdk.py")
    run_tests(python, folder, ["--noconftest", f"--rootdir={folder}", tests], variables)
    return read(output)


def read(file: Path) -> Measured:
    """What was measured."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def rendered(measured: Measured) -> str:
    """What is the same on all SDKs, what differs, and which attributes there are, in Markdown."""
    sdks = [*dict.fromkeys(each["sdk"] for each in measured)]
    fields = [name for name in next(_segments(measured)) if name != _ATTRIBUTES]
    differing = [*_differing(measured, fields)]
    same = [f"`{name}`" for name in fields if name not in (field for _, field, _ in differing)]
    return "\n\n".join(
        [
            f"The same on all of them are {', '.join(same[:-1])} and {same[-1]}. These differ:",
            _table(["", "", *sdks], ([what, _shown_name(field), *cells] for what, field, cells in differing)),
            "These attributes are there:",
            _table(["", *sdks], _attributes(measured, sdks)),
        ]
    )


def _segments(measured: Measured) -> Iterator[dict[str, Any]]:
    return (segment for each in measured for segment in each["segments"])


def _differing(measured: Measured, fields: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """What differs between SDKs: once for all cases of an origin, where they differ alike in it."""
    for origin in dict.fromkeys(each["origin"] for each in measured):
        by_case: dict[str, list[list[dict[str, Any]]]] = {}
        for each in measured:
            if each["origin"] == origin:
                by_case.setdefault(each["case"], []).append(each["segments"])
        for case, columns in by_case.items():
            if len({len(segments) for segments in columns}) > 1:
                yield f"{origin}, {case}", "segments", [str(len(segments)) for segments in columns]
        for field in fields:
            cells = {
                case: [_shown(segments[0][field]) for segments in columns]
                for case, columns in by_case.items()
                if all(columns)
            }
            differing = {case: row for case, row in cells.items() if len(set(row)) > 1}
            if differing and len({*map(tuple, cells.values())}) == 1:
                yield origin, field, next(iter(differing.values()))
            else:
                yield from ((f"{origin}, {case}", field, row) for case, row in differing.items())


def _shown(value: object) -> str:
    return "none" if value is None else f"`{value}`"


def _shown_name(field: str) -> str:
    return f"`{field}`" if field.isidentifier() and field != "segments" else field


def _attributes(measured: Measured, sdks: list[str]) -> Iterator[list[str]]:
    names = {sdk: set[str]() for sdk in sdks}
    for each in measured:
        names[each["sdk"]].update(name for segment in each["segments"] for name in segment[_ATTRIBUTES])
    for name in sorted(set().union(*names.values())):
        yield [f"`{name}`", *("yes" if name in names[sdk] else "" for sdk in sdks)]


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def main() -> int:
    """Measure all SDKs, and write what was found."""
    measured: Measured = []
    for sdk in SDKS:
        with TemporaryDirectory() as folder:
            measured += measure(python_with(sdk, REQUIREMENTS, MARKER), Path(folder))
    measured.sort(key=lambda each: each["sdk"])
    MEASURED.write_text("".join(json.dumps(each) + "\n" for each in measured), encoding="utf-8")
    write_between_markers(PAGE, MARKER, rendered(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
