"""What a transaction was for, judged by who was paid."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from example_app.database import Sessions, Transaction

KEYWORDS: Final = {
    "salary": ("gehalt", "lohn", "salary", "payroll"),
    "groceries": ("rewe", "edeka", "aldi", "lidl", "tesco", "walmart", "whole foods"),
    "rent": ("miete", "rent", "landlord"),
    "transport": ("bahn", "uber", "shell", "fuel", "transit"),
    "utilities": ("strom", "stadtwerke", "electric", "water", "internet", "telekom"),
    "leisure": ("netflix", "spotify", "kino", "cinema", "restaurant", "cafe"),
}

OTHER: Final = "other"


def category_of(payee: str, reference: str) -> str:
    """The first category that a keyword of stands in the payee or the reference."""
    text = f"{payee} {reference}".lower()
    return next((name for name, keywords in KEYWORDS.items() if any(word in text for word in keywords)), OTHER)


def categorise(sessions: Sessions, statement_id: int) -> None:
    """Give each transaction of a statement its category. Runs after the upload was answered."""
    with sessions.begin() as session:
        for transaction in session.scalars(select(Transaction).where(Transaction.statement_id == statement_id)):
            transaction.category = category_of(transaction.payee, transaction.reference)
