"""What must fail fails: a table of all assertions of absence, and of all reasons for which one proves nothing.

In a cell, an absence is asserted for a reason. It fails with a message, or the rule is *not judged*, or the cell says
why the absence is honest anyway. The reasons happen, and the absences are asserted, in
``tests/applications/suite_of_absences.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

import pytest

from applications import copy_application
from checkout import DOCS
from pytest_sentry_capture import SentryCapture, SentryServer
from run_output import rules_in_report, summary_of

pytestmark = pytest.mark.slow

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
    "operations": ("exchanges == []", "jobs == []"),
}
"""All that says that something is absent, in groups that say the same."""

NO_ABSENCE = {
    "as_stored": "says what becomes of an event",
    "assert_captured": "says that something is there",
    "wait_for": "says that something is there",
    "await_for": "says that something is there",
    "expect": "says that something is there",
    "clear": "says nothing",
    "describe": "shows what there is",
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
ACTIVE = "^AssertionError: Expected no active Sentry client during this test, but one was active"
ONE_CAPTURED = r"^AssertionError: Expected nothing to be captured; found 1\. Captured: 1\. "
NOTHING_OF_IT = Honest("nothing of the sort was captured")
NOTHING_DISCARDED = Honest("nothing was discarded")
NO_ERRORS = Honest("nothing has raised")
NO_OPERATIONS = Honest("there were no requests and no jobs")
SEEN = {"inactive": ACTIVE, "everything": ONE_CAPTURED, "events": PLAIN, "items": PLAIN}
"""Where an event was captured."""
UNSEEN = {
    "other kinds": NOTHING_OF_IT,
    "discarded": NOTHING_DISCARDED,
    "errors": NO_ERRORS,
    "operations": NO_OPERATIONS,
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
    r" matching: 1\. .* \w+: expected .*, unknown because (its request was not observed|its payload does not say|only )"
)
IMPOSSIBLE = (
    r"ImpossibleCriterionError: (Expected|Found) no (event|log) with .*, but .* can't match: this proves nothing\."
)
NOT_LIKE_IT = "^AssertionError: Expected (an event|a log) with .* to be discarded; found no such discard"
REFUSED = r"^TypeError: (\w+=.* matches nothing, because \w+ is|message=str is a class)"
LIKE_A_REGEX = (
    r"^AssertionError: (Expected|Found) no event with message='hello \.\*', but this cannot be determined\."
    r" .* is compared as a whole, but as a regex it would match"
)
UNREADABLE = r"cannot be determined\. Captured, but not readable: 1\. event"
WITHOUT_CLIENT = "No Sentry client was active during this test, so nothing could have been captured"
THE_RUN_SAYS_SO = Honest("it is true that none was seen, and the run says first that no client was active")
FILTERED = Honest("nothing was captured: the logger was to be silent")

TABLE: dict[str, Mapping[str, str]] = {
    "replaced functions": {
        **dict.fromkeys(ABSENCES, REPLACED),
        "inactive": ACTIVE,
        "operations": Honest("they are seen, whatever becomes of captures"),
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
        "discards by": r"Expected an event with by='\S+' to be discarded; found no such discard",
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
        **dict.fromkeys(
            ("searches", "everything"), f"but no client was active, so this proves nothing\\. {WITHOUT_CLIENT}"
        ),
        **dict.fromkeys(
            ("discards", "discards by"), f"but no client was active, so this proves nothing\\. {WITHOUT_CLIENT}"
        ),
        "discarded": r"^AssertionError: assert 1 discarded == \[\] 1\. .*: no_client",
        "inactive": Honest("Sentry was off"),
        "operations": NO_OPERATIONS,
    },
}
"""What becomes of each absence for each reason: the message of the failure, or why it is honest."""


class Cell(NamedTuple):
    """An absence that was asserted, for a reason."""

    reason: str
    absence: str


def messages_of(project: pytest.Pytester) -> dict[str, str | None]:
    """What was said of each test that ran, in one line, or None if it has passed."""
    reports = project.inline_run("-q").getreports("pytest_runtest_logreport")
    told = [each for each in reports if each.when == "call" or each.failed]
    return {report.nodeid.partition("::")[2]: _message(report) for report in told}


def _message(report: pytest.TestReport) -> str | None:
    if not report.failed:
        return None
    crash = getattr(report.longrepr, "reprcrash", None)
    return " ".join((report.longreprtext if crash is None else crash.message).split())


def cells_of(project: pytest.Pytester) -> dict[Cell, str | None]:
    """What was said of each cell."""
    copy_application("suite_of_absences", project.path, "test_absences")
    return {_cell(name): message for name, message in messages_of(project).items()}


def _cell(name: str) -> Cell:
    reason, _, absence = name.partition("[")[2].removesuffix("]").rpartition("-")
    return Cell(reason, absence)


def is_as_expected(message: str | None, expected: str) -> bool:
    """Whether a message is the one that is expected. Without one, whether that is honest."""
    if isinstance(expected, Honest) or message is None:
        return isinstance(expected, Honest) and message is None
    return re.search(expected, message) is not None


def unexpected(cells: Mapping[Cell, str | None], expected: Mapping[str, str]) -> Iterator[str]:
    """The cells in which something else is said than is expected."""
    groups = {absence: group for group, absences in ABSENCES.items() for absence in absences}
    for (reason, absence), message in cells.items():
        if not is_as_expected(message, expected[groups[absence]]):
            yield f"{reason}: {absence}: {message or 'passed'}"


@pytest.mark.needs("Sentry's own engine")
@pytest.mark.parametrize("reason", TABLE)
def test_absences(reason: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REASON", reason)

    cells = cells_of(pytester)

    assert {cell.absence for cell in cells} == {*chain(*ABSENCES.values())}
    assert [*unexpected(cells, TABLE[reason])] == []


NO_CALLABLES = "^TypeError: by: the callables of another process are not known"
NOTHING_RECEIVED = "Nothing was received with this test's DSN, so nothing could have been captured"
DISCARDS_ON_A_SERVER = {"discards": NOT_LIKE_IT, "discards by": NO_CALLABLES}
ON_A_SERVER: dict[str, Mapping[str, str]] = {
    "unknown fields": {**TABLE["unknown fields"], **DISCARDS_ON_A_SERVER},
    "values that can't be": {**TABLE["values that can't be"], **DISCARDS_ON_A_SERVER},
    "values of another sort": {**TABLE["values of another sort"], "discards by": NO_CALLABLES},
    "texts that look like regexes": {**TABLE["texts that look like regexes"], **DISCARDS_ON_A_SERVER},
    "no client": {
        **dict.fromkeys(ABSENCES, Honest("it is true that nothing was received")),
        **dict.fromkeys(
            ("searches", "everything"), f"but no client was active, so this proves nothing\\. {NOTHING_RECEIVED}"
        ),
        "discards": f"but no client was active, so this proves nothing\\. {NOTHING_RECEIVED}",
        "discards by": NO_CALLABLES,
        "inactive": Honest("no SDK has sent anything"),
    },
}
OF_THIS_PROCESS = {
    "replaced functions": "what is replaced in this process hides nothing that another process sends",
    "replaced transports": "what a server has received was sent",
    "other callables": "of the callables of other processes nothing is known, and by= is refused",
    "stopped log records": "records of other processes are not seen",
    "quiet log records": "records of other processes are not seen",
    "unreadable payloads": "what can't be read is refused, and is in rejections",
}
"""The reasons that there are not for ``sentry_server``, and why."""


@pytest.mark.needs("Sentry's own engine")
@pytest.mark.parametrize("reason", ON_A_SERVER)
def test_absences_on_a_server(reason: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REASON", reason)
    monkeypatch.setenv("FIXTURE", "sentry_server")

    cells = cells_of(pytester)

    of_applications = {*ABSENCES["errors"], *ABSENCES["operations"]}
    assert {cell.absence for cell in cells} == {*chain(*ABSENCES.values())} - of_applications
    assert [*unexpected(cells, ON_A_SERVER[reason])] == []


def test_views_without_a_client_fail_a_strict_run(pytester: pytest.Pytester, without_pytest_sentry: None) -> None:
    pytester.makepyfile(
        """
        import sentry_sdk

        def test_events(sentry_capture):
            sentry_sdk.capture_message("hello")
            assert sentry_capture.events == sentry_capture.find() == []
        """
    )

    result = pytester.runpytest_subprocess("--sentry-strict")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert summary_of(result)[0].startswith("No Sentry client was active in this run, so nothing could be captured.")


def test_every_reason_has_a_cell_for_each_absence() -> None:
    assert {reason: {*cells} for reason, cells in TABLE.items()} == {reason: {*ABSENCES} for reason in TABLE}
    assert {*ON_A_SERVER, *OF_THIS_PROCESS} == {*TABLE}


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


# Rules

RULES = """
[rules]
server-errors-captured = true
failed-jobs-captured = true
no-callback-errors = true
no-silent-loss = true
required-tags = ["request_id"]
required-context = ["release"]
tag-values = { tags = { plan = ["free", "pro"] } }
max-event-bytes = 2_000
max-breadcrumbs = 2
forbidden-data = { keys = ["iban"] }
no-pii = true
accepted-by-sentry = true
no-scope-bleed = true
no-unexpected-events = true

