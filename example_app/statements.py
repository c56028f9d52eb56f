"""Bank statements: upload, look-up, and search in their transactions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Path, Query, Request, UploadFile
from pydantic import BaseModel, ConfigDict
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from example_app.accounts import SignedInUser
from example_app.banks import read_statement
from example_app.cache import RateLimit, RequestCache
from example_app.categories import categorise
from example_app.database import DatabaseSession, Sessions, Statement, Transaction
from example_app.errors import StatementRejectedError
from example_app.summaries import month_bounds, summaries_of

LARGEST_FILE: Final = 1024 * 1024
"""Bytes: some ten thousand transactions."""

TYPES: Final = frozenset({"text/csv", "text/plain", "application/csv", "application/vnd.ms-excel"})

router = APIRouter(tags=["statements"])


class StatementSummary(BaseModel):
    """A statement without its transactions."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    bank: str
    uploaded_at: datetime


class TransactionDetails(BaseModel):
    """A line of a statement."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    statement_id: int
    booked_on: date
    payee: str
    reference: str
    amount: Decimal
    currency: str
    category: str | None


class StatementDetails(StatementSummary):
    """A statement with its transactions."""

    transactions: list[TransactionDetails]


@router.post("/statements", status_code=201, dependencies=[Depends(RateLimit("upload", 30))])
def upload(
    request: Request,
    file: UploadFile,
    user: SignedInUser,
    session: DatabaseSession,
    cache: RequestCache,
    tasks: BackgroundTasks,
) -> StatementSummary:
    """Store the transactions of a CSV file from a bank. Their categories follow a moment later."""
    statement = stored(session, user.id, content_of(file))
    tasks.add_task(_categorise, request.app.state.sessions, cache, statement.id, user.id)
    return StatementSummary.model_validate(statement)


@router.get("/statements")
def list_statements(user: SignedInUser, session: DatabaseSession) -> list[StatementSummary]:
    """All statements of the user, the oldest first."""
    statements = session.scalars(select(Statement).where(Statement.user_id == user.id).order_by(Statement.id))
    return [StatementSummary.model_validate(statement) for statement in statements]


@router.get("/statements/{statement_id}")
def statement_details(
    statement_id: Annotated[int, Path(ge=1, le=2**31 - 1)], user: SignedInUser, session: DatabaseSession
) -> StatementDetails:
    """A statement with all its transactions."""
    statement = session.get(Statement, statement_id)
    if statement is None:
        raise HTTPException(404, "no such statement")
    if statement.user_id != user.id:
        raise HTTPException(403, "this is somebody else's statement")
    return StatementDetails.model_validate(statement)


@router.get("/transactions")
def search(
    user: SignedInUser,
    session: DatabaseSession,
    text: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    category: Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")] = None,
    month: Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[TransactionDetails]:
    """The user's transactions with this text in payee or reference, of this category and month. The newest first."""
    query = select(Transaction).join(Statement).where(Statement.user_id == user.id)
    if text:
        query = query.where(
            or_(*(column.icontains(text, autoescape=True) for column in (Transaction.payee, Transaction.reference)))
        )
    if category is not None:
        query = query.where(Transaction.category == category)
    if month is not None:
        first, next_first = month_bounds(month)
        query = query.where(Transaction.booked_on >= first, Transaction.booked_on < next_first)
    found = session.scalars(query.order_by(Transaction.booked_on.desc(), Transaction.id.desc()).limit(limit))
    return [TransactionDetails.model_validate(transaction) for transaction in found]


def content_of(file: UploadFile) -> bytes:
    """What a client has uploaded, if it may be a statement."""
    if (file.content_type or "").partition(";")[0] not in TYPES:
        raise StatementRejectedError("a statement is a CSV file")
    content = file.file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise StatementRejectedError("the file is too large", largest=LARGEST_FILE)
    return content


def stored(session: Session, user_id: int, content: bytes) -> Statement:
    """The statement that a file holds, in the database. Its transactions have no categories yet."""
    bank, lines = read_statement(content)
    statement = Statement(user_id=user_id, bank=bank)
    statement.transactions = [
        Transaction(
            booked_on=line.booked_on,
            payee=line.payee,
            reference=line.reference,
            cents=int(line.amount * 100),
            currency=line.currency,
        )
        for line in lines
    ]
    session.add(statement)
    session.commit()
    return statement


def _categorise(sessions: Sessions, cache: RequestCache, statement_id: int, user_id: int) -> None:
    try:
        categorise(sessions, statement_id)
    finally:
        cache.forget(summaries_of(user_id))
