"""``sentry-contract diff``: what was only renamed between transactions and spans is not a difference."""

from __future__ import annotations

from typing import Any

import pytest

from run_reports import NOTHING, diff, differences, finding, report, row, segment_row

RENAMED = [
    ("contexts.response.status_code", "http.response.status_code"),
    ("contexts.runtime.name", "process.runtime.name"),
    ("contexts.runtime.version", "process.runtime.version"),
    ("contexts.trace.data.db.system", "db.system"),
    ("contexts.trace.op", "sentry.op"),
    ("contexts.trace.origin", "sentry.origin"),
    ("dist", "sentry.dist"),
    ("environment", "sentry.environment"),
    ("extra.sys.argv", "process.command_args"),
    ("platform", "sentry.platform"),
    ("release", "sentry.release"),
    ("request.data.item", "http.request.body.data.item"),
    ("request.data.item", "http.request.body.data"),
    ("request.env.REMOTE_ADDR", "client.address"),
    ("request.headers.X-Shop", "http.request.header.x-shop"),
    ("request.method", "http.request.method"),
    ("request.query_string", "http.query"),
    ("request.url", "url.full"),
    ("server_name", "server.address"),
    ("transaction_info.source", "sentry.segment.name.source"),
    ("user.email", "user.email"),
    ("user.id", "user.id"),
    ("user.ip_address", "user.ip_address"),
    ("user.username", "user.name"),
    ("contexts.trace.status", "status"),
    ("extra.rq-job.func", "code.function.name"),
    ("extra.rq-job.job_id", "messaging.message.id"),
    ("request.env.SERVER_NAME", "server.address"),
    ("request.env.SERVER_PORT", "server.port"),
]


@pytest.mark.parametrize(("path", "name"), RENAMED)
def test_a_renaming_is_not_a_difference(path: str, name: str) -> None:
    before = report(segment_row({"transaction": "sent", path: "sent"}))
    after = report(segment_row({"name": "sent", name: "sent"}), sdk="3.0.0")

    assert diff(before, after)[2:] == NOTHING
    assert diff(after, before)[2:] == NOTHING


@pytest.mark.parametrize(("path", "name"), RENAMED)
def test_a_renamed_field_in_another_state_is_one(path: str, name: str) -> None:
    before = report(segment_row({"transaction": "sent", path: "filtered"}))
    after = report(segment_row({"name": "sent", name: "sent"}), sdk="3.0.0")
    told = "http.request.body.data.item" if path == "request.data.item" else name

    assert differences(diff(before, after)) == [f"{told}: filtered -> sent, in segment, GET /orders/{{number}} 500"]


SYNONYMS = [
    ("code.filepath", "code.file.path"),
    ("code.function", "code.function.name"),
    ("code.lineno", "code.line.number"),
    ("db.name", "db.namespace"),
    ("db.operation", "db.operation.name"),
    ("db.system", "db.system.name"),
    ("http.fragment", "url.fragment"),
    ("http.method", "http.request.method"),
    ("query", "db.query.text"),
    ("redis.commands", "db.query.text"),
    ("redis.key", "db.redis.key"),
    ("signal", "code.function.name"),
    ("url", "url.full"),
    ("url.query", "http.query"),
]


@pytest.mark.parametrize(("attribute", "name"), SYNONYMS)
def test_an_attribute_that_another_sdk_calls_otherwise_is_not_a_difference(attribute: str, name: str) -> None:
    transaction = report(segment_row({"transaction": "sent", f"contexts.trace.data.{attribute}": "sent"}))
    span = report(segment_row({"name": "sent", attribute: "sent"}))
    renamed = report(segment_row({"name": "sent", name: "sent"}), sdk="3.0.0")

    for one in (transaction, span):
        assert diff(one, renamed)[2:] == NOTHING
        assert diff(renamed, one)[2:] == NOTHING


@pytest.mark.parametrize(("attribute", "name"), SYNONYMS)
def test_such_an_attribute_in_another_state_is_one(attribute: str, name: str) -> None:
    before = report(segment_row({"name": "sent", attribute: "filtered"}))
    after = report(segment_row({"name": "sent", name: "sent"}), sdk="3.0.0")

    assert differences(diff(before, after)) == [f"{name}: filtered -> sent, in segment, GET /orders/{{number}} 500"]


