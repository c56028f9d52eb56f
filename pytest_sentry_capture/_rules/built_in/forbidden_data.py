"""``forbidden-data``: keys, patterns and declared secrets that may appear nowhere in anything that is captured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final

from pytest_sentry_capture._assertions.formatting import name_of, summary
from pytest_sentry_capture._recording.attribute_names import paths_in_transaction, transaction_paths
from pytest_sentry_capture._recording.changes import redacted_value
from pytest_sentry_capture._recording.entries import Capture, CapturedEnvelope, CapturedItem, RawItem
from pytest_sentry_capture._recording.fields import unwrapped
from pytest_sentry_capture._recording.kinds import CapturedAttachment, CapturedSpan
from pytest_sentry_capture._recording.scope_origin import SCRUBBED, SCRUBBED_TEXTS
from pytest_sentry_capture._recording.test_runner import is_of_test_runner
from pytest_sentry_capture._rules.rule import Judgement, Needs, Regex, Rule, RuleViews
from pytest_sentry_capture._text.encoded_forms import encoded_forms

Place = tuple[str, str, Any]
"""A place of a payload: its dotted path, the last key of it unless that is an index, and the value there."""

_NOTES_OF_THE_SDK: Final = "_meta"
_BETWEEN: Final = "\n\0\n"
"""Stands between texts that are searched together; what matches across it is looked at closely, and turned down."""
_ANCHOR: Final = re.compile(r"[$^]|\\[AZbB]|\(\?<?[=!]")
_SOURCE_LINES: Final = ("pre_context", "context_line", "post_context")
_WITH_ATTRIBUTES: Final = re.compile(r"(?:.*\.)?attributes|contexts\.trace\.data|spans\.\d+\.data")
"""Where attributes stand, whose names have dots: of spans, logs and metrics, and of what transactions carry."""
_NO_VALUE: Final = "|".join(
    (
        rf"\\*b?['\"]?(?:{re.escape(SCRUBBED)}|%5BFiltered%5D)",
        r"(?:\w+\()?b?['\"]?\*{3}",  # pydantic's SecretStr
        r"(?:None|null)\b",
        r"\\*b?(?:''|\"\\*\")|\{\}|\[\]",
        r"(?:[?]|%s|%\(|\$\d|:\w)",  # the placeholders of SQL
        r"[&;,)\s}]|$",
    )
)
"""What stands in a text where a key has no value, or one that can't be told from none."""
_NOTHING: Final[tuple[Any, ...]] = (None, "", *SCRUBBED_TEXTS, {}, [])


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
    _built_in_needs: ClassVar[Needs] = Needs(is_on_with_fixture=True)
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
        test_file = views.test.partition("::")[0]
        for entry in views._recording.entries:
            if isinstance(entry, Capture):
                for item in entry.items:
                    if isinstance(item, (CapturedAttachment, RawItem)) or self._may_hold(item, secrets):
                        yield from self._judged(item, summary(item, masked=True), _places_of(item, test_file), secrets)
                    else:
                        yield self.kept(item)
            elif isinstance(entry, CapturedEnvelope):
                headers = {"headers": entry.headers, "items": [capture.headers for capture in entry._captures]}
                if self._may_hold(headers, secrets):
                    yield from self._judged(None, "an envelope's headers", places(headers, "envelope"), secrets)

    def _may_hold(self, payload: Mapping[str, Any], secrets: tuple[str, ...]) -> bool:
        """Whether it is worth looking closely: all texts of a payload at once, without their places."""
        keys, texts = _keys_and_texts(payload)
        whole = _BETWEEN.join((*keys, *texts))
        return (
            any(secret in whole for secret in secrets)
            or (bool(self.keys) and self._has_a_key(keys, whole))
            or any(pattern.search(whole) for pattern in self._patterns_anywhere)
            or any(pattern.search(text) for pattern in self._anchored_patterns for text in (*keys, *texts))
        )

    def _judged(
        self, item: CapturedItem | None, what: str, found: Iterator[Place], secrets: tuple[str, ...]
    ) -> Iterator[Judgement]:
        is_clean = True
        for path, key, value in found:
            reason = self._why_forbidden(path, key, value, secrets)
            if reason is None or (item is not None and is_of_test_runner(item, path)):
                continue
            is_clean = False
            if (allowed := self._allowing(item, path)) is not None:
                yield self.kept(item, allowed=allowed)
            else:
                problem = f"{self._shown(path, secrets)} holds {reason}: {what}"
                yield self.broken(item, problem, path=path, details=(f"there: {redacted_value(unwrapped(value))}",))
        if is_clean and item is not None:
            yield self.kept(item)

    def _why_forbidden(self, path: str, key: str, value: Any, secrets: tuple[str, ...]) -> str | None:
        if self.keys and self._has_forbidden_value(path, key, value):
            return "the value of a forbidden key"
        if any(secret in key for secret in secrets):
            return "a declared secret"
        for pattern in self._patterns:
            if key and pattern.search(key):
                return _matching(pattern)
        if isinstance(value, (dict, list)):
            return None
        text = value if isinstance(value, str) else str(value)
        if any(secret in text for secret in secrets):
            return "a declared secret"
        if self.keys and self._keys_in_texts.search(text) and not _is_source(path):
            return "a forbidden key with its value"
        for pattern in self._patterns:
            if pattern.search(text):
                return _matching(pattern)
        return None

    def _has_forbidden_value(self, path: str, key: str, value: Any) -> bool:
        if not self._is_forbidden(key):
            return False
        if not _is_attribute(path, key):
            return key.lower() in self._keys and value not in _NOTHING
        content = unwrapped(value)
        parts = content if isinstance(content, list) else [content]  # which headers have since sentry-sdk 3
        return any(part not in _NOTHING for part in parts)

    def _is_forbidden(self, key: str) -> bool:
        """Whether a key is one of the forbidden ones, or an attribute would be that is called like it."""
        return key.lower() in self._keys or ("." in key and not self._keys.isdisjoint(_keys_of_attribute(key)))

    def _allowing(self, item: CapturedItem | None, path: str) -> str | None:
        """The entry that excuses a place, by its own path or, of a span, by the one that a transaction has for it."""
        paths = [path.lower() for path in paths_in_transaction(path)] if isinstance(item, CapturedSpan) else []
        for entry in self.allow:
            if _is_within(path, entry) or any(_is_within(each, entry.lower()) for each in paths):
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
            rf"(?:(?:^|[?&;,(\s])(?:{names})=|['\"](?:{names})\\*['\"]\s*:\s*)(?!{_NO_VALUE})", re.IGNORECASE
        )


