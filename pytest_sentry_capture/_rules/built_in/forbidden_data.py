"""``forbidden-data``: keys, patterns and declared secrets that may appear nowhere in anything that is captured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import (
    CONTAINERS,
    NO_VALUE_IN_TEXT,
    SOURCE_LINES,
    Capture,
    CapturedEnvelope,
    CapturedItem,
    Keys,
    RawItem,
    dotted,
    is_in_file,
    is_of_test_runner,
    is_within,
    name_of_content,
    names_and_texts,
    parts_of,
    paths_in_transaction,
    payloads_of,
    redacted_value,
    says_nothing,
    transaction_paths,
    unwrapped,
    walk,
)
from pytest_sentry_capture._recording.kinds import CapturedAttachment, CapturedSpan
from pytest_sentry_capture._rules.rule import Judgement, Needs, Regex, Rule, RuleViews
from pytest_sentry_capture._text import encoded_forms

_NOTES_OF_THE_SDK: Final = "_meta"
_BETWEEN: Final = "\n\0\n"
"""Stands between texts that are searched together; what matches across it is looked at closely, and turned down."""
_ANCHOR: Final = re.compile(r"[$^]|\\[AZbB]|\(\?<?[=!]")


@dataclass(kw_only=True)
class ForbiddenData(Rule):
    """These keys and patterns, and the secrets that a test declares, appear nowhere in anything captured.

    Everything of every kind is searched: frame variables, breadcrumbs, spans, logs, metrics, attachments, headers of
    envelopes. Secrets (``sentry_capture.secret("hunter2")``) are found in plain, URL-encoded, JSON-escaped and base64
    form; the rule is on for them without configuration.

    Attributes:
        keys: names whose values must be filtered or empty, in any case: in mappings, query strings and forms, and in
            representations of objects. An attribute is found by its name (``user.email``), by the last part of it
            (``email``), and by the keys under which a transaction has the same (``user``).
        patterns: regexes, searched in all texts, numbers and keys.
        allow: paths that are excused: ``"user.id"``, ``"request.headers"``. For what a span has in its attributes, the
            path in a transaction will do too.
    """

    name = "forbidden-data"
    _built_in_needs: ClassVar[Needs] = Needs(
        on_with_fixture_if=lambda recording: bool(recording.secrets), breaks_on_what_was_seen=True
    )
    keys: tuple[str, ...] = ()
    patterns: tuple[Regex, ...] = ()
    allow: tuple[str, ...] = ()

    @property
    def allow_list(self) -> tuple[str, ...]:
        return self.allow

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        secrets = tuple(form for secret in views._recording.secrets for form in encoded_forms(secret))
        if not (secrets or self.keys or self.patterns):
            return
        formatter = Formatter.for_reports(views._recording)
        if secrets and (hiding := views._recording.hiding()):
            why = formatter.replaced(hiding[0])
            yield self.broken(None, f"whether a declared secret was captured cannot be determined: {why}")
        test_file = views.test.partition("::")[0]
        for entry in views._recording.entries:
            if isinstance(entry, Capture):
                for item in entry.items:
                    if isinstance(item, (CapturedAttachment, RawItem)) or self._may_hold(item, secrets):
                        found = _places_of(item, test_file)
                        yield from self._judged(item, formatter.summary(item), found, secrets)
                    else:
                        yield self.kept(item)
            elif isinstance(entry, CapturedEnvelope):
                headers = {"headers": entry.headers, "items": [capture.headers for capture in entry._captures]}
                if self._may_hold(headers, secrets):
                    found = walk(headers, start=("envelope",))
                    yield from self._judged(None, "an envelope's headers", found, secrets)

    def _may_hold(self, payload: Mapping[str, Any], secrets: tuple[str, ...]) -> bool:
        """Whether it is worth looking closely: all texts of a payload at once, without their places."""
        keys, texts = names_and_texts(payload)
        whole = _BETWEEN.join((*keys, *texts))
        return (
            any(secret in whole for secret in secrets)
            or (bool(self.keys) and self._has_a_key(keys, whole))
            or any(pattern.search(whole) for pattern in self._patterns_anywhere)
            or any(pattern.search(text) for pattern in self._anchored_patterns for text in (*keys, *texts))
        )

    def _judged(
        self, item: CapturedItem | None, what: str, found: Iterator[tuple[Keys, Any]], secrets: tuple[str, ...]
    ) -> Iterator[Judgement]:
        is_clean = True
        for keys, value in found:
            reason = self._why_forbidden(keys, value, secrets)
            if reason is None:
                continue
            path = dotted(keys) if keys or item is None else name_of_content(item)
            if item is not None and is_of_test_runner(item, path):
                continue
            is_clean = False
            if (allowed := self._allowing(item, path)) is not None:
                yield self.kept(item, allowed=allowed)
            else:
                problem = f"{self._shown(path, secrets)} holds {reason}: {what}"
                yield self.broken(item, problem, path=path, details=(f"there: {redacted_value(unwrapped(value))}",))
        if is_clean and item is not None:
            yield self.kept(item)

    def _why_forbidden(self, keys: Keys, value: Any, secrets: tuple[str, ...]) -> str | None:
        key = keys[-1] if keys and isinstance(keys[-1], str) else ""
        if self.keys and self._has_forbidden_value(keys, key, value):
            return "the value of a forbidden key"
        if any(secret in key for secret in secrets):
            return "a declared secret"
        for pattern in self._patterns:
            if key and pattern.search(key):
                return _matching(pattern)
        if isinstance(value, CONTAINERS):
            return None
        text = value if isinstance(value, str) else str(value)
        if any(secret in text for secret in secrets):
            return "a declared secret"
        if self.keys and self._keys_in_texts.search(text) and not _is_source(keys):
            return "a forbidden key with its value"
        for pattern in self._patterns:
            if pattern.search(text):
                return _matching(pattern)
        return None

    def _has_forbidden_value(self, keys: Keys, key: str, value: Any) -> bool:
        if not self._is_forbidden(key):
            return False
        if not _is_attribute(keys):
            return key.lower() in self._keys and not says_nothing(value)
        content = unwrapped(value)
        parts = content if isinstance(content, list) else [content]  # which headers have since sentry-sdk 3
        return not all(map(says_nothing, parts))

    def _is_forbidden(self, key: str) -> bool:
        """Whether a key is one of the forbidden ones, or an attribute would be that is called like it."""
        return key.lower() in self._keys or ("." in key and not self._keys.isdisjoint(_keys_of_attribute(key)))

    def _allowing(self, item: CapturedItem | None, path: str) -> str | None:
        """The entry that excuses a place, by its own path or, of a span, by the one that a transaction has for it."""
        paths = [path.lower() for path in paths_in_transaction(path)] if isinstance(item, CapturedSpan) else []
        for entry in self.allow:
            if is_within(path, entry) or any(is_within(each, entry.lower()) for each in paths):
                return entry
        return None

    def _shown(self, path: str, secrets: tuple[str, ...]) -> str:
        """The path, if nothing that is forbidden stands in it."""
        names = (path, *path.split("."))
        has_match = any(pattern.search(name) for pattern in self._patterns for name in names)
        return "a key" if has_match or any(secret in path for secret in secrets) else path

    def _names_a_key(self, text: str) -> bool:
        lowered = text.lower()
        return any(key in lowered for key in self._keys)

    def _has_a_key(self, keys: Iterable[str], whole: str) -> bool:
        if any(self._is_forbidden(key) for key in keys):
            return True
        return self._names_a_key(whole) and self._keys_in_texts.search(whole) is not None

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(key.lower() for key in self.keys)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.patterns)

    @cached_property
    def _anchored_patterns(self) -> tuple[re.Pattern[str], ...]:
        """Those that may ask where a text begins or ends."""
        return tuple(pattern for pattern in self._patterns if _ANCHOR.search(pattern.pattern))

    @cached_property
    def _patterns_anywhere(self) -> tuple[re.Pattern[str], ...]:
        return tuple(pattern for pattern in self._patterns if pattern not in self._anchored_patterns)

    @cached_property
    def _keys_in_texts(self) -> re.Pattern[str]:
        """A key in a query string or form, or in the representation of a dictionary, with a value that is no filter."""
        names = "|".join(re.escape(key) for key in self.keys)
        return re.compile(
            rf"(?:(?:^|[?&;,(\s])(?:{names})=|['\"](?:{names})\\*['\"]\s*:\s*)(?!{NO_VALUE_IN_TEXT})", re.IGNORECASE
        )


def _places_of(item: CapturedItem, test_file: str) -> Iterator[tuple[Keys, Any]]:
    """Every place of an item, without the SDK's notes about filtering and the source code of the test itself."""

    def parts(keys: Keys, container: Any) -> Iterable[tuple[Any, Any]]:
        if not keys:
            return ((key, value) for key, value in container.items() if key != _NOTES_OF_THE_SDK)
        if isinstance(container, dict) and is_in_file(container, test_file):
            return ((key, value) for key, value in container.items() if key not in SOURCE_LINES)
        return parts_of(container)

    for payload in payloads_of(item):
        if isinstance(payload, str):
            yield (), payload
        else:
            yield from walk(payload, parts) if payload is item else walk(payload)


def _is_attribute(keys: Keys) -> bool:
    """Whether the last key is the name of an attribute, as spans, logs and metrics have them, and transactions too."""
    match keys:
        case (*_, "attributes", _) | ("contexts", "trace", "data", _) | ("spans", int(), "data", _):
            return True
    return False


@lru_cache(maxsize=1024)
def _keys_of_attribute(name: str) -> frozenset[str]:
    """The keys by which an attribute is found, in lower case.

    They are its name, the last part of it, and the keys that lead to the same in a transaction, where ``user.email`` is
    ``email`` below ``user``, and ``http.request.header.x-customer`` is ``x-customer`` below ``headers``.
    """
    keys = {name, name.rpartition(".")[2]}
    for path in transaction_paths(name):
        parts = path.split(".")
        keys.update(parts, (".".join(parts[start:]) for start in range(1, len(parts))))
    return frozenset(key.lower() for key in keys)


def _is_source(keys: Keys) -> bool:
    """Whether a line of code stands there: a keyword argument is not a value."""
    return not SOURCE_LINES.isdisjoint(keys[-2:])


def _matching(pattern: re.Pattern[str]) -> str:
    return f"what matches the forbidden pattern {pattern.pattern!r}"
