"""A run as its JSON report describes it for those who combine several: all that the end of a run is concluded from.

Values that are frequent there are written once, in a list of ``values``, and elsewhere by their positions in it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

from pytest_sentry_capture._reports import (
    Contract,
    DamagedError,
    ExampleItem,
    Fields,
    ReportedRow,
    Row,
    check_by_schema,
    row_of_columns,
    shown_sentence,
    shown_test,
    shown_text,
)
from pytest_sentry_capture._rules import RuleTally, Waiver
from pytest_sentry_capture._run.findings import Breach, Findings, LateEvent
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._run.omissions import Omissions

T = TypeVar("T")
_IN_CONTRACT, _BY_CHANCE, _WAIVED, _HAS_OTHERS = 1, 2, 4, 8
_NO_FIELDS: Final[Fields] = {}
_MADE_HERE: Final = ("id", "digest")
"""What only looks like a token."""
_NULL: Final = type(None)
_TEST, _CALLBACK, _WAIVER, _PERSONAL_DATA = 3, 4, 5, 7
_SHAPES: Final[Mapping[int, Sequence[type | tuple[type, ...]]]] = {
    _TEST: (str, str, int),
    _CALLBACK: (str, str, (str, _NULL), (int, _NULL)),
    _WAIVER: (str, str, str, str, str),
    _PERSONAL_DATA: (str, str, str, (int, str, _NULL), str, str, str),
}
"""The types in lists among the values, by the lengths of these lists, which tell what they are."""


class ShardTest(NamedTuple):
    """A test without the values of its parameters.

    Attributes:
        name: the node id without parameters.
        parameters: tells the parameters of all tests of that name from others, in a few digits. Empty without any.
        number: the position among the sorted node ids of all parameters.
    """

    name: str
    parameters: str = ""
    number: int = 0

    @property
    def label(self) -> str:
        """What stands in messages."""
        return f"{self.name}[#{self.number + 1}]" if self.parameters else self.name


class CollectedTests(NamedTuple):
    """The tests that were collected under one name: those that were deselected too.

    Attributes:
        parameters: see ``ShardTest``.
        number: how many there are.
        selected: the positions of those that were to run.
        folder: that of their configuration.
    """

    parameters: str
    number: int
    selected: tuple[int, ...]
    folder: str | None


@dataclass
class RunConfiguration:
    """A configuration of the tests of a run.

    Attributes:
        folder: that it applies to, relative to the rootdir. Empty for the rootdir.
        file: the file that it stands in, empty if there is none.
        digest: of what stands there and in what it extends, or None if there is none.
        is_asked: whether its contract and what is unused of it are asked for.
        rules: those that are on.
        omissions: what the run left out of its tests.
        contract_name: the contract, as messages name it.
        contract: what the contract holds, or None if there is none, or where it is damaged.
        mistakes: what is wrong with the contract, one mistake a line, empty if nothing is.
    """

    folder: str
    file: str
    digest: str | None
    is_asked: bool
    rules: list[JudgedRule]
    omissions: Omissions
    contract_name: str
    contract: Contract | None = None
    mistakes: str = ""


@dataclass
class ShardRun:
    """One run of some of a project's tests, or of all.

    Attributes:
        id: tells it from all other runs.
        started: when it started: ISO 8601, in UTC.
        duration: in seconds.
        versions: the versions of what it depended on.
        integrations: the identifiers of the integrations that were on.
        project: what the project is called where it says so, empty if it does not.
        split: which of how many groups of the tests it was (pytest-split), or None if nobody says.
        asked: the arguments that tests were collected from, relative to the rootdir.
        is_strict: whether it was a strict one.
        checks_contract: whether it was compared with its contracts.
        client_was_active: whether a Sentry client was active at any time.
        verdict: why it proves nothing of what is sent to Sentry, or None if it does.
        had_no_tests: whether no test was there to run.
        late_hooks: the files whose rules came too late, relative to the rootdir.
        outside: the files of tests outside of the rootdir.
        late: the events that came after their tests were over.
        ignored_errors: how often each entry of the application's ``ignore_errors`` was used.
        ignored_loggers: how often each logger was met that the application ignores, by the call that ignores it.
        collected: the tests that were collected, by their names.
        configurations: those of the tests.
        attempts: the last attempt at each test, in their order.
        outside_tests: what was found outside of tests.
        details: the fields of each row, and an example.
    """

    id: str
    started: str = "1970-01-01T00:00:00Z"
    duration: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    integrations: Sequence[str] = ()
    project: str = ""
    split: tuple[int, int] | None = None
    asked: Sequence[str] = ()
    is_strict: bool = False
    checks_contract: bool = False
    client_was_active: bool = False
    verdict: str | None = None
    had_no_tests: bool = False
    late_hooks: Sequence[str] = ()
    outside: Sequence[str] = ()
    late: Sequence[LateEvent] = ()
    ignored_errors: Mapping[str, int] = field(default_factory=dict)
    ignored_loggers: Mapping[str, int] = field(default_factory=dict)
    collected: dict[str, CollectedTests] = field(default_factory=dict)
    configurations: list[RunConfiguration] = field(default_factory=list)
    attempts: list[tuple[ShardTest, Findings]] = field(default_factory=list)
    outside_tests: list[Findings] = field(default_factory=list)
    details: Mapping[Row, tuple[Fields, ExampleItem | None]] = field(default_factory=dict)

    @property
    def selected(self) -> set[ShardTest]:
        """The tests that were to run."""
        return {
            ShardTest(name, tests.parameters, number)
            for name, tests in self.collected.items()
            for number in tests.selected
        }


def collected_tests(
    selected: Iterable[str], deselected: Iterable[str], folder_of: Callable[[str], str | None]
) -> tuple[dict[str, CollectedTests], dict[str, ShardTest]]:
    """The tests of a run by their names, and the key of each node id.

    Args:
        selected: the node ids of the tests that were to run.
        deselected: those of the tests that were left out.
        folder_of: says which configuration a node id has, by its folder.
    """
    ran = {*selected}
    known: dict[str, list[str]] = {}
    for nodeid in sorted({*ran, *deselected}):
        known.setdefault(shown_test(nodeid), []).append(nodeid)
    tests: dict[str, CollectedTests] = {}
    keys: dict[str, ShardTest] = {}
    for name, nodeids in known.items():
        parameters = _parameters(name, nodeids)
        keys |= {nodeid: ShardTest(name, parameters, number) for number, nodeid in enumerate(nodeids)}
        chosen = tuple(number for number, nodeid in enumerate(nodeids) if nodeid in ran)
        tests[name] = CollectedTests(parameters, len(nodeids), chosen, folder_of(nodeids[0]))
    return tests, keys


def _parameters(name: str, nodeids: Sequence[str]) -> str:
    """Three hexadecimal digits of all parameters: enough to tell lists of them apart, and too few to guess one by."""
    if [*nodeids] == [name]:
        return ""
    return hashlib.sha256("\n".join(nodeids).encode("utf-8", "replace")).hexdigest()[:3]


class RowPlaces:
    """The positions of rows in a report. Where all rows have one project, the report names none.

    Args:
        rows: those of the report, in their order.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._places = {row: place for place, row in enumerate(rows)}

    def of(self, row: Row) -> int:
        """The position of a row, with or without its project. Every run of a combined report asks for the same."""
        place = self._places.get(row)
        if place is None:
            place = self._places[row] = self._places[row._replace(project="")]
        return place


