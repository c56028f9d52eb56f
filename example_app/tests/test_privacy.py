"""What may never reach Sentry, wherever in an event, a transaction or a log it might sit."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from example_app.monitoring import FILTERED, scrub
from example_app.tests.conftest import (
    SECRETS_OF_SPARKASSE,
    SPARKASSE,
    WRONG_PASSWORD,
    SignedIn,
    assert_nowhere,
    upload,
)
from pytest_sentry_capture import SentryCapture


def test_a_wrong_password(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    answer = client.post("/tokens", json={"email": alice.email, "password": WRONG_PASSWORD})

    assert answer.status_code == 401
    sentry_capture.assert_captured("transaction", transaction="/tokens", status_code=401)
    assert_nowhere(sentry_capture, alice.email, WRONG_PASSWORD)


def test_a_crash_during_sign_in(
    client: TestClient, alice: SignedIn, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(password: str, hashed: str) -> bool:
        raise MemoryError(f"{alice.email}: {len(password)} characters")

    monkeypatch.setattr("example_app.accounts.passwords.verify", verify)

    answer = client.post("/tokens", json={"email": alice.email, "password": WRONG_PASSWORD})

    assert answer.status_code == 500
    sentry_capture.assert_captured(message=f"{FILTERED}: {len(WRONG_PASSWORD)} characters")
    assert_nowhere(sentry_capture, alice.email, WRONG_PASSWORD)


@pytest.mark.usefixtures("parser_that_crashes")
def test_an_upload_that_crashes_the_parser(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    answer = upload(client, alice, SPARKASSE)

    assert answer.status_code == 500
    event = sentry_capture.assert_captured(exception=RuntimeError)
    assert event.message == f"{FILTERED}: no rule for 'Karte {FILTERED}'"
    assert not any("vars" in frame for frame in event["exception"]["values"][0]["stacktrace"]["frames"])
    assert not event.request.get("data")
    assert event.breadcrumbs[-1]["message"] == f"reading Karte {FILTERED}"
    sentry_capture.assert_captured("transaction", transaction="/statements", status_code=500)
    assert_nowhere(sentry_capture, *SECRETS_OF_SPARKASSE, "Muster GmbH", alice.email)


def test_what_was_searched_for(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    assert client.get("/transactions?text=divorce+lawyer", headers=alice.headers).status_code == 200

    transaction = sentry_capture.assert_captured("transaction", transaction="/transactions")
    assert transaction.request["query_string"] == f"text={FILTERED}"
    assert_nowhere(sentry_capture, "divorce", "lawyer")


@pytest.mark.parametrize(
    ("message", "scrubbed"),
    [
        (
            'null value in column "payee" is missing\nDETAIL:  Failing row contains (1, null, two\nlines, 4).',
            'null value in column "payee" is missing\nDETAIL:[Filtered]',
        ),
        (
            "duplicate key\nDETAIL:  Key (email)=(not (an) email) already exists.\n[SQL: INSERT INTO users]",
            "duplicate key\nDETAIL:[Filtered]\n[SQL: INSERT INTO users]",
        ),
        (
            'invalid input syntax for type integer: "my landlord"\n[SQL: SELECT 1]',
            "[Filtered]\n[SQL: SELECT 1]",
        ),
    ],
)
def test_postgresql_tells_no_values(message: str, scrubbed: str) -> None:
    assert scrub({"message": message}) == {"message": scrubbed}


COUNTRIES = st.sampled_from(["DE", "FR", "GB", "NO", "MT"])


@given(COUNTRIES, st.integers(10, 98), st.integers(10**11, 10**30 - 1), st.booleans())
def test_every_account_number_is_scrubbed(country: str, check: int, account: int, grouped: bool) -> None:
    number = f"{country}{check}{account}"
    written = " ".join(number[start : start + 4] for start in range(0, len(number), 4)) if grouped else number

    assert scrub({"message": f"paid to {written}, again"}) == {"message": f"paid to {FILTERED}, again"}


@given(st.integers(10**12, 10**19 - 1), st.sampled_from([" ", "-", ""]))
def test_every_card_number_is_scrubbed(number: int, separator: str) -> None:
    digits = str(number)
    written = separator.join(digits[start : start + 4] for start in range(0, len(digits), 4))

    assert scrub({"extra": {"cards": [f"({written})"]}}) == {"extra": {"cards": [f"({FILTERED})"]}}
