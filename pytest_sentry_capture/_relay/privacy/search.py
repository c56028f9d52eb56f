"""The search itself: payloads in, findings out, each distinct payload once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final

from pytest_sentry_capture._recording import (
    USUAL_MASKS,
    Capture,
    CapturedItem,
    FramePlace,
    Keys,
    Masks,
    dotted,
    is_of_test_runner,
    name_of_content,
    parts_of,
    payloads_of,
)
from pytest_sentry_capture._relay import engine
from pytest_sentry_capture._relay.privacy.built_in_rules import (
    IN_ORDER,
    PASSWORD,
    RELAY_RULES,
    USER_PATH,
    known_types,
    ordered,
    rule_of,
)
from pytest_sentry_capture._relay.privacy.findings import REFUSED, Found, PiiFinding
from pytest_sentry_capture._relay.privacy.grouped_numbers import may_be_in
from pytest_sentry_capture._relay.privacy.probe_event import CODE, DATA, NAMES, ProbeEvent, as_json
from pytest_sentry_capture._relay.privacy.remarks import RemarkReader, remarks_in

_NOT_IN_CODE: Final = (PASSWORD, USER_PATH, "@ip", "@bearer")
"""Rules that source code gives false alarms for: it is full of the words, and ``[::2]`` is an address too."""
_OF_VALUES: Final = ("redact_pair", "anything")
"""Types of rules that look for values under keys, or for all values. In a key itself they find nothing."""
_MASK: Final = {"method": "mask"}
"""A redaction that leaves every character where it was."""
_VALUE: Final = re.compile(r"`[^`]{2,}`|\"[^\"]{2,}\"")
"""What may be a value in a message of Relay's."""
_NUMBER: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class PiiSearch:
    """Finds personal data and secrets, in each distinct payload once.

    Attributes:
        also: rules beside the built-in ones, by name, in Relay's format: ``{"type": "pattern", "pattern": "…"}``.
    """

    also: Mapping[str, Any] = field(default_factory=dict)
    _known: dict[tuple[bytes, str, Masks], tuple[tuple[Found, ...], ...]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def names(self) -> tuple[str, ...]:
        """The names that findings may have. Relay reports a ``multiple`` or ``alias`` as the rules it stands for."""
        return (*RELAY_RULES, *self.also, *(name for rule in self.also.values() for name in engine.rules_in(rule)))

    def check(self) -> None:
        """Check the rules that were added.

        Raises:
            ValueError: Relay, or the version of it that is installed, does not accept them. The message begins with the
                rule's place, ``also['card']``.
        """
        for name, rule in self.also.items():
            place = f"also[{name!r}]"
            if name in RELAY_RULES:
                raise ValueError(f"{place}: {name!r} is one of the built-in rules: {', '.join(RELAY_RULES)}")
            try:
                engine.check_pii_config(json.dumps({"rules": {name: rule}}))
            except engine.RelayError as error:
                raise ValueError(f"{place}: {error}") from None
            if (pattern := engine.broken_pattern(rule)) is not None:
                raise ValueError(f"{place}: {pattern!r} is not a regex that Relay understands")
            try:
                engine.check_names(engine.rules_in(rule), self.also)
            except engine.RelayError as error:
                raise ValueError(f"{place}: {error}") from None

    def findings(self, item: CapturedItem, test_file: str = "", masks: Masks = USUAL_MASKS) -> list[PiiFinding]:
        """What is found in one item, as tests see it."""
        return [
            PiiFinding(found.path, found.rule, found.kind, found.excerpt, item, _place(item, found.path))
            for found in self._of_item(item, test_file, masks)
        ]

    def _of_item(self, item: CapturedItem, test_file: str, masks: Masks) -> tuple[Found, ...]:
        capture = item._capture
        for index, each in enumerate(capture.items if capture.type else ()):
            if each is item:
                return self.of_capture(capture, test_file, masks)[index]
        return self.of_payload(item, test_file, masks)

    def of_capture(
        self, capture: Capture, test_file: str = "", masks: Masks = USUAL_MASKS
    ) -> tuple[tuple[Found, ...], ...]:
        """What is found in each item of a capture. Source lines of ``test_file`` in stack traces don't count."""
        key = (digest_of(capture), test_file, masks)
        if key not in self._known:  # a known one takes a 50th of the time
            self._known[key] = tuple(self.of_payload(item, test_file, masks) for item in capture.items)
        return self._known[key]

    def of_payload(self, item: CapturedItem, test_file: str = "", masks: Masks = USUAL_MASKS) -> tuple[Found, ...]:
        """What is found in an item, in an attachment's content too unless that is binary."""
        found: dict[tuple[str, str], Found] = {}
        for payload in payloads_of(item):
            named = {name_of_content(item): payload} if isinstance(payload, str) else payload
            for each in self._judged(named, test_file, masks):
                found.setdefault((each.path, each.rule), each)
        return tuple(found.values())

    def _judged(self, payload: Any, test_file: str, masks: Masks) -> list[Found]:
        probe_event = ProbeEvent(payload, masks)
        try:
            meta = remarks_in(engine.stripped(self._config, probe_event.text))
            has_groups = may_be_in(probe_event.text)
            if not (meta or has_groups):
                return []
            reading = RemarkReader(payload, probe_event, test_file, masks)
            reading.read(meta)
            if has_groups:
                reading.read_groups()
            if reading.more:
                again = ProbeEvent([value for _, value in reading.more], masks)
                reading.read_more(again, remarks_in(engine.stripped(self._config, as_json({NAMES: again.data}))))
        except engine.RelayError as error:
            return [Found(self._refused_place(payload), REFUSED, _VALUE.sub("…", str(error)))]
        own = (found for found in reading.found.values() if not is_of_test_runner(payload, found.path))
        return sorted(own, key=_in_order)

    def _refused_place(self, payload: Any) -> str:
        """The path of the smallest part of a payload that Relay refuses. Empty for the whole."""
        keys: Keys = ()
        within = [payload]
        while (part := self._refused_part(within[-1])) is not None:
            key, value = part
            keys = (*keys, key)
            if any(value is each for each in within):
                break
            within.append(value)
        return dotted(keys)

    def _refused_part(self, container: Any) -> tuple[Any, Any] | None:
        return next((part for part in parts_of(container) if self._is_refused(dict([part]))), None)

    def _is_refused(self, payload: Any) -> bool:
        try:
            engine.stripped(self._config, ProbeEvent(payload, USUAL_MASKS).text)
        except engine.RelayError:
            return True
        return False

    @cached_property
    def _config(self) -> str:
        types = known_types()
        built_in = {ordered(name): {"type": types[name], "redaction": _MASK} for name in IN_ORDER if name in types}
        own = {
            name: rule if rule.get("type") in ("multiple", "alias") else {**rule, "redaction": _MASK}
            for name, rule in self.also.items()
        }
        rules = {**built_in, **own}
        applications = {
            f"extra.{DATA}.**": [*rules],
            f"extra.{NAMES}.**": [
                name for name, rule in rules.items() if rule_of(name) != PASSWORD and rule.get("type") not in _OF_VALUES
            ],
            f"extra.{CODE}.**": [name for name in rules if rule_of(name) not in _NOT_IN_CODE],
        }
        return json.dumps({"rules": rules, "applications": applications})


def _place(item: CapturedItem, path: str) -> str:
    frame = FramePlace.of(item, path)
    return frame.in_words if frame is not None else path


def digest_of(capture: Capture) -> bytes:
    """What tells distinct payloads apart."""
    digest = blake2b(bytes(capture.content), digest_size=16)  # as it is kept: JSON takes 10 times as long
    digest.update(f"{capture.type}{capture.headers}".encode(errors="replace"))
    return digest.digest()


def _in_order(found: Found) -> tuple[str, str]:
    return _NUMBER.sub(lambda number: number[0].zfill(6), found.path), found.rule
