"""The application: ``uvicorn example_app.main:app``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

import sentry_sdk
from fastapi import FastAPI, Request, Response

from example_app.errors import add_error_handlers
from example_app.monitoring import start_sentry
from example_app.settings import SentrySettings
from example_app.statements import router


def create_app(sentry: SentrySettings | None = None) -> FastAPI:
    """The service, with Sentry as the settings say; by default they come from the environment."""
    start_sentry(sentry or SentrySettings())
    app = FastAPI(title="Bank statements")
    app.middleware("http")(tag_with_request_id)
    add_error_handlers(app)
    app.include_router(router)
    app.get("/health")(health)
    return app


async def tag_with_request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Give everything that Sentry learns during a request the id that the client can quote."""
    request_id = request.headers.get("X-Request-ID") or uuid4().hex
    sentry_sdk.set_tag("request_id", request_id)
    response = await call_next(request)
    response.headers["X-Request-ID"] = request_id
    return response


async def health() -> dict[str, str]:
    """Whether the service is up."""
    return {"status": "ok"}


app = create_app()
