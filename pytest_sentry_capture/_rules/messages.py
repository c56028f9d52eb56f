"""Pure text: what a test says that breaks rules, in the style of failed assertions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pytest_sentry_capture._assertions import Formatter, wrapped
from pytest_sentry_capture._recording import Discard
from pytest_sentry_capture._rules.built_in import BUILT_IN_RULES
from pytest_sentry_capture._rules.rule import Judgement
from pytest_sentry_capture._rules.rule_run import BrokenRule, Waiver
from pytest_sentry_capture._text import RULES, masked_name, printable, reference

_MOST_PROBLEMS: Final = 3


def broken_rules_message(formatter: Formatter, broken: Sequence[BrokenRule], expired: Sequence[Waiver] = ()) -> str:
    """All that must be said about the broken rules of a test.

    Args:
        expired: the test's waivers that count no more.
    """
    paragraphs = (paragraph for rule in broken for paragraph in _paragraphs(formatter, rule, expired))
    return formatter.redacted("\n\n".join(paragraphs))


def rule_problems(formatter: Formatter, broken: BrokenRule) -> list[str]:
    """Each problem in one line, without values of the application's."""
    return [" ".join(formatter.redacted(each).split()) for each in _with_subjects(formatter, broken)]


def expired_waiver_text(waiver: Waiver) -> str:
    """What must be said of a waiver that counts no more, without what looks like data in what its author wrote."""
    reason, ticket = (printable(masked_name(each)) for each in (waiver.reason, waiver.ticket))
    place = printable(masked_name(waiver.place)) or "the session"
    because = f" ({reason}{', ' if ticket else ''}{ticket})" if reason or ticket else ""
    return f"The waiver of {place} ended on {waiver.until}{because}. Fix the cause, or set a later until=."


def _paragraphs(formatter: Formatter, broken: BrokenRule, expired: Sequence[Waiver]) -> Iterator[str]:
    yield f"Rule {broken.name!r} is broken ({broken.place})."
    for text, problem in zip(_with_subjects(formatter, broken), broken.problems[:_MOST_PROBLEMS], strict=False):
        yield "\n".join(_lines(formatter, text, problem))
    if len(broken.problems) > _MOST_PROBLEMS:
        yield f"… and {len(broken.problems) - _MOST_PROBLEMS} more."
    for waiver in expired:
        if waiver.rule == broken.name:
            yield wrapped(formatter, expired_waiver_text(waiver))
    if not broken.has_raised:
        yield wrapped(formatter, " ".join(_ways_out(broken)))


def _with_subjects(formatter: Formatter, broken: BrokenRule) -> list[str]:
    """The problems. Those of a project's own rules with the item, discard, exchange or job that each is about."""
    problems = [each.problem or "" for each in broken.problems]
    subjects = [each.subject for each in broken.problems]
    if not broken.is_own:
        return formatter.with_details(problems, subjects)
    shown = formatter.told_apart(subjects)
    return [f"{one}: {other}" if other else one for one, other in zip(problems, shown, strict=True)]


def _lines(formatter: Formatter, text: str, problem: Judgement) -> Iterator[str]:
    yield from (f"  {line}" for line in wrapped(formatter, text).splitlines())
    if problem.details:  # together: a secret of several lines would not be found in one of them
        yield from (f"    {line}" for line in formatter.redacted("\n".join(problem.details)).split("\n"))


def _ways_out(broken: BrokenRule) -> Iterator[str]:
    reasons = {each.subject.reason for each in broken.problems if isinstance(each.subject, Discard)}
    rule_class = BUILT_IN_RULES.get(broken.name)
    if rule_class is not None and rule_class._built_in_needs.is_settled_by_assertions and len(reasons) == 1:
        yield f"Expect it with assert_discarded(reason={reasons.pop()!r})."
    yield f'To waive it, use @pytest.mark.sentry_allow("{broken.name}", reason="…").'
    if rule_class is not None:
        yield f"See {reference(RULES, 'all-rules')}."
