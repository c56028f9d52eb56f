"""``forbidden-data`` finds the same on every SDK, in transactions and in spans."""

from __future__ import annotations

import pytest

APPLICATION = """
import any_sdk
import pytest
import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

@pytest.mark.parametrize("case", ["header", "user", "body", "query", "nothing"])
def test_orders(case):
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0, **OPTIONS)
    app = FastAPI()

    @app.post("/orders")
    def order(order: dict[str, str]) -> int:
        return 1

    if case == "user":
        sentry_sdk.set_user({"email": "jane@shop.example"})
    TestClient(app).post(
        "/orders" + ("?iban=DE12" if case == "query" else ""),
        json={"iban": "DE12"} if case == "body" else {},
        headers={"Iban": "DE12"} if case == "header" else {},
    )
"""
LIFECYCLES = [
    pytest.param("any_sdk.with_personal_data()", id="of the SDK's own"),
    pytest.param(
        "{**any_sdk.with_personal_data(), 'trace_lifecycle': 'stream'}",
        marks=pytest.mark.needs("streamed spans"),
        id="streamed",
    ),
]


@pytest.mark.parametrize("options", LIFECYCLES)
def test_the_same_data_is_found_in_transactions_and_spans(pytester: pytest.Pytester, options: str) -> None:
    pytester.makepyprojecttoml('[tool.sentry_capture.rules]\nforbidden-data = { keys = ["iban", "email"] }')
    pytester.makepyfile(APPLICATION.replace("OPTIONS", options))

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, failed=4)
