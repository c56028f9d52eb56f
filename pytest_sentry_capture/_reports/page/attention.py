"""What needs attention: broken rules, contract differences, crashed callbacks, lost events and unused entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_sentry_capture._reports.page.content import Content, ShownRow
from pytest_sentry_capture._reports.page.markup import Child, Html, element, fragment
from pytest_sentry_capture._reports.page.parts import (
    Tone,
    code,
    folded,
    nothing,
    numbered,
    operation_name,
    remark_of,
    result_of,
    section,
    state,
    subject_of,
    tests,
)

_CALLBACK_ERROR: Final = "callback_error"
_MOST_SHOWN: Final = 12
_ABOUT: Final = (
    "Broken rules, contract differences, crashed callbacks, lost events and unused entries. Each is listed once."
)


def attention_entries(content: Content) -> list[Html]:
    """What needs attention, the worst first."""
    return [
        *_findings(content, "fail", "broken rule", "bad"),
        *_differences(content),
        *_losses(content),
        *_findings(content, "warn", "warning", "care"),
        *_exceptions(content),
    ]


def attention_section(content: Content) -> Html:
    """The list, of which the end is folded where it is long."""
    entries = attention_entries(content)
    if not entries:
        text = "Nothing was judged in this run." if content.verdict else "Nothing needs attention."
        return section("attention", "Needs attention", _ABOUT, nothing(text))
    return section("attention", "Needs attention", _ABOUT, folded(entries, _MOST_SHOWN, "attention"))


def _findings(content: Content, severity: str, word: str, tone: Tone) -> Iterator[Html]:
    for found in content.findings:
        if found.severity == severity:
            what = element("p", code(found.rule), ": ", found.problem)
            yield _entry(word, tone, what, tests(found.tests, found.count))


def _differences(content: Content) -> Iterator[Html]:
    for each in content.differences:
        where = fragment("seen in ", code(each.test)) if each.test else None
        contract = code(each.file) if each.file else "the contract"
        words = {"new": "is not in ", "gone": "is missing, but stands in ", "changed": "differs from "}
        about = fragment(words.get(each.state, "differs from "), contract, ", " if where else None, where)
        tone: Tone = "plain" if content.is_updated else "bad"
        yield _entry(
            "contract updated" if content.is_updated else f"contract: {each.state}",
            tone,
            fragment(element("p", each.summary), (element("p", line, class_="small") for line in each.details)),
            about,
        )


def _losses(content: Content) -> Iterator[Html]:
    crashed = {row.by for row in content.rows if row.reason == _CALLBACK_ERROR}
    for row in content.rows:
        if result_of(row) == "lost" and not remark_of(row):
            yield _loss(row)
    for each in content.callbacks or ():
        if each.crashed and each.name not in crashed:
            what = element("p", code(each.name), f" crashed {numbered(each.crashed, 'time')}.")
            yield _entry("crashed callback", "bad", what, None)


def _loss(row: ShownRow) -> Html:
    subject = (row.kind or "item", " ", subject_of(row)) if row.exception else (subject_of(row) or "item",)
    place = (", ", operation_name(row.operation), f" {row.operation.status or ''}")
    if row.reason == _CALLBACK_ERROR:
        what = element("p", code(row.by or "A callback"), " crashed, and this was lost: ", subject, place)
        return _entry("crashed callback", "bad", what, _times(row))
    what = element("p", subject, place, ": lost, ", code(row.reason))
    return _entry("lost event", "bad", what, _times(row))


def _times(row: ShownRow) -> Html:
    return fragment(f"{numbered(row.count, 'time')}, first in ", code(row.test))


def _exceptions(content: Content) -> Iterator[Html]:
    for waiver in content.waivers or ():
        if waiver.is_expired:
            what = element("p", "The waiver of ", code(waiver.rule), f" ended on {waiver.until}.")
            yield _entry("expired waiver", "care", what, code(waiver.place))
        elif not waiver.is_used and content.unused is None:
            yield _entry(
                "unused waiver", "plain", element("p", "Waives nothing of ", code(waiver.rule), "."), code(waiver.place)
            )
    for text in content.unused or ():
        yield _entry("unused entry", "plain", element("p", text), None)


def _entry(word: str, tone: Tone, what: Html, where: Child) -> Html:
    about = element("p", where, class_="quiet small") if where is not None else None
    return element("li", state(word, tone), element("div", what, about))
