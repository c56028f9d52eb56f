"""What the tasks of every application in ``jobs_*`` do, and the client that reports them."""

from __future__ import annotations

from typing import Any, Final

import sentry_sdk

ATTEMPTS: Final = 3
"""How often the flaky task is tried."""


class RefusedError(Exception):
    """What the application does not report."""


class ExpectedError(Exception):
    """What tasks say to expect, where their system lets them."""


def drop_refused(event: Any, hint: Any) -> Any:
    error_type = (hint.get("exc_info") or [None])[0]
    return None if error_type is not None and issubclass(error_type, RefusedError) else event


def init(**options: Any) -> None:
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", before_send=drop_refused, **options)


def isolated() -> Any:
    """A separate scope for a job, where nobody else makes one."""
    return (getattr(sentry_sdk, "isolation_scope", None) or getattr(sentry_sdk, "push_scope"))()  # noqa: B009  (before 2.0)


def crash() -> None:
    sentry_sdk.set_tag("tenant", "acme")
    raise ZeroDivisionError("no money")


def refuse() -> None:
    raise RefusedError


def fail_as_expected() -> None:
    raise ExpectedError


def flake() -> None:
    raise ConnectionError("timeout")


def report(tenant: str | None = None) -> None:
    if tenant is not None:
        sentry_sdk.set_tag("tenant", tenant)
    sentry_sdk.capture_message("reported")


def report_twice() -> None:
    sentry_sdk.capture_message("about to fail", level="error")
    crash()
