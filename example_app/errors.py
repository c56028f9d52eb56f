"""The service's own exceptions, and the answers that clients get for these and for all others."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


class ApplicationError(Exception):
    """Something that the service knows can go wrong.

    The status code is on the exception because Sentry's SDK decides by it whether a handled exception is reported.
    """

    status_code = 500


class StatementUnreadableError(ApplicationError):
    """The bank sent a statement that can't be read."""

    status_code = 502


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error with JSON: our own, HTTP errors, and what nobody expected."""
    app.add_exception_handler(ApplicationError, answer_application_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(Exception, answer_unexpected_error)


async def answer_application_error(request: Request, error: Exception) -> JSONResponse:
    """A known problem of ours: its kind is no secret."""
    status_code = error.status_code if isinstance(error, ApplicationError) else 500
    return JSONResponse({"error": type(error).__name__}, status_code)


async def answer_http_error(request: Request, error: Exception) -> JSONResponse:
    """An HTTP error that the code has chosen."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)
    return JSONResponse({"error": "unknown"}, 500)


async def answer_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    """A bug: the client learns nothing of it."""
    return JSONResponse({"error": "internal server error"}, 500)
