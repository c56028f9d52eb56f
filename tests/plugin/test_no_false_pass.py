"""What must fail fails: a table of all assertions of absence, and of all reasons for which one proves nothing.

In a cell, an absence is asserted for a reason. It fails with a message, or the rule is *not judged*, or the cell says
why the absence is honest all the same. The reasons happen, and the absences are asserted, in
``tests/applications/suite_of_absences.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

import pytest

from applications import copy_application
from checkout import DOCS
from pytest_sentry_capture import SentryCapture, SentryServer

# The absences

ABSENCES: dict[str, tuple[str, ...]] = {
    "searches": ("assert_not_captured", "assert_count(0)", "expect_nothing"),
    "find": ("find == []",),
    "discards": ("assert_discarded", "assert_discarded(reason)"),
    "discards by": ("assert_discarded(by)",),
    "everything": ("assert_nothing_captured", "assert_nothing_captured(traces)"),
    "inactive": ("assert_inactive",),
    "pii": ("pii == []",),
    "events": (
        *("events == []", "not events", "len(events) == 0"),
        *("no event is such", "all events are such", "the list of events"),
    ),
    "items": ("envelopes == []", "items == []", "no envelope holds it"),
    "other kinds": (
        *("segments == []", "transactions == []", "spans == []", "logs == []", "metrics == []", "check_ins == []"),
        *("sessions == []", "profiles == []", "attachments == []", "feedback == []", "client_reports == []"),
    ),
    "discarded": ("discarded == []",),
    "errors": ("callback_errors == []", "sdk_errors == []"),
    "exchanges": ("exchanges == []",),
}
"""All that says that something is absent, in groups that say the same."""

NO_ABSENCE = {
    "as_stored": "says what becomes of an event",
    "assert_captured": "says that something is there",
    "wait_for": "says that something is there",
    "await_for": "says that something is there",
    "expect": "says that something is there",
    "clear": "says nothing",
    "flush": "says nothing",
    "override": "says nothing",
    "secret": "declares what the rule forbidden-data looks for",
    "client": "is the client",
    "dsn": "is the DSN",
    "options": "are the client's",
    "env": "is for other processes",
    "tunnel": "is an address",
    "rate_limit": "has the server refuse",
    "outage": "has the server refuse",
    "slow": "has the server wait",
    "rejections": "are what came and was refused: no code of this process, and no SDK's, is asked",
}
"""What is public besides, and why it says of nothing that it is absent."""

OF_OTHERS = ("get_events", "relay", "rules", "toml")
"""What stands after the same words in the docs, and is a method of another package, or a file's."""

# What becomes of them


class Honest(str):
    """The absence passes, for this reason."""

    __slots__ = ()


PLAIN = r"^(AssertionError: )?assert "
"""A plain assert about something that is there."""
ACTIVE = "^AssertionError: Expected no active Sentry client during this test, but there was one"
ONE_CAPTURED = r"^AssertionError: Expected nothing to be captured; found 1\. Captured: 1\. "
NOTHING_OF_IT = Honest("nothing of the sort was captured")
NOTHING_DISCARDED = Honest("nothing was discarded")
NO_ERRORS = Honest("nothing has raised")
NO_REQUESTS = Honest("there were no requests")
SEEN = {"inactive": ACTIVE, "everything": ONE_CAPTURED, "events": PLAIN, "items": PLAIN}
"""Where an event was captured."""
UNSEEN = {
    "other kinds": NOTHING_OF_IT,
    "discarded": NOTHING_DISCARDED,
    "errors": NO_ERRORS,
    "exchanges": NO_REQUESTS,
    "pii": Honest("no personal data was captured"),
}
"""Where nothing else was."""

REPLACED = (
    r"cannot be determined\. (sentry_sdk\.\S+|capture_event of a client) was replaced by "
    r"(a MagicMock|test_absences\.fake).* test_absences\.py:\d+"
)
FOUND = r"^AssertionError: Expected no event( with message='hello')?( inside the block)?; found 1\. Matching: 1\. "
UNKNOWN = (
    r"^AssertionError: (Expected|Found) no event with \w+=.*, but this cannot be determined\. Captured, and possibly"
    r" meant: 1\. .* \w+: expected .*, unknown because (its request was not observed|its payload does not say|only )"
)
IMPOSSIBLE = (
    r"ImpossibleCriterionError: (Expected|Found) no (event|log) with .*, but .* can't match: this proves nothing\."
)
NOT_LIKE_IT = "^AssertionError: Expected (an event|a log) with .* to be discarded; nothing like it was"
REFUSED = r"^TypeError: (\w+=.* matches nothing, because \w+ is|message=str is a class, which equals no value)"
LIKE_A_REGEX = (
    r"^AssertionError: (Expected|Found) no event with message='hello \.\*', but this cannot be determined\."
    r" .* is compared as a whole, but as a regex it would match"
)
UNREADABLE = r"cannot be determined\. Captured, and not readable: 1\. event"
WITHOUT_CLIENT = "No Sentry client was active during this test, so nothing could have been captured"
THE_RUN_SAYS_SO = Honest("it is true that none was seen, and the run says first that no client was active")
FILTERED = Honest("nothing was captured: the logger was to be silent")

