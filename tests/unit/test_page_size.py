"""A page of many rows is made quickly, and is not large."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest

from pages import ITEM, everything
from pytest_sentry_capture._reports.page.whole_page import render_page

ROWS = 1000
EXAMPLE: dict[str, Any] = {
    **ITEM,
    "exceptions": [
        {
            **ITEM["exceptions"][0],
            "frames": [
                {
                    "function": f"handle_order_{number}",
                    "module": f"shop.orders.views_{number}",
                    "file": f"shop/orders/views_{number}.py",
                    "line": 12,
                    "variables": ["customer", "order"],
                }
                for number in range(8)
            ],
        }
    ],
}
assert 1250 < len(json.dumps(EXAMPLE, separators=(",", ":"))) <= 1536


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


@pytest.mark.parametrize("before", [None, EXAMPLE])
def test_a_thousand_rows_are_a_page_of_two_megabytes_at_most(before: Any) -> None:
    content = large_report()
    for row in content["rows"]:
        row["before"] = before

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
