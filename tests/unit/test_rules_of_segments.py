"""What single rules say of the payload of a streamed span."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_sentry_capture import Rule, RuleViews
from pytest_sentry_capture._rules.built_in.requirements import RequiredContext
from pytest_sentry_capture._rules.built_in.values import MaxEventBytes
from pytest_sentry_capture._rules.rule import Judgement
from recordings import capture, recording


def streamed(**payload: Any) -> dict[str, Any]:
    return {"name": "nightly", "is_segment": True, "trace_id": "a" * 32, "status": "ok", **payload}


def judgements(rule: Rule, content: Any, left_out: tuple[str, ...] = ()) -> list[Judgement]:
    return [*rule.judge(RuleViews(recording(capture(content, "span"), left_out_of_spans=left_out)))]


def judged(rule: Rule, **payload: Any) -> list[Judgement]:
    """What a rule says of a streamed span that is a segment."""
    return judgements(rule, streamed(**payload))


def attributes(**values: str) -> dict[str, Any]:
    return {name: {"value": value, "type": "string"} for name, value in values.items()}


RENAMED = {
    "release": "sentry.release",
    "environment": "sentry.environment",
    "dist": "sentry.dist",
    "platform": "sentry.platform",
    "server_name": "server.address",
    "user.id": "user.id",
    "user.email": "user.email",
    "user.ip_address": "user.ip_address",
    "user.username": "user.name",
    "request.method": "http.request.method",
    "request.url": "url.full",
    "request.query_string": "http.query",
    "request.headers.User-Agent": "http.request.header.user-agent",
    "request.headers": "http.request.header.user-agent",
    "request.data": "http.request.body.data",
    "contexts.response.status_code": "http.response.status_code",
    "contexts.trace.op": "sentry.op",
    "contexts.trace.origin": "sentry.origin",
    "contexts.trace.data.http.route": "http.route",
    "transaction_info.source": "sentry.segment.name.source",
}
"""What a path of a transaction is called among the attributes of a span."""


@pytest.mark.parametrize(("path", "attribute"), RENAMED.items())
def test_required_context_is_found_by_the_name_that_it_has_in_spans(path: str, attribute: str) -> None:
    rule = RequiredContext(always=(path,), kinds=("segment",))

    [found] = judged(rule, attributes=attributes(**{attribute: "x", "sentry.sdk.version": "3.0.0"}))
    [missing] = judged(rule, attributes=attributes(other="x"))
    [empty] = judged(rule, attributes=attributes(**{attribute: ""}))

    assert (found.problem, found.obstacle) == (None, None)
    for each in missing, empty:
        assert (each.problem, each.path) == (f"{path} is missing: segment 'nightly'", path)


@pytest.mark.parametrize(
    ("path", "field"),
    [("transaction", "name"), ("contexts.trace.trace_id", "trace_id"), ("contexts.trace.status", "status")],
)
def test_required_context_is_found_beside_the_attributes(path: str, field: str) -> None:
    rule = RequiredContext(always=(path,), kinds=("segment",))

    [found] = judged(rule)
    [missing] = judged(rule, **{field: None})

    assert (found.problem, found.obstacle) == (None, None)
    assert (missing.problem or "").startswith(f"{path} is missing: segment")


@pytest.mark.parametrize(
    "path",
    ["tags.plan", "extra.page", "contexts.order.size", "request.cookies.session", "request.data.password", "message"],
)
def test_required_context_that_spans_have_not_is_not_judged(path: str) -> None:
    alone = judged(RequiredContext(always=(path,), kinds=("segment",)))
    with_another = judged(RequiredContext(always=(path, "transaction"), kinds=("segment",)))

    not_judged = (None, f"spans have no {path} on this SDK")
    assert [(each.problem, each.obstacle) for each in alone] == [not_judged]
    assert [(each.problem, each.obstacle) for each in with_another] == [not_judged, (None, None)]


@pytest.mark.parametrize("path", ["user.id", "user", "request.url"])
def test_what_an_sdk_leaves_out_of_spans_is_not_judged(path: str) -> None:
    rule = RequiredContext(always=(path,), kinds=("segment",))
    there = {"attributes": attributes(**{"user.id": "7", "url.full": "http://testserver/"})}

    [left_out] = judgements(rule, streamed(), left_out=("user", "request.url"))
    [missing] = judgements(rule, streamed())
    [found] = judgements(rule, streamed(**there), left_out=("user", "request.url"))

    assert (left_out.problem, left_out.obstacle) == (None, f"spans have no {path} on this SDK")
    assert (missing.problem, missing.obstacle) == (f"{path} is missing: segment 'nightly'", None)
    assert (found.problem, found.obstacle) == (None, None)


def test_bytes_of_each_span_in_a_batch() -> None:
    batch = {"items": [*(streamed() for _ in range(40)), streamed(attributes=attributes(page="x" * 1000))]}

    found = judgements(MaxEventBytes(bytes=1000), batch)

    assert len(found) == 41
    assert [judgement.problem is not None for judgement in found] == [*[False] * 40, True]