def places(payload: Mapping[str, Any] | list[Any], start: str = "", test_file: str = "") -> Iterator[Place]:
    """Every place of a payload with its dotted path, containers included, without the SDK's notes about filtering.

    The source lines of frames in ``test_file`` are left out: a test has to write its secrets somewhere.
    """
    stack: list[tuple[str, Any]] = [(start, payload)]
    while stack:
        path, value = stack.pop()
        prefix = f"{path}." if path else ""
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            if key == _NOTES_OF_THE_SDK and not path:
                continue
            if test_file and key in _SOURCE_LINES and str(value.get("abs_path", "")).endswith(test_file):
                continue
            place = f"{prefix}{key}"
            yield place, key if isinstance(key, str) else "", each
            if isinstance(each, (dict, list)):
                stack.append((place, each))


def _keys_and_texts(payload: Mapping[str, Any]) -> tuple[set[str], list[str]]:
    """All keys and all texts and numbers of a payload, wherever they are."""
    keys: set[object] = set()
    texts: list[str] = []
    stack: list[Any] = [payload]
    while stack:
        container = stack.pop()
        if isinstance(container, dict):
            keys.update(container)
            container = container.values()
        for value in container:
            if isinstance(value, str):
                texts.append(value)
            elif isinstance(value, (dict, list)):
                stack.append(value)
            elif value is not None:
                texts.append(str(value))
    return {*map(str, keys)}, texts  # headers may have others, which the SDK sends as texts


def _places_of(item: CapturedItem, test_file: str) -> Iterator[Place]:
    yield from places(item, test_file=test_file)
    if isinstance(item, (CapturedAttachment, RawItem)):
        text = item.payload.decode(errors="replace")
        content = _parsed(text)
        if isinstance(content, (dict, list)):
            yield from places(content)
        else:
            yield name_of(item.kind or item.type_header), "", text


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_within(path: str, allowed: str) -> bool:
    """Whether a path is the allowed one or below it."""
    return path == allowed or path.startswith(f"{allowed}.")


def _is_attribute(path: str, key: str) -> bool:
    return _WITH_ATTRIBUTES.fullmatch(path[: -len(key) - 1]) is not None


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


def _is_source(path: str) -> bool:
    """Whether a line of code stands there: a keyword argument is not a value."""
    return any(name in _SOURCE_LINES for name in path.split(".")[-2:])


def _matching(pattern: re.Pattern[str]) -> str:
    return f"what matches the forbidden pattern {pattern.pattern!r}"