def test_attributes_that_both_runs_have_are_compared_in_their_own_words() -> None:
    before = report(segment_row({"name": "sent", "url": "filtered", "url.full": "sent"}))
    after = report(segment_row({"name": "sent", "url": "sent", "url.full": "sent"}))

    assert differences(diff(before, after)) == ["url: filtered -> sent, in segment, GET /orders/{number} 500"]


def test_the_status_of_a_transaction_that_went_well_may_be_missing() -> None:
    before = report(segment_row({"transaction": "sent"}))
    after = report(segment_row({"name": "sent", "status": "sent"}))

    assert diff(before, after)[2:] == NOTHING


@pytest.mark.parametrize(
    ("attribute", "source"),
    [
        ("http.route", "name"),
        ("sentry.segment.name", "name"),
        ("url.path", "url.full"),
        ("user_agent.original", "http.request.header.user-agent"),
    ],
)
def test_what_says_the_same_once_more_is_not_a_difference(attribute: str, source: str) -> None:
    of_transaction = {"name": "transaction", "url.full": "request.url"}
    path = of_transaction.get(source, "request.headers.User-Agent")
    before = report(segment_row({"transaction": "sent", path: "sent"}))
    after = report(segment_row({"name": "sent", source: "sent", attribute: "sent"}))

    assert diff(before, after)[2:] == NOTHING


def test_what_says_the_same_once_more_in_clear_is_a_difference() -> None:
    before = report(segment_row({"transaction": "sent", "request.url": "filtered"}))
    after = report(segment_row({"name": "sent", "url.full": "filtered", "url.path": "sent"}))

    assert differences(diff(before, after)) == ["url.path: not sent -> sent, in segment, GET /orders/{number} 500"]


def test_two_runs_with_transactions_are_compared_in_their_own_words() -> None:
    before = report(segment_row({"transaction": "sent"}))
    after = report(segment_row({"transaction": "sent", "request.url": "sent"}))

    assert differences(diff(before, after)) == ["request.url: not sent -> sent, in segment, GET /orders/{number} 500"]


# What events say of their trace


OF_EVENTS = {"exception.values.type": "sent", "contexts.trace.op": "sent"}


def test_what_events_repeat_of_their_trace_depends_on_the_protocol() -> None:
    of_transactions = {**OF_EVENTS, "contexts.trace.status": "sent", "contexts.trace.data.thread.name": "sent"}
    before = report(row(fields=of_transactions), segment_row({"transaction": "sent"}))
    after = report(row(fields=OF_EVENTS), segment_row({"name": "sent"}), sdk="3.0.0")

    assert diff(before, after)[2:] == NOTHING
    assert diff(after, before)[2:] == NOTHING


def test_what_events_repeat_of_their_trace_where_nothing_was_sampled() -> None:
    of_transactions = {**OF_EVENTS, "contexts.trace.status": "sent", "contexts.trace.data.thread.name": "sent"}
    before, after = report(row(fields=of_transactions)), report(row(fields=OF_EVENTS), sdk="3.0.0b2")

    assert diff(before, after)[2:] == NOTHING
    assert diff(after, before)[2:] == NOTHING


def test_runs_of_one_protocol_are_compared_in_it() -> None:
    before = report(row(fields=OF_EVENTS), segment_row({"name": "sent"}))
    after = report(row(fields={**OF_EVENTS, "contexts.trace.data.card": "sent"}), segment_row({"name": "sent"}))

    assert differences(diff(before, after)) == [
        "contexts.trace.data.card: not sent -> sent, in event KeyError, GET /orders/{number} 500"
    ]


# Bodies: of one row there may be several requests, with bodies of different shapes


