"""What to write where a test asks for transactions, and the SDK sends segments as spans."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pytest_sentry_capture._assertions.comparisons import comparison
from pytest_sentry_capture._assertions.criteria_checks import COLLECTIONS, choices_in
from pytest_sentry_capture._assertions.formatting import Formatter
from pytest_sentry_capture._assertions.matching import Matcher
from pytest_sentry_capture._recording import (
    SEGMENT_STATUSES,
    SPAN_STATUSES,
    attributes_below,
    is_within,
    location_of,
    span_path,
    transaction_paths,
)
from pytest_sentry_capture._recording.kinds import CapturedSegment, CapturedSpan

_SAME: Final = ("op", "source", "release", "environment", "trace_id", "status_code", "method", "path", "route")
_KNOWN_OF_LOST: Final = ("name", "op", "source", "origin", "trace_id", "status_code", "method", "path", "route")
"""What is known of a segment that the SDK gave up when it started."""
_GIVEN_UP: Final = ("sample_rate", "ignored")
_NO_LONGER: Final[Mapping[str, str]] = {
    "before_send": "before_send_span can't drop a span",
    "event_processor": "Event processors don't see spans",
}
"""The reasons for which transactions are discarded and spans never are."""
_STATUS: Final = "contexts.trace.status"
_URL: Final = "request.url"
_BODY: Final = "request.data"
_BODY_ATTRIBUTE: Final = "http.request.body.data"
_HEADER: Final = "request.headers."
_ATTRIBUTE: Final = re.compile(r"attributes\.(?P<name>.+)\.value")
_TIMES: Final = ("start_timestamp", "end_timestamp")
_PLAIN: Final = (str, int, float, bool, type(None))

_ABOUT_STATUS: Final = (
    'A segment always has the status "ok" or "error", whatever the SDK\'s own word is. Where the SDK has none, it is'
    ' "ok".'
)
_ABOUT_BODY: Final = (
    f"Spans have the body of a request as one JSON string, in the attribute {_BODY_ATTRIBUTE}. Ask for that with a"
    " regex"
    " or a predicate."
)
_ABOUT_SPANS: Final = (
    f'The spans of a segment are separate items. Ask for the kind "{CapturedSpan.kind}": its criterion transaction'
    " is the name of the segment."
)
_ABOUT_PLACEHOLDERS: Final = "Replace ... with your own predicate or object."


def written_for_segments(
    formatter: Formatter,
    call: str,
    arguments: Mapping[str, Any],
    criteria: Mapping[str, Any],
    left_out: Sequence[str] = (),
) -> list[str]:
    """The same assertion for segments, as it can be run, and what can't be asked of spans, one line each.

    Args:
        formatter: writes the values.
        call: the name of the assertion.
        arguments: further arguments of the call as it was written.
        criteria: the criteria that were given for transactions.
        left_out: the beginnings of paths of transactions of which the SDK puts nothing into spans, as it is configured.
    """
    translation = _Translation(left_out)
    for name, expected in criteria.items():
        translation.add(name, expected)
    notes, given = _of_discards(arguments) if call == "assert_discarded" else ([], dict(arguments))
    segments = translation.criteria
    if given.get("reason") in _GIVEN_UP:
        unknown = [name for name in segments if name not in _KNOWN_OF_LOST]
        segments = {name: expected for name, expected in segments.items() if name not in unknown}
        notes += [f"{name} is not known for a segment that was not sampled, or was ignored." for name in unknown]
    written = _call(formatter, call, given, segments)
    notes += [*translation.notes]
    notes += [_ABOUT_PLACEHOLDERS] if _has_placeholder(written) else []
    return [written, *notes]


def _call(formatter: Formatter, call: str, arguments: Mapping[str, Any], criteria: Mapping[str, Any]) -> str:
    named = {name: value for name, value in arguments.items() if name != "n"}
    positional = [formatter.as_source(arguments["n"])] if "n" in arguments else []
    given = [f"{name}={formatter.as_source(value)}" for name, value in {**named, **criteria}.items()]
    kind = f'"{CapturedSegment.kind}"'
    return f"{call}({', '.join([*positional, kind, *given])})"


def _has_placeholder(source: str) -> bool:
    nodes = ast.walk(ast.parse(source, mode="eval"))
    return any(isinstance(node, ast.Constant) and node.value is ... for node in nodes)


def _of_discards(arguments: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """What spans can't be discarded for, and the arguments by which discards of spans are found."""
    given = dict(arguments)
    if callable(by := given.get("by")):
        given["by"] = location_of(by).name
    why = _NO_LONGER.get(str(given.get("reason")))
    if why is None:
        return [], given
    given.pop("by", None)
    given["reason"] = "ignored"
    return [f'{why}. ignore_spans drops spans: its reason is "ignored", and it names no callable.'], given


