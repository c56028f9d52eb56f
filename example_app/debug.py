"""Every way in which a failure can reach Sentry, to see what arrives there. Not part of the service in production."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Depends, HTTPException

from example_app.accounts import user_if_any
from example_app.errors import ServiceUnavailableError

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/debug", tags=["debug"], dependencies=[Depends(user_if_any)])


@router.get("/crash")
def crash() -> None:
    """An exception that nobody expected."""
    1 / 0  # noqa: B018


@router.get("/http-error")
def http_error() -> None:
    """Our own HTTP error, raised on purpose."""
    raise HTTPException(500, "on purpose")


@router.get("/application-error")
def application_error() -> None:
    """An exception of the service, with metadata."""
    raise ServiceUnavailableError("the bank doesn't answer", bank="Sparkasse", attempts=3)


@router.get("/logged-error")
def logged_error() -> dict[str, str]:
    """A failure that is logged, and answered anyway."""
    logger.error("the exchange rates are %s days old", 3)
    return {"status": "logged"}


@router.get("/logged-exception")
def logged_exception() -> dict[str, str]:
    """A failure that is logged with its exception, and answered anyway."""
    try:
        crash()
    except ZeroDivisionError:
        logger.exception("the exchange rates make no sense")
    return {"status": "logged"}


@router.get("/logged-and-raised")
def logged_and_raised() -> None:
    """A failure that is logged with its exception, and then answered with 500."""
    try:
        crash()
    except ZeroDivisionError as error:
        logger.exception("the exchange rates make no sense")
        raise HTTPException(500, "no exchange rates") from error


@router.get("/logged-client-error")
def logged_client_error() -> None:
    """A client's mistake that is logged as an error, without its exception, and then answered with 404."""
    try:
        raise_not_found()
    except HTTPException as error:
        logger.error("no exchange rate: %s", error.detail)  # noqa: TRY400
        raise


def raise_not_found() -> None:
    """What the client asked for isn't there."""
    raise HTTPException(404, "no such currency")