def to_json(run: ShardRun, places: RowPlaces) -> dict[str, Any]:
    """A run for its report.

    Args:
        places: where the report has each row.
    """
    shown: dict[str, Any] = _Mask().shown(_Writer(places).run(run))
    return shown


class _Mask:
    """Takes addresses and tokens out of texts: names in configurations and in the application may hold some."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def shown(self, value: Any) -> Any:
        """The same JSON data without them."""
        if type(value) is int:  # most are
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, (list, tuple)):
            return [each if type(each) is int else self.shown(each) for each in value]
        return self._object(value) if isinstance(value, Mapping) else value

    def _text(self, text: str) -> str:
        if text not in self._texts:  # most of them stand there often
            self._texts[text] = shown_sentence(text)
        return self._texts[text]

    def _object(self, values: Mapping[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, each in values.items():
            key, content = self._text(name), each if name in _MADE_HERE else self.shown(each)
            shown[key] = shown[key] + content if key in shown and isinstance(content, int) else content
        return shown


class _Writer:
    def __init__(self, places: RowPlaces) -> None:
        self._places = places
        self._values: dict[Hashable, int] = {}
        self._rows: dict[Row, int] = {}

    def run(self, run: ShardRun) -> dict[str, Any]:
        content = {
            "id": run.id,
            "started": run.started,
            "duration": round(run.duration, 3),
            "versions": dict(run.versions),
            "integrations": [*run.integrations],
            "project": run.project,
            "split": [*run.split] if run.split is not None else None,
            "asked": [*run.asked],
            "strict": run.is_strict,
            "checks_contract": run.checks_contract,
            "client_was_active": run.client_was_active,
            "verdict": run.verdict,
            "had_no_tests": run.had_no_tests,
            "late_hooks": [*map(shown_text, run.late_hooks)],
            "outside": [*map(shown_text, run.outside)],
            "late": [
                {"test": shown_test(each["test"]), "running": shown_test(each["running"]), "what": each["what"]}
                for each in run.late
            ],
            "ignored_errors": dict(sorted(run.ignored_errors.items())),
            "ignored_loggers": dict(sorted(run.ignored_loggers.items())),
            "configurations": [self._configuration(each) for each in run.configurations],
            "collected": [
                [self._value(name), tests.parameters, tests.number, self._value(tests.folder), *tests.selected]
                for name, tests in run.collected.items()
            ],
            "attempts": [
                {"test": self._value((key.name, key.parameters, key.number)), **self._findings(findings)}
                for key, findings in run.attempts
            ],
            "outside_tests": [
                {
                    "label": findings.label,
                    "modules": findings.counts_of_modules,
                    **self._findings(findings, is_outside=True),
                }
                for findings in run.outside_tests
            ],
        }
        rows = [[self._places.of(row), row.project] for row in self._rows]
        return {**content, "rows": rows, "values": [*self._values]}

    def _value(self, value: Hashable) -> int:
        return self._values.setdefault(value, len(self._values))

    def _configuration(self, configuration: RunConfiguration) -> dict[str, Any]:
        omissions, contract = configuration.omissions, configuration.contract
        return {
            "folder": configuration.folder,
            "file": configuration.file,
            "digest": configuration.digest,
            "is_asked": configuration.is_asked,
            "rules": [_rule_json(each) for each in configuration.rules],
            "left_out": {
                "only_some": omissions.only_some,
                "has_ended": omissions.has_ended,
                "options": [*omissions.options],
                "ignored": [*map(shown_text, omissions.ignored)],
                "deselected": omissions.deselected,
                "not_collected": [*map(shown_test, omissions.not_collected)],
                "lost_workers": [*omissions.lost_workers],
            },
            "contract": {
                "file": configuration.contract_name,
                "version": contract.version if contract is not None else None,
                "rows": contract.row_values() if contract is not None else None,
                "mistakes": configuration.mistakes,
            },
        }

    def _findings(self, findings: Findings, *, is_outside: bool = False) -> dict[str, Any]:
        """What an attempt or a process found. What is empty is left out."""
        content = {
            "folder": self._value(findings.folder) if findings.folder else None,
            "rows": [self._row(row, is_outside=is_outside) for row in findings.rows],
            "rules": [self._tally(name, tally) for name, tally in findings.tallies.items()],
            "broken": [self._breach(each) for each in findings.breaches],
            "waivers": [
                [self._value(_waiver_values(waiver)), int(used), int(waiver in findings.expired)]
                for waiver, used in findings.waivers.items()
            ],
            "failed": not findings.is_complete,
            "counts": findings.counts,
            "personal_data": [self._value(tuple(each)) for each in findings.personal_data],
            "unseen_requests": findings.unseen_requests,
            "unknown_exceptions": findings.unknown_exceptions,
            "by_chance": findings.by_chance,
            "callbacks": [[self._value(tuple(callback)), *tally.values()] for callback, tally in findings.callbacks],
        }
        found = {name: value for name, value in content.items() if value not in (None, False, [], {})}
        return {**found, "outside": True} if findings.folder is None else found

    def _row(self, exported: Sequence[Any], *, is_outside: bool) -> list[Any]:
        values, in_tests, in_collection, _, in_contract, (by_chance, is_waived, has_others), *_ = exported
        row = row_of_columns(values)
        flags = _IN_CONTRACT * in_contract + _BY_CHANCE * by_chance + _WAIVED * is_waived + _HAS_OTHERS * has_others
        found = [self._rows.setdefault(row, len(self._rows)), in_tests, flags]
        return [*found, in_collection or {}] if is_outside else found

    def _tally(self, name: str, tally: RuleTally) -> list[Any]:
        values: list[Any] = [self._value(name), tally.kept, tally.broken, tally.waived, tally.not_judged]
        values += [dict(tally.allowed), [*map(self._value, tally.reasons)]]
        while not values[-1]:
            values.pop()
        return values

    def _breach(self, breach: Breach) -> list[Any]:
        problem, file = self._value(breach.problem), self._value(breach.file)
        return [self._value(breach.rule), breach.severity, problem, file, breach.line]


def _rule_json(rule: JudgedRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "severity": rule.severity,
        "place": rule.place,
        "allow": [*rule.allow_list],
        "obstacle": rule.obstacle,
        "nothing_to_look_for": rule.nothing_to_look_for,
        "judges_exchanges": rule.judges_exchanges,
        "paths_without_files": [*rule.paths_without_files],
    }


def _waiver_values(waiver: Waiver) -> tuple[str, ...]:
    reason, ticket = shown_text(waiver.reason), shown_text(waiver.ticket)
    return waiver.rule, shown_test(waiver.place), reason, waiver.until, ticket


class Known:
    """What several reports have in common, which is kept once: reports that are combined hold much of the same."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Row, str], Row] = {}
        self._fields: dict[Hashable, Fields] = {}
        self._examples: dict[Row, ExampleItem] = {}

    def row(self, row: Row, project: str) -> Row:
        """A row of a report with the project, which the report leaves out where there is one alone."""
        known = self._rows.get((row, project))
        if known is None:
            known = self._rows[row, project] = row._replace(project=project) if project else row
        return known

    def fields(self, found: ReportedRow) -> Fields:
        """The fields of a row."""
        return self._fields.setdefault(tuple(found.fields.items()), found.fields)

    def example(self, row: Row, found: ReportedRow) -> ExampleItem | None:
        """The best example of a row that any report has had so far."""
        best, example = self._examples.get(row), found.example
        if example is not None and (best is None or _is_better(example, best)):
            best = self._examples[row] = example
        return best


