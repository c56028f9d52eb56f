"""What Sentry's servers would make of an event: normalized, cut to size, scrubbed by the project's settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeVar

from pytest_sentry_capture._recording import (
    CONTAINERS,
    Capture,
    CapturedItem,
    Key,
    Keys,
    at,
    common_containers,
    differing_places,
    dotted,
    is_empty,
    is_of_test_runner,
    is_within,
    notes_in,
    walk,
)
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedSegment, CapturedTransaction
from pytest_sentry_capture._relay import engine
from pytest_sentry_capture._text import did_you_mean

Alteration = tuple[Keys, str, str]
"""The keys to a place, why it is altered, and what is stored instead."""
AnyEvent = TypeVar("AnyEvent", bound=CapturedEvent | CapturedTransaction | CapturedSegment)

_META: Final = "_meta"
_LIMIT: Final = "!limit"
_ERRORS: Final[Mapping[str, str]] = {
    "invalid_attribute": "not an attribute that Sentry knows",
    "invalid_data": "not valid",
    "missing_attribute": "missing",
    "value_too_long": "too long",
}
"""Sentry's words for what it does not accept (https://docs.sentry.io/product/relay/), where it says no more."""
_CONSTANTS: Final = ("default", "error", "info", "other", "unknown")
"""What Sentry puts in place of levels, platforms and the like that it does not know."""
_VALUE: Final = re.compile(r"`[^`]{2,}`|\"[^\"]{2,}\"")
_LONGEST_KEY: Final = 40
_PARTS_OF_RULES: Final = ("rules", "applications", "vars")
_NEEDED: Final = ("type", "event_id")
_MOST_PARTS: Final = 100
"""Attributes or elements among which the one is looked for that Sentry refuses."""
_MOST_KEYS: Final = 6
"""How far a path leads to what Sentry refuses."""
_PAIRS: Final = (("request", "headers"), ("request", "cookies"), ("request", "query_string"))
"""What Sentry stores as pairs in a list of its own order, however it was sent."""
_OF_APPLICATIONS: Final = frozenset(("request", "user", "breadcrumbs", "logentry"))
"""Whose unknown attributes are the application's: elsewhere the SDK itself sends some, as spans have."""
_LEAST: Final = -(2**63)
_GREATEST: Final = 2**64 - 1
"""The whole numbers that Sentry stores as they are. It rounds others, or puts a zero in their place."""
_DIGITS_ALIKE: Final = bytes.maketrans(b"012345678", b"9" * 9)
_LONG_NUMBER: Final = b"9" * len(str(-_LEAST))
"""With all digits made alike, a plain search finds this many in a row, 15 times as fast as a regex."""
_CONTAINER_AS_TEXT: Final = re.compile(r'"(?:\{\\"|\{\}|\[[\[\]{\\\-0-9tfn])')
"""A text that begins like JSON, within JSON."""
_STARTS_OF_CONTAINERS: Final = ('"{', '"[')


