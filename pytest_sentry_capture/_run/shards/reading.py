"""A run is read back from its report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from pytest_sentry_capture._reports import (
    Contract,
    DamagedError,
    ExampleItem,
    Fields,
    ReportedRow,
    Row,
    check_by_schema,
)
from pytest_sentry_capture._rules import RuleTally, Waiver
from pytest_sentry_capture._run.findings import Breach, Findings, LateEvent
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._run.omissions import Omissions
from pytest_sentry_capture._run.shards.shard_run import CollectedTests, RunConfiguration, ShardRun, ShardTest
from pytest_sentry_capture._run.shards.writing import BY_CHANCE, HAS_OTHERS, IN_CONTRACT, WAIVED

T = TypeVar("T")
_NO_FIELDS: Final[Fields] = {}
_NULL: Final = type(None)
_TEST, _CALLBACK, _WAIVER, _PERSONAL_DATA = 3, 4, 5, 7
_SHAPES: Final[Mapping[int, Sequence[type | tuple[type, ...]]]] = {
    _TEST: (str, str, int),
    _CALLBACK: (str, str, (str, _NULL), (int, _NULL)),
    _WAIVER: (str, str, str, str, str),
    _PERSONAL_DATA: (str, str, str, (int, str, _NULL), str, str, str),
}
"""The types in lists among the values, by the lengths of these lists, which tell what they are."""


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
        always = bool(flags & BY_CHANCE), bool(flags & WAIVED), bool(flags & HAS_OTHERS)
        in_collection = modules[0] if modules else 0
        return [
            *(self._rows[place], in_tests, in_collection, example, bool(flags & IN_CONTRACT), always),
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
