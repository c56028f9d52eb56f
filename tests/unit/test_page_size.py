"""A page of many rows is made quickly, and is not large."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

from pages import everything
from pytest_sentry_capture._reports.page.whole_page import render_page

ROWS = 1000
EXAMPLE = {
    "level": "error",
    "exception": [
        {
            "type": "sqlalchemy.exc.OperationalError",
            "frames": [f"shop/orders/views_{number}.py, handle_order_{number}, line {number}12" for number in range(13)],
            "vars": [f"variable_{number}" for number in range(20)],
        }
    ],
    "breadcrumbs": ["httplib", "query", "logging"] * 5,
    "contexts": ["runtime", "trace", "response"],
    "message": "text, 10 to 99 characters",
}
assert 1200 < len(json.dumps(EXAMPLE)) <= 1536


def large_report() -> dict[str, Any]:
    """A report of as many rows as the largest services have, each with a whole example."""
    content = everything()
    first = content["rows"][0]
    content["rows"] = [
        {
            **first,
            "request": {"method": "POST", "route": f"/shops/{{shop_id}}/orders/{number}/items"},
            "example": f"tests/api/test_orders_{number}.py::test_an_order_that_fails",
            "fields": {f"exception.values.stacktrace.frames.vars.{name}": "sent" for name in range(40)},
            "item": EXAMPLE,
            "before": None,
        }
        for number in range(ROWS)
    ]
    return content


def test_a_thousand_rows_are_a_page_of_two_megabytes_at_most() -> None:
    content = large_report()

    source = render_page(content)

    assert source.count('id="row-') == ROWS
    assert len(source.encode()) <= 2_000_000


def test_a_thousand_rows_take_a_second_and_200_megabytes_at_most() -> None:
    content = large_report()
    start = time.process_time()
    render_page(content)
    taken = time.process_time() - start

    tracemalloc.start()
    render_page(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert taken <= 1
    assert peak <= 200_000_000