@dataclass(frozen=True)
class ServerScrubbing:
    """A project's settings for data scrubbing, as sentry.io has them under Security & Privacy.

    Attributes:
        pii_config: the advanced data scrubbing rules, as JSON in Relay's format. Empty for none.
        data_scrubber: whether Sentry scrubs what is sent at all.
        data_scrubber_defaults: whether it scrubs passwords, card numbers and the like.
        scrub_ip_addresses: whether it stores no IP addresses.
        sensitive_fields: further names whose values are scrubbed.
        safe_fields: names whose values are not.
    """

    pii_config: str = ""
    data_scrubber: bool = True
    data_scrubber_defaults: bool = True
    scrub_ip_addresses: bool = False
    sensitive_fields: tuple[str, ...] = ()
    safe_fields: tuple[str, ...] = ()

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """All scrubbing rules, as JSON in Relay's format, in the order in which they apply."""
        switches = {
            "scrubData": self.data_scrubber,
            "scrubDefaults": self.data_scrubber_defaults,
            "scrubIpAddresses": self.scrub_ip_addresses,
            "sensitiveFields": self.sensitive_fields,
            "excludeFields": self.safe_fields,
        }
        return tuple(
            rules for rules in (self.pii_config, engine.rules_of_switches(switches)) if rules not in ("", "{}")
        )

    def check(self) -> None:
        """Check the settings.

        Raises:
            ValueError: Relay does not accept them. The message is Relay's, with line and column.
        """
        if not self.pii_config:
            return
        engine.check_pii_config(self.pii_config)
        config = json.loads(self.pii_config)
        if not isinstance(config, dict):
            raise ValueError(  # noqa: TRY004
                f"must be an object with rules and applications, not {type(config).__name__}"
            )
        for key in config:
            if key not in _PARTS_OF_RULES:
                raise ValueError(did_you_mean("key", key, _PARTS_OF_RULES))
        own = config.get("rules") or {}
        for name, rule in own.items():
            if (pattern := engine.broken_pattern(rule)) is not None:
                raise ValueError(f"{name}: {pattern!r} is not a regex that Relay understands")
        applied = (name for names in (config.get("applications") or {}).values() for name in names)
        engine.check_names((*applied, *(name for rule in own.values() for name in engine.rules_in(rule))), own)

    def stored(self, event: AnyEvent) -> AnyEvent:
        """The event as Sentry would store it.

        Raises:
            TypeError: it is neither an event nor a transaction, such as a segment that is sent as a span.
            ValueError: Sentry would refuse it. The message is Relay's.
        """
        __tracebackhide__ = True
        is_transaction = isinstance(event, CapturedSegment) and not event.is_span
        if not is_transaction and not isinstance(event, (CapturedEvent, CapturedTransaction)):
            raise TypeError(f"as_stored takes a captured event or transaction, not {type(event).__name__}")
        text = engine.normalized(_as_sent(event))
        for rules in self.rules:
            text = engine.stripped(rules, text)
        capture = event._capture
        stored = Capture(
            capture.type or event.kind,
            text.encode(),
            headers=capture.headers,
            context=capture.context,
            operation=capture.operation,
            envelope=capture.envelope,
            phase=capture.phase,
        )
        return type(event)(json.loads(text), stored)


class Objection(NamedTuple):
    """What Sentry would not store as it was sent.

    Attributes:
        path: the dotted place in the event. Empty for all of it.
        reason: why, in words.
        stored: what would be stored instead, in words and without the value.
    """

    path: str
    reason: str
    stored: str


@dataclass(frozen=True)
class Ingestion:
    """Looks for what ingestion would reject or cut, in each distinct payload once."""

    _known: dict[bytes, tuple[Objection, ...]] = field(default_factory=dict, init=False, repr=False)

    def objections(self, event: CapturedEvent | CapturedTransaction) -> tuple[Objection, ...]:
        """All that Sentry would not store as it was sent."""
        content = bytes(event._capture.content)  # as it is kept: to write it as JSON takes 10 times as long
        digest = blake2b(content, digest_size=16).digest()
        if not content or digest not in self._known:  # a known one takes a 35th of the time
            self._known[digest] = tuple(dict.fromkeys(_objections(event)))
        return self._known[digest]


def _objections(event: CapturedItem) -> Iterator[Objection]:
    sent = {key: value for key, value in event.items() if key != _META}
    try:
        text_sent = _as_sent(sent)
        text_stored = engine.normalized(text_sent)
    except engine.RelayError as error:
        yield Objection(_refused_part(sent), _VALUE.sub("…", str(error)), "nothing of the event")
        return
    stored = json.loads(text_stored)
    noted = [*_noted(sent, stored)]
    yield from (objection for objection in noted if not is_of_test_runner(sent, objection.path))
    paths = {objection.path for objection in noted}
    unnoted = _lost_attributes(sent, stored)
    if _may_be_altered(text_sent, text_stored):
        unnoted = [*_altered(sent, stored), *unnoted]
    for keys, reason, instead in unnoted:
        path = dotted(keys)
        is_told = any(is_within(path, each) for each in paths)
        if not is_told and not is_of_test_runner(sent, path):
            yield Objection(path, reason, instead)


