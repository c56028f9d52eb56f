"""What a failed test captured, with its values: for the terminal of who runs it, and for no file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import (
    Capture,
    CapturedItem,
    Discard,
    RawItem,
    Recording,
    dotted,
    first_own_frame,
    mapping_of,
)
from pytest_sentry_capture._recording.kinds import CapturedAttachment
from pytest_sentry_capture._relay import PiiSearch, engine_is_usable
from pytest_sentry_capture._reports import section_text
from pytest_sentry_capture._rules import EnforcedRule, SensitivePlaces
from pytest_sentry_capture._text import counted

MASKED: Final = "[masked]"
_MOST_ROUNDS: Final = 20
_NOTHING: Final = "Nothing was captured or discarded."


def is_in_ci() -> bool:
    """Whether what is printed is kept: the environment variable ``CI`` is set, and not empty."""
    return bool(os.environ.get("CI"))


def described(recording: Recording, rules: Sequence[EnforcedRule], search: PiiSearch) -> str:
    """Captured and discarded items with their values. In CI with names alone."""
    return section_text(recording, "full") if is_in_ci() else values_text(recording, rules, search)


def values_text(recording: Recording, rules: Sequence[EnforcedRule], search: PiiSearch) -> str:
    """Captured and discarded items, in order, with their values.

    Declared secrets and what ``forbidden-data`` and, where the extra is there, ``no-pii`` would find is masked.

    Args:
        recording: what was seen.
        rules: those that are on.
        search: looks for personal data.
    """
    return _Shown(recording, rules, search).text


class _Shown:
    def __init__(self, recording: Recording, rules: Sequence[EnforcedRule], search: PiiSearch) -> None:
        self._recording = recording
        self._sensitive = SensitivePlaces(rules, recording)
        self._search = search if engine_is_usable() else None
        self._values: list[str] = [*recording.redacted]
        self._formatter = Formatter.for_reports(recording)

    @property
    def text(self) -> str:
        """The whole text: what was found anywhere in it is shown nowhere."""
        text = "\n".join(line for entry in self._recording.entries for line in self._lines(entry)) or _NOTHING
        return Formatter(tuple(dict.fromkeys(self._values)), masked=True).redacted(text)

    def _lines(self, entry: object) -> Iterator[str]:
        if isinstance(entry, Capture):
            for item in entry.items:
                yield f"captured   {self._formatter.summary(item)}"
                yield from self._payload(item)
        elif isinstance(entry, Discard):
            summary, reason = self._formatter.discarded_summary(entry), self._formatter.discard_reason(entry)
            yield f"discarded  {summary}: {reason}"
            if entry.payload is not None:
                yield from self._payload(entry.item)

    def _payload(self, item: CapturedItem) -> Iterator[str]:
        if isinstance(item, (CapturedAttachment, RawItem)):
            yield f"  ({len(item.payload)} bytes)"
            return
        masked = self._without_findings(item, _without_environment(dict(item)))
        if masked is None:
            yield "  (not shown: it holds secrets or personal data that cannot be separated from the rest)"
            return
        yield from (f"  {line}" for line in json.dumps(masked, indent=2, ensure_ascii=False).split("\n"))

    def _without_findings(self, item: CapturedItem, payload: dict[str, Any]) -> dict[str, Any] | None:
        """A payload in which nothing is found any more, or None if that can't be had by masking.

        The search names the first place alone of a text that stands in several, as lines of source code do.
        """
        for _ in range(_MOST_ROUNDS):
            places = self._places(_apart(item, payload))
            if not places:
                return payload
            masked = _masked(payload, places, ())
            if not isinstance(masked, dict) or masked == payload:
                return None
            payload = masked
        return None

    def _places(self, item: CapturedItem) -> set[str]:
        places = self._sensitive.of(item)
        for found in self._search.of_payload(item, "", self._recording.masks) if self._search is not None else ():
            places.add(found.path)
            self._values += found.values
        return places


def _apart(item: CapturedItem, payload: dict[str, Any]) -> CapturedItem:
    """An item with another payload, apart from its capture, so that nothing is looked up of sent items."""
    return type(item)(payload, Capture(item.type_header, b"", {}))


def _without_environment(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload without the stack frames of pytest, which no production has, and without the list of all packages."""
    if isinstance(payload.get("modules"), dict):
        payload["modules"] = f"({counted(len(payload['modules']), 'package')})"
    for name in "exception", "threads":
        values = mapping_of(payload.get(name)).get("values")
        if isinstance(values, list):
            payload[name] = {**payload[name], "values": [_with_own_frames(each) for each in values]}
    return payload


def _with_own_frames(value: Any) -> Any:
    stack = mapping_of(mapping_of(value).get("stacktrace"))
    frames = stack.get("frames")
    if not isinstance(frames, list):
        return value
    return {**value, "stacktrace": {**stack, "frames": frames[first_own_frame(frames) :]}}


def _masked(value: Any, places: set[str], keys: tuple[Any, ...]) -> Any:
    if dotted(keys) in places and (keys or "" in places):
        return MASKED
    if isinstance(value, dict):
        return {key: _masked(each, places, (*keys, key)) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(each, places, (*keys, index)) for index, each in enumerate(value)]
    return value
