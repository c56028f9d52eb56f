"""The fields of segments in one form, whether they were sent as transactions or as spans.

What was only renamed between the two protocols is not a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_sentry_capture._recording import attribute_name, field_name
from pytest_sentry_capture._recording.kinds import CapturedSegment, CapturedSpan
from pytest_sentry_capture._reports.diff.reading import ReadReport
from pytest_sentry_capture._reports.fields import BODY, Fields, FieldState, note, tells_more
from pytest_sentry_capture._reports.personal_data import PersonalData
from pytest_sentry_capture._reports.table import CAPTURED

States = Mapping[str, FieldState]

_OF_TRANSACTIONS: Final = "transaction"
_STATUS: Final = "status"
_SPANS: Final = "spans."
_TRACE: Final = "contexts.trace."
_NAMES: Final[Mapping[str, str]] = {
    "extra.rq-job.func": "code.function.name",
    "extra.rq-job.job_id": "messaging.message.id",
    "request.env.SERVER_NAME": "server.address",
    "request.env.SERVER_PORT": "server.port",
}
"""What ``attribute_name`` does not say, because the attribute can have another meaning too."""
_SYNONYMS: Final[Mapping[str, str]] = {
    "code.filepath": "code.file.path",
    "code.function": "code.function.name",
    "code.lineno": "code.line.number",
    "db.name": "db.namespace",
    "db.operation": "db.operation.name",
    "db.system": "db.system.name",
    "http.fragment": "url.fragment",
    "http.method": "http.request.method",
    "query": "db.query.text",
    "redis.commands": "db.query.text",
    "redis.key": "db.redis.key",
    "signal": "code.function.name",
    "url": "url.full",
    "url.query": "http.query",
}
"""Attributes that are called otherwise by another SDK, or by another integration of the same one."""
_DERIVED: Final[Mapping[str, str]] = {
    "http.route": "name",
    "sentry.segment.name": "name",
    "url.path": "url.full",
    "user_agent.original": "http.request.header.user-agent",
}
"""Attributes that say once more what another field says."""
_OF_SPANS_IN_TRANSACTIONS: Final[Mapping[str, str]] = {
    "description": "name",
    "op": "sentry.op",
    "origin": "sentry.origin",
    "tags.db.operation": "db.operation.name",
    "tags.http.status_code": "http.response.status_code",
    "tags.redis.command": "db.operation.name",
    "tags.redis.key": "db.redis.key",
    "tags.status": _STATUS,
    "tags.subprocess.pid": "process.pid",
}
_DATA_OF_SPANS_IN_TRANSACTIONS: Final = "data."
_FIRST_WITHOUT_TRANSACTIONS: Final = 3


def send_traces_otherwise(before: ReadReport, after: ReadReport) -> bool:
    """Whether one run sends transactions where the other one sends spans."""
    old, new = ({*map(_is_transaction, _captured_segments(run))} for run in (before, after))
    if old and new:
        return old != new
    return _has_transactions(before) != _has_transactions(after)  # where nothing was sampled, it is the SDK's way


def _has_transactions(report: ReadReport) -> bool:
    """Whether the SDK of a run has transactions, which 3 has no more."""
    major = (report.sdk or "").partition(".")[0]
    return not major.isdecimal() or int(major) < _FIRST_WITHOUT_TRANSACTIONS


def comparable(before: States, after: States) -> tuple[States, States]:
    """The fields of two rows of segments, in terms that mean the same in both."""
    if _is_transaction(before) and _is_transaction(after):
        return before, after
    old, new = _as_attributes(before), _as_attributes(after)
    for synonym, name in _SYNONYMS.items():
        if (synonym in old) != (synonym in new):
            _rename(old, synonym, name)
            _rename(new, synonym, name)
    if _is_transaction(before) != _is_transaction(after):
        _leave_out_what_is_said_twice(old, new)
        if (_STATUS in old) != (_STATUS in new):  # which transactions that went well may be without
            old.pop(_STATUS, None)
            new.pop(_STATUS, None)
        _compare_bodies(old, new)
    return old, new


def comparable_finding(found: PersonalData) -> PersonalData:
    """Where personal data was found in a segment or a span, in the terms of spans."""
    kind, place = found.kind, found.place
    if kind == CapturedSegment.kind and place.startswith(_SPANS):
        kind, place = CapturedSpan.kind, _as_attribute_of_span(place[len(_SPANS) :])
    elif kind == CapturedSegment.kind:
        place = _counterpart(place) or place
    elif kind != CapturedSpan.kind:
        return found
    place = BODY if place.startswith(f"{BODY}.") else place
    place = _SYNONYMS.get(place, place)
    return found._replace(kind=kind, place=_DERIVED.get(place, place))


def without_trace(fields: States) -> States:
    """The fields of an event without what it says of its trace, which the segments say too."""
    return {path: state for path, state in fields.items() if not path.startswith(_TRACE)}


def without_counterpart(before: ReadReport, after: ReadReport) -> list[str]:
    """The sections and names that transactions carry and spans can't, where one run has the ones and one the others."""
    old, new = _captured_segments(before), _captured_segments(after)
    if not new or any(map(_is_transaction, new)):
        return []
    return sorted({path for fields in old if _is_transaction(fields) for path in fields if _counterpart(path) is None})