def _noted(sent: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[Objection]:
    """What Sentry notes about an event that it stores."""
    translated = _Translated(sent, stored)
    for keys, notes in notes_in(stored.get(_META, {})):
        path, value = translated.path(keys), at(stored, keys)
        yield from (Objection(path, reason, _instead(value, keys, sent)) for reason in _reasons(notes))
        if cut := _cut(notes, value):
            yield Objection(path, *cut)


def _reasons(notes: Mapping[str, Any]) -> Iterator[str]:
    errors = notes.get("err", [])
    for error in errors:
        kind, details = error if isinstance(error, list) else (error, {})
        reason = details.get("reason") or _ERRORS.get(kind, kind.replace("_", " "))
        yield _VALUE.sub("…", reason)
    if not errors and notes.get("val") is not None and not notes.get("rem"):
        yield _ERRORS["invalid_data"]


def _cut(notes: Mapping[str, Any], value: Any) -> tuple[str, str] | None:
    length = notes.get("len")
    for remark in notes.get("rem", []):
        if remark[0] == _LIMIT:
            if value is None:
                return "too large", "nothing"
            return f"too long: {length} characters", f"{len(value)} characters"
    if isinstance(value, (dict, list)) and isinstance(length, int) and len(value) < length:
        return f"too large: {length} entries", f"{len(value)} entries"
    return None


def _instead(value: Any, keys: Keys, sent: Mapping[str, Any]) -> str:
    """What is stored in place of a value: in full only where it is Sentry's own word."""
    if is_empty(value):
        return "nothing"
    if value in _CONSTANTS and value != at(sent, keys):
        return repr(value)
    return "what is left of it" if isinstance(value, (dict, list)) else "another value"


class _Translated:
    """The places of a stored event as the application has sent them."""

    def __init__(self, sent: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
        self._sent = sent
        self._stored = stored

    def path(self, keys: Keys) -> str:
        """The dotted path in sent items."""
        if keys[:1] == ("tags",) and len(keys) > 1 and isinstance(self._sent.get("tags"), dict):
            return dotted(("tags", *(_shortened(key) for key in self._tag(keys) if key)))
        if keys[:1] == ("logentry",) and "logentry" not in self._sent:
            return "message"
        if keys[:2] in _PAIRS and len(keys) > 2:
            return dotted((*keys[:2], *self._pair(keys)))
        return dotted(self._as_far_as_sent(self._with_values(keys), at(self._stored, keys) is not None))

    def _pair(self, keys: Keys) -> Sequence[Key]:
        """The name of a header, cookie or parameter, or its place in a list. Nothing where a text was sent."""
        sent = at(self._sent, keys[:2])
        pair = at(self._stored, keys[:3])
        name = str(pair[0]).lower() if pair else ""
        if isinstance(sent, dict):
            return [_shortened(key) for key in sent if key.lower() == name][:1]
        if isinstance(sent, list):
            return [index for index, each in enumerate(sent) if each and str(each[0]).lower() == name][:1]
        return []

    def _as_far_as_sent(self, keys: Keys, is_stored: bool) -> Keys:
        """Without the end of a path that only exists as stored. An attribute that is missing keeps its name."""
        while len(keys) > 1 and (at(self._sent, keys[:-1]) is None or (is_stored and at(self._sent, keys) is None)):
            keys = keys[:-1]
        return keys

    def _tag(self, keys: Keys) -> Sequence[str]:
        """The key of a tag, which Sentry stores as a pair in a list sorted by key."""
        sent = sorted(map(str, self._sent["tags"]))
        pair = at(self._stored, keys[:2])
        stored = pair[0] if isinstance(pair, list) else None
        if stored is None:
            others = {each[0] for each in self._stored["tags"] if isinstance(each, list)}
            left = [key for key in sent if key not in others]
            index = [number for number, each in enumerate(self._stored["tags"]) if each is None or each[0] is None]
            place = index.index(int(keys[1]))
            return left[place : place + 1]
        if stored in sent:
            return [stored]
        if stored.endswith("..."):
            return [key for key in sent if key.startswith(stored[:-3])][:1]
        return ["server_name"] if stored == "server_name" else []

    def _with_values(self, keys: Keys) -> Keys:
        """Lists may be sent bare, and are stored under ``values``."""
        if len(keys) > 1 and keys[1] == "values" and isinstance(at(self._sent, keys[:1]), list):
            return (keys[0], *keys[2:])
        return keys


def _lost_attributes(sent: Mapping[str, Any], stored: Mapping[str, Any]) -> Sequence[Alteration]:
    """The attributes that Sentry does not know, of which it notes nothing."""
    return [
        ((key, *keys), _ERRORS["invalid_attribute"], "nothing")
        for key in sent.keys() & _OF_APPLICATIONS
        for keys in _lost(sent[key], stored.get(key))
    ]


def _may_be_altered(sent: str, stored: str) -> bool:
    """Whether two texts can hold what ``_altered`` looks for. To look takes 1.4 times as long."""
    if any(start in stored for start in _STARTS_OF_CONTAINERS) and _CONTAINER_AS_TEXT.search(stored) is not None:
        return True
    return _LONG_NUMBER in sent.encode().translate(_DIGITS_ALIKE)


def _altered(sent: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[Alteration]:
    """What is nested too deep, and numbers, of which Sentry notes nothing."""
    for keys, value, other in differing_places(sent, stored):
        if isinstance(value, CONTAINERS) and isinstance(other, str):
            yield keys, "nested too deep", "a text in its place"
        elif type(value) is int and not _LEAST <= value <= _GREATEST and type(other) in (int, float) and other != value:
            yield keys, "too large a number", "a rounded one" if other else "0"


def _lost(sent: Any, stored: Any) -> Iterator[Keys]:
    """The attributes with a value that are not stored: neither as what they are, nor among the data, which are free."""
    for keys, container, other in common_containers(sent, stored, without="data"):
        if isinstance(container, dict) and not container.keys() <= other.keys():
            yield from ((*keys, key) for key in container if key not in other and _is_lost(key, container, other))


def _is_lost(key: str, sent: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Not where the value stands elsewhere: a message without parameters is stored as the formatted one."""
    value = sent[key]
    return _holds_something(value) and key not in (stored.get("data") or ()) and value not in stored.values()


def _holds_something(value: Any) -> bool:
    places = walk(value) if isinstance(value, CONTAINERS) else [((), value)]
    return any(not isinstance(each, CONTAINERS) and not is_empty(each) for _, each in places)


def _refused_part(sent: Mapping[str, Any]) -> str:
    """The path of the one part of an event without which Sentry would not refuse it."""
    keys: tuple[Any, ...] = ()
    within: list[Any] = [sent]
    while len(keys) < _MOST_KEYS and isinstance(within[-1], (dict, list)) and len(within[-1]) <= _MOST_PARTS:
        part = within[-1]
        of_part = range(len(part)) if isinstance(part, list) else (each for each in part if each not in _NEEDED)
        key = next((each for each in of_part if _is_accepted(_without(sent, (*keys, each)))), None)
        if key is None:
            break
        keys = (*keys, key)
        if any(part[key] is each for each in within):
            break
        within.append(part[key])
    return dotted(keys)


def _without(value: Any, keys: Sequence[Any]) -> Any:
    """A copy of a container without what stands at a place."""
    first, *rest = keys
    copy = value.copy()
    if rest:
        copy[first] = _without(value[first], rest)
    else:
        del copy[first]
    return copy


def _is_accepted(event: Mapping[str, Any]) -> bool:
    try:
        engine.normalized(_as_sent(event))
    except engine.RelayError:
        return False
    return True


def scrubbed_places(event: Mapping[str, Any]) -> frozenset[str]:
    """The paths of a stored event at which scrubbing has replaced something."""
    return frozenset(
        dotted(keys)
        for keys, notes in notes_in(event.get(_META, {}))
        if any(remark[0] != _LIMIT for remark in notes.get("rem", []))
    )


def _shortened(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…"


def _as_sent(payload: Mapping[str, Any]) -> str:
    try:
        return json.dumps(payload, default=_plain)
    except (ValueError, RecursionError) as error:
        raise engine.RelayError(f"{type(error).__name__}: {error}") from None


def _plain(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
