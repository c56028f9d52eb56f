"""The head of a page: the verdict in one sentence, and five numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pytest_sentry_capture._reports.page.content import Content, ShownRow
from pytest_sentry_capture._reports.page.markup import Html, element
from pytest_sentry_capture._reports.page.parts import Tone, numbered, remark_of, result_of

_SIGNS: Final[dict[Tone, str]] = {"good": "\u2713", "bad": "\u2715", "care": "!", "plain": "?"}
_TONES: Final[dict[str, Tone]] = {"failed": "bad", "unproven": "care"}
_NOT_JUDGED: Final = "not judged"
_NO_PII: Final = "no-pii"


def verdict_sentence(content: Content) -> tuple[str, Tone]:
    """The verdict in one sentence, and how good it is."""
    if content.verdict:
        return "This run proves nothing: Sentry was off all the time.", "care"
    if content.outcome:
        return content.outcome, _tone_of_outcome(content)
    failures = [*_failures(content)]
    if failures:
        return f"Failed: {' and '.join(failures)}.", "bad"
    kept = [*_kept(content)]
    if not kept:
        return "Nothing was judged: the run had neither a rule to keep nor a contract to match.", "plain"
    warned = {each.rule for each in content.findings}
    if warned:
        kept.append(f"{numbered(len(warned), 'rule has', 'rules have')} warnings")
    return f"Passed: {_listed(kept)}.", "care" if warned else "good"


def verdict_part(content: Content) -> Html:
    """The verdict with all that limits it."""
    sentence, tone = verdict_sentence(content)
    reasons = [*_limits(content)]
    why = element("ul", (element("li", reason) for reason in reasons), class_="why") if reasons else None
    sign = element("span", _SIGNS[tone], class_=f"sign {tone}", aria_hidden="true")
    return element("section", sign, element("h1", sentence, id="verdict-title"), why, class_="verdict", id="verdict")


def numbers_part(content: Content) -> Html:
    """The five numbers, each a link to what it counts."""
    numbers = (
        _captured(content),
        _filtered(content),
        _silent(content),
        _personal_data(content),
        _rules(content),
    )
    return element("ul", numbers, class_="numbers", aria_label="The run in five numbers")


def silent_rows(rows: Iterable[ShownRow]) -> list[ShownRow]:
    """The rows of failures without an event, except for waived ones."""
    return [row for row in rows if result_of(row) == "silent" and not remark_of(row)]


def has_judged_personal_data(content: Content) -> bool:
    """Whether the run has looked for personal data."""
    rule = content.rule(_NO_PII)
    return rule is not None and rule.state in ("kept", "broken")


def _tone_of_outcome(content: Content) -> Tone:
    if content.status == "passed":
        return "care" if content.findings else "good"
    return _TONES.get(content.status, "plain")


def _failures(content: Content) -> Iterator[str]:
    if broken := {each.rule for each in content.findings if each.severity == "fail"}:
        yield numbered(len(broken), "rule is broken", "rules are broken")
    if content.differences and not content.is_updated:
        yield f"{numbered(len(content.differences), 'row differs', 'rows differ')} from the contract"


def _kept(content: Content) -> Iterator[str]:
    if kept := len(content.rules_with("kept")):
        yield numbered(kept, "rule is kept", "rules are kept")
    if content.has_contract:
        yield "the contract was updated" if content.is_updated and content.differences else "the contract matches"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _limits(content: Content) -> Iterator[str]:
    if content.verdict:
        yield content.verdict
    if content.partial:
        reasons = "; ".join(content.partial)
        yield f"This was a partial run ({reasons}). Rows may be missing because their tests did not run."
    if unjudged := len(content.rules_with("not judged")):
        yield f"{numbered(unjudged, 'rule was', 'rules were')} not judged."
    if idle := len(content.rules_with("not exercised")):
        yield f"{numbered(idle, 'rule was', 'rules were')} not exercised: no test did what is judged."


def _captured(content: Content) -> Html:
    if content.verdict:
        return _number("show-reported", _NOT_JUDGED, "events captured", "Sentry was off")
    operations = {row.operation for row in content.shown_rows if row.was_captured and row.kind == "event"}
    return _number(
        "show-reported",
        f"{content.counts.get('event', 0):,}",
        "events captured",
        f"from {numbered(len(operations), 'operation')}",
    )


def _filtered(content: Content) -> Html:
    if content.verdict:
        return _number("show-filtered", _NOT_JUDGED, "events filtered", "Sentry was off")
    rows = [row for row in content.rows if row.is_filtered and row.kind == "event"]
    filters = {row.by or row.reason for row in rows}
    explained = (
        f"by {numbered(len(filters), 'callback or entry', 'callbacks or entries')}" if rows else "by the application"
    )
    return _number("show-filtered", f"{sum(row.count for row in rows):,}", "events filtered", explained)


def _silent(content: Content) -> Html:
    name = "silent operations"
    if content.verdict:
        return _number("show-silent", _NOT_JUDGED, name, "Sentry was off")
    if all(row.operation.status is None for row in content.rows):
        return _number("show-silent", _NOT_JUDGED, name, "no operation was observed")
    operations = {row.operation for row in silent_rows(content.rows)}
    return _number("show-silent", f"{len(operations):,}", name, "failed without an event")


def _personal_data(content: Content) -> Html:
    name = "personal-data findings"
    rule = content.rule(_NO_PII)
    if rule is None:
        return _number("personal-data", _NOT_JUDGED, name, "the rule no-pii is off")
    if not has_judged_personal_data(content):
        return _number("personal-data", _NOT_JUDGED, name, f"no-pii: {rule.state}")
    places = {(each.place, each.detector) for each in content.personal_data if not each.allowed_by}
    is_waived = places and rule.state == "kept"
    explained = "all in tests that waive no-pii" if is_waived else "grouped by place and detector"
    return _number("personal-data", f"{len(places):,}", name, explained)


def _rules(content: Content) -> Html:
    kept, broken = len(content.rules_with("kept")), len(content.rules_with("broken"))
    left = len(content.rules) - kept - broken
    if not kept + broken:
        return _number("rules", _NOT_JUDGED, "rules kept", "no rule is configured" if not content.rules else "see why")
    explained = f"{left} more not judged" if left else "all configured rules were judged"
    return _number("rules", f"{kept} of {kept + broken}", "rules kept", explained)


def _number(place: str, number: str, name: str, explained: str) -> Html:
    figure = element("b", number, class_="words" if number == _NOT_JUDGED else None)
    link = element("a", figure, element("span", name, class_="name"), element("small", explained), href=f"#{place}")
    return element("li", link)
