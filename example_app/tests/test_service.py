"""What the service does for its users, and that it is not reported."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from example_app.cache import Cache
from example_app.statements import LARGEST_FILE
from example_app.tests.conftest import SPARKASSE, SignedIn, upload
from pytest_sentry_capture import SentryCapture

REVOLUT = """\
Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance
CARD_PAYMENT,Current,2026-02-01 10:00:00,2026-02-02 11:30:00,Spotify,-9.99,0.00,EUR,COMPLETED,90.01
TRANSFER,Current,2026-02-03 10:00:00,2026-02-03 10:00:00,"Smith, John",12.50,0.00,GBP,COMPLETED,12.50
"""

CHASE = """\
Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #
DEBIT,03/14/2026,WHOLE FOODS MARKET,-61.20,DEBIT_CARD,938.80,,
CREDIT,03/15/2026,PAYROLL ACME,1000.00,ACH_CREDIT,1938.80,,
"""


@pytest.fixture(autouse=True)
def _nothing_is_captured(sentry_capture: SentryCapture) -> Iterator[None]:
    yield
    sentry_capture.assert_nothing_captured()


@pytest.mark.parametrize(
    ("content", "bank", "transactions"),
    [
        pytest.param(
            SPARKASSE,
            "Sparkasse",
            [
                ("2026-01-02", "Muster GmbH", "3210.00", "EUR", "salary"),
                ("2026-01-05", "REWE Markt", "-54.30", "EUR", "groceries"),
                ("2026-01-07", "Stadtwerke", "-80.00", "EUR", "utilities"),
            ],
            id="Sparkasse",
        ),
        pytest.param(
            REVOLUT,
            "Revolut",
            [
                ("2026-02-02", "Spotify", "-9.99", "EUR", "leisure"),
                ("2026-02-03", "Smith, John", "12.50", "GBP", "other"),
            ],
            id="Revolut",
        ),
        pytest.param(
            CHASE,
            "Chase",
            [
                ("2026-03-14", "WHOLE FOODS MARKET", "-61.20", "USD", "groceries"),
                ("2026-03-15", "PAYROLL ACME", "1000.00", "USD", "salary"),
            ],
            id="Chase",
        ),
        pytest.param(SPARKASSE.splitlines()[0], "Sparkasse", [], id="no transactions"),
        pytest.param(
            SPARKASSE.replace("Muster", "Müster").encode("cp1252"),
            "Sparkasse",
            [
                ("2026-01-02", "Müster GmbH", "3210.00", "EUR", "salary"),
                ("2026-01-05", "REWE Markt", "-54.30", "EUR", "groceries"),
                ("2026-01-07", "Stadtwerke", "-80.00", "EUR", "utilities"),
            ],
            id="the encoding of Windows",
        ),
    ],
)
def test_a_statement_is_stored(
    client: TestClient, alice: SignedIn, content: str | bytes, bank: str, transactions: list[tuple[str, ...]]
) -> None:
    uploaded = upload(client, alice, content)

    assert uploaded.status_code == 201, uploaded.text
    assert uploaded.json()["bank"] == bank
    assert uploaded.json() in client.get("/statements", headers=alice.headers).json()
    stored = client.get(f"/statements/{uploaded.json()['id']}", headers=alice.headers).json()["transactions"]
    names = ("booked_on", "payee", "amount", "currency", "category")
    assert [tuple(each[name] for name in names) for each in stored] == transactions


@pytest.mark.parametrize(
    ("content", "media_type", "error"),
    [
        pytest.param("", "text/csv", "no bank that is known writes such files", id="empty"),
        pytest.param("a;b\n1;2\n", "text/csv", "no bank that is known writes such files", id="unknown bank"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00", "text/csv", "the file is not a text", id="a picture"),
        pytest.param(b"\x81\x8d", "text/csv", "the file is not a text", id="no known encoding"),
        pytest.param(SPARKASSE, "application/pdf", "a statement is a CSV file", id="wrong type"),
        pytest.param(" " * (LARGEST_FILE + 1), "text/csv", "the file is too large", id="too large"),
        pytest.param(SPARKASSE.replace("02.01.26", "31.02.26"), "text/csv", "a date makes no sense", id="date"),
        pytest.param(SPARKASSE.replace("-54,30", "much"), "text/csv", "an amount makes no sense", id="amount"),
        pytest.param(SPARKASSE.replace("-54,30", "NaN"), "text/csv", "an amount makes no sense", id="no number"),
        pytest.param(SPARKASSE.replace("-54,30", "1e999"), "text/csv", "an amount makes no sense", id="huge"),
        pytest.param(SPARKASSE + '"' + "x" * 200_000, "text/csv", "the file is not a CSV file", id="no CSV"),
    ],
)
def test_a_file_is_rejected(
    client: TestClient, alice: SignedIn, content: str | bytes, media_type: str, error: str
) -> None:
    before = client.get("/statements", headers=alice.headers).json()

    answer = upload(client, alice, content, media_type)

    assert answer.status_code == 422
    assert answer.json()["error"] == error
    assert client.get("/statements", headers=alice.headers).json() == before


def test_a_month_is_summarized(client: TestClient, bob: SignedIn) -> None:
    assert client.get("/summaries/2026-01", headers=bob.headers).json()["income"] == {}
    upload(client, bob, SPARKASSE)
    upload(client, bob, REVOLUT)

    summary = client.get("/summaries/2026-01", headers=bob.headers).json()

    assert summary == {
        "month": "2026-01",
        "income": {"EUR": "3210.00"},
        "expenses": {"EUR": "-134.30"},
        "categories": {
            "salary": {"EUR": "3210.00"},
            "groceries": {"EUR": "-54.30"},
            "utilities": {"EUR": "-80.00"},
        },
    }


def test_a_summary_is_cached(client: TestClient, bob: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    made = client.get("/summaries/2026-02", headers=bob.headers).json()

    with monkeypatch.context() as patch:
        patch.setattr(Cache, "set", None)
        assert client.get("/summaries/2026-02", headers=bob.headers).json() == made


def test_transactions_are_searched(client: TestClient, alice: SignedIn) -> None:
    upload(client, alice, CHASE)

    def found(**parameters: str | int) -> list[str]:
        answer = client.get("/transactions", params=parameters, headers=alice.headers)
        return [each["payee"] for each in answer.json()]

    assert "WHOLE FOODS MARKET" in found(text="foods")
    assert set(found(category="salary", month="2026-03")) == {"PAYROLL ACME"}
    assert found(text="%") == []
    assert len(found(limit=1)) == 1


@pytest.mark.parametrize("month", ["2026-13", "0000-01", "9999-12"])
def test_there_is_no_such_month(client: TestClient, alice: SignedIn, month: str) -> None:
    assert client.get(f"/summaries/{month}", headers=alice.headers).status_code == 422


def test_an_email_has_one_account(client: TestClient, alice: SignedIn) -> None:
    answer = client.post("/users", json={"email": alice.email, "password": "another long password"})

    assert answer.status_code == 422
    assert answer.json()["error"] == "this email has an account"


def test_who_am_i(client: TestClient, alice: SignedIn) -> None:
    assert client.get("/users/me", headers=alice.headers).json() == {"id": int(alice.id), "email": alice.email}


@pytest.mark.parametrize("sent", ["r-1", "a b", "x" * 65, ""])
def test_every_answer_has_an_id_and_security_headers(client: TestClient, sent: str) -> None:
    answer = client.get("/health", headers={"X-Request-ID": sent})

    request_id = answer.headers["X-Request-ID"]
    assert request_id == sent if sent == "r-1" else len(request_id) == 32
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