class _Translation:
    """Criteria of transactions as criteria of segments that are spans.

    Attributes:
        notes: what can't be asked of spans, and what is asked for in its place.
    """

    def __init__(self, left_out: Sequence[str]) -> None:
        self._left_out = tuple(left_out)
        self._criteria: dict[str, Any] = {}
        self._attributes: dict[str, Any] = {}
        self._where: dict[str, Any] = {}
        self._body: dict[str, None] = {}
        self._not_in_body: dict[str, None] = {}
        self.notes: dict[str, None] = {}

    @property
    def criteria(self) -> dict[str, Any]:
        """The criteria for segments, in the order of those of the kind."""
        has_body = bool(self._body or self._not_in_body)
        body = {_BODY_ATTRIBUTE: re.compile(self._pattern_of_body)} if has_body else {}
        sections = {"attributes": {**self._attributes, **body}, "where": self._where}
        return {**self._criteria, **{name: section for name, section in sections.items() if section}}

    @property
    def _pattern_of_body(self) -> str:
        if len(self._body) == 1 and not self._not_in_body:
            return next(iter(self._body))
        absent = [f"(?!.*{part})" for part in self._not_in_body]
        return "^" + "".join([*absent, *(f"(?=.*{part})" for part in self._body)])

    def add(self, name: str, expected: Any) -> None:
        """Translate one criterion."""
        if name == "transaction":
            self._criteria["name"] = expected
        elif name == "status":
            self._add_status(expected)
        elif name in _SAME:
            self._criteria[name] = expected
        elif name == "where":
            for path, each in expected.items():
                self._add_path(path, each, self._put_into_where)
        else:
            self._add_path(name, expected, self._put_into_attributes)

    def _add_path(self, path: str, expected: Any, put: Callable[[str, Any], None]) -> None:
        if path.startswith(self._left_out):
            section = path.partition(".")[0] if path.startswith("user") else path
            self._note(f"The active client puts no {section} into spans, as it is configured.")
        elif is_within(path, "spans"):
            self._note(_ABOUT_SPANS)
        elif path == _STATUS:
            self._add_status(expected)
        elif is_within(path, _BODY):
            self._add_body(path.removeprefix(_BODY).rpartition(".")[2], expected)
        elif isinstance(expected, Mapping):
            for key, each in expected.items():
                self._add_path(f"{path}.{key}", each, put)
        else:
            self._add_value(path, expected, put)

    def _add_value(self, path: str, expected: Any, put: Callable[[str, Any], None]) -> None:
        place = span_path(path) if all(path.split(".")) else None
        if place is None:
            self._note(self._about_nothing(path))
        elif place in _TIMES and isinstance(expected, (str, re.Pattern)):
            self._note(f"{place} of a span is a number of seconds since 1970, not a string.")
        elif path == _URL:
            put(place, _url(expected))
        elif path.startswith(_HEADER):
            put(place, _header(expected))
        else:
            put(place, expected)

    def _put_into_where(self, place: str, expected: Any) -> None:
        self._where[place] = expected

    def _put_into_attributes(self, place: str, expected: Any) -> None:
        attribute = _ATTRIBUTE.fullmatch(place)
        if attribute is not None:
            self._attributes[attribute["name"]] = expected
        else:
            self._where[place] = expected

    def _add_status(self, expected: Any) -> None:
        choices = [*choices_in(expected)]
        found = [status for each in choices for status in _statuses(each)]
        words = [word for word in SEGMENT_STATUSES if word in [each for each in found if isinstance(each, str)]]
        others = [each for each in found if not isinstance(each, str)]
        if others or not words or any(each is None for each in choices):
            self._note(_ABOUT_STATUS)
        if not found:
            return
        status = (words + others)[0] if len(words + others) == 1 else words + others
        if self._criteria.setdefault("status", status) is not status:
            self._where["status"] = status

    def _add_body(self, key: str, expected: Any) -> None:
        """A part of the body that has this key. The whole body where it is empty."""
        if isinstance(expected, Mapping):
            for each_key, each in expected.items():
                self._add_body(str(each_key), each)
            return
        self._note(_ABOUT_BODY)
        if key.isdigit() or type(expected) not in _PLAIN:  # an element of a list, or what no regex says
            return
        if key and expected is None:
            self._not_in_body[f"{_escaped(json.dumps(key))}: "] = None
        elif key:
            self._body[_in_body(key, expected)] = None
        elif isinstance(expected, str):
            self._body[_escaped(json.dumps(expected)[1:-1])] = None

    def _about_nothing(self, path: str) -> str:
        if path.partition(".")[0] == "tags":
            return "Spans have no tags. Set an attribute instead, and ask for it with attributes={…}."
        names = [name for name in dict.fromkeys(attributes_below(path)) if not self._is_left_out(name)]
        if not names:
            return f"Spans have no counterpart of {path}."
        families = {name: f"{name}*" for name in names if name.endswith(".")} | {f"{_BODY_ATTRIBUTE}.": _BODY_ATTRIBUTE}
        listed = ", ".join(families.get(name, name) for name in names)
        return f"Spans carry {path} as attributes: {listed}. Ask for them with attributes={{…}}."

    def _is_left_out(self, attribute: str) -> bool:
        return any(path.startswith(self._left_out) for path in transaction_paths(attribute))

    def _note(self, text: str) -> None:
        self.notes[text] = None


