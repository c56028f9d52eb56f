"""Statements that are imported in the background: at once, or with a broker by a worker of Celery (``worker``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from celery import Celery
from fastapi import APIRouter, Depends, Request, UploadFile
from pydantic import BaseModel

from example_app.accounts import SignedInUser
from example_app.cache import Cache, RateLimit
from example_app.categories import categorise
from example_app.database import Sessions, User
from example_app.errors import StatementRejectedError
from example_app.middleware import request_id_of
from example_app.monitoring import identify, name_request
from example_app.settings import Settings
from example_app.statements import content_of, stored
from example_app.summaries import summaries_of

IMPORT: Final = "example_app.imports.import_statement"

router = APIRouter(tags=["statements"])


class Storage(NamedTuple):
    """What a task works with."""

    sessions: Sessions
    cache: Cache


class Import(BaseModel):
    """An import that has been asked for."""

    id: str


@router.post("/imports", status_code=202, dependencies=[Depends(RateLimit("import", 30))])
def import_later(request: Request, file: UploadFile, user: SignedInUser) -> Import:
    """Take the CSV file of a bank, and store its transactions in the background."""
    content = content_of(file).decode("latin-1")  # which keeps all bytes, in a message that is JSON
    task = request.app.state.celery.tasks[IMPORT].delay(user.id, content, request_id_of(request))
    return Import(id=task.id)


def create_celery(settings: Settings, storage: Callable[[], Storage]) -> Celery:
    """The tasks. Without a broker they run where they are called.

    Args:
        settings: names the broker.
        storage: gives a task its connections.
    """
    broker = settings.broker_url
    celery = Celery("bank-statements", broker=str(broker) if broker else "memory://", set_as_current=False)
    celery.conf.update(
        task_always_eager=broker is None, task_ignore_result=True, broker_connection_retry_on_startup=True
    )

    def import_statement(user_id: int, content: str, request_id: str) -> None:
        name_request(request_id)
        _import(storage(), user_id, content.encode("latin-1"))

    # A file that is not a statement is the client's mistake: it is not reported. What is shared would be the
    # task of all applications in this process.
    options: dict[str, Any] = {"name": IMPORT, "throws": (StatementRejectedError,), "shared": False}
    celery.task(**options)(import_statement)
    return celery


def _import(storage: Storage, user_id: int, content: bytes) -> None:
    with storage.sessions() as session:
        user = session.get_one(User, user_id)
        identify(user.id, user.email)
        statement = stored(session, user_id, content)
    try:
        categorise(storage.sessions, statement.id)
    finally:
        storage.cache.forget(summaries_of(user_id))
