"""What to write where a test asks for transactions, and the SDK sends segments as spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_sentry_capture.items import CapturedSegment
from pytest_sentry_capture.items.attribute_names import attribute_name, span_path
from pytest_sentry_capture.wording import written

_SAME: Final = ("op", "source", "release", "environment", "trace_id", "status_code", "method", "path", "route")
_SECTIONS: Final = ("user", "request", "contexts")


def written_for_segments(call: str, arguments: Mapping[str, Any], criteria: Mapping[str, Any]) -> list[str]:
    """The same assertion for segments, and what can't be asked of spans, one line each.

    Args:
        call: the name of the assertion.
        arguments: further arguments of the call as it was written.
        criteria: the criteria that were given for transactions.
    """
    segments, lost = _translated(criteria)
    given = [f"{name}={written(value)}" for name, value in {**arguments, **segments}.items()]
    kind = f'"{CapturedSegment.kind}"'
    return [f"{call}({', '.join([kind, *given])})", *lost]


def _translated(criteria: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    segments: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    where: dict[str, Any] = {}
    lost: list[str] = []
    for name, expected in criteria.items():
        if name == "transaction":
            segments["name"] = expected
        elif name == "status":
            segments["status"] = _status(expected)
        elif name in _SAME:
            segments[name] = expected
        elif name == "where":
            for path, each in expected.items():
                _put(where, path, span_path(path), each, lost)
        elif name in _SECTIONS and isinstance(expected, Mapping):
            for path, each in _leaves(name, expected):
                name_of_it = attribute_name(path) if span_path(path) is not None else None
                _put(attributes, path, name_of_it, each, lost)
        else:
            lost.append(f"Spans carry no {name}. Set an attribute instead, and ask for it with attributes={{…}}.")
    return {
        **segments,
        **({"attributes": attributes} if attributes else {}),
        **({"where": where} if where else {}),
    }, lost


def _put(found: dict[str, Any], path: str, target: str | None, expected: Any, lost: list[str]) -> None:
    if target is None:
        lost.append(f"Spans carry nothing that stands for {path}.")
    else:
        found[target] = expected


def _status(expected: Any) -> Any:
    if isinstance(expected, (list, tuple, set, frozenset)):
        statuses = [*dict.fromkeys(_status(each) for each in expected)]
        return statuses[0] if len(statuses) == 1 else statuses
    return ("ok" if expected == "ok" else "error") if isinstance(expected, str) else expected


def _leaves(path: str, expected: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, each in expected.items():
        place = f"{path}.{key}"
        if isinstance(each, Mapping):
            yield from _leaves(place, each)
        else:
            yield place, each
