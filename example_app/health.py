"""Whether the service is up, and whether it can work."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from example_app.cache import RequestCache
from example_app.database import DatabaseSession
from example_app.errors import ServiceUnavailableError

router = APIRouter(prefix="/health", tags=["health"])


@router.get("")
def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/ready")
def ready(session: DatabaseSession, cache: RequestCache) -> dict[str, str]:
    """The database answers. Without the cache the service is slower, not down."""
    try:
        session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise ServiceUnavailableError("the database doesn't answer", component="database") from error
    return {"database": "ok", "cache": "ok" if cache.answers() else "down"}
