"""How ``make demo`` ends: the verdict of a run, the lines of its report that tell the most, and where to read the rest.

python -m scripts.demo build/demo.json build/demo.html
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

MOST_LINES: Final = 10
_TRACES: Final = ("segment", "transaction", "span", "profile", "profile_chunk")
_STATES: Final = ("silent", "discarded", "captured")
_MOST_OF_A_STATE: Final = 4
"""That one state does not take all lines."""


def ending(report: Mapping[str, Any], pages: Sequence[Path]) -> list[str]:
    """The last lines of the demonstration.

    Args:
        report: what is in the JSON report.
        pages: the files to name, of those that are there.
    """
    attention = [*_attention(report)]
    told = [*attention, *_rows(report, MOST_LINES - len(attention))][:MOST_LINES]
    read_on = [f"All of it: {page}" for page in pages if page.exists()]
    return [report["outcome"] or report["verdict"] or "Nothing was judged.", "", *told, "", *read_on]


def _attention(report: Mapping[str, Any]) -> Iterator[str]:
    for found in report["findings"]:
        yield _line("broken" if found["severity"] == "fail" else "warning", f"{found['rule']}: {found['problem']}")
    for difference in (report["contract"] or {"differences": ()})["differences"]:
        yield _line(difference["state"], difference["summary"])
    for callback in report["callbacks"]:
        if callback["crashed"]:
            yield _line("crashed", f"{callback['name']} ({callback['option']}), {callback['crashed']} times")


def _rows(report: Mapping[str, Any], most: int) -> list[str]:
    """Answers without a report first, then what was filtered out, then captured items: the most frequent of each."""
    rows = [row for row in report["rows"] if row["kind"] not in _TRACES and row["state"] in _STATES]
    rows.sort(key=lambda row: -int(row["count"]))
    of_states = [[row for row in rows if row["state"] == state] for state in _STATES]
    told = [row for same in of_states for row in same[:_MOST_OF_A_STATE]]
    told += [row for row in rows if row not in told][: max(0, most - len(told))]
    return [_line(row["state"], _about(row)) for row in sorted(told, key=lambda row: _STATES.index(row["state"]))]


def _about(row: Mapping[str, Any]) -> str:
    request, discarded = row["request"], row["discarded"]
    where = (
        f"{request['method']} {request['route']}" if request else f"job {row['job']}" if "job" in row else row["origin"]
    )
    status = f" {row['status']}" if row["status"] is not None else ""
    what = " ".join(part for part in (row["level"], row["exception"] or row["kind"]) if part)
    by = f" by {discarded['by'] or discarded['reason']}" if discarded else ""
    times = f" ({row['count']} times)" if row["count"] != 1 else ""
    return f"{where}{status}{': ' if what else ''}{what}{by}{times}"


def _line(state: str, what: str) -> str:
    return f"  {state:9}  {what}"


def main(arguments: Sequence[str]) -> None:
    """Print the ending of the report that is named first, and the names of the other files."""
    report, *pages = map(Path, arguments)
    print("\n".join(ending(json.loads(report.read_text()), [*pages, report])))


if __name__ == "__main__":
    main(sys.argv[1:])