[[expect]]
name = "no greetings"
message = "hello"
captured = false

[[expect]]
name = "payments are reported"
route = "/payment"
captured = true
"""
EXPECT = ("no greetings", "payments are reported")
BUILT_IN = tuple(re.findall(r"^[a-z-]+(?= =)", RULES.partition("[[")[0], re.MULTILINE))
ALL_RULES = (*BUILT_IN, *EXPECT)
ABOUT_OPERATIONS = ("server-errors-captured", "failed-jobs-captured", "payments are reported")
ABOUT_LOSSES = ("no-callback-errors", "no-silent-loss")
SEARCHING = ("forbidden-data", "no-pii")
READING = (
    *("required-tags", "required-context", "tag-values", "max-event-bytes", "max-breadcrumbs"),
    *("accepted-by-sentry", "no-scope-bleed", *EXPECT),
)
JOBS = """
from pytest_sentry_capture import JobSystem

def pytest_sentry_capture_job_systems(config):
    return [JobSystem("shop", runs="test_rules:import_statement", job=lambda: {"name": "shop.import_statement"})]
"""
ALL_BROKEN = dict.fromkeys(ALL_RULES, "broken")
STATES: dict[str, dict[str, str]] = {
    "as it is": ALL_BROKEN,
    "traced": ALL_BROKEN,
    "replaced transports": ALL_BROKEN,
    "replaced functions": dict.fromkeys(ALL_RULES, "not judged"),
    "waived too late": ALL_BROKEN,
    "unreadable payloads": {
        **dict.fromkeys(READING, "not judged"),
        **dict.fromkeys(SEARCHING, "broken"),
        "no-unexpected-events": "broken",
        **dict.fromkeys(ABOUT_LOSSES, "kept"),
        "server-errors-captured": "not exercised",
        "failed-jobs-captured": "not exercised",
    },
    "no client": {
        **dict.fromkeys(ALL_RULES, "not exercised"),
        **dict.fromkeys(ABOUT_OPERATIONS, "not judged"),
        "no greetings": "not judged",
    },
}
"""The state of each rule after a run that breaks them all, in each way."""


@pytest.mark.needs("Sentry's own engine")
@pytest.mark.parametrize("way", STATES)
def test_rules(
    way: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, can: Callable[[str], bool]
) -> None:
    monkeypatch.setenv("WAY", way)
    expected = STATES[way]
    if not can("scopes without hubs") and expected["no-scope-bleed"] == "broken":
        expected = {**expected, "no-scope-bleed": "kept"}  # the hub of 1.x gives each request its own scope
    copy_application("suite_of_broken_rules", pytester.path, "test_rules")
    pytester.makeconftest(JOBS)
    pytester.path.joinpath("sentry_capture.toml").write_text(RULES, encoding="utf-8")

    result = pytester.runpytest_inprocess("--sentry-report=report.json")

    rules = rules_in_report(pytester, "state", "obstacles")
    assert {rule: state for rule, (state, _) in rules.items()} == expected
    assert [rule for rule, (state, obstacles) in rules.items() if state == "not judged" and not obstacles] == []
    assert (result.ret == pytest.ExitCode.OK) is ("broken" not in expected.values())


@pytest.mark.needs("Sentry's own engine")
def test_what_a_test_has_waived_in_time_passes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAY", "waived in time")
    copy_application("suite_of_broken_rules", pytester.path, "test_rules")
    pytester.makeconftest(JOBS)
    pytester.path.joinpath("sentry_capture.toml").write_text(RULES, encoding="utf-8")

    result = pytester.runpytest_inprocess("--sentry-strict")

    result.assert_outcomes(passed=1)


def test_every_rule_is_in_the_table(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("sentry_capture.toml").write_text("[rules]\nno-such-rule-at-all = true", encoding="utf-8")

    mistakes = pytester.runpytest_inprocess().stderr.str()

    shown, _, more = mistakes.partition("Valid: ")[2].removesuffix(" more\n").rpartition(" and ")
    assert {*BUILT_IN}.issuperset(shown.split(", "))
    assert len(shown.split(", ")) + int(more) == len(BUILT_IN)
    assert {way: {*states} for way, states in STATES.items()} == {way: {*ALL_RULES} for way in STATES}


# Data in every encoding

ENCODINGS = """
import base64, gzip, json
import any_sdk, pytest, sentry_sdk

