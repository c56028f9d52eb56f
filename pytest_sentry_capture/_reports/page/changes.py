"""What changed since an older report: what ``sentry-contract diff`` says, as a section of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pytest_sentry_capture._reports.contract.differences import Difference, difference_lines, difference_summary
from pytest_sentry_capture._reports.diff.comparing import RunDifference
from pytest_sentry_capture._reports.diff.rendering import NOTHING_DIFFERS, TOLD_OF_CHANGED, told
from pytest_sentry_capture._reports.page.content import TELEMETRY
from pytest_sentry_capture._reports.page.markup import Html, element
from pytest_sentry_capture._reports.page.parts import Tone, code, folded, nothing, numbered, section, state

_ABOUT: Final = "How this run differs from an older report."
_WITHOUT: Final = (
    "This page was made without an older report. To compare, run pytest with --sentry-report-since=OLD.json, or"
    " sentry-contract render with --since OLD.json."
)
_TONES: Final[dict[str, Tone]] = {"new": "kept", "gone": "care", "changed": "plain"}
_MOST_SHOWN: Final = 12


def changes_section(difference: RunDifference | None) -> Html:
    """The differences in groups, with what was left out."""
    if difference is None:
        return section("changes", "What changed", None, nothing(_WITHOUT))
    in_words = told(difference)
    (first, _), *others = in_words.groups
    groups = [(first, [*_reports(difference)]), *((title, [*_entries(lines)]) for title, lines in others)]
    body = [element("p", in_words.versions.replace("->", "\u2192"), class_="about")]
    body += [element("div", *_group(title, entries)) for title, entries in groups if entries]
    if difference.is_empty:
        body.append(nothing(NOTHING_DIFFERS))
    notes = [*_unlisted(difference), *in_words.notes]
    return section("changes", "What changed", _ABOUT, body, (element("p", note, class_="about") for note in notes))


def _group(title: str, entries: Sequence[Html]) -> Iterator[Html]:
    yield element("h3", f"{title} ({len(entries)})")
    yield folded(entries, _MOST_SHOWN, "changes")


def _reports(difference: RunDifference) -> Iterator[Html]:
    """What is reported otherwise, except for what the page has only counts of."""
    for each in difference.reports:
        if each.row.kind not in TELEMETRY:
            yield _report(each)


def _report(difference: Difference) -> Html:
    details = TOLD_OF_CHANGED if difference.state == "changed" else ()
    _, *more = difference_lines(difference, details=details)
    lines = [element("p", line.strip(), class_="quiet small") for line in more]
    what = element("div", element("p", difference_summary(difference)), lines)
    return element("li", state(difference.state, _TONES[difference.state]), what)


def _unlisted(difference: RunDifference) -> Iterator[str]:
    number = sum(each.row.kind in TELEMETRY for each in difference.reports)
    if number:
        rows = numbered(
            number, "row of segments, logs and the like differs", "rows of segments, logs and the like differ"
        )
        yield f"{rows} too. The command sentry-contract diff lists them."


def _entries(entries: Sequence[list[str]]) -> Iterator[Html]:
    for first, *more in entries:
        what, colon, change = first.partition(": ")
        lines = [element("p", line.strip(), class_="quiet small") for line in more]
        told = element("p", code(what), colon, change.replace("->", "\u2192"))
        yield element("li", element("div", told, lines), class_="single")