def _captured_segments(run: ReadReport) -> list[States]:
    return [each.fields for each in run.rows if each.row.kind == CapturedSegment.kind and each.row.result == CAPTURED]


def _is_transaction(fields: States) -> bool:
    return _OF_TRANSACTIONS in fields


def _as_attributes(fields: States) -> Fields:
    if not _is_transaction(fields):
        return dict(fields)
    renamed: Fields = {}
    for path, state in fields.items():
        name = _counterpart(path)
        if name is not None:
            note(renamed, name, state)
    return renamed


def _counterpart(path: str) -> str | None:
    return field_name(path) or _NAMES.get(path) or attribute_name(path)


def _as_attribute_of_span(path: str) -> str:
    """Where a streamed span has what a span within a transaction has at a path."""
    if path.startswith(_DATA_OF_SPANS_IN_TRANSACTIONS):
        return path[len(_DATA_OF_SPANS_IN_TRANSACTIONS) :]
    return _OF_SPANS_IN_TRANSACTIONS.get(path, path)


def _rename(fields: Fields, path: str, name: str) -> None:
    state = fields.pop(path, None)
    if state is not None:
        note(fields, name, state)


def _leave_out_what_is_said_twice(old: Fields, new: Fields) -> None:
    """Unless it tells more than the field whose content it repeats."""
    for path, source in _DERIVED.items():
        if (source in old) == (source in new):
            for fields in (old, new):
                if not tells_more(fields.get(path), fields.get(source)):
                    fields.pop(path, None)


def _compare_bodies(old: Fields, new: Fields) -> None:
    """Make bodies comparable, of which a run has the keys, or the text alone, or both for different requests."""
    text_before, text_after = old.get(BODY), new.get(BODY)
    named = {*_name_what_was_filtered(old, text_after, new), *_name_what_was_filtered(new, text_before, old)}
    only_before, only_after = _keys_of_body(old) - new.keys(), _keys_of_body(new) - old.keys()
    for is_as_text, fields, paths in ((text_after, old, only_before), (text_before, new, only_after)):
        for path in paths if is_as_text else ():
            _rename(fields, path, BODY)
    if named and (BODY in old) != (BODY in new):  # a text that is described by its keys
        old.pop(BODY, None)
        new.pop(BODY, None)


def _name_what_was_filtered(fields: Fields, text_of_others: FieldState | None, others: Fields) -> set[str]:
    """Say of each key that one run filters that it is in the text of the other one, if that sends a text."""
    if text_of_others is None or not tells_more(text_of_others, "filtered"):
        return set()
    named = {path for path in _keys_of_body(fields) - others.keys() if fields[path] == "filtered"}
    others.update(dict.fromkeys(named, text_of_others))
    return named


def _keys_of_body(fields: Fields) -> set[str]:
    return {path for path in fields if path.startswith(f"{BODY}.")}