BODY = "http.request.body.data"


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        pytest.param(
            {"request.data.password": "filtered", "request.data": "sent"},
            {f"{BODY}.password": "sent", BODY: "sent"},
            [".password: filtered -> sent"],
            id="an object, and a list or a text",
        ),
        pytest.param(
            {"request.data.password": "filtered"},
            {f"{BODY}.password": "sent", BODY: "sent"},
            [": not sent -> sent", ".password: filtered -> sent"],
            id="an object, and a text later",
        ),
        pytest.param(
            {"request.data.password": "filtered", "request.data.item": "sent"},
            {BODY: "sent"},
            [".password: filtered -> sent"],
            id="an object that is a text later",
        ),
        pytest.param(
            {"request.data.password": "filtered", "request.data.item": "sent", "request.data": "sent"},
            {BODY: "sent"},
            [".password: filtered -> sent"],
            id="both, which are texts later",
        ),
        pytest.param(
            {"request.data.password": "filtered", "request.data.item": "sent"},
            {BODY: "filtered"},
            [": sent -> filtered"],
            id="a text that is filtered as a whole",
        ),
        pytest.param(
            {"request.data.password": "filtered", "request.data.item": "sent"},
            {f"{BODY}.item": "sent"},
            [".password: filtered -> not sent"],
            id="a key that is left out",
        ),
        pytest.param(
            {"request.data.item": "sent", "request.data.price": "sent"}, {BODY: "sent"}, [], id="nothing is filtered"
        ),
    ],
)
def test_keys_of_bodies_are_named(before: dict[str, str], after: dict[str, str], changes: list[str]) -> None:
    found = diff(report(segment_row({"transaction": "sent", **before})), report(segment_row({"name": "sent", **after})))

    assert differences(found) == [f"{BODY}{change}, in segment, GET /orders/{{number}} 500" for change in changes]


# Personal data


OLD_SEGMENT, NEW_SEGMENT = segment_row({"transaction": "sent"}), segment_row({"name": "sent"})


def test_personal_data() -> None:
    before = report(personal_data=[finding("user.email"), finding("request.data.note", "@iban")])
    after = report(
        personal_data=[
            finding("request.data.note", "@iban", status=404),
            finding("request.data.note", "@email"),
            finding("request.data.note", "@email", kind="log"),
        ]
    )

    assert differences(diff(before, after)) == [
        "request.data.note: @email, which no-pii finds now in event, log",
        "user.email: @email, which no-pii finds no longer in event",
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [*RENAMED, *((f"contexts.trace.data.{attribute}", name) for attribute, name in SYNONYMS), ("transaction", "name")],
)
def test_personal_data_in_a_renamed_field_is_not_a_difference(path: str, name: str) -> None:
    before = report(OLD_SEGMENT, personal_data=[finding(path, kind="segment")])
    after = report(NEW_SEGMENT, personal_data=[finding(name, kind="segment")])

    assert diff(before, after)[2:] == NOTHING
    assert diff(after, before)[2:] == NOTHING


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("spans.description", "name"),
        ("spans.op", "sentry.op"),
        ("spans.origin", "sentry.origin"),
        ("spans.data.db.name", "db.namespace"),
        ("spans.data.shop.customer", "shop.customer"),
        ("spans.tags.db.operation", "db.operation.name"),
        ("spans.tags.http.status_code", "http.response.status_code"),
        ("spans.tags.redis.command", "db.operation.name"),
        ("spans.tags.redis.key", "db.redis.key"),
        ("spans.tags.status", "status"),
        ("spans.tags.subprocess.pid", "process.pid"),
    ],
)
def test_personal_data_in_a_span_of_a_transaction_is_that_of_a_streamed_span(path: str, name: str) -> None:
    nowhere: dict[str, Any] = {"request": None, "origin": "auto.db.sqlalchemy", "status": None}
    before = report(OLD_SEGMENT, personal_data=[finding(path, kind="segment")])
    after = report(NEW_SEGMENT, personal_data=[finding(name, kind="span", **nowhere)])

    assert diff(before, after)[2:] == NOTHING
    assert diff(after, before)[2:] == NOTHING


def test_personal_data_that_only_one_protocol_sends() -> None:
    before = report(OLD_SEGMENT, personal_data=[finding("request.env.REMOTE_ADDR", "@ip", kind="segment")])
    after = report(NEW_SEGMENT, personal_data=[finding("url.full", "@email", kind="segment")])

    assert differences(diff(before, after)) == [
        "url.full: @email, which no-pii finds now in segment",
        "client.address: @ip, which no-pii finds no longer in segment",
    ]


def test_personal_data_of_events_has_the_same_place_in_both_protocols() -> None:
    before = report(OLD_SEGMENT, personal_data=[finding("request.url")])
    after = report(NEW_SEGMENT, personal_data=[finding("url.full")])

    assert differences(diff(before, after)) == [
        "url.full: @email, which no-pii finds now in event",
        "request.url: @email, which no-pii finds no longer in event",
    ]
