"""The examples: one item of each row, without values, and what the application's callbacks made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pytest_sentry_capture._reports.page.content import Content, ShownRow
from pytest_sentry_capture._reports.page.markup import Child, Html, element, fragment
from pytest_sentry_capture._reports.page.outline import outline
from pytest_sentry_capture._reports.page.parts import (
    code,
    nothing,
    numbered,
    operation_name,
    operations_of,
    remark_of,
    result_words,
    section,
    subject_of,
)

_ABOUT: Final = (
    "One example for each distinct result. It shows names and structure. Everything else appears as its type and"
    " length. Where a callback changed the item and a test with the fixture recorded that, both forms are shown."
)
_FIELD_WORDS: Final = {"sent": "sent in clear", "filtered": "filtered", "cut": "cut to size"}
_MOST_NAMES: Final = 12
_ROOM: Final = 1_000_000
"""Characters, for all items together: a page of 1000 rows should have 2 MB at most."""
_LEFT_OUT: Final = "The item is left out, because the page would be too large. The JSON report has it."


def examples_section(content: Content) -> Html:
    """The examples, each folded."""
    rows = [row for same in operations_of(content).values() for row in same]
    if not rows:
        return section("examples", "Examples", None, nothing("There is nothing to show an example of."))
    return section("examples", "Examples", _ABOUT, element("ul", _examples(rows), class_="list examples"))


def _examples(rows: Sequence[ShownRow]) -> Iterator[Html]:
    """Each with a title that no other has, as far as their tags and users tell them apart."""
    titles = [_title(row) for row in rows]
    times = Counter(titles)
    room = _ROOM
    for row, title in zip(rows, titles, strict=True):
        items = [*_items(row)] if room > 0 else [element("p", _LEFT_OUT, class_="quiet small")]
        room -= sum(len(item.source) for item in items)
        yield _example(row, fragment(title, _distinction(row)) if times[title] > 1 else title, items)


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
    parts = [f"project {row.project}"] if row.project else []
    if row.level:
        parts.append(f"level {row.level}")
    parts.append(f"tags {', '.join(row.tags)}" if row.tags else "no tags")
    parts.append(f"user {', '.join(row.user)}" if row.user else "no user")
    return element("span", f" ({'; '.join(parts)})", class_="quiet small")


def _example(row: ShownRow, title: Html, items: Sequence[Html]) -> Html:
    facts = element("dl", (_fact(name, value) for name, value in _facts(row)), class_="facts")
    body = element("div", facts, *items, class_="body", id=f"row-{row.number}")
    return element("li", element("details", element("summary", title), body))


def _fact(name: str, value: Child) -> Html:
    return fragment(element("dt", name), element("dd", value))


def _facts(row: ShownRow) -> Iterator[tuple[str, Child]]:
    yield "Seen", numbered(row.count, "time")
    yield "Example test", code(row.test)
    if row.project:
        yield "Project", row.project
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
    if row.item is not None and row.before is None:
        yield "Before the callback", "not recorded"


def _names(names: Sequence[str]) -> Html:
    shown = fragment(*(code(name) for name in names[:_MOST_NAMES]), separator=", ")
    return fragment(shown, f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else None)


def _items(row: ShownRow) -> Iterator[Html]:
    if row.item is None:
        return
    if row.before is None:
        yield element("div", element("h3", "Item"), _outline(row.item), class_="item")
        return
    yield element(
        "div",
        element("div", element("h3", "Before the callback"), _outline(row.before)),
        element("div", element("h3", "After it"), _outline(row.item)),
        class_="two",
    )


def _outline(item: Any) -> Html:
    return element("pre", fragment(*outline(item), separator="\n"))
