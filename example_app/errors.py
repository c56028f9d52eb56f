"""The service's own exceptions, and the answers that clients get for these and for all others.

The handlers report nothing: Sentry's SDK sees each exception on its way to them, and one failure must give one event.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from example_app.middleware import REQUEST_ID_HEADER, SECURITY_HEADERS, request_id_of


class ApplicationError(Exception):
    """Something that the service knows can go wrong.

    The status code is on the exception because Sentry's SDK decides by it whether an exception that has a handler is
    reported at all: without the attribute, a 500 would stay unseen.
    """

    status_code = 500

    def __init__(self, message: str, **metadata: str | int) -> None:
        """Metadata goes to Sentry with the error: say where it happened, never whose data it was."""
        super().__init__(message)
        self.metadata = metadata


class StatementRejectedError(ApplicationError):
    """The uploaded file is not a statement that the service can read: the client's mistake."""

    status_code = 422


class ServiceUnavailableError(ApplicationError):
    """Something that the service can't do without is down."""

    status_code = 503


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error with JSON: our own, HTTP errors, and what nobody expected."""
    app.add_exception_handler(ApplicationError, answer_application_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(Exception, answer_unexpected_error)


async def answer_application_error(request: Request, error: Exception) -> JSONResponse:
    """A known problem in our service: its kind is not a secret."""
    assert isinstance(error, ApplicationError)  # noqa: S101
    return _answer(request, error.status_code, {"error": str(error), **error.metadata})


async def answer_http_error(request: Request, error: Exception) -> JSONResponse:
    """An HTTP error that the code has chosen."""
    assert isinstance(error, HTTPException)  # noqa: S101
    return _answer(request, error.status_code, {"error": error.detail}, dict(error.headers or {}))


async def answer_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    """A bug: the client learns nothing of it but the id to quote.

    Starlette answers it outside of all middleware, so that the headers which that adds are missing.
    """
    headers = {**SECURITY_HEADERS, REQUEST_ID_HEADER: request_id_of(request)}
    return _answer(request, 500, {"error": "internal server error"}, headers)


def _answer(
    request: Request, status_code: int, content: dict[str, Any], headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({**content, "request_id": request_id_of(request)}, status_code, headers)
