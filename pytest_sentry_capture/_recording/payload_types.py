"""The parts of Sentry's event payload that users touch most, for editors and type checkers.

Source: https://develop.sentry.dev/sdk/data-model/event-payloads/. Sentry accepts more than these keys. A payload is
never checked against them.
"""

from __future__ import annotations

from typing import Any, TypedDict


class Mechanism(TypedDict, total=False):
    """How an exception was caught."""

    type: str
    handled: bool
    exception_id: int
    parent_id: int
    is_exception_group: bool
    source: str


class Frame(TypedDict, total=False):
    """One frame of a stack trace, with its variables and lines of source."""

    filename: str
    abs_path: str
    function: str
    module: str
    lineno: int
    in_app: bool
    vars: dict[str, Any]
    pre_context: list[str]
    context_line: str
    post_context: list[str]


class Stacktrace(TypedDict, total=False):
    """A stack trace, the innermost frame last."""

    frames: list[Frame]


class ExceptionPayload(TypedDict, total=False):
    """One exception of an event."""

    type: str
    value: str
    module: str
    mechanism: Mechanism
    stacktrace: Stacktrace


class User(TypedDict, total=False):
    """The user whom an event concerns."""

    id: str
    username: str
    email: str
    ip_address: str
    data: dict[str, Any]


class Request(TypedDict, total=False):
    """The HTTP request during which an event was captured."""

    method: str
    url: str
    query_string: str
    data: Any
    cookies: dict[str, str]
    headers: dict[str, str]
    env: dict[str, str]


class Breadcrumb(TypedDict, total=False):
    """What happened before an event."""

    type: str
    category: str
    message: str
    level: str
    timestamp: str
    data: dict[str, Any]
