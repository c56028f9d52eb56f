"""What may never reach Sentry, wherever in an event, a transaction, a span or a log it might sit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from example_app.monitoring import (
    FILTERED,
    SINCE_3,
    before_send_span,
    before_send_span_with_personal_data,
    scrub,
    without_secrets,
)
from example_app.tests.conftest import (
    SECRETS_OF_SPARKASSE,
    SPARKASSE,
    WRONG_PASSWORD,
    SignedIn,
    assert_nowhere,
    upload,
)
from pytest_sentry_capture import SentryCapture

WHO_ASKS = {
    "Cookie": "theme=solarized; visitor=v-4711",
    "Referer": "https://bank.example.com/search?text=divorce",
    "Forwarded": "for=203.0.113.7",
    "X-Forwarded-For": "203.0.113.7",
    "X-Real-IP": "203.0.113.7",
    "True-Client-IP": "203.0.113.7",
    "X-Api-Key": "open sesame",
    "X-User-Email": "carol@example.com",
    "X-Ghost": "an unknown header, whose name has that of a known one in it",
    "Accept-Language": "gsw-CH",
}
"""Headers that browsers, proxies and clients send."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/transactions?text=divorce+lawyer&category=rent", id="works"),
        pytest.param("/debug/crash?text=divorce+lawyer", id="crashes"),
        pytest.param("/debug/logged-error?text=divorce+lawyer", id="is logged"),
        pytest.param("/transactions?limit=divorce", id="makes no sense"),
        pytest.param("/nowhere/carol%40example.com?text=divorce+lawyer", id="leads nowhere"),
    ],
)
def test_who_asks_for_what(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture, path: str) -> None:
    client.get(path, headers={**alice.headers, **WHO_ASKS})

    sentry_capture.assert_captured("segment", op="http.server", path=path.partition("?")[0].replace("%40", "@"))
    token = alice.headers["Authorization"].split()[1]
    assert_nowhere(sentry_capture, token, alice.email, "divorce", "lawyer", "=rent", *WHO_ASKS.values())
    assert_nowhere(sentry_capture, "solarized", "v-4711", "203.0.113.7", "carol", "gsw-CH")


def test_a_body(client: TestClient, sentry_capture: SentryCapture) -> None:
    body = {"email": "dave@example.com", "password": "a long password", "iban": "DE02120300000000202051"}

    assert client.post("/users", json=body, headers={"Cookie": "session=s-4711"}).status_code == 201

    sentry_capture.assert_captured("segment", name="/users", status_code=201)
    assert_nowhere(sentry_capture, *body.values(), "s-4711", "argon2")


