"""The fields of segments in one form, whether they were sent as transactions or as spans.

What was only renamed between the two protocols is no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_sentry_capture.items import CapturedSegment
from pytest_sentry_capture.items.attribute_names import attribute_name, field_name
from pytest_sentry_capture.reports.diff.reading import ReadReport
from pytest_sentry_capture.reports.fields import BODY, FIELD_STATES, FieldState

States = Mapping[str, FieldState]

_OF_TRANSACTIONS: Final = "transaction"
_DERIVED: Final[Mapping[str, str]] = {
    "http.route": "name",
    "sentry.segment.name": "name",
    "url.path": "url.full",
    "url.query": "http.query",
    "user_agent.original": "http.request.header.user-agent",
}
"""Attributes that say once more what another field says."""


def comparable(kind: str, before: States, after: States) -> tuple[States, States]:
    """The fields of two rows of a kind, in terms that mean the same in both."""
    if kind != CapturedSegment.kind or _is_transaction(before) == _is_transaction(after):
        return before, after
    old, new = _as_attributes(before), _as_attributes(after)
    for path, source in _DERIVED.items():
        if (source in old) == (source in new):
            old.pop(path, None)
            new.pop(path, None)
    if BODY in old or BODY in new:  # which one of them holds as one text
        old, new = _with_one_body(old), _with_one_body(new)
    return old, new


def without_counterpart(before: ReadReport, after: ReadReport) -> list[str]:
    """The sections and names that transactions carry and spans can't, where one run has the ones and one the others."""
    old, new = ([row.fields for row in run.rows if row.row.kind == CapturedSegment.kind] for run in (before, after))
    if not new or any(map(_is_transaction, new)):
        return []
    return sorted({path for fields in old if _is_transaction(fields) for path in fields if _counterpart(path) is None})


def _is_transaction(fields: States) -> bool:
    return _OF_TRANSACTIONS in fields


def _as_attributes(fields: States) -> dict[str, FieldState]:
    if not _is_transaction(fields):
        return dict(fields)
    renamed: dict[str, FieldState] = {}
    for path, state in fields.items():
        name = _counterpart(path)
        if name is not None:
            renamed[name] = max(renamed.get(name, state), state, key=FIELD_STATES.index)
    return renamed


def _counterpart(path: str) -> str | None:
    return field_name(path) or attribute_name(path)


def _with_one_body(fields: Mapping[str, FieldState]) -> dict[str, FieldState]:
    joined: dict[str, FieldState] = {}
    for path, state in fields.items():
        name = BODY if path.startswith(f"{BODY}.") else path
        joined[name] = max(joined.get(name, state), state, key=FIELD_STATES.index)
    return joined
