"""The values that fields have where they follow Sentry's documentation: the absence of any other would prove nothing.

Applications and SDKs of other languages do send other values, and Sentry takes them: whoever asks here looks first at
what was really captured.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from pytest_sentry_capture._text import edits_between, nearest

_MOST_WORDS: Final = 10
"""How many words of a list are shown."""


class KnownValues(ABC):
    """The values that a field has.

    Args:
        valid: which these are, in words that follow "is", such as ``"a mapping"``.
    """

    words: tuple[str, ...] = ()
    """All of them, where they are words of a list."""

    def __init__(self, valid: str) -> None:
        self.valid = valid

    @abstractmethod
    def includes(self, value: object) -> bool:
        """Whether a plain value is one of them. Of a range, whether one of its numbers is."""

    def nearest(self, value: object) -> object:
        """The one that was intended by another value, or None if nothing tells."""
        del value
        return None


class Words(KnownValues):
    """Words of a list.

    Args:
        words: the list.
        meant: which of them other names stand for.
    """

    def __init__(self, *words: str, **meant: str) -> None:
        more = ["…"] if len(words) > _MOST_WORDS else []
        super().__init__(f"one of {', '.join([*map(repr, words[:_MOST_WORDS]), *more])}")
        self.words = words
        self._meant = meant

    def includes(self, value: object) -> bool:
        return value in self.words

    def nearest(self, value: object) -> object:
        if not isinstance(value, str):
            return None
        return self._meant.get(value.lower()) or nearest(value, self.words)


class Methods(KnownValues):
    """HTTP methods: the registered ones, and others in upper case that are not just misspelled.

    Args:
        registered: https://www.iana.org/assignments/http-methods, and what is in use beside.
    """

    def __init__(self, *registered: str) -> None:
        super().__init__("a method in upper case, such as 'GET'")
        self._registered = registered

    def includes(self, value: object) -> bool:
        if not isinstance(value, str) or value in self._registered:
            return isinstance(value, str)
        return value.isupper() and not any(edits_between(value, each, most=1) for each in self._registered)

    def nearest(self, value: object) -> object:
        if not isinstance(value, str):
            return None
        return value.upper() if self.includes(value.upper()) else nearest(value, self._registered)


class Numbers(KnownValues):
    """Numbers from ``low`` to ``high``, or without an end."""

    def __init__(self, low: int, high: int | None = None) -> None:
        super().__init__(f"a number from {low} to {high}" if high is not None else f"a number of {low} or more")
        self._low, self._high = low, high

    def includes(self, value: object) -> bool:
        if isinstance(value, range):
            return self._is_reached_by(value)
        if not isinstance(value, (int, float)):
            return False
        return self._low <= value and (self._high is None or value <= self._high)

    def nearest(self, value: object) -> object:
        if isinstance(value, str):
            number = int(value) if re.fullmatch("[0-9]{1,9}", value) else None
            return number if number is not None and self.includes(number) else None
        if not isinstance(value, (int, float)) or value != value:  # which only NaN is not
            return None
        return self._low if value < self._low else self._high

    def _is_reached_by(self, numbers: range) -> bool:
        if self._high is None:
            return bool(numbers) and max(numbers[0], numbers[-1]) >= self._low
        return any(number in numbers for number in range(self._low, self._high + 1))


class HttpStatuses(Numbers):
    """The status codes of answers."""

    def __init__(self) -> None:
        super().__init__(100, 599)

    def includes(self, value: object) -> bool:
        return super().includes(value) and not (isinstance(value, float) and not value.is_integer())

    def nearest(self, value: object) -> object:
        """A slip of the finger makes a number longer or shorter: 5000 is nearer to 500 than to 599."""
        is_number = isinstance(value, (int, float)) and 0 < value < float("inf")
        digits = int(f"{value:.0f}00"[:3]) if is_number else None
        return digits if digits is not None and self.includes(digits) else super().nearest(value)


class Truths(KnownValues):
    """True and false."""

    def __init__(self) -> None:
        super().__init__("true or false")

    def includes(self, value: object) -> bool:
        if isinstance(value, range):
            return 0 in value or 1 in value
        return isinstance(value, (int, float)) and value in (0, 1)


class Texts(KnownValues):
    """Texts, or texts of a form.

    Args:
        valid: see ``KnownValues``.
        form: a regex for the whole of them.
        repair: turns something else into one, where that may be intended.
    """

    def __init__(self, valid: str = "a string", form: str = ".*", repair: Callable[[str], str] = str) -> None:
        super().__init__(valid)
        self._form = re.compile(form, re.DOTALL)
        self._repair = repair

    def includes(self, value: object) -> bool:
        return isinstance(value, str) and self._form.fullmatch(value) is not None

    def nearest(self, value: object) -> object:
        repaired = self._repair(value) if isinstance(value, str) else None
        return repaired if repaired != value and self.includes(repaired) else None


class Containers(KnownValues):
    """Mappings, or lists, or either."""

    def __init__(self, valid: str, *types: type) -> None:
        super().__init__(valid)
        self.types = types

    def includes(self, value: object) -> bool:
        return isinstance(value, self.types)


def _path(text: str) -> str:
    """The path in a URL, or in a part of one."""
    try:
        path = urlsplit(text).path
    except ValueError:
        return text
    return path if path.startswith("/") else f"/{path}"


def _slashed(text: str) -> str:
    return f"/{text}"


def _hexadecimal(text: str) -> str:
    return text.replace("-", "").lower()


LEVELS: Final = Words(
    *("debug", "info", "warning", "error", "fatal"),
    trace="debug", notice="info", log="info", warn="warning", err="error", critical="fatal", crit="fatal",
    alert="fatal", emergency="fatal",
)  # fmt: skip
"""https://develop.sentry.dev/sdk/data-model/event-payloads/#optional-attributes"""
LOG_LEVELS: Final = Words(
    *("trace", "debug", "info", "warn", "error", "fatal"),
    notice="info", log="info", warning="warn", err="error", critical="fatal", crit="fatal", alert="fatal",
    emergency="fatal",
)  # fmt: skip
"""https://develop.sentry.dev/sdk/telemetry/logs/#log-severity-level"""
SPAN_STATUSES: Final = (
    "ok", "aborted", "already_exists", "cancelled", "data_loss", "deadline_exceeded", "failed_precondition",
    "failure_precondition", "internal_error", "invalid_argument", "not_found", "out_of_range", "permission_denied",
    "resource_exhausted", "unauthenticated", "unavailable", "unimplemented", "unknown", "unknown_error",
)  # fmt: skip
"""What SDKs call the status of a transaction (https://develop.sentry.dev/sdk/telemetry/traces/#span-status)."""
STATUSES_OF_TRANSACTIONS: Final = Words(
    *SPAN_STATUSES, error="internal_error", failed="internal_error", failure="internal_error", success="ok"
)
STATUSES_OF_SPANS: Final = Words(*SPAN_STATUSES, "error", failed="error", failure="error", success="ok")
"""Those of streamed spans are ``ok`` and ``error``."""
STATUSES_OF_CHECK_INS: Final = Words(
    *("in_progress", "ok", "error"),
    started="in_progress", running="in_progress", success="ok", succeeded="ok", done="ok", failed="error",
    failure="error", crashed="error",
)  # fmt: skip
"""https://develop.sentry.dev/sdk/telemetry/check-ins/"""
STATUSES_OF_JOBS: Final = Words(
    *("succeeded", "failed", "retried", "ignored", "rejected"),
    success="succeeded", ok="succeeded", finished="succeeded", done="succeeded", failure="failed", error="failed",
    crashed="failed", retry="retried", skipped="ignored",
)  # fmt: skip
STATUSES_OF_SESSIONS: Final = Words(
    *("ok", "exited", "crashed", "abnormal", "errored", "unhandled"), error="errored", healthy="ok", crash="crashed"
)
"""https://develop.sentry.dev/sdk/telemetry/sessions/"""
SOURCES: Final = Words("custom", "url", "route", "view", "component", "sanitized", "task", "unknown")
"""https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/#transaction-annotations"""
METRIC_TYPES: Final = Words("counter", "gauge", "distribution", count="counter", histogram="distribution")
"""https://develop.sentry.dev/sdk/telemetry/metrics/"""
ATTACHMENT_TYPES: Final = Words(
    *("event.attachment", "event.minidump", "event.applecrashreport", "event.view_hierarchy"),
    *("unreal.context", "unreal.logs"),
)
"""https://develop.sentry.dev/sdk/telemetry/attachments/"""
METHODS: Final = Methods(
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "ACL", "BASELINE-CONTROL", "BIND",
    "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL",
    "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PRI", "PROPFIND", "PROPPATCH", "PURGE", "QUERY", "REBIND",
    "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL",
)  # fmt: skip
HTTP_STATUSES: Final = HttpStatuses()
AMOUNTS: Final = Numbers(0)
TRUTHS: Final = Truths()
TEXTS: Final = Texts()
MAPPINGS: Final = Containers("a mapping", dict)
LISTS: Final = Containers("a list", list, tuple)
TAGS: Final = Containers("a mapping, or a list of pairs", dict, list, tuple)
IDS: Final = Texts("32 hexadecimal digits in lower case", "[0-9a-f]{32}", _hexadecimal)
PATHS: Final = Texts("the path of a URL, which begins with '/' and has no query", r"/[^?]*|\*", _path)
ROUTES: Final = Texts("a template that begins with '/'", "/.*", _slashed)
ORIGINS: Final = Texts("'manual', or begins with 'auto.'", r"manual(\..*)?|auto\..*", "auto.{}".format)
MEDIA_TYPES: Final = Texts("a media type, such as 'text/plain'", r"[^/\s]+/[^/]+.*")