TEXT = "iban=DE02120300000000202051 of jane@shop.example"
CONTENTS = {
    **{name: TEXT.encode(name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1")},
    **{name: TEXT.encode(name) for name in ("utf-32", "utf-32-le", "utf-32-be")},
    "gzip": gzip.compress(TEXT.encode()),
    "JSON in a string": json.dumps({"body": json.dumps({"form": TEXT})}).encode(),
    "base64": b"Basic " + base64.b64encode(TEXT.encode()),
}

@pytest.fixture(params=CONTENTS)
def content(request, sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)
    with any_sdk.new_scope() as scope:
        scope.add_attachment(bytes=CONTENTS[request.param], filename="log.txt", content_type="text/plain")
        sentry_sdk.capture_message("hello")
"""
OF_A_TEST = """
def test_secret(content, sentry_capture):
    sentry_capture.secret("DE02120300000000202051")

def test_pii(content, sentry_capture):
    assert sentry_capture.pii() == []

def test_other_secret(content, sentry_capture):
    sentry_capture.secret("DE75512108001245126199")

def test_mask(content, sentry_capture):
    sentry_capture.secret("***")
"""
OF_DATA = {
    "test_keys": "^Rule 'forbidden-data' is broken .* holds "
    "(a forbidden key with its value|the value of a forbidden key)",
    "test_secret": "^Rule 'forbidden-data' is broken .* holds a declared secret: attachment",
    "test_pii": r"^AssertionError: assert \[PiiFinding\(",
    "test_mask": r"^ValueError: '\*\*\*' is a mask",
    "test_other_secret": Honest("another value is in it"),
}
"""What becomes of each test, whatever the encoding."""
NOT_DECODED = {"test_pii[base64]": Honest("Sentry's engine decodes none")}


@pytest.mark.needs("Sentry's own engine")
def test_data_in_every_encoding(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(ENCODINGS)
    pytester.makepyfile(test_of_a_test=OF_A_TEST, test_by_rule="def test_keys(content): pass")
    rules = "rules.forbidden-data = { keys = ['iban'], paths = ['test_by_rule.py'] }"
    pytester.path.joinpath("sentry_capture.toml").write_text(rules, encoding="utf-8")

    messages = messages_of(pytester)

    expected = {name: NOT_DECODED.get(name, OF_DATA[name.partition("[")[0]]) for name in messages}
    assert len(messages) == 12 * len(OF_DATA)
    assert [name for name, message in messages.items() if not is_as_expected(message, expected[name])] == []
