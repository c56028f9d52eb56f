"""Sentry's start-up, and the filters that keep expected client errors and personal data from it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import sentry_sdk
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.integrations.redis import RedisIntegration
from sentry_sdk.integrations.sqlalchemy import SqlalchemyIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

from example_app.errors import ApplicationError
from example_app.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

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

FILTERED: Final = "[Filtered]"

_REPORTED: Final = "_reported_to_sentry"

_OUR_OWN: Final = frozenset(
    {"event_id", "trace_id", "span_id", "parent_span_id", "profile_id", "profiler_id", "release"}
)
"""What may look like personal data by chance: a card number in an id, ``bank-statements@1.0.rc`` in a release."""


def start_sentry(settings: Settings) -> None:
    """Initialise Sentry, unless it is turned off or there is no DSN.

    The SDK is told to report client errors too, so that one place decides what is noise: ``before_send``. It would
    leave most of them out by itself, but not the same way on every path and in every version.

    Frame variables and request bodies hold rows of statements. They go to Sentry only where personal data may, because
    no pattern finds an IBAN that the SDK has cut in two.
    """
    if not settings.sentry_enabled or not settings.sentry_dsn:
        return
    personal_data = settings.sentry_send_default_pii
    # A line of it is the client's address and the whole query: personal, and said better by the request of the event.
    ignore_logger("uvicorn.access")
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=settings.sentry_environment,
        release=settings.sentry_release,
        traces_sample_rate=settings.sentry_traces_sample_rate,
        # Newer SDKs warn that it will go, for continuous profiling, which is sampled by process instead of by request.
        profiles_sample_rate=settings.sentry_profiles_sample_rate,
        # Newer SDKs warn whoever sets it, be it to its default.
        send_default_pii=personal_data or None,
        include_local_variables=personal_data,
        max_request_body_size="medium" if personal_data else "never",
        attach_stacktrace=True,
        before_send=before_send if not personal_data else drop_expected,
        before_send_transaction=None if personal_data else before_send_transaction,
        integrations=[
            StarletteIntegration(failed_request_status_codes={*range(400, 600)}),
            FastApiIntegration(),
            SqlalchemyIntegration(),
            RedisIntegration(),
        ],
    )


def identify(user_id: int, email: str) -> None:
    """Tell Sentry who makes this request; the email only where personal data may be sent."""
    personal_data = sentry_sdk.get_client().options.get("send_default_pii")
    sentry_sdk.set_user({"id": str(user_id), "email": email} if personal_data else {"id": str(user_id)})


def report_cache_failure(error: Exception) -> None:
    """A cache that fails slows the service down, and breaks nothing: a warning."""
    with sentry_sdk.new_scope() as scope:
        scope.set_level("warning")
        scope.set_tag("component", "cache")
        sentry_sdk.capture_exception(error)


def leave_query_breadcrumb(query: str) -> None:
    """The same breadcrumb as the SDK leaves of a query that it sees."""
    sentry_sdk.add_breadcrumb(category="query", message=query, data={})


def before_send(event: Event, hint: Hint) -> Event | None:
    """Sentry's hook for events: None for what nobody needs to see, without personal data otherwise."""
    kept = drop_expected(event, hint)
    return None if kept is None else scrub(kept)


def before_send_transaction(event: Event, hint: Hint) -> Event:
    """Sentry's hook for transactions, which ``before_send`` doesn't see."""
    return scrub(event)


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
    they report one all the same.
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
    """Whether this exception, or one that led to it, was in an event before; it is from now on.

    The SDK notices only that the very same exception is reported twice in a row, not that what
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


def scrub(event: Event) -> Event:
    """The event without account numbers, card numbers, email addresses and what was searched for."""
    scrubbed: Event = _scrubbed(event)
    query_string = scrubbed.get("request", {}).get("query_string")
    if isinstance(query_string, str) and query_string:
        scrubbed["request"]["query_string"] = "&".join(
            f"{name}={FILTERED}" for name, _ in parse_qsl(query_string, keep_blank_values=True)
        )
    return scrubbed


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return PERSONAL.sub(FILTERED, value)
    if isinstance(value, dict):
        return {key: each if key in _OUR_OWN else _scrubbed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_scrubbed(each) for each in value]
    return value
