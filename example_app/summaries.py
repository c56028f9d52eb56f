"""What a month cost, by category. Answers are cached until the next upload, an hour at most."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel
from sqlalchemy import func, select

from example_app.accounts import SignedInUser
from example_app.cache import RequestCache
from example_app.categories import OTHER
from example_app.database import DatabaseSession, Statement, Transaction, as_amount

CACHED_SECONDS: Final = 3600

router = APIRouter(tags=["summaries"])


class Summary(BaseModel):
    """Income and expenses of a month, in each currency."""

    month: str
    income: dict[str, Decimal]
    expenses: dict[str, Decimal]
    categories: dict[str, dict[str, Decimal]]


@router.get("/summaries/{month}")
def summary(
    month: Annotated[str, Path(pattern=r"^\d{4}-\d{2}$")],
    user: SignedInUser,
    session: DatabaseSession,
    cache: RequestCache,
) -> Summary:
    """What the user earned and spent in a month."""
    month_bounds(month)
    cached = cache.get(summaries_of(user.id), month)
    if cached is not None:
        return Summary.model_validate_json(cached)
    made = _summarize(session, user.id, month)
    cache.set(summaries_of(user.id), month, made.model_dump_json(), CACHED_SECONDS)
    return made


def summaries_of(user_id: int) -> str:
    """The name under which the summaries of a user are cached."""
    return f"summaries:{user_id}"


def month_bounds(month: str) -> tuple[date, date]:
    """The first day of a month and the first of the next. 422 for what is not a month."""
    year, number = int(month[:4]), int(month[5:])
    try:
        first = date(year, number, 1)
        return first, first.replace(year=year + number // 12, month=number % 12 + 1)
    except ValueError:
        raise HTTPException(422, "there is no such month") from None


def _summarize(session: DatabaseSession, user_id: int, month: str) -> Summary:
    first, next_first = month_bounds(month)
    rows = session.execute(
        select(
            Transaction.category,
            Transaction.currency,
            func.sum(Transaction.cents).filter(Transaction.cents > 0),
            func.sum(Transaction.cents).filter(Transaction.cents < 0),
        )
        .join(Statement)
        .where(Statement.user_id == user_id, Transaction.booked_on >= first, Transaction.booked_on < next_first)
        .group_by(Transaction.category, Transaction.currency)
    )
    made = Summary(month=month, income={}, expenses={}, categories={})
    for category, currency, income, expenses in rows:
        of_category = made.categories.setdefault(category or OTHER, {})
        _add(of_category, currency, (income or 0) + (expenses or 0))
        _add(made.income, currency, income or 0)
        _add(made.expenses, currency, expenses or 0)
    return made


def _add(sums: dict[str, Decimal], currency: str, cents: int | Decimal) -> None:
    sums[currency] = sums.get(currency, Decimal()) + as_amount(int(cents))