def _statuses(expected: Any) -> Sequence[Any]:
    """What is expected of a segment's two words where this was expected of the SDK's word. Nothing if none matches."""
    if isinstance(expected, str):
        return ["ok" if expected == "ok" else "error"]
    if isinstance(expected, re.Pattern):
        words = [word for word in SPAN_STATUSES if comparison(expected)(word)]
        return [*dict.fromkeys("ok" if word == "ok" else "error" for word in words)]
    if expected is None:
        return ["ok"]
    try:
        Matcher(CapturedSegment.kind, {"status": [expected]})
    except (TypeError, ValueError):
        return []
    return [expected]


def _escaped(text: str) -> str:
    return re.escape(text).replace(r"\ ", " ")


def _url(expected: Any) -> Any:
    """What is expected of a URL that has its query with it, which that of a transaction has not."""
    if isinstance(expected, COLLECTIONS):
        return [_url(each) for each in expected]
    return re.compile(rf"^{_escaped(expected)}(?=\?|$)") if isinstance(expected, str) else expected


def _header(expected: Any) -> Any:
    """What is expected of a header, which is a list of texts since sentry-sdk 3, and a text before."""
    if expected is None:
        return None
    choices = [*choices_in(expected)]
    if len(choices) == 1:
        return choices
    try:
        return {(each,) for each in choices}
    except TypeError:  # one of them, or what is in it, has no hash
        return choices


def _in_body(key: str, expected: str | float | bool) -> str:
    """A regex for a JSON text that has this value for a key, wherever it is."""
    end = "" if isinstance(expected, (str, bool)) else r"(?![\w.])"
    return f"{_escaped(json.dumps(key))}: {_escaped(json.dumps(expected))}{end}"
