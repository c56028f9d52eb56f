"""The database: its tables, and a session for each request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request
from sqlalchemy import BigInteger, Dialect, Engine, ForeignKey, Result, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)
from sqlalchemy.types import DateTime, TypeDecorator

from example_app.monitoring import leave_query_breadcrumb

Sessions: TypeAlias = sessionmaker[Session]


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(timezone.utc)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, also with SQLite, which forgets time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLAlchemy's hook for what was read."""
        return value.replace(tzinfo=timezone.utc) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """All tables."""


class User(Base):
    """Somebody with an account here."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]


class AccessToken(Base):
    """A signed-in device of a user. The token itself is not stored."""

    __tablename__ = "access_tokens"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship()


class Statement(Base):
    """An uploaded file of a bank."""

    __tablename__ = "statements"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    bank: Mapped[str]
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    transactions: Mapped[list[Transaction]] = relationship(order_by="Transaction.id", cascade="all, delete-orphan")


class Transaction(Base):
    """A line of a statement."""

    __tablename__ = "transactions"

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id", ondelete="CASCADE"), index=True)
    booked_on: Mapped[date] = mapped_column(index=True)
    payee: Mapped[str]
    reference: Mapped[str]
    cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    category: Mapped[str | None]

    @property
    def amount(self) -> Decimal:
        """In units of the currency."""
        return as_amount(self.cents)


def as_amount(cents: int) -> Decimal:
    """Cents as units of the currency, with two decimals."""
    return Decimal(cents).scaleb(-2)


def connect(url: str) -> Engine:
    """An engine whose errors say which query failed, never with which values."""
    return create_engine(url, hide_parameters=True, pool_pre_ping=True)


@event.listens_for(Session, "do_orm_execute")
def _execute(execution: ORMExecuteState) -> Result[Any]:
    """The SDK leaves a breadcrumb of what is sent to the database, so that none says what could not be sent."""
    try:
        return execution.invoke_statement()
    except DBAPIError as error:
        if error.statement is None:
            leave_query_breadcrumb(str(execution.statement))
        raise


def create_tables(engine: Engine) -> None:
    """Make the tables that aren't there yet."""
    Base.metadata.create_all(engine)


def _session(request: Request) -> Iterator[Session]:
    sessions: Sessions = request.app.state.sessions
    with sessions() as session:
        yield session


DatabaseSession = Annotated[Session, Depends(_session)]