TABLE: dict[str, Mapping[str, str]] = {
    "replaced functions": {
        **dict.fromkeys(ABSENCES, REPLACED),
        "inactive": ACTIVE,
        "exchanges": Honest("requests are seen, whatever becomes of captures"),
    },
    "replaced transports": {
        **UNSEEN,
        **SEEN,
        "searches": FOUND,
        "find": PLAIN,
        "discards": "Expected an event with .* to be discarded; 1 event captured",
        "discards by": "Expected an event with .* to be discarded; 1 event captured",
        "pii": PLAIN,
    },
    "other callables": {
        **dict.fromkeys(ABSENCES, Honest("nothing was captured, and nobody asks for a callable")),
        "discards by": r"Expected an event with by='\S+' to be discarded; nothing like it was",
        "inactive": ACTIVE,
    },
    "unknown fields": {
        **UNSEEN,
        **SEEN,
        **dict.fromkeys(("searches", "find", "discards", "discards by"), UNKNOWN),
    },
    "values that can't be": {
        **UNSEEN,
        **SEEN,
        **dict.fromkeys(("searches", "find"), IMPOSSIBLE),
        **dict.fromkeys(("discards", "discards by"), NOT_LIKE_IT),
    },
    "values of another sort": {
        **UNSEEN,
        **SEEN,
        **dict.fromkeys(("searches", "find", "discards", "discards by"), REFUSED),
    },
    "texts that look like regexes": {
        **UNSEEN,
        **SEEN,
        **dict.fromkeys(("searches", "find", "discards", "discards by"), LIKE_A_REGEX),
    },
    "unreadable payloads": {
        **UNSEEN,
        **SEEN,
        **dict.fromkeys(("searches", "find", "discards", "discards by", "events"), UNREADABLE),
        "pii": Honest("its bytes are searched as a text"),
    },
    "stopped log records": {
        **dict.fromkeys(ABSENCES, FILTERED),
        "inactive": ACTIVE,
        "discarded": r"^AssertionError: assert 1 discarded == \[\] 1\. .*: (ignored_logger|logger_disabled)",
    },
    "quiet log records": {
        **dict.fromkeys(ABSENCES, Honest("the application asked for no event")),
        "inactive": ACTIVE,
    },
    "no client": {
        **dict.fromkeys(ABSENCES, THE_RUN_SAYS_SO),
        **dict.fromkeys(("searches", "everything"), f"but that would be true of anything\\. {WITHOUT_CLIENT}"),
        **dict.fromkeys(("discards", "discards by"), f"but without a client everything is\\. {WITHOUT_CLIENT}"),
        "discarded": r"^AssertionError: assert 1 discarded == \[\] 1\. .*: no_client",
        "inactive": Honest("Sentry was off"),
        "exchanges": NO_REQUESTS,
    },
}
"""What becomes of each absence for each reason: the message of the failure, or why it is honest."""


class Cell(NamedTuple):
    """An absence that was asserted, for a reason."""

    reason: str
    absence: str


def cells_of(project: pytest.Pytester) -> dict[Cell, str | None]:
    """What was said of each cell, in one line; None where it has passed."""
    copy_application("suite_of_absences", project.path, "test_absences")
    run = project.inline_run("-q")
    reports = [each for each in run.getreports("pytest_runtest_logreport") if each.when == "call" or each.failed]
    return {_cell(report.nodeid): _message(report) for report in reports}


def _cell(node_id: str) -> Cell:
    reason, _, absence = node_id.partition("[")[2].removesuffix("]").rpartition("-")
    return Cell(reason, absence)


def _message(report: pytest.TestReport) -> str | None:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return " ".join(crash.message.split())
    return report.longreprtext if report.failed else None


def unexpected(cells: Mapping[Cell, str | None], expected: Mapping[str, str]) -> Iterator[str]:
    """The cells in which something else is said than is expected."""
    groups = {absence: group for group, absences in ABSENCES.items() for absence in absences}
    for (reason, absence), message in cells.items():
        wanted = expected[groups[absence]]
        is_as_expected = message is None if isinstance(wanted, Honest) else re.search(wanted, message or "")
        if not is_as_expected:
            yield f"{reason}: {absence}: {message or 'passed'}"


@pytest.mark.parametrize("reason", TABLE)
def test_absences(reason: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REASON", reason)

    cells = cells_of(pytester)

    assert {cell.absence for cell in cells} == {*chain(*ABSENCES.values())}
    assert [*unexpected(cells, TABLE[reason])] == []


def test_every_reason_has_a_cell_for_each_absence() -> None:
    assert {reason: {*cells} for reason, cells in TABLE.items()} == {reason: {*ABSENCES} for reason in TABLE}


@pytest.mark.parametrize("fixture", [SentryCapture, SentryServer])
def test_everything_public_is_in_the_table(fixture: type) -> None:
    public = {name for name in dir(fixture) if not name.startswith("_")}

    asserted = {re.match(r"\w+", absence)[0] for absence in chain(*ABSENCES.values())}  # type: ignore[index]
    assert public - asserted - {*NO_ABSENCE} == set()
    assert asserted & {*NO_ABSENCE} == set()


def test_everything_that_the_docs_read_is_in_the_table() -> None:
    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
    read = {name for page in pages for name in re.findall(r"\bsentry_(?:capture|server)\.(\w+)", page.read_text())}

    asserted = {re.match(r"\w+", absence)[0] for absence in chain(*ABSENCES.values())}  # type: ignore[index]
    assert read - asserted - {*NO_ABSENCE} - {*OF_OTHERS} == set()
