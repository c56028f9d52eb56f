"""The report as JSON. docs/reference/report-json.md and report.schema.json describe it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final, Protocol

from pytest_sentry_capture._reports.callbacks import PROCESSOR, Callback, CallbackTally
from pytest_sentry_capture._reports.contract.differences import difference_summary
from pytest_sentry_capture._reports.personal_data import PersonalData
from pytest_sentry_capture._reports.report import FindingGroup, RunReport, ShardFacts
from pytest_sentry_capture._reports.table import CAPTURED, JOB, WITHOUT_ITEM, Row, Tally, state_of

VERSION: Final = 2
"""Of the format: goes up when a reader of the version before would not understand the file."""


def render_report(report: RunReport) -> str:
    """The report as JSON, in ASCII."""
    facts = report.facts
    content = {
        "version": VERSION,
        "plugin_version": report.version,
        "status": report.status,
        "outcome": report.outcome,
        "started": facts.started,
        "duration": round(facts.duration, 3),
        "versions": dict(facts.versions),
        "sdk": facts.sdk,
        "integrations": list(facts.integrations),
        "counts": dict(facts.counts),
        "partial": list(report.partial),
        "verdict": report.verdict,
        "rows": [_row(row, tally) for row, tally in report.rows],
        "personal_data": [_personal_data(each) for each in facts.personal_data],
        "rules": [asdict(rule) for rule in report.rules],
        "findings": [_finding(each) for each in report.findings],
        "waivers": [asdict(each) for each in report.waivers],
        "callbacks": [_callback(*each) for each in facts.callbacks],
        "unused": list(report.unused),
        "contract": _contract(report),
    }
    return f"{json.dumps(content, indent=2)[:-2]},\n{_shard(facts.shard)}\n}}\n"


def _shard(facts: ShardFacts) -> str:
    """The section for those who combine reports: each of its parts is one line, for people rarely read them."""
    parts = {
        "collected": dict(facts.collected),
        "ran": {test: list(places) for test, places in facts.ran.items()},
        "allowed": {rule: dict(entries) for rule, entries in facts.allowed.items()},
        "ignored_errors": dict(facts.ignored_errors),
        "configurations": [asdict(each) for each in facts.configurations],
        "runs": list(facts.runs),
    }
    lines = (f"    {json.dumps(name)}: {json.dumps(part, separators=(',', ':'))}" for name, part in parts.items())
    return '  "shard": {\n' + ",\n".join(lines) + "\n  }"


def row_json(row: Row) -> dict[str, Any]:
    """A row's columns."""
    is_discarded = row.result not in (CAPTURED, *WITHOUT_ITEM)
    return {
        **where_json(row),
        "kind": row.kind or None,
        "exception": row.exception or None,
        "captured": row.result == CAPTURED,
        "discarded": {"reason": row.result, "by": row.by or None} if is_discarded else None,
        "level": row.level or None,
        "tags": list(row.tags),
        "user": list(row.user),
    }


def _row(row: Row, tally: Tally) -> dict[str, Any]:
    return {**row_json(row), "project": row.project or None, "state": state_of(row, tally), **_tally(tally)}


class _Placed(Protocol):
    """What says where it came from."""

    @property
    def method(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def status(self) -> int | str | None: ...


def where_json(found: _Placed) -> dict[str, Any]:
    """The request, the job, or what else something came from."""
    is_job = found.method == JOB
    return {
        "request": {"method": found.method, "route": found.origin} if found.method and not is_job else None,
        **({"job": found.origin} if is_job else {}),
        "origin": None if found.method else found.origin,
        "status": found.status,
    }


def _personal_data(found: PersonalData) -> dict[str, Any]:
    allowed = {"allowed_by": found.allowed_by} if found.allowed_by else {}
    return {**where_json(found), "kind": found.kind, "place": found.place, "rule": found.rule, **allowed}


def _finding(found: FindingGroup) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "severity": found.severity,
        "problem": found.problem,
        "tests": list(found.tests),
        "count": found.number,
    }


def _callback(callback: Callback, tally: CallbackTally) -> dict[str, Any]:
    is_counted = callback.option != PROCESSOR and tally.calls > 0
    return {
        **callback._asdict(),
        "calls": tally.calls if is_counted else None,
        "passed": tally.passed if is_counted else None,
        "changed": tally.changed if tally.compared else None,
        "dropped": tally.dropped,
        "crashed": tally.crashed,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "count": tally.count,
        "example": tally.example,
        "in_contract": tally.in_contract,
        "by_chance": tally.by_chance,
        "fields": dict(sorted(tally.fields.items())),
        "item": tally.shown.item if tally.shown is not None else None,
        "before": tally.shown.before if tally.shown is not None else None,
    }


def _contract(report: RunReport) -> dict[str, Any] | None:
    if not report.contracts:
        return None
    return {
        "updated": any(each.was_updated for each in report.contracts),
        "differences": [
            {
                "state": difference.state,
                "summary": difference_summary(difference),
                "before": row_json(difference.before) if difference.before is not None else None,
                "after": row_json(difference.after) if difference.after is not None else None,
                "file": contract.file,
                "test": difference.test or None,
            }
            for contract in report.contracts
            for difference in contract.differences
        ],
    }
