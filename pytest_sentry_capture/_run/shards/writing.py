"""A run is written to its report.

Values that are frequent there are written once, in a list of ``values``, and elsewhere by their positions in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from pytest_sentry_capture._reports import Row, row_of_columns, shown_sentence, shown_test, shown_text
from pytest_sentry_capture._rules import RuleTally, Waiver
from pytest_sentry_capture._run.findings import Breach, Findings
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._run.shards.shard_run import RunConfiguration, ShardRun

IN_CONTRACT, BY_CHANCE, WAIVED, HAS_OTHERS = 1, 2, 4, 8
"""What a row of an attempt says in one number."""
_MADE_HERE: Final = ("id", "digest")
"""What only looks like a token."""


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
        flags = IN_CONTRACT * in_contract + BY_CHANCE * by_chance + WAIVED * is_waived + HAS_OTHERS * has_others
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
