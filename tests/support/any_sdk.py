"""What the versions of sentry-sdk call differently, for tests that hold on all of them.

The pytest runs inside of tests can import it too: ``import any_sdk``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from inspect import signature
from typing import Any, Literal

import sentry_sdk
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations.logging import LoggingIntegration

_sdk: Any = sentry_sdk
"""The SDK, of which no version has all that is asked for here."""

_MAJOR, _MINOR = map(int, sentry_sdk.VERSION.split(".")[:2])

IS_3 = _MAJOR >= 3
"""Whether traces are spans alone, and much is collected that has to be turned off."""

_NAME = "name" if (_MAJOR, _MINOR) >= (2, 15) else "description"

TRACE_KIND: Literal["transaction", "span"] = "span" if IS_3 else "transaction"
"""The kind that the SDK's own items have which are segments."""


def segment(name: str, op: str | None = None, **attributes: Any) -> AbstractContextManager[Any]:
    """Start a segment: a transaction, or a span that has no parent."""
    if not IS_3:
        transaction: AbstractContextManager[Any] = _sdk.start_transaction(name=name, op=op or "")
        return transaction
    return sentry_sdk.start_span(name=name, attributes=_attributes(op, attributes), parent_span=None)


def continued_segment(name: str, headers: Mapping[str, str]) -> AbstractContextManager[Any]:
    """Start a segment that continues the trace of a caller, who has sent these headers."""
    continued = _sdk.continue_trace(headers)
    if IS_3:
        return sentry_sdk.start_span(name=name)
    transaction: AbstractContextManager[Any] = _sdk.start_transaction(continued, name=name)
    return transaction


def streamed_segment(name: str, op: str | None = None, **attributes: Any) -> AbstractContextManager[Any]:
    """Start a segment that is a span, for which 2.x needs the option ``trace_lifecycle="stream"``."""
    return _streamed(name=name, attributes=_attributes(op, attributes), parent_span=None)


def streamed_span(name: str, op: str | None = None, **attributes: Any) -> AbstractContextManager[Any]:
    """Start a span that is an item of its own within the segment, for which 2.x needs the same."""
    return _streamed(name=name, attributes=_attributes(op, attributes))


def span(name: str, op: str | None = None, **data: Any) -> AbstractContextManager[Any]:
    """Start a span within the segment. ``data`` are its attributes, which up to 2.x are called its data."""
    if IS_3:
        return sentry_sdk.start_span(name=name, attributes=_attributes(op, data))
    started = _sdk.start_span(op=op, **{_NAME: name})
    for key, value in data.items():
        started.set_data(key, value)
    context: AbstractContextManager[Any] = started
    return context


def client() -> Any:
    """The active client."""
    return sentry_sdk.get_client() if hasattr(sentry_sdk, "get_client") else _sdk.Hub.current.client


def kind_of_clients() -> type[Any]:
    """The class of clients, from which some applications derive their own."""
    kind: type[Any] = import_module("sentry_sdk.client")._Client
    return kind


def new_scope() -> AbstractContextManager[Any]:
    """Fork the current scope, which 1.x calls a push."""
    scope: AbstractContextManager[Any] = _sdk.new_scope() if hasattr(_sdk, "new_scope") else _sdk.push_scope()
    return scope


def holder_of_sessions() -> Any:
    """What starts and ends sessions: the isolation scope, or the hub of 1.x."""
    has_scopes = hasattr(sentry_sdk.Scope, "get_isolation_scope")
    return sentry_sdk.Scope.get_isolation_scope() if has_scopes else _sdk.Hub.current


def logging_to_events(event_level: int = logging.ERROR) -> list[Any]:
    """The value of ``integrations`` with which logged errors are events, as they are by default up to 2.x."""
    return [LoggingIntegration(level=None if IS_3 else logging.INFO, event_level=event_level)]


def without_personal_data() -> dict[str, Any]:
    """Options with which no bodies, cookies, addresses and users are collected. Up to 2.x this is the default."""
    if not IS_3:
        return {}
    return {
        "data_collection": {
            "user_info": False,
            "http_bodies": [],
            "cookies": {"mode": "off"},
            "http_headers": {"request": {"mode": "off"}},
        }
    }


def with_personal_data() -> dict[str, Any]:
    """Options with which it is all collected. Since 3 this is the default."""
    return {} if IS_3 else {"send_default_pii": True}


def without_local_variables() -> dict[str, Any]:
    """Options with which stack frames have no variables."""
    return {"data_collection": {"stack_frame_variables": False}} if IS_3 else {"include_local_variables": False}


def logs_enabled() -> dict[str, Any]:
    """Options with which ``sentry_sdk.logger`` sends. Before 2.35 there is none, and since 3 nothing is needed."""
    return {"enable_logs": True} if "enable_logs" in DEFAULT_OPTIONS else {}


def nothing_scrubbed() -> dict[str, Any]:
    """Options with which no value is taken out of what an application sets. Since 3 none is."""
    if IS_3:
        return {}
    scrubber = import_module("sentry_sdk.scrubber").EventScrubber
    return {"event_scrubber": scrubber(**{name: [] for name in signature(scrubber).parameters if "denylist" in name})}


def _attributes(op: str | None, more: Mapping[str, Any]) -> dict[str, Any]:
    return {**({"sentry.op": op} if op is not None else {}), **more}


def _streamed(**arguments: Any) -> AbstractContextManager[Any]:
    start_span = sentry_sdk.start_span if IS_3 else sentry_sdk.traces.start_span
    started: AbstractContextManager[Any] = start_span(**arguments)
    return started
