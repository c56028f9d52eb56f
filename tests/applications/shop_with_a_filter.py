"""A shop of which the contract has rows: what it captures, and what its filter drops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sentry_sdk
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint, SamplingContext


def before_send(event: Event, hint: Hint) -> Event | None:
    error = hint.get("exc_info", (None, None))[1]
    return None if isinstance(error, HTTPException) else event


def sampler(context: SamplingContext) -> float:
    return float(context.get("asgi_scope", {}).get("path") != "/orders/10")


def order(request: Request) -> Response:
    if request.path_params["number"] == "10":
        sentry_sdk.set_tag("shop", "berlin")
        raise HTTPException(404)
    return Response()


def crash(request: Request) -> Response:
    sentry_sdk.set_user({"id": "7"})
    return Response(str(1 / 0))


def report(request: Request, error: Exception) -> Response:
    sentry_sdk.capture_exception(error)
    return Response(status_code=error.status_code if isinstance(error, HTTPException) else 500)


routes = [Route("/orders/{number}", order), Route("/crash", crash)]
app = Starlette(routes=routes, exception_handlers={HTTPException: report})
