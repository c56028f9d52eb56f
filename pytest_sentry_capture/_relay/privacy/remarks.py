"""What Relay's remarks on a probe event say of the payload in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Final, TypeVar

from pytest_sentry_capture._recording import (
    FILTERED,
    SOURCE_LINES,
    Key,
    Keys,
    Masks,
    at,
    dotted,
    is_in_file,
    notes_in,
    walk,
)
from pytest_sentry_capture._relay.privacy.addresses import whole_address
from pytest_sentry_capture._relay.privacy.built_in_rules import IP, PASSWORD, RELAY_RULES, rule_of
from pytest_sentry_capture._relay.privacy.false_alarms import is_false_alarm, name_at, secrets_in
from pytest_sentry_capture._relay.privacy.findings import Found, excerpt
from pytest_sentry_capture._relay.privacy.grouped_numbers import remarks_on
from pytest_sentry_capture._relay.privacy.kept_places import is_kept_by_ingestion
from pytest_sentry_capture._relay.privacy.places import (
    as_text,
    frames_of,
    paths_of,
    places_of_names,
    texts_of,
)
from pytest_sentry_capture._relay.privacy.probe_event import CODE, CODE_KEYS, DATA, NAMES, ProbeEvent

_MOST_VALUES: Final = 100
"""Values of one text that are told apart."""
_NEAR: Final = 200
"""Bytes around what a rule has found that tell what it is."""
_Place = TypeVar("_Place")


class RemarkReader:
    """What Relay's remarks on a probe event say of the payload.

    Attributes:
        found: the findings, by path and rule.
        more: the places, as keys, and the values that Relay has marked as a whole, which hides them from other rules.
    """

    def __init__(self, payload: Any, probe_event: ProbeEvent, test_file: str, masks: Masks) -> None:
        self._payload = payload
        self._probe_event = probe_event
        self._test_file = test_file
        self._masks = masks
        self._hidden: dict[str, str] = {}
        self.found: dict[tuple[str, str], Found] = {}
        self.more: list[tuple[Keys, Any]] = []

    def read(self, meta: Mapping[str, Any]) -> None:
        """Read the remarks on all of the probe event."""
        for index, remarks in _remarks(meta.get(NAMES, {})):
            self._read_name(self._probe_event.names[int(index[0])], remarks)
        for index, remarks in _remarks(meta.get(CODE, {})):
            line = self._probe_event.code[int(index[0])]
            if line in self._first_of_code:
                self._add(self._first_of_code[line], line, remarks, in_code=True)
        for keys, remarks in _remarks(meta.get(DATA, {})):
            self._read_place(keys, remarks)

    def read_groups(self) -> None:
        """Find the numbers in groups, which Relay does not know."""
        for name in self._probe_event.names:
            if remarks := remarks_on(name):
                self._read_name(name, remarks)
        for line in self._probe_event.code:
            if line in self._first_of_code and (remarks := remarks_on(line)):
                self._add(self._first_of_code[line], line, remarks, in_code=True)
        for keys, value in walk(self._probe_event.data):
            if type(value) is str and (remarks := remarks_on(value)):
                self._read_place(keys, remarks)

    def read_more(self, probe_event: ProbeEvent, meta: Mapping[str, Any]) -> None:
        """Read the remarks on the values of ``more``, which a probe event holds where Relay looks for no passwords."""
        paths = paths_of(probe_event.roots[0]) if len(probe_event.roots) > 1 else {}
        for (number, *keys), remarks in _remarks(meta.get(NAMES, {})):
            root = probe_event.roots[int(number)]
            index, *rest = (*(paths[id(root)] if int(number) else ()), *keys)
            place = (*self.more[int(index)][0], *rest)
            self._add(self._shown(place), at(root, keys), remarks, place)

    def _read_place(self, place: Keys, remarks: list[Any]) -> None:
        number, *keys = place
        root = self._probe_event.roots[int(number)]
        start = self._paths[id(root)] if int(number) else ()
        self._read_value((*start, *keys), at(root, keys), remarks, name_at(root, tuple(keys)))

    def _read_value(self, keys: Keys, value: Any, remarks: list[Any], name: str) -> None:
        if is_kept_by_ingestion(keys):
            return
        if all(remark[0] != PASSWORD for remark in remarks):
            self._add(self._shown(keys), value, remarks, keys)
            return
        if isinstance(value, dict) and value.keys() >= {"value", "type"}:  # an attribute
            keys, value = (*keys, "value"), value["value"]
        self.more.append((keys, value))
        for within, secret in secrets_in(name, value, self._masks):
            self._add(self._shown((*keys, *within)), secret, [[PASSWORD]])

    def _shown(self, keys: Iterable[Key]) -> str:
        return dotted(self._hidden.get(str(key), key) for key in keys)

    def _read_name(self, name: str, remarks: list[Any]) -> None:
        self._hidden[name] = f"[{remarks[0][0]}]"
        if name in self._first_of_names:
            self._add(self._shown(self._first_of_names[name]), name, remarks)

    # One walk through the payload each, instead of one for each finding: with 1000 spans that hold one in a value and
    # one in a name, a search is 35 times as fast.

    @cached_property
    def _paths(self) -> dict[int, Keys]:
        return paths_of(self._payload)

    @cached_property
    def _first_of_names(self) -> dict[str, Keys]:
        return _first_of_each(places_of_names(self._payload))

    @cached_property
    def _first_of_code(self) -> dict[str, str]:
        return _first_of_each(self._places_of_code())

    def _places_of_code(self) -> Iterator[tuple[str, str]]:
        for keys, frame in frames_of(self._payload):
            for key in sorted(CODE_KEYS & frame.keys()):
                if key in SOURCE_LINES and is_in_file(frame, self._test_file):
                    continue
                value = frame[key]
                if isinstance(value, str):
                    yield value, dotted((*keys, key))
                for index, line in enumerate(value if isinstance(value, list) else ()):
                    if isinstance(line, str):
                        yield line, dotted((*keys, key, index))

    def _add(self, path: str, value: Any, remarks: list[Any], keys: Keys = (), *, in_code: bool = False) -> None:
        names = [key for key in map(str, keys) if not key.isdigit()]
        for rule in dict.fromkeys(remark[0] for remark in remarks):
            marked = (remark[2:] for remark in remarks if remark[0] == rule and remark[1:2] == ["m"])
            spans = [*islice(marked, _MOST_VALUES)]
            values = tuple(texts_of(value)) if rule == PASSWORD else _values(value, spans)
            if rule in RELAY_RULES and rule != PASSWORD and spans:
                values = tuple(
                    each
                    for each, before, after in _with_surroundings(rule, value, spans)
                    if not is_false_alarm(rule, each, before, after, names, in_code=in_code)
                )
            is_masked = rule != PASSWORD and all(FILTERED in each for each in values)
            if not is_masked and (path, rule) not in self.found:
                self.found[path, rule] = Found(path, rule, excerpt(rule, value, values), values)


def _first_of_each(places: Iterator[tuple[str, _Place]]) -> dict[str, _Place]:
    first: dict[str, _Place] = {}
    for text, place in places:
        first.setdefault(text, place)
    return first


def _values(value: Any, spans: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """What a rule has marked in a text, by bytes. The whole value where it marked no part."""
    text = as_text(value)
    if not spans:
        return (text,)
    data = text.replace("\0", "").encode(errors="replace")
    return tuple(data[start:end].decode(errors="replace") for start, end in spans)


def _with_surroundings(rule: str, value: Any, spans: Sequence[Sequence[int]]) -> Iterator[tuple[str, str, str]]:
    """What a rule has marked in a text, of addresses the whole, each with the text before and after what was marked."""
    data = as_text(value).replace("\0", "").encode(errors="replace")
    for start, end in spans:
        around = data[max(0, start - _NEAR) : start], data[end : end + _NEAR]
        before, after = (part.decode(errors="ignore") for part in around)
        marked = data[start:end].decode(errors="replace")
        yield (whole_address(marked, before, after) if rule == IP else marked), before, after


def _remarks(meta: Any) -> Iterator[tuple[Keys, list[Any]]]:
    """Each place of a probe event on which Relay remarks something."""
    for keys, notes in notes_in(meta):
        if remarks := notes.get("rem"):
            yield keys, [[rule_of(name), *rest] for name, *rest in remarks]


def remarks_in(event: str) -> Mapping[str, Any]:
    """Relay's remarks on the parts of a probe event. Parsed only where there are any, which takes 10 times as long."""
    if '"_meta":' not in event:
        return {}
    extra = json.loads(event).get("_meta", {}).get("extra", {})
    return extra if isinstance(extra, dict) else {}
