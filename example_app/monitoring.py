"""Sentry's start-up, and the filters that keep expected client errors and personal data from it."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import sentry_sdk
import sentry_sdk.integrations.logging
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.redis import RedisIntegration
from sentry_sdk.integrations.sqlalchemy import SqlalchemyIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

from example_app.errors import ApplicationError
from example_app.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

    Span = dict[str, Any]

EXPECTED_STATUS_CODES: Final = frozenset({400, 401, 403, 404, 405, 413, 422, 429})
"""Answers that say that the client made a mistake, not we. (400, 405 and 413 are the framework's own.)"""

PERSONAL: Final = re.compile(
    r"""
      \b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b   # an IBAN
    | \b(?:\d[ -]?){12,18}\d\b                                          # a card number
    | [\w.+-]+@(?:[\w-]+\.)+[^\W\d]{2,}                                # an email address
    | (?<=DETAIL:)(?s:.*?)(?=\n(?:HINT|CONTEXT|\[SQL):|\Z)              # what PostgreSQL says of a row
    | invalid[ ]input[ ](?:syntax|value)[ ]for[ ][^\n]*                 # and of a value
    """,
    re.VERBOSE,
)

SECRET: Final = re.compile(
    r"passw|pwd|secret|token|\bauth\b|authorization|credential|cookie|csrf|xsrf|session\b|sess(?:ion)?_?id|\bsid\b"
    r"|(?:api|private)[_-]?key|sys\.argv|command_args",
    re.IGNORECASE,
)
"""In the name of what nobody may see, not even where personal data may be sent."""

BEARER: Final = re.compile(r"(?<=\bbearer )[\w.~+/-]+=*|(?<=\bcredentials=')[^']+", re.IGNORECASE)
"""A token in a text: the variables of frames hold headers as they came, and FastAPI's own object for this one."""

HEADERS: Final = ("accept", "content-length", "content-type", "host", "user-agent", "x-request-id")
"""Of a request, what Sentry may see of its headers. The others say who asked, and from which page."""

FILTERED: Final = "[Filtered]"

_REPORTED: Final = "_reported_to_sentry"

_OUR_OWN: Final = frozenset(
    {
        "event_id",
        "trace_id",
        "span_id",
        "parent_span_id",
        "profile_id",
        "profiler_id",
        "release",
        "sentry.release",
        "sentry.profiler_id",
        "sentry.segment.id",
        "thread.id",
    }
)
"""What may look like personal data by chance: a card number in an id, ``bank-statements@1.0.rc`` in a release."""

# ---- What differs between versions of the SDK stands here, and nowhere else -----------------------------------------
#
#                         up to 2.75                          since 3.0
# personal data           sent only with send_default_pii     sent, except for what data_collection turns off
# secrets, by their name  removed by the SDK's own scrubber   removed by us, in before_send and before_send_span
# requests and queries    transactions and their spans        spans alone: before_send_span
# queries at the start    not traced                          spans of their own
# tags and the user       of events and transactions          of events alone: spans have attributes
# logged errors           events                              events only if LoggingIntegration is set so
# ignored loggers         of events and breadcrumbs           of logs: events and breadcrumbs have their own list
# profiles                sampled for each request            sampled for each process

SDK: Final = tuple(map(int, sentry_sdk.VERSION.split(".")[:2]))
SINCE_3: Final = SDK >= (3, 0)

# Names that not all versions have are looked up where they are used.
_sdk: Final[Any] = sentry_sdk
_sdk_logging: Final[Any] = sentry_sdk.integrations.logging

NOTHING_PERSONAL: Final = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "allowlist", "terms": HEADERS}},
    "http_bodies": [],
    "url_query_params": {"mode": "allowlist", "terms": []},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
}


def _options(settings: Settings) -> dict[str, Any]:
    """Those that say to this version which personal data to send, what to filter and how much to profile."""
    personal_data = settings.sentry_send_default_pii
    if SINCE_3:
        return {
            "data_collection": {} if personal_data else NOTHING_PERSONAL,
            "before_send_span": before_send_span_with_personal_data if personal_data else before_send_span,
            "profile_session_sample_rate": settings.sentry_profiles_sample_rate,
            "profile_lifecycle": "trace",
        }
    return {
        # Newer SDKs warn whoever sets it, be it to its default.
        "send_default_pii": personal_data or None,
        "include_local_variables": personal_data,
        "before_send_transaction": (
            before_send_transaction_with_personal_data if personal_data else before_send_transaction
        ),
        # Newer SDKs warn that it will go, for profiles that are sampled for each process.
        "profiles_sample_rate": settings.sentry_profiles_sample_rate,
    }


