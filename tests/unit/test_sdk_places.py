"""What of an event the SDK writes itself, of which an application can fix nothing."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_sentry_capture import CapturedEvent
from pytest_sentry_capture._relay.privacy import PiiSearch
from pytest_sentry_capture._rules.built_in.sdk_places import is_written_by_sdk

FRAME = {"function": "login", "filename": "shop/views.py", "vars": {"form": {"to": "jane@shop.example"}}}
PAYLOAD: dict[str, Any] = {
    "transaction": "/orders/{order}",
    "transaction_info": {"source": "route"},
    "breadcrumbs": {"values": [{"type": "http", "category": "httplib"}, {"category": "auth"}, {"type": "log"}]},
    "spans": [{"origin": "auto.db.sqlalchemy"}, {"origin": "manual"}, {}],
    "contexts": {"trace": {"origin": "auto.http.starlette"}},
    "exception": {"values": [{"stacktrace": {"frames": [FRAME]}}]},
}
OF_SDK = [
    "exception.values.0.stacktrace.frames.0.vars.form", "exception.values.0.stacktrace.frames.0.vars",
    "exception.values.0.stacktrace.frames.0.pre_context.1", "exception.0.stacktrace.frames",
    "stacktrace.frames.1.vars.a", "threads.values.0.stacktrace.frames.2.vars.a.b",
    "exception.values.0.mechanism.data", "request.content_length", "request.data.a",
    "contexts.runtime.build", "contexts.response.headers", "contexts.trace.data.http.query",
    "extra.sys.argv", "extra.sys.argv.3", "extra.celery-job.args.0", "user.ip_address",
    "breadcrumbs.values.0.data.url", "spans.0.description", "spans.0.data.db.query", "transaction",
    "server_name", "sdk.integrations",
]  # fmt: skip
OF_APPLICATION = [
    "", "exception.values.0.value", "exception.values.0.stacktraces", "extra.order", "extra.sys.argvs",
    "contexts.order.a", "contexts.runtimes", "user.id", "tags.plan", "breadcrumbs.values.1.data.note",
    "breadcrumbs.values.2.message", "breadcrumbs.values.9.message", "spans.1.description",
    "spans.2.data.note", "requests.a", "release", "environment", "level", "fingerprint.0",
    "logentry.params.0", "message",
]  # fmt: skip


@pytest.mark.parametrize("path", OF_SDK)
def test_written_by_the_sdk(path: str) -> None:
    assert is_written_by_sdk(PAYLOAD, path)


@pytest.mark.parametrize("path", OF_APPLICATION)
def test_written_by_the_application(path: str) -> None:
    assert not is_written_by_sdk(PAYLOAD, path)


def test_a_name_and_data_of_an_own_transaction_are_the_applications() -> None:
    own = {"transaction_info": {"source": "custom"}, "contexts": {"trace": {"origin": "manual"}}}

    assert not is_written_by_sdk(own, "transaction")
    assert not is_written_by_sdk(own, "contexts.trace.data.note")
    assert not is_written_by_sdk({"transaction": "nightly"}, "transaction")
    assert is_written_by_sdk(own, "contexts.trace.status")


@pytest.mark.needs("Sentry's own engine")
def test_a_finding_of_pii_says_where_it_is_in_words() -> None:
    [found] = PiiSearch().findings(CapturedEvent(PAYLOAD))

    assert found.path == "exception.values.0.stacktrace.frames.0.vars.form.to"
    assert found.place == "to of variable 'form' in login (shop/views.py)"
    assert "place=" in repr(found)
