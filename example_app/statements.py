"""Bank statements: their transactions, and what can be said about them."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Final

from fastapi import APIRouter, HTTPException

from example_app.errors import StatementUnreadableError
from example_app.users import CurrentUser

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/statements", tags=["statements"])

STATEMENTS: Final[dict[int, list[str]]] = {
    1: ["-12.50", "-40.00", "2100.00"],
    2: [],
    3: ["-12.50", "twelve"],
}


def amounts_of(statement_id: int) -> list[Decimal]:
    """The amounts of a statement's transactions."""
    if statement_id not in STATEMENTS:
        raise HTTPException(404, "no such statement")
    try:
        return [Decimal(amount) for amount in STATEMENTS[statement_id]]
    except ArithmeticError as error:
        raise StatementUnreadableError("an amount is no number") from error


@router.get("/{statement_id}")
async def balance(statement_id: int, user: CurrentUser) -> dict[str, str]:
    """The sum of all transactions."""
    return {"balance": str(sum(amounts_of(statement_id)))}


@router.get("/{statement_id}/average")
def average(statement_id: int, user: CurrentUser) -> dict[str, str]:
    """The average amount. An empty statement crashes it: a bug for Sentry to find."""
    amounts = amounts_of(statement_id)
    return {"average": str(sum(amounts, Decimal()) / len(amounts))}


@router.get("/{statement_id}/crash")
def crash(statement_id: int, user: CurrentUser) -> None:
    """Fail on purpose, to see whether errors arrive in Sentry."""
    statement_id / 0


@router.post("/{statement_id}/export", status_code=202)
async def export(statement_id: int, user: CurrentUser) -> dict[str, str]:
    """Ask the bank for a copy. It is known to be unreliable, and a failure can wait."""
    logger.error("export of statement %s failed, will be tried again", statement_id)
    return {"status": "accepted"}