def _integrations() -> list[Integration]:
    """Those whose own defaults are not ours.

    The SDK is configured to report client errors too, so that one place decides what is noise: ``before_send``. It
    would leave most of them out by itself, but not the same way on every path and in every version. (Before 2.5 it
    cannot be configured, and leaves them all out except for those that are logged.)
    """
    starlette: dict[str, Any] = {"failed_request_status_codes": {*range(400, 600)}} if SDK >= (2, 5) else {}
    since_3 = [_sdk_logging.LoggingIntegration(level=None, event_level=logging.ERROR)] if SINCE_3 else []
    return [
        StarletteIntegration(**starlette),
        FastApiIntegration(),
        SqlalchemyIntegration(),
        RedisIntegration(),
        CeleryIntegration(),
        *since_3,
    ]


def _ignore_logger(name: str) -> None:
    """No event and no breadcrumb of this logger."""
    (_sdk_logging.ignore_logger_for_events if SINCE_3 else _sdk_logging.ignore_logger)(name)


def _personal_data_may_be_sent() -> bool:
    client = _sdk.get_client() if SDK >= (2, 0) else _sdk.Hub.current.client
    options = client.options if client else {}
    return bool(options.get("data_collection", {}).get("user_info") if SINCE_3 else options.get("send_default_pii"))


def _scope_of_one_event() -> AbstractContextManager[Any]:
    scope: AbstractContextManager[Any] = _sdk.new_scope() if SDK >= (2, 0) else _sdk.push_scope()
    return scope


def _set_attribute(name: str, value: str) -> None:
    """Say of all spans of this request what a tag, or the user, says of its events."""
    if SINCE_3:
        _sdk.set_attribute(name, value)


# ---------------------------------------------------------------------------------------------------------------------


def start_sentry(settings: Settings) -> None:
    """Initialize Sentry, unless it is turned off or there is no DSN.

    Frame variables and request bodies hold rows of statements. They go to Sentry only where personal data may, because
    no pattern finds an IBAN that the SDK has cut in two.
    """
    if not settings.sentry_enabled or not settings.sentry_dsn:
        return
    personal_data = settings.sentry_send_default_pii
    # A line of it is the client's address and the whole query: personal, and said better by the request of the event.
    _ignore_logger("uvicorn.access")
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=settings.sentry_environment,
        release=settings.sentry_release,
        traces_sample_rate=settings.sentry_traces_sample_rate,
        max_request_body_size="medium" if personal_data else "never",
        attach_stacktrace=True,
        before_send=before_send_with_personal_data if personal_data else before_send,
        integrations=_integrations(),
        **_options(settings),
    )


def name_request(request_id: str) -> None:
    """Give everything that Sentry learns of this request the id that the client can quote."""
    sentry_sdk.set_tag("request_id", request_id)
    _set_attribute("request_id", request_id)


def identify(user_id: int, email: str) -> None:
    """Set the user who makes this request. The email only where personal data may be sent."""
    user = {"id": str(user_id)}
    sentry_sdk.set_user({**user, "email": email} if _personal_data_may_be_sent() else user)
    _set_attribute("user.id", str(user_id))


def report_cache_failure(error: Exception) -> None:
    """A cache that fails slows the service down, and breaks nothing: a warning."""
    with _scope_of_one_event() as scope:
        scope.set_level("warning")
        scope.set_tag("component", "cache")
        sentry_sdk.capture_exception(error)


def leave_query_breadcrumb(query: str) -> None:
    """The same breadcrumb as the SDK leaves of a query that it sees."""
    sentry_sdk.add_breadcrumb(category="query", message=query, data={})


def before_send(event: Event, hint: Hint) -> Event | None:
    """Sentry's hook for events: None for what nobody needs to see, without personal data and secrets otherwise."""
    kept = drop_expected(event, hint)
    return None if kept is None else scrub(kept)


def before_send_with_personal_data(event: Event, hint: Hint) -> Event | None:
    """The same where personal data may be sent."""
    kept = drop_expected(event, hint)
    return None if kept is None else without_secrets(kept)


def before_send_transaction(event: Event, hint: Hint) -> Event:
    """Sentry's hook for transactions, which ``before_send`` doesn't see."""
    scrubbed: Event = scrub(event)
    return scrubbed


def before_send_transaction_with_personal_data(event: Event, hint: Hint) -> Event:
    """The same where personal data may be sent."""
    kept: Event = without_secrets(event)
    return kept


def before_send_span(span: Span, hint: Hint) -> Span:
    """Sentry's hook for spans, which since 3.0 there are instead of transactions."""
    return _safely(scrub, span)


def before_send_span_with_personal_data(span: Span, hint: Hint) -> Span:
    """The same where personal data may be sent."""
    return _safely(without_secrets, span)