def _is_better(one: ExampleItem, other: ExampleItem) -> bool:
    """Whether one example must be shown instead of another, whichever comes first."""
    if one.rank != other.rank:
        return one.rank < other.rank
    return one != other and json.dumps(one) < json.dumps(other)


def read_runs(content: Mapping[str, Any], rows: Sequence[ReportedRow], known: Known) -> list[ShardRun]:
    """The runs that a report describes: one, or those that were combined into it.

    Args:
        content: the report.
        rows: its rows.
        known: what the reports before had, and now this one.

    Raises:
        DamagedError: a part of it is missing, or not what it has to be.
    """
    check_by_schema(content["shard"], "shard")
    runs = content["shard"]["runs"]
    if not runs:
        raise DamagedError("shard.runs must not be empty")
    return [_Reader(each, f"shard.runs[{index}]", rows, known).run() for index, each in enumerate(runs)]


class _Reader:
    """Reads a run that is what the schema says.

    Args:
        content: the run.
        place: where it stands in the report.
        rows: those of the report.
        known: what the reports before had.
    """

    def __init__(self, content: Mapping[str, Any], place: str, rows: Sequence[ReportedRow], known: Known) -> None:
        self._content = content
        self._place = place
        self._texts: dict[int, str] = {}
        self._texts_or_none: dict[int, str | None] = {}
        self._lists: dict[int, dict[int, tuple[Any, ...]]] = {length: {} for length in _SHAPES}
        for index, value in enumerate(content["values"]):
            self._add_value(index, value)
        self._tallies: dict[tuple[int, ...], RuleTally] = {}
        places = [*self._each("rows", lambda each: (rows[each[0]], each[1]))]
        self._rows = [known.row(found.row, project) for found, project in places]
        self._details = {
            row: (known.fields(found), known.example(row, found))
            for row, (found, _) in zip(self._rows, places, strict=True)
        }

    def _add_value(self, index: int, value: Any) -> None:
        if isinstance(value, list):
            types = _SHAPES.get(len(value))
            if types is not None and all(map(isinstance, value, types)):
                self._lists[len(value)][index] = tuple(value)
            return
        self._texts_or_none[index] = value
        if value is not None:
            self._texts[index] = value

    def _each(self, name: str, read: Callable[[Any], T]) -> Iterator[T]:
        """Read each entry of a list.

        Raises:
            DamagedError: one has the position of something that is not there.
        """
        index = 0
        try:
            for index, each in enumerate(self._content[name]):  # noqa: B007  (the message names it)
                yield read(each)
        except LookupError:
            place = f"{self._place}.{name}[{index}]"
            raise DamagedError(f"{place} has the position of a row or a value that is not there") from None

    def run(self) -> ShardRun:
        content = self._content
        return ShardRun(
            id=content["id"],
            started=content["started"],
            duration=float(content["duration"]),
            versions=content["versions"],
            integrations=content["integrations"],
            project=content["project"],
            split=(content["split"][0], content["split"][1]) if content["split"] is not None else None,
            asked=content["asked"],
            is_strict=content["strict"],
            checks_contract=content["checks_contract"],
            client_was_active=content["client_was_active"],
            verdict=content["verdict"],
            had_no_tests=content["had_no_tests"],
            late_hooks=content["late_hooks"],
            outside=content["outside"],
            late=[LateEvent(test=each["test"], running=each["running"], what=each["what"]) for each in content["late"]],
            ignored_errors=content["ignored_errors"],
            ignored_loggers=content["ignored_loggers"],
            collected=dict(self._each("collected", self._collected_tests)),
            configurations=[*map(self._configuration, range(len(content["configurations"])))],
            attempts=[*self._each("attempts", self._attempt)],
            outside_tests=[*self._each("outside_tests", self._outside_tests)],
            details=self._details,
        )

    def _collected_tests(self, values: Sequence[Any]) -> tuple[str, CollectedTests]:
        name, parameters, number, folder, *selected = values
        if selected and max(selected) >= number:
            raise IndexError
        return self._texts[name], CollectedTests(parameters, number, tuple(selected), self._texts_or_none[folder])

    def _configuration(self, index: int) -> RunConfiguration:
        content = self._content["configurations"][index]
        contract, left_out = content["contract"], content["left_out"]
        if contract["rows"] is not None and contract["version"] is None:
            raise DamagedError(f"{self._place}.configurations[{index}].contract.version must be a whole number")
        return RunConfiguration(
            folder=content["folder"],
            file=content["file"],
            digest=content["digest"],
            is_asked=content["is_asked"],
            rules=[*map(_read_rule, content["rules"])],
            omissions=Omissions(
                only_some=left_out["only_some"],
                has_ended=left_out["has_ended"],
                options=tuple(left_out["options"]),
                ignored=tuple(left_out["ignored"]),
                deselected=left_out["deselected"],
                not_collected=tuple(left_out["not_collected"]),
                lost_workers=tuple(left_out["lost_workers"]),
            ),
            contract_name=contract["file"],
            contract=Contract.of_row_values(contract["rows"], contract["version"])
            if contract["rows"] is not None
            else None,
            mistakes=contract["mistakes"],
        )

    def _attempt(self, content: Mapping[str, Any]) -> tuple[ShardTest, Findings]:
        key = ShardTest(*self._lists[_TEST][content["test"]])
        return key, self._findings(content, key.label, key.name)

    def _outside_tests(self, content: Mapping[str, Any]) -> Findings:
        findings = self._findings(content, content["label"], content["label"])
        findings.counts_of_modules = content["modules"]
        return findings

    def _findings(self, content: Mapping[str, Any], label: str, example: str) -> Findings:
        folder = self._texts_or_none[content["folder"]] if "folder" in content else None if "outside" in content else ""
        waivers = [
            (Waiver(*self._lists[_WAIVER][each]), bool(used), expired)
            for each, used, expired in content.get("waivers", ())
        ]
        return Findings(
            label,
            folder,
            rows=[self._row(each, example) for each in content.get("rows", ())],
            tallies=dict(map(self._tally, content.get("rules", ()))),
            breaches=[self._breach(each, label) for each in content.get("broken", ())],
            waivers={waiver: used for waiver, used, _ in waivers},
            expired=[waiver for waiver, _, expired in waivers if expired],
            is_complete=not content.get("failed", False),
            counts=content.get("counts", {}),
            personal_data=[[*self._lists[_PERSONAL_DATA][each]] for each in content.get("personal_data", ())],
            unseen_requests=content.get("unseen_requests", {}),
            unknown_exceptions=content.get("unknown_exceptions", []),
            by_chance=content.get("by_chance", []),
            callbacks=[self._callback(*each) for each in content.get("callbacks", ())],
        )

    def _row(self, values: Sequence[Any], example: str) -> list[Any]:
        """A row as the capture table exports it, without its fields."""
        place, in_tests, flags, *modules = values
        always = bool(flags & _BY_CHANCE), bool(flags & _WAIVED), bool(flags & _HAS_OTHERS)
        in_collection = modules[0] if modules else 0
        return [
            *(self._rows[place], in_tests, in_collection, example, bool(flags & _IN_CONTRACT), always),
            *(_NO_FIELDS, None),
        ]

    def _tally(self, values: Sequence[Any]) -> tuple[str, RuleTally]:
        """The name of a rule and its tally. Those that say the same are one, for nobody changes them."""
        name, *numbers = values
        if all(type(each) is int for each in numbers):
            same = tuple(numbers)
            if same not in self._tallies:
                self._tallies[same] = RuleTally(*numbers)
            return self._texts[name], self._tallies[same]
        missing: Sequence[Any] = (0, 0, 0, 0, {}, ())[len(numbers) :]
        kept, broken, waived, not_judged, allowed, reasons = (*numbers, *missing)
        obstacles = Counter(self._texts[each] for each in reasons)
        return self._texts[name], RuleTally(kept, broken, waived, not_judged, Counter(allowed), obstacles)

    def _breach(self, values: Sequence[Any], label: str) -> Breach:
        rule, severity, problem, file, line = values
        return Breach(self._texts[rule], severity, self._texts[problem], label, self._texts_or_none[file], line)

    def _callback(self, callback: int, *numbers: int) -> list[Any]:
        names = ("calls", "passed", "compared", "changed", "dropped", "crashed")
        return [[*self._lists[_CALLBACK][callback]], dict(zip(names, numbers, strict=True))]


def _read_rule(content: Mapping[str, Any]) -> JudgedRule:
    return JudgedRule(
        content["name"],
        content["severity"],
        content["place"],
        allow_list=content["allow"],
        obstacle=content["obstacle"],
        nothing_to_look_for=content["nothing_to_look_for"],
        judges_exchanges=content["judges_exchanges"],
        paths_without_files=lambda: content["paths_without_files"],
    )