def test_a_wrong_password(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    answer = client.post("/tokens", json={"email": alice.email, "password": WRONG_PASSWORD})

    assert answer.status_code == 401
    sentry_capture.assert_captured("segment", name="/tokens", status_code=401)
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
    sentry_capture.assert_captured("segment", name="/statements", status_code=500)
    assert_nowhere(sentry_capture, *SECRETS_OF_SPARKASSE, "Muster GmbH", alice.email)


def test_what_was_searched_for(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    assert client.get("/transactions?text=divorce+lawyer", headers=alice.headers).status_code == 200

    segment = sentry_capture.assert_captured("segment", name="/transactions")
    if SINCE_3:
        assert segment.attributes["http.query"] == "text=%5BFiltered%5D"
        assert segment.attributes["url.full"] == "http://testserver/transactions?text=%5BFiltered%5D"
    else:
        assert segment["request"]["query_string"] == f"text={FILTERED}"
    assert_nowhere(sentry_capture, "divorce", "lawyer")


def test_secrets_beside_a_log_message(
    client: TestClient,
    alice: SignedIn,
    sentry_capture: SentryCapture,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "example_app")
    token = alice.headers["Authorization"].split()[1]
    secrets = {"access_token": token, "attempt": {"password": WRONG_PASSWORD, "number": 2}}

    def log(message: str, *arguments: object) -> None:
        logging.getLogger("example_app.banks").info("asking the bank", extra=secrets)
        logging.getLogger("example_app.banks").error(message, *arguments, extra=secrets)

    monkeypatch.setattr("example_app.debug.logger.error", log)

    client.get("/debug/logged-error", headers=alice.headers)

    event = sentry_capture.assert_captured(logger="example_app.banks")
    filtered = {"access_token": FILTERED, "attempt": {"password": FILTERED, "number": 2}}
    assert filtered.items() <= event.extra.items()
    assert filtered.items() <= event.breadcrumbs[-1]["data"].items()
    assert sentry_capture.logs == []
    assert_nowhere(sentry_capture, token, WRONG_PASSWORD)


def test_a_span_without_personal_data() -> None:
    """As SDK 3 would send it by default. Its name and attributes are all that the hook can change."""
    span = {
        "span_id": "4111111111111111",
        "name": "GET /users/alice@example.com",
        "attributes": {
            "http.request.body.data": '{"email": "alice@example.com", "password": "open sesame"}',
            "http.request.header.cookie": ["visitor=v-4711"],
            "http.request.header.host": ["testserver"],
            "http.request.header.referer": ["https://bank.example.com/alice"],
            "http.response.status_code": 200,
            "process.command_args": ["service", "--key", "4711"],
            "sentry.segment.id": "4111111111111111",
            "sentry.segment.name": "GET /users/alice@example.com",
        },
    }

    assert before_send_span(span, {}) == {
        "span_id": "4111111111111111",
        "name": f"GET /users/{FILTERED}",
        "attributes": {
            "http.request.body.data": f'{{"email": "{FILTERED}", "password": "{FILTERED}"}}',
            "http.request.header.cookie": [FILTERED],
            "http.request.header.host": ["testserver"],
            "http.request.header.referer": [FILTERED],
            "http.response.status_code": 200,
            "process.command_args": [FILTERED],
            "sentry.segment.id": "4111111111111111",
            "sentry.segment.name": f"GET /users/{FILTERED}",
        },
    }


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 900 + '"open sesame"' + "}" * 900, "password=open sesame"])
@pytest.mark.parametrize("before_send", [before_send_span, before_send_span_with_personal_data])
def test_a_span_that_cannot_be_scrubbed(
    before_send: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]], body: str
) -> None:
    """SDK 3 sends a span as it was when the hook fails."""
    span = {"span_id": "b7ad6b7169203331", "name": "a name", "attributes": {"http.request.body.data": body}}

    sent = before_send(span, {})

    assert sent["span_id"] == span["span_id"]
    assert "name" in sent
    assert "sesame" not in str(sent)
    assert "[[[" not in str(sent)


def test_secrets_are_known_by_their_names() -> None:
    assert without_secrets(
        {
            "extra": {"DB_PASSWORD": "a", "api-key": "b", "'Authorization'": "c", "csrftoken": "d", "sessionid": ["e"]},
            "contexts": {"browser": {"PHPSESSID": "g", "connect.sid": "h", "user_session": "i", "auth": "j"}},
            "breadcrumbs": {"values": [{"data": {"client_secret": "f", "count": 3}}]},
            "message": "asked with Bearer a.b-c_d==, in vain",
            "request": {"cookies": {"theme": "dark"}, "headers": {"host": "testserver"}},
            "_meta": {"request": {"headers": {"cookie": {"": {"rem": [["!config", "s"]]}}}}},
        }
    ) == {
        "extra": {
            "DB_PASSWORD": FILTERED,
            "api-key": FILTERED,
            "'Authorization'": FILTERED,
            "csrftoken": FILTERED,
            "sessionid": [FILTERED],
        },
        "contexts": {
            "browser": {"PHPSESSID": FILTERED, "connect.sid": FILTERED, "user_session": FILTERED, "auth": FILTERED}
        },
        "breadcrumbs": {"values": [{"data": {"client_secret": FILTERED, "count": 3}}]},
        "message": f"asked with Bearer {FILTERED}, in vain",
        "request": {"cookies": {"theme": FILTERED}, "headers": {"host": "testserver"}},
        "_meta": {"request": {"headers": {"cookie": {"": {"rem": [["!config", "s"]]}}}}},
    }


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
