"""What a page shows, read from the JSON report: checked once, and typed from there on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_args

from pytest_sentry_capture._recording import LEAST_FAILURE
from pytest_sentry_capture._reports.contract.differences import Difference, difference_lines
from pytest_sentry_capture._reports.diff.parts import Part
from pytest_sentry_capture._reports.diff.reading import read_columns
from pytest_sentry_capture._reports.report import RULE_STATES, RuleState
from pytest_sentry_capture._reports.table import JOB, State

T = TypeVar("T")

_STATES: Final = get_args(State)
TELEMETRY: Final = frozenset(("segment", "transaction", "span", "log", "metric", "profile", "session", "client_report"))
"""The kinds that a page shows as counts alone: there are many of them, and what is sampled differs from run to run."""
FILTERING_REASONS: Final = frozenset(("before_send", "event_processor", "ignore_errors", "ignored", "ignored_logger"))
"""Discard reasons by which the application filters something out: a callback, or an entry of its options."""

OF_SDK: Final = frozenset(("DedupeIntegration.processor",))
"""Callables by which the SDK itself drops events: those that it has captured already."""


@dataclass(frozen=True)
class Operation:
    """What rows and findings are about: a request's route, a job or what else they come from, and how it ended.

    Attributes:
        method: of a request, or ``JOB``. Empty for everything else.
        origin: the route of a request, the name of a job, or what else it came from.
        status: of the answer or of the job.
    """

    method: str
    origin: str
    status: int | str | None

    @property
    def sort_key(self) -> tuple[bool, bool, str, str, str]:
        """Requests by their routes first, then jobs, then everything else."""
        return not self.method, self.method == JOB, self.origin, self.method, str(self.status or "")

    @property
    def has_failed(self) -> bool:
        """Whether the answer is an error, or the job failed permanently."""
        return self.status == "failed" if isinstance(self.status, str) else (self.status or 0) >= LEAST_FAILURE


@dataclass(frozen=True)
class ShownRow:
    """A row of the capture table. See ``Row`` and ``Tally`` for the attributes that are not described here.

    Attributes:
        number: of the row on the page, by which links name it.
        was_captured: whether Sentry would have got it.
        reason: why it was discarded, empty if it was not.
        item: the example item without values, or None if there is none.
        before: what the example was before the application's callbacks, or None if that was not recorded.
        project: of the DSN, in a run that has several. Empty in others.
    """

    number: int
    operation: Operation
    state: State
    was_captured: bool
    reason: str
    by: str
    kind: str
    exception: str
    level: str
    tags: Sequence[str]
    user: Sequence[str]
    count: int
    test: str
    by_chance: bool
    fields: Mapping[str, str]
    item: Any = None
    before: Any = None
    project: str = ""

    @property
    def is_telemetry(self) -> bool:
        """Whether it is shown as counts alone."""
        return self.kind in TELEMETRY

    @property
    def is_filtered(self) -> bool:
        """Whether the application kept it from Sentry."""
        return self.reason in FILTERING_REASONS and self.by not in OF_SDK


@dataclass(frozen=True)
class ShownRule:
    """What became of a rule. See ``RuleSummary``."""

    name: str
    state: RuleState
    severity: str
    place: str
    kept: int
    broken: int
    not_judged: int
    obstacles: Sequence[str]


@dataclass(frozen=True)
class ShownFinding:
    """A problem that breaks a rule, in all tests that have it. See ``FindingGroup``."""

    rule: str
    severity: str
    problem: str
    tests: Sequence[str]
    count: int


@dataclass(frozen=True)
class ShownDifference:
    """A row in which the run differs from a contract.

    Attributes:
        details: what of it differs, a line each.
    """

    state: str
    summary: str
    details: Sequence[str]
    file: str
    test: str


@dataclass(frozen=True)
class ShownWaiver:
    """A test's stated exception to a rule.

    Attributes:
        rule: the rule's name.
        place: the node id of what is marked.
        reason: why, empty if that was not recorded.
        is_used: whether it waived something in the run.
        until: the last day on which it counts. Empty for one that has none.
        ticket: where it is followed up. Empty for none.
        is_expired: whether its last day was over when the run started.
    """

    rule: str
    place: str
    reason: str
    is_used: bool
    until: str
    ticket: str
    is_expired: bool


@dataclass(frozen=True)
class ShownCallback:
    """What a callback of the application did, or None for a number that was not recorded."""

    name: str
    option: str
    calls: int | None
    passed: int | None
    changed: int | None
    dropped: int | None
    crashed: int | None


@dataclass(frozen=True)
class ShownPersonalData:
    """A place at which personal data was found.

    Attributes:
        allowed_by: the entry of an ``allow`` list that allows it, empty if none does.
    """

    operation: Operation
    kind: str
    place: str
    detector: str
    allowed_by: str


@dataclass(frozen=True)
class Content:
    """A run, as its page shows it. None and empty texts stand for what its report does not say.

    Attributes:
        verdict: why the run proves nothing, empty if it does.
        outcome: the sentence that the run's summary begins with.
        status: ``passed``, ``failed``, ``not judged`` or ``unproven``.
        has_contract: whether the run was compared with a contract.
        is_updated: whether the contract was written again.
        callbacks: None where the report does not hold them.
        waivers: None where the report does not hold them.
        unused: what is unused, a sentence each, waivers too, or None if the report does not hold it.
    """

    plugin: str
    sdk: str
    versions: Mapping[str, str]
    integrations: Sequence[str]
    counts: Mapping[str, int]
    partial: Sequence[str]
    verdict: str
    outcome: str
    status: str
    started: str
    seconds: float | None
    rows: Sequence[ShownRow]
    rules: Sequence[ShownRule]
    findings: Sequence[ShownFinding]
    personal_data: Sequence[ShownPersonalData]
    has_contract: bool
    is_updated: bool
    differences: Sequence[ShownDifference]
    callbacks: Sequence[ShownCallback] | None
    waivers: Sequence[ShownWaiver] | None
    unused: Sequence[str] | None

    def rules_with(self, state: RuleState) -> list[ShownRule]:
        """The rules of that state."""
        return [rule for rule in self.rules if rule.state == state]

    def rule(self, name: str) -> ShownRule | None:
        """The rule of that name, the first of several."""
        return next((rule for rule in self.rules if rule.name == name), None)

    @property
    def shown_rows(self) -> list[ShownRow]:
        """The rows that are shown one by one."""
        return [row for row in self.rows if not row.is_telemetry]


def read_content(report: Mapping[str, Any]) -> Content:
    """The content of a JSON report.

    Raises:
        DamagedError: a part of it is missing or not what it has to be.
    """
    whole = Part(dict(report))
    contract = whole.at("contract")
    return Content(
        plugin=whole.at("plugin_version").text(),
        sdk=whole.at("sdk").text_or_none() or "",
        versions=dict(_texts(whole, "versions")),
        integrations=[each.text() for each in whole.at("integrations").entries()],
        counts={kind: number.number() for kind, number in whole.at("counts").values()},
        partial=[each.text() for each in whole.at("partial").entries()],
        verdict=_text(whole, "verdict"),
        outcome=_text(whole, "outcome"),
        status=_text(whole, "status"),
        started=_text(whole, "started"),
        seconds=_optional(whole, "duration", _seconds),
        rows=[_row(number, each) for number, each in enumerate(whole.at("rows").entries(), 1)],
        rules=[_rule(each) for each in whole.at("rules").entries()],
        findings=_optional(whole, "findings", lambda part: [_finding(each) for each in part.entries()]) or [],
        personal_data=[_personal_data(each) for each in whole.at("personal_data").entries()],
        has_contract=not contract.is_null,
        is_updated=not contract.is_null and contract.at("updated").truth(),
        differences=[] if contract.is_null else [_difference(each) for each in contract.at("differences").entries()],
        callbacks=_optional(whole, "callbacks", lambda part: [_callback(each) for each in part.entries()]),
        waivers=_optional(whole, "waivers", lambda part: [_waiver(each) for each in part.entries()]),
        unused=_optional(whole, "unused", lambda part: [each.text() for each in part.entries()]),
    )


def _optional(part: Part, name: str, read: Callable[[Part], T]) -> T | None:
    """What an older report of the same version may not have."""
    return read(part.at(name)) if part.has(name) and not part.at(name).is_null else None


def _text(part: Part, name: str) -> str:
    return _optional(part, name, Part.text) or ""


def _texts(part: Part, name: str) -> list[tuple[str, str]]:
    return _optional(part, name, lambda found: [(key, value.text()) for key, value in found.values()]) or []


def _seconds(part: Part) -> float:
    if isinstance(part.value, float) and part.value >= 0:
        return part.value
    return float(part.number())


def _operation(part: Part) -> Operation:
    status = part.at("status").text() if part.at("status").is_text else part.at("status").number_or_none()
    if part.has("job") and not part.at("job").is_null:
        return Operation(JOB, part.at("job").text(), status)
    request = part.at("request")
    if request.is_null:
        return Operation("", part.at("origin").text(), status)
    return Operation(request.at("method").text(), request.at("route").text(), status)


def _row(number: int, part: Part) -> ShownRow:
    discarded = part.at("discarded")
    return ShownRow(
        number=number,
        operation=_operation(part),
        state=_state(part),
        was_captured=part.at("captured").truth(),
        reason="" if discarded.is_null else discarded.at("reason").text(),
        by="" if discarded.is_null else discarded.at("by").text_or_none() or "",
        kind=part.at("kind").text_or_none() or "",
        exception=part.at("exception").text_or_none() or "",
        level=part.at("level").text_or_none() or "",
        tags=[each.text() for each in part.at("tags").entries()],
        user=[each.text() for each in part.at("user").entries()],
        count=part.at("count").number(),
        test=part.at("example").text(),
        by_chance=part.at("by_chance").truth(),
        fields={path: state.text() for path, state in part.at("fields").values()},
        item=part.at("item").value if part.has("item") else None,
        before=part.at("before").value if part.has("before") else None,
        project=_text(part, "project"),
    )


def _state(part: Part) -> State:
    if part.has("state"):
        return part.at("state").one_of(_STATES)
    if not part.at("discarded").is_null:
        return "discarded"
    return "captured" if part.at("captured").truth() else "silent"


def _rule(part: Part) -> ShownRule:
    return ShownRule(
        name=part.at("name").text(),
        state=part.at("state").one_of(RULE_STATES),
        severity=part.at("severity").text(),
        place=part.at("place").text(),
        kept=part.at("kept").number(),
        broken=part.at("broken").number(),
        not_judged=part.at("not_judged").number(),
        obstacles=[each.text() for each in part.at("obstacles").entries()],
    )


def _finding(part: Part) -> ShownFinding:
    tests = [each.text() for each in part.at("tests").entries()]
    count = _optional(part, "count", Part.number) or len(tests)
    return ShownFinding(part.at("rule").text(), part.at("severity").text(), part.at("problem").text(), tests, count)


def _difference(part: Part) -> ShownDifference:
    before, after = (_optional(part, name, read_columns) for name in ("before", "after"))
    _, *details = difference_lines(Difference(before, after)) if before or after else ("",)
    return ShownDifference(
        state=part.at("state").text(),
        summary=part.at("summary").text(),
        details=[line.strip() for line in details],
        file=_text(part, "file"),
        test=_text(part, "test"),
    )


def _personal_data(part: Part) -> ShownPersonalData:
    return ShownPersonalData(
        operation=_operation(part),
        kind=part.at("kind").text(),
        place=part.at("place").text(),
        detector=part.at("rule").text(),
        allowed_by=_text(part, "allowed_by"),
    )


def _callback(part: Part) -> ShownCallback:
    numbers = (_optional(part, name, Part.number) for name in ("calls", "passed", "changed", "dropped", "crashed"))
    return ShownCallback(part.at("name").text(), _text(part, "option"), *numbers)


def _waiver(part: Part) -> ShownWaiver:
    return ShownWaiver(
        rule=part.at("rule").text(),
        place=part.at("place").text(),
        reason=_text(part, "reason"),
        is_used=part.at("used").truth(),
        until=_text(part, "until"),
        ticket=_text(part, "ticket"),
        is_expired=_optional(part, "expired", Part.truth) or False,
    )
