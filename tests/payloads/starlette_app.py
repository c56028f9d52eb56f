# mypy: ignore-errors
"""Crashes of Starlette applications."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, UnauthenticatedUser, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from tests.payloads.recorder import record


class Backend(AuthenticationBackend):
    """Knows nobody."""

    async def authenticate(self, conn: Any) -> tuple[AuthCredentials, UnauthenticatedUser]:
        return AuthCredentials([]), UnauthenticatedUser()


class Limiter(BaseHTTPMiddleware):
    """Counts requests."""

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        token_bucket, rate_limit = {"capacity": 10, "tokens": 9.5}, 10
        if request.url.path.endswith("/limited"):
            raise OverflowError(f"{token_bucket} of {rate_limit}")
        return await call_next(request)


async def crash(request: Request) -> Response:
    return Response(str(1 / int(request.path_params["number"])))


async def body(request: Request) -> Response:
    data = await request.json()
    return JSONResponse(data["missing"])


async def session(request: Request) -> Response:
    request.session["cart"] = ["A-1"]
    return JSONResponse(request.session["auth_state"])


@requires("authenticated", status_code=500)
async def private(request: Request) -> Response:
    return Response("")


async def state(request: Request) -> Response:
    return Response(request.state.tokenizer)


async def form(request: Request) -> Response:
    async with request.form() as data:
        return Response(str(int(data["quantity"]) / 0))


async def cookies(request: Request) -> Response:
    theme = request.cookies["theme"]
    raise LookupError(f"no theme {theme!r}")


def sync(request: Request) -> Response:
    ids = ["2dd9a7c2-7a80-4b9e-8f37-6cb2ad2d4b5e", "41111111-1111-4111-8111-111111111111"]
    raise IndexError(ids)


def make_app() -> Starlette:
    routes = [
        Route("/items/{number:int}", crash), Route("/body", body, methods=["POST"]), Route("/session", session),
        Route("/private", private), Route("/state", state), Route("/form", form, methods=["POST"]),
        Route("/cookies", cookies), Route("/sync", sync), Route("/limited", sync),
    ]  # fmt: skip
    middleware = [
        Middleware(SessionMiddleware, secret_key=""),
        Middleware(AuthenticationMiddleware, backend=Backend()),
        Middleware(Limiter),
        Middleware(GZipMiddleware),
    ]
    return Starlette(routes=[*routes, Mount("/admin", routes=routes)], middleware=middleware)


REQUESTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/items/0", {}),
    ("GET", "/admin/items/0", {}),
    ("POST", "/body", {"json": {"sku": "A-1", "quantity": 3}}),
    ("POST", "/body", {"content": b"{"}),
    ("GET", "/session", {}),
    ("GET", "/private", {}),
    ("GET", "/state", {}),
    ("POST", "/form", {"data": {"quantity": "3"}}),
    ("GET", "/cookies", {"headers": {"Cookie": "theme=dark"}}),
    ("GET", "/sync?page=2&author=me", {}),
    ("GET", "/limited", {}),
)


def payloads() -> Any:
    """What the SDK would have sent."""

    def request(method: str, path: str, arguments: dict[str, Any]) -> Any:
        return lambda: TestClient(make_app(), raise_server_exceptions=False).request(method, path, **arguments)

    yield from record(
        {
            f"starlette {number} {method} {path}": request(method, path, arguments)
            for number, (method, path, arguments) in enumerate(REQUESTS)
        }
    )
