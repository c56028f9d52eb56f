"""Reports for pages of runs that never were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from run_reports import dropped, finding, report, row, sentry_contract

ITEM: dict[str, Any] = {
    "level": "error",
    "exceptions": [
        {
            "type": "KeyError",
            "mechanism": "fastapi",
            "handled": False,
            "value": "<text of 10-99>",
            "frames": [
                {
                    "function": "order",
                    "module": "shop.views",
                    "file": "shop/views.py",
                    "line": 31,
                    "variables": ["number"],
                },
                {"function": "find", "module": "shop.orders", "file": "shop/orders.py", "line": 12},
            ],
        }
    ],
    "tags": {"request_id": {"scope": "isolation", "value": "<text of 10-99>"}},
    "user": {"id": "<text of 1-9>", "email": "[Filtered]"},
    "breadcrumbs": {"query": 2, "httplib": 1},
}


def rule(name: str, state: str = "kept", **columns: Any) -> dict[str, Any]:
    """A configured rule."""
    tests = {
        "kept": 0,
        "broken": 0,
        "not_judged": 0,
        **({state.replace(" ", "_"): 3} if state != "not exercised" else {}),
    }
    return {
        "name": name,
        "state": state,
        "severity": "fail",
        "place": "pyproject.toml:4",
        "obstacles": [],
        **tests,
        **columns,
    }


def silent_row(**columns: Any) -> dict[str, Any]:
    """A row of a failure without an event."""
    return row(
        **{
            "kind": None,
            "exception": None,
            "captured": False,
            "level": None,
            "fields": {},
            "state": "silent",
            **columns,
        }
    )


def at(method: str, route: str, status: int) -> dict[str, Any]:
    """The columns of a request."""
    return {"request": {"method": method, "route": route}, "origin": None, "status": status}


def everything() -> dict[str, Any]:
    """A report that has something in each section."""
    crash = row(
        item=ITEM,
        before={**ITEM, "user": {"id": "<text of 1-9>", "email": "<text of 10-99>"}},
        tags=["request_id"],
        user=["id"],
        count=3,
        state="captured",
    )
    missing = row(**at("GET", "/statements/{id}", 404), exception="HTTPException")
    return report(
        crash,
        {**dropped(missing, "before_send", "monitoring.before_send"), "count": 42, "state": "discarded"},
        {**dropped(row(exception="ValueError"), "callback_error", "monitoring.scrub"), "state": "discarded"},
        silent_row(**at("POST", "/payments", 502), count=2),
        silent_row(**at("POST", "/payments", 503), state="Sentry was off"),
        row(**at("GET", "/late", 500), state="waived"),
        outcome="Failed: 1 rule is broken, 1 row differs from the contract.",
        status="failed",
        started="2027-02-03T10:20:30Z",
        duration=155.4,
        versions={"python": "3.11.7", "pytest": "9.0.1", "sentry-sdk": "2.75.0"},
        callbacks=[
            {
                "option": "before_send",
                "name": "monitoring.before_send",
                "file": "monitoring.py",
                "line": 12,
                "calls": 613,
                "passed": 72,
                "changed": 3,
                "dropped": 541,
                "crashed": 0,
            },
            {
                "option": "event_processor",
                "name": "monitoring.scrub",
                "file": "monitoring.py",
                "line": 40,
                "calls": None,
                "passed": None,
                "changed": None,
                "dropped": 0,
                "crashed": 1,
            },
        ],
        waivers=[
            {
                "rule": "no-pii",
                "place": "tests/test_privacy.py::test_export",
                "reason": "the export needs it",
                "until": "2027-03-01",
                "ticket": "SHOP-12",
                "used": True,
                "expired": False,
            },
            {
                "rule": "contract",
                "place": "tests/test_old.py",
                "reason": "is being rewritten",
                "until": "2027-01-31",
                "ticket": None,
                "used": False,
                "expired": True,
            },
        ],
        unused=["'KeyError' in the application's ignore_errors"],
        counts={"event": 45, "segment": 120},
        findings=[
            {
                "rule": "required-tags",
                "severity": "fail",
                "problem": "tags.shop is missing",
                "tests": ["t.py::a", "t.py::b"],
            }
        ],
        rules=[
            rule("required-tags", "broken"),
            rule("no-pii"),
            rule("tag-values", "not judged", obstacles=["spans have no tags on this SDK"]),
        ],
        personal_data=[finding("extra.form.email")],
        contract={
            "updated": False,
            "differences": [
                {"state": "new", "summary": "event KeyError, GET /orders 500: captured", "before": None, "after": None}
            ],
        },
    )


def page(content: dict[str, Any], folder: Path, *options: str | Path) -> Path:
    """The page that ``sentry-contract render`` makes of a report."""
    source, target = folder / "run.json", folder / "monitoring.html"
    source.write_text(json.dumps(content), encoding="utf-8")
    assert sentry_contract("render", source, "-o", target, *options) == 0
    return target
