"""The sections that are tables: personal data, filters, and rules with their waivers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pytest_sentry_capture._reports.page.content import (
    OF_SDK,
    Content,
    ShownCallback,
    ShownPersonalData,
    ShownRule,
    ShownWaiver,
)
from pytest_sentry_capture._reports.page.markup import Child, Html, element, fragment
from pytest_sentry_capture._reports.page.overview import has_judged_personal_data
from pytest_sentry_capture._reports.page.parts import (
    Tone,
    code,
    nothing,
    numbered,
    operation_name,
    section,
    state,
)

_TONES: Final[dict[str, Tone]] = {"kept": "good", "broken": "bad", "not judged": "care", "not exercised": "plain"}
_ABOUT_PERSONAL_DATA: Final = (
    "Where Sentry's own engine recognized personal data, by place and detector. The values are not in this report."
)
_ABOUT_FILTERS: Final = "The application's callbacks and ignore entries, and what each did with the items it was given."
_ABOUT_RULES: Final = "Rules are checked in every test of the run. A waiver is a test's stated exception to a rule."
_NOT_RECORDED: Final = "not recorded"


def personal_data_section(content: Content) -> Html:
    """Each place once, with the detector, the entry that allows it, and where it was."""
    groups: defaultdict[tuple[str, str, str], list[ShownPersonalData]] = defaultdict(list)
    for each in content.personal_data:
        groups[each.place, each.detector, each.allowed_by].append(each)
    body: Html
    if groups:
        rule = content.rule("no-pii")
        is_waived = rule is not None and rule.state == "kept"  # though something was found: tests waive the rule
        lines = (_personal_data_line(*group, found, is_waived) for group, found in groups.items())
        body = _table("Personal data", ("Place", "Detector", "Allowed by", "Found in"), lines)
    elif has_judged_personal_data(content):
        body = nothing("No personal data was found that is not allowed.")
    else:
        body = nothing(_why_not_judged(content))
    return section("personal-data", "Personal data", _ABOUT_PERSONAL_DATA, body)


def _why_not_judged(content: Content) -> str:
    rule = content.rule("no-pii")
    if rule is None:
        return "Not judged: the rule no-pii is off. Switch it on to look for personal data in every test."
    return f"The rule no-pii was {rule.state}{': ' if rule.obstacles else ''}{'; '.join(rule.obstacles)}."


def _personal_data_line(
    place: str, detector: str, allowed_by: str, found: Sequence[ShownPersonalData], is_waived: bool
) -> list[Child]:
    kinds = ", ".join(sorted({each.kind for each in found}))
    operations = list(dict.fromkeys(each.operation for each in found))
    allowed = code(allowed_by) if allowed_by else state("waived", "care") if is_waived else state("not allowed", "bad")
    where = fragment(
        operation_name(operations[0]),
        f" {operations[0].status or ''}",
        element("span", f"and {numbered(len(operations) - 1, 'more operation')}", class_="more")
        if operations[1:]
        else None,
    )
    return [_named(code(place), kinds), code(detector), allowed, where]


def filters_section(content: Content) -> Html:
    """Each callback with its counts. Of older reports, what discarded something."""
    if content.callbacks is not None:
        lines = [_callback_line(each) for each in content.callbacks]
        headings = ("Callback", "Calls", "Passed", "Changed", "Dropped", "Crashed")
        body = (
            _table("Callbacks", headings, lines, numbers=5) if lines else nothing("No callback was called in this run.")
        )
        return section(
            "filters", "Filters", _ABOUT_FILTERS, body, _entries_table(content, set(_names(content.callbacks)))
        )
    table = _entries_table(content, set())
    return section("filters", "Filters", _ABOUT_FILTERS, table or nothing("Nothing was filtered in this run."))


def _names(callbacks: Iterable[ShownCallback]) -> Iterator[str]:
    return (each.name for each in callbacks)


def _callback_line(callback: ShownCallback) -> list[Child]:
    numbers = (callback.calls, callback.passed, callback.changed, callback.dropped, callback.crashed)
    cells = [_NOT_RECORDED if number is None else f"{number:,}" for number in numbers]
    about = f"{callback.option}, of the SDK" if callback.name in OF_SDK else callback.option
    return [_named(code(callback.name), about), *cells]


def _entries_table(content: Content, known: set[str]) -> Html | None:
    """What filtered something, as the rows tell it."""
    dropped: Counter[tuple[str, str]] = Counter()
    for row in content.shown_rows:
        if row.is_filtered and row.by not in known:
            dropped[row.by or row.reason, row.reason] += row.count
    if not dropped:
        return None
    lines: Iterator[list[Child]] = (
        [_named(code(name), None if name == reason else reason), f"{number:,}"]
        for (name, reason), number in sorted(dropped.items())
    )
    return _table("Filters of events", ("Filter", "Events filtered"), lines, numbers=1)


def rules_section(content: Content) -> Html:
    """The rules in their order, then the waivers."""
    order = {name: place for place, name in enumerate(("broken", "not judged", "kept", "not exercised"))}
    rules = sorted(content.rules, key=lambda rule: order[rule.state])
    headings = ("Rule", "State", "Kept", "Broken", "Not judged")
    body = _table("Rules", headings, map(_rule_line, rules), numbers=3) if rules else nothing("No rule is configured.")
    return section("rules", "Rules and waivers", _ABOUT_RULES, body, *_waivers(content.waivers))


def _rule_line(rule: ShownRule) -> list[Child]:
    about = f"{rule.place}{', warns only' if rule.severity == 'warn' else ''}"
    obstacles = f"not judged in {numbered(rule.not_judged, 'test')}: {'; '.join(rule.obstacles)}"
    why = element("span", obstacles, class_="more") if rule.obstacles else None
    numbers = (rule.kept, rule.broken, rule.not_judged)
    return [
        _named(code(rule.name), about),
        fragment(state(rule.state, _TONES[rule.state]), why),
        *(f"{number:,}" for number in numbers),
    ]


def _waivers(waivers: Sequence[ShownWaiver] | None) -> Iterator[Html]:
    yield element("h3", "Waivers")
    if waivers is None:
        yield nothing("Waivers were not recorded in this report.")
    elif not waivers:
        yield nothing("No test waives a rule.")
    else:
        yield _table("Waivers", ("Waives", "Reason", "Until", "Used"), map(_waiver_line, waivers))


def _waiver_line(waiver: ShownWaiver) -> list[Child]:
    until: Child = waiver.until or "no end"
    if waiver.is_expired:
        until = fragment(state("expired", "bad"), " ", waiver.until)
    ticket = element("span", waiver.ticket, class_="more") if waiver.ticket else None
    used = state("used", "good") if waiver.is_used else state("unused", "care")
    if waiver.is_expired:
        used = element("span", "no longer counts", class_="quiet")
    return [
        _named(code(waiver.rule), waiver.place),
        fragment(waiver.reason or _NOT_RECORDED, ticket),
        until,
        used,
    ]


def _table(name: str, headings: Sequence[str], lines: Iterable[Sequence[Child]], *, numbers: int = 0) -> Html:
    """A table, whose lines are cards on a narrow screen.

    Roles are said, because browsers forget those of tables that are laid out otherwise.

    Args:
        lines: the cells of each, the first of which says what the line is about.
        numbers: how many of the columns, the last ones, hold numbers.
    """
    kinds = ["number" if index >= len(headings) - numbers else None for index in range(len(headings))]
    head = (
        element("th", heading, role="columnheader", scope="col", class_=kind)
        for heading, kind in zip(headings, kinds, strict=True)
    )
    table = element(
        "table",
        element("thead", element("tr", head, role="row"), role="rowgroup"),
        element("tbody", (_line(line, headings, kinds) for line in lines), role="rowgroup"),
        role="table",
        aria_label=name,
    )
    return element("div", table, class_="wide", role="region", aria_label=f"{name}, table", tabindex=0)


def _line(cells: Sequence[Child], headings: Sequence[str], kinds: Sequence[str | None]) -> Html:
    first, *others = cells
    return element(
        "tr",
        element("th", first, role="rowheader", scope="row"),
        (
            element("td", cell, role="cell", class_=kind, data_label=heading)
            for cell, heading, kind in zip(others, headings[1:], kinds[1:], strict=True)
        ),
        role="row",
    )


def _named(name: Html, about: str | None) -> Html:
    """What a line is about, with what explains it below."""
    return fragment(name, element("span", about, class_="more") if about else None)
