"""The examples: one item of each row, without values, and what the application's callbacks made of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_sentry_capture._reports.page.content import Content, ShownRow
from pytest_sentry_capture._reports.page.markup import Child, Html, element, fragment
from pytest_sentry_capture._reports.page.parts import (
    code,
    nothing,
    numbered,
    operation_name,
    remark_of,
    result_words,
    section,
    subject_of,
)

_ABOUT: Final = (
    "One example for each distinct result. It shows names and structure. Everything else appears as its type and"
    " length."
)
_FIELD_WORDS: Final = {"sent": "sent in clear", "filtered": "filtered", "cut": "cut to size"}
_MOST_NAMES: Final = 12


def examples_section(content: Content) -> Html:
    """The examples, each folded."""
    rows = content.shown_rows
    if not rows:
        return section("examples", "Examples", None, nothing("There is nothing to show an example of."))
    return section("examples", "Examples", _ABOUT, element("ul", _examples(rows), class_="list examples"))


def _examples(rows: Sequence[ShownRow]) -> Iterator[Html]:
    """Each with a title that no other has, as far as their tags and users tell them apart."""
    titles = [_title(row) for row in rows]
    times = Counter(titles)
    for row, title in zip(rows, titles, strict=True):
        yield _example(row, fragment(title, _distinction(row)) if times[title] > 1 else title)


def _title(row: ShownRow) -> Html:
    subject, remark = subject_of(row), remark_of(row)
    return fragment(
        operation_name(row.operation),
        f" {row.operation.status}" if row.operation.status is not None else None,
        ": ",
        result_words(row),
        (", ", subject) if subject is not None else None,
        f", {remark}" if remark else None,
    )


def _distinction(row: ShownRow) -> Html:
    parts = [f"level {row.level}"] if row.level else []
    parts.append(f"tags {', '.join(row.tags)}" if row.tags else "no tags")
    parts.append(f"user {', '.join(row.user)}" if row.user else "no user")
    return element("span", f" ({'; '.join(parts)})", class_="quiet small")


def _example(row: ShownRow, title: Html) -> Html:
    facts = element("dl", (_fact(name, value) for name, value in _facts(row)), class_="facts")
    body = element("div", facts, *_items(row), class_="body", id=f"row-{row.number}")
    return element("li", element("details", element("summary", title), body))


def _fact(name: str, value: Child) -> Html:
    return fragment(element("dt", name), element("dd", value))


def _facts(row: ShownRow) -> Iterator[tuple[str, Child]]:
    yield "Seen", numbered(row.count, "time")
    yield "Example test", code(row.test)
    if row.level:
        yield "Level", row.level
    if row.tags:
        yield "Tags", _names(row.tags)
    if row.user:
        yield "User fields", _names(row.user)
    if row.fields:
        counts = Counter(row.fields.values())
        words = (
            f"{counts[state]} {_FIELD_WORDS.get(state, state)}"
            for state in ("sent", "filtered", "cut")
            if counts[state]
        )
        yield "Fields", ", ".join(words)
    if filtered := [path for path, state in row.fields.items() if state == "filtered"]:
        yield "Filtered fields", _names(filtered)


def _names(names: Sequence[str]) -> Html:
    shown = fragment(*(code(name) for name in names[:_MOST_NAMES]), separator=", ")
    return fragment(shown, f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else None)


def _items(row: ShownRow) -> Iterator[Html]:
    if row.item is None:
        if row.kind:
            yield element("p", "No example item was recorded.", class_="quiet small")
        return
    if row.before is None:
        yield element("div", element("h3", "Item"), _outline(row.item), class_="item")
        yield element("p", "The item before the callbacks was not recorded.", class_="quiet small")
        return
    yield element(
        "div",
        element("div", element("h3", "Before the callbacks"), _outline(row.before)),
        element("div", element("h3", "After them"), _outline(row.item)),
        class_="two",
    )


def _outline(value: Any) -> Html:
    """Nested data as indented lines, which take less room than JSON and are easier to read."""
    return element("pre", fragment(*_lines(value, 0), separator="\n"))


def _lines(value: Any, depth: int) -> Iterator[str]:
    # Indented with spaces in the text itself, so that a copy of it is readable too.
    indent = "  " * depth
    pairs: Iterator[tuple[str, Any]]
    if isinstance(value, Mapping):
        pairs = ((f"{name}:", each) for name, each in value.items())
    elif isinstance(value, list):
        pairs = (("-", each) for each in value)
    else:
        yield f"{indent}{_plain(value)}"
        return
    for name, each in pairs:
        if isinstance(each, (Mapping, list)) and each:
            yield f"{indent}{name}"
            yield from _lines(each, depth + 1)
        else:
            yield f"{indent}{name} {_plain(each)}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
