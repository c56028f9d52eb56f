# mypy: ignore-errors
"""Crashes of FastAPI applications."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    Request,
    UploadFile,
    WebSocket,
)
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBearer, OAuth2PasswordBearer, SecurityScopes
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field, SecretStr

from tests.payloads.recorder import record

oauth2 = OAuth2PasswordBearer(tokenUrl="token", auto_error=False, scopes={"read": "Read.", "write": "Write."})
basic = HTTPBasic(auto_error=False)
bearer = HTTPBearer(auto_error=False)
key = APIKeyHeader(name="X-API-Key", auto_error=False)


class Settings(BaseModel):
    """Settings of a service that has no secrets yet."""

    database_url: str = "postgresql://db.internal:5432/shop"
    api_key: SecretStr | None = None
    jwt_secret: SecretStr = SecretStr("")
    token_url: str = "/token"
    token_lifetime_minutes: int = 30
    auth_enabled: bool = True
    auth_backends: list[str] = []
    password_min_length: int = 8
    redis_host: str = "127.0.0.1"
    version: str = "1.2.3.4"


class Size(Enum):
    """A size."""

    SMALL = "s"
    LARGE = "l"


class Order(BaseModel):
    """An order."""

    id: uuid.UUID = Field(default_factory=lambda: uuid.UUID("2dd9a7c2-7a80-4b9e-8f37-6cb2ad2d4b5e"))
    author: str = "the shop"
    amount: Decimal = Decimal("42.50")
    placed: date = date(2024, 1, 31)
    size: Size = Size.SMALL
    lines: list[dict[str, Any]] = []
    authorized: bool = False


async def session() -> AsyncIterator[str]:
    yield "session"


def sync_session() -> Iterator[dict[str, Any]]:
    yield {"pool": "QueuePool size: 5", "autocommit": False}


def settings() -> Settings:
    return Settings()


async def current_user(
    scopes: SecurityScopes, token: Annotated[str | None, Depends(oauth2)], settings: Settings = Depends(settings)
) -> None:
    return None


def make_app() -> FastAPI:  # noqa: C901
    app = FastAPI(title="Shop", version="1.2.3")
    router = APIRouter(prefix="/orders", tags=["orders"])
    authors = APIRouter(prefix="/authors", dependencies=[Depends(current_user)])

    @router.get("/{number}/rate")
    async def rate(number: int, s: str = Depends(session)) -> float:
        return 1 / number

    @router.get("/{number}/sync")
    def sync(number: int, s: dict[str, Any] = Depends(sync_session)) -> float:
        return 1 / number

    @router.post("/")
    async def create(order: Order) -> float:
        return order.lines[3]["price"]

    @router.post("/login")
    async def login(request: Request) -> None:
        raise PermissionError("bad login")

    @router.put("/{number}")
    async def update(
        number: int, changes: Annotated[dict[str, Any], Body()], x_request_id: str = Header("r-1")
    ) -> None:
        raise ValueError(f"order {number} can't be changed")

    @router.post("/form")
    async def form(quantity: int = Form(), token_type: str = Form("bearer")) -> float:
        return quantity / 0

    @router.post("/upload")
    async def upload(file: UploadFile = File()) -> int:
        content = await file.read()
        return content.index(b"x" * 10)

    @router.get("/stream")
    async def stream() -> StreamingResponse:
        async def rows() -> AsyncIterator[bytes]:
            yield b"1"
            raise RuntimeError("the stream broke")

        return StreamingResponse(rows())

    @router.get("/background")
    async def background(tasks: BackgroundTasks) -> None:
        def work(order: Order) -> None:
            raise TimeoutError("the printer does not answer")

        tasks.add_task(work, Order())

    @router.get("/response", response_model=Order)
    async def response() -> dict[str, Any]:
        return {"amount": "much"}

    @authors.get("/me")
    async def me(user: Annotated[None, Depends(current_user)], config: Settings = Depends(settings)) -> str:
        return user.name  # type: ignore[attr-defined]

    @authors.get("/basic")
    async def with_basic(credentials: Any = Depends(basic)) -> str:
        return credentials.username

    @authors.get("/bearer")
    async def with_bearer(authorization: Any = Depends(bearer)) -> str:
        return authorization.scheme

    @authors.get("/key")
    async def with_key(api_key: str | None = Depends(key)) -> int:
        return len(api_key)  # type: ignore[arg-type]

    @app.get("/tokenize")
    async def tokenize(text: str, max_tokens: int = 512) -> int:
        tokenizer, tokens = "cl100k_base", text.split()
        token_counts = {"prompt_tokens": len(tokens), "completion_tokens": 0, "total_tokens": len(tokens)}
        return token_counts["cached_tokens"]

    @app.get("/gather")
    async def gather() -> None:
        async def part(number: int) -> float:
            return 1 / number

        await asyncio.gather(*(part(number) for number in (1, 0)))

    @app.get("/group")
    async def group() -> None:
        raise ExceptionGroup("several", [KeyError("stock"), ValueError("price")])

    @app.get("/chained")
    async def chained() -> None:
        try:
            {}["auth_backend"]
        except KeyError as error:
            raise LookupError("no auth backend") from error

    @app.get("/dates")
    async def dates(start: datetime, end: datetime) -> float:
        return (end - start).days / 0

    @app.get("/versions")
    async def versions() -> None:
        versions = {"opencv": "4.8.0.74", "driver": "v535.129.3.1"}
        browser = (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
        )
        raise RuntimeError(f"opencv 4.8.0.74 is too old, and {len(versions)} more, for {browser}")

    @app.get("/slices")
    async def slices() -> list[int]:
        items = list(range(10))
        return items[:: len(items) - 10]

    @app.get("/hosts")
    async def hosts() -> None:
        host, port = "127.0.0.1", 5432
        raise ConnectionRefusedError(111, f"Connect call failed ('{host}', {port})")

    @app.middleware("http")
    async def timing(request: Request, call_next: Any) -> Any:
        started = datetime(2024, 1, 31)
        response = await call_next(request)
        response.headers["X-Time"] = str(started)
        return response

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        raise ValueError("a bad frame")

    app.include_router(router)
    app.include_router(router, prefix="/v2")
    app.include_router(authors)
    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    return app


REQUESTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/orders/0/rate", {}),
    ("GET", "/orders/0/sync", {}),
    ("POST", "/orders/", {"json": {"author": "the shop", "lines": [{"sku": "A-1"}]}}),
    ("POST", "/orders/login", {"json": {"name": "the shop"}}),
    ("PUT", "/orders/42", {"json": {"note": "as agreed on 2024-01-31"}, "headers": {"X-Request-ID": "r-2"}}),
    ("POST", "/orders/form", {"data": {"quantity": "3", "token_type": "bearer"}}),
    ("POST", "/orders/upload", {"files": {"file": ("orders.csv", b"a,b\n1,2\n")}}),
    ("GET", "/orders/stream", {}),
    ("GET", "/orders/background", {}),
    ("GET", "/orders/response", {}),
    ("GET", "/v2/orders/0/rate", {}),
    ("GET", "/authors/me", {}),
    ("GET", "/authors/basic", {}),
    ("GET", "/authors/bearer", {}),
    ("GET", "/authors/key", {}),
    ("GET", "/tokenize?text=a+b+c&max_tokens=64", {}),
    ("GET", "/gather", {}),
    ("GET", "/group", {}),
    ("GET", "/chained", {}),
    ("GET", "/dates?start=2024-01-31T12:30:45Z&end=2024-02-01T00:00:00Z", {}),
    ("GET", "/versions", {"headers": {"User-Agent": "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36"}}),
    ("GET", "/slices", {}),
    ("GET", "/hosts", {}),
)


def payloads() -> Any:
    """What the SDK would have sent."""

    def request(method: str, path: str, arguments: dict[str, Any]) -> Any:
        return lambda: TestClient(make_app(), raise_server_exceptions=False).request(method, path, **arguments)

    def websocket() -> None:
        with TestClient(make_app()).websocket_connect("/ws") as socket:
            socket.receive_text()

    programs = {f"fastapi {method} {path}": request(method, path, arguments) for method, path, arguments in REQUESTS}
    yield from record({**programs, "fastapi websocket": websocket}, send_default_pii=True)