def _safely(filter_: Callable[[Span], Span], span: Span) -> Span:
    """The span through the filter. Where this fails, without what it says: the SDK would send the span as it was."""
    try:
        return filter_(span)
    except Exception:
        return {**span, "name": FILTERED, "attributes": {}}


def drop_expected(event: Event, hint: Hint) -> Event | None:
    """None for an expected client error, and for a failure that has been reported already."""
    error = error_of(hint)
    if _status_code_of(error, hint) in EXPECTED_STATUS_CODES or _is_reported(error):
        return None
    if error is not None:
        _describe(event, error)
    return event


def error_of(hint: Hint) -> BaseException | None:
    """The exception behind an event, whichever way it came.

    ``logger.error("… %s", error)`` and a plain ``logger.error("…")`` in an except block give the SDK no exception, but
    they report one anyway.
    """
    if hint.get("exc_info"):
        error: BaseException | None = hint["exc_info"][1]
        return error
    record = hint.get("log_record")
    if record is None:
        return None
    arguments = record.args if isinstance(record.args, tuple) else ()
    logged = [each for each in (record.msg, *arguments) if isinstance(each, BaseException)]
    return logged[0] if logged else sys.exc_info()[1]


def _status_code_of(error: BaseException | None, hint: Hint) -> object:
    """The answer's status code, from the exception or from ``logger.error("…", extra={"status_code": 404})``."""
    return getattr(error, "status_code", None) or getattr(hint.get("log_record"), "status_code", None)


def _is_reported(error: BaseException | None) -> bool:
    """Whether this exception, or one that led to it, was in an event before. It is from now on.

    The SDK notices only that the same exception is reported twice in a row, not that what
    ``logger.exception("…")`` reported comes again as the cause of ``raise HTTPException(500) from error``.
    """
    chain = _chain(error)
    reported = any(_REPORTED in vars(each) for each in chain)
    for each in chain:
        vars(each)[_REPORTED] = True
    return reported


def _chain(error: BaseException | None) -> list[BaseException]:
    """The exception and what led to it. ``raise first from second`` can make a ring of them."""
    chain: list[BaseException] = []
    while error is not None and not any(error is each for each in chain):
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _describe(event: Event, error: BaseException) -> None:
    event.setdefault("tags", {})["error_type"] = type(error).__name__
    if isinstance(error, ApplicationError):
        event.setdefault("contexts", {})["error"] = {"status_code": error.status_code, **error.metadata}


def without_secrets(item: Any) -> Any:
    """An event, a transaction or a span without passwords, tokens and the like, which are known by their names."""
    if isinstance(item, dict):
        return {name: _without_secrets(name, each) for name, each in item.items()}
    if isinstance(item, list):
        return [without_secrets(each) for each in item]
    return BEARER.sub(FILTERED, item) if isinstance(item, str) else item


def _without_secrets(name: object, value: Any) -> Any:
    if name == "_meta":  # the SDK's notes of what it has cut, by the same names
        return value
    if SECRET.search(str(name)):
        return _filtered(value)
    if name == "http.request.body.data":  # of a span: JSON
        try:
            return json.dumps(without_secrets(json.loads(value)))
        except ValueError:
            return FILTERED
    return without_secrets(value)


def _filtered(value: object) -> Any:
    """Of the same type, because Sentry refuses cookies that are a text, and an attribute that is sometimes a list."""
    if isinstance(value, dict):
        return {name: _filtered(each) for name, each in value.items()}
    return [FILTERED] if isinstance(value, list) else FILTERED


def scrub(item: Any) -> Any:
    """An event, a transaction or a span without secrets and without personal data.

    That is without account numbers, card numbers, email addresses, most headers and what was searched for.
    """
    scrubbed = _without_personal_data(without_secrets(item))
    request = scrubbed.get("request", {})
    if "headers" in request:
        request["headers"] = _without_headers(request["headers"])
    if "attributes" in scrubbed:
        scrubbed["attributes"] = _without_headers(scrubbed["attributes"], "http.request.header.")
    query_string = request.get("query_string")
    if isinstance(query_string, str) and query_string:
        request["query_string"] = "&".join(
            f"{name}={FILTERED}" for name, _ in parse_qsl(query_string, keep_blank_values=True)
        )
    return scrubbed


def _without_headers(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    return {
        name: _filtered(value)
        if name.startswith(prefix) and name.removeprefix(prefix).lower() not in HEADERS
        else value
        for name, value in values.items()
    }


def _without_personal_data(value: Any) -> Any:
    if isinstance(value, str):
        return PERSONAL.sub(FILTERED, value)
    if isinstance(value, dict):
        return {key: each if key in _OUR_OWN else _without_personal_data(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_personal_data(each) for each in value]
    return value
