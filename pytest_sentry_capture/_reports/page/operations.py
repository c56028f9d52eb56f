"""The operations: a line for each route or job and answer, with what Sentry gets of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from pytest_sentry_capture._reports.page.content import Content, Operation, ShownRow
from pytest_sentry_capture._reports.page.markup import Html, element, fragment
from pytest_sentry_capture._reports.page.parts import (
    answer,
    nothing,
    operation_name,
    operations_of,
    remark_of,
    result_of,
    result_words,
    section,
    subject_of,
    tone_of,
)

_ABOUT: Final = (
    "A line for each route or job and answer. Follow a result to its example. Silent means that the operation failed"
    " and no event was captured or filtered."
)
_CHOICES: Final = (
    ("all", "All"),
    ("reported", "Reported"),
    ("filtered", "Filtered"),
    ("silent", "Silent"),
    ("other", "Other"),
)
_ORDER: Final = {"lost": 0, "silent": 1, "reported": 2, "filtered": 3}
"""Of results in a line: what may need attention first."""


def operations_section(content: Content) -> Html:
    """The lines, with filters and a search that need a script and are not shown without it."""
    operations = operations_of(content)
    if not operations:
        return section("operations", "Operations", None, *_anchors(), nothing(_why_none(content)))
    lines = element(
        "ul", (_line(operation, rows) for operation, rows in operations.items()), class_="list operations", id="lines"
    )
    return section("operations", "Operations", _ABOUT, *_anchors(), _tools(), lines, _telemetry(content))


def _why_none(content: Content) -> str:
    return (
        "Sentry was off, and no operation was observed."
        if content.verdict
        else "No operation was observed, and no event was captured."
    )


def _anchors() -> list[Html]:
    """Where the numbers lead without a script."""
    return [element("span", id=f"show-{value}") for value, _ in _CHOICES[1:4]]


def _tools() -> Html:
    search = element(
        "div",
        element("label", "Search", for_="search", class_="above"),
        element(
            "input",
            type="search",
            id="search",
            autocomplete="off",
            spellcheck="false",
            placeholder="Route, exception, filter",
        ),
        class_="search",
    )
    choices = (
        element("label", element("input", type="radio", name="show", value=value, checked=value == "all"), text)
        for value, text in _CHOICES
    )
    show = element("fieldset", element("legend", "Show"), element("div", choices, class_="choices"))
    found = element("p", class_="found", id="found", role="status")
    return element(
        "div", search, show, found, class_="tools", id="tools", role="search", hidden=True, aria_label="Operations"
    )


def _line(operation: Operation, rows: Sequence[ShownRow]) -> Html:
    groups: defaultdict[tuple[str, ...], list[ShownRow]] = defaultdict(list)
    for row in rows:
        groups[result_of(row), row.by or row.reason, row.kind, row.exception, remark_of(row), row.project].append(row)
    results = {result for result, *_ in groups}
    shown = results & {"reported", "filtered", "silent"} or {"other"}
    if results - {"reported", "filtered", "silent"}:
        shown.add("other")
    ordered = sorted(
        groups.values(), key=lambda same: (bool(remark_of(same[0])), _ORDER.get(result_of(same[0]), len(_ORDER)))
    )
    chips = element("ul", (element("li", _chip(same)) for same in ordered), class_="chips")
    return element("li", operation_name(operation), answer(operation), chips, data_is=" ".join(sorted(shown)))


def _chip(rows: Sequence[ShownRow]) -> Html:
    first, number = rows[0], sum(row.count for row in rows)
    subject, remark = subject_of(first), remark_of(first)
    words = fragment(
        result_words(first),
        (": ", subject) if subject is not None else None,
        f" \u00d7{number}" if number > 1 else None,
        f", {remark}" if remark else None,
        f", project {first.project}" if first.project else None,
    )
    return element("a", words, class_=f"chip {tone_of(first)}", href=f"#row-{first.number}")


def _telemetry(content: Content) -> Html | None:
    """Of what is not listed, how much there was."""
    counts = [
        f"{number:,} {kind.replace('_', '-')}{'' if number == 1 else 's'}"
        for kind, number in sorted(content.counts.items())
        if kind != "event"
    ]
    return element("p", "Also captured, not listed: ", ", ".join(counts), ".", class_="about") if counts else None
