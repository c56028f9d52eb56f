# mypy: ignore-errors
"""Crashes in SQLAlchemy, and in drivers."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, create_engine, event, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from tests.payloads.recorder import record


class Base(DeclarativeBase):
    """All tables."""


class Author(Base):
    """An author."""

    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(10), unique=True)
    password_hash: Mapped[str | None]
    token_version: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime] = mapped_column(default=datetime(2024, 1, 31))
    books: Mapped[list[Book]] = relationship(back_populates="author")


class Book(Base):
    """A book."""

    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")


def engine() -> Any:
    made = create_engine("sqlite://")
    Base.metadata.create_all(made)
    return made


def not_unique() -> None:
    with Session(engine()) as session:
        session.add_all([Author(name="shop"), Author(name="shop")])
        session.commit()


def not_null() -> None:
    with Session(engine()) as session:
        session.add(Book(title="A"))
        session.commit()


def no_table() -> None:
    with engine().connect() as connection:
        connection.execute(text("SELECT token, auth FROM api_tokens WHERE author = :author"), {"author": 3})


def no_row() -> None:
    with Session(engine()) as session:
        session.execute(select(Author).where(Author.name == "nobody", Author.token_version > 1)).scalar_one()


def detached() -> None:
    with Session(engine()) as session:
        author = Author(name="shop")
        session.add(author)
        session.commit()
    print(author.books)


def syntax() -> None:
    with engine().connect() as connection:
        connection.execute(text("SELEC password FRM users -- 2024-01-31"))


def bad_type() -> None:
    with Session(engine()) as session:
        session.add(Author(name="a", created="2024-01-31"))  # type: ignore[arg-type]
        session.commit()


def in_loop() -> None:
    with Session(engine()) as session:
        for number in range(3):
            author = Author(name=f"author {number}")
            session.add(author)
            session.flush()
            author.books.append(Book(title=f"book {1 / (1 - number)}"))


def nested() -> None:
    with Session(engine()) as session, session.begin(), session.begin_nested():
        raise RuntimeError("rolled back")


def many_parameters() -> None:
    with engine().connect() as connection:
        rows = [{"id": number, "name": f"author {number}", "hash": None} for number in range(5)]
        connection.execute(text("INSERT INTO authors (id, name, password_hash) VALUES (:id, :name, :hash)"), rows)


def listener() -> None:
    made = engine()

    @event.listens_for(made, "before_cursor_execute")
    def stop(*_: Any) -> None:
        raise PermissionError("read only")

    with made.connect() as connection:
        connection.execute(text("SELECT 1"))


def url() -> None:
    address = URL.create("postgresql", host="127.0.0.1", port=5432, database="shop")
    create_engine(address.set(drivername="nodriver")).connect()


def driver() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("SELECT * FROM sessions WHERE token IS NULL")


def pool() -> None:
    made = create_engine("sqlite://", pool_timeout=0, pool_recycle=3600)
    made.pool.dispose()
    made.raw_connection().cursor().execute("SELECT")


def payloads() -> Any:
    """What the SDK would have sent."""
    programs = (
        not_unique, not_null, no_table, no_row, detached, syntax, bad_type, in_loop, nested, many_parameters, listener,
        url, driver, pool,
    )  # fmt: skip
    yield from record({f"sqlalchemy {program.__name__}": program for program in programs})
