"""Where spans have what a path of transactions leads to."""

from __future__ import annotations

from pytest_sentry_capture._recording.attribute_names import attribute_name, field_name, span_path


def test_where_the_paths_of_a_transaction_lead() -> None:
    assert span_path("transaction") == "name"
    assert span_path("request.method") == "attributes.http.request.method.value"
    assert span_path("request.data.item") is None, "it is one text in a span"
    assert span_path("tags.shop") is None
    assert attribute_name("contexts.cart.size") is None
    assert field_name("contexts.trace.trace_id") == "trace_id"
