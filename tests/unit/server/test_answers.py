"""What ``sentry_server`` answers is what Sentry's Relay would."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sentry_capture._recording.entries import Capture, CapturedEnvelope, Discard
from pytest_sentry_capture._recording.kinds import CapturedEvent
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._recording.rejections import Rejection
from pytest_sentry_capture._server.faults import rate_limit

if TYPE_CHECKING:
    from tests.unit.server.conftest import Sentry

EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
EVENT = b'{"event_id":"%b","message":"hello"}' % EVENT_ID.encode()
ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n%b\n' % (EVENT_ID.encode(), EVENT)
TWO_KINDS = b'{}\n{"type":"event"}\n{}\n{"type":"attachment"}\nx\n{"type":"log"}\n{"items":[{"body":"a"},{"body":"b"}]}'


def types(sentry: Sentry) -> list[str]:
    return [capture.type for capture in sentry.recording.entries_of(Capture)]


def detail(body: bytes) -> Any:
    return json.loads(body)["detail"]


def test_an_event(sentry: Sentry) -> None:
    answer = sentry.post(ENVELOPE)

    assert (answer.status, json.loads(answer.body)) == (200, {"id": EVENT_ID})
    assert ("Access-Control-Allow-Origin", "*") in answer.headers
    [envelope] = sentry.recording.entries_of(CapturedEnvelope)
    assert envelope.headers == {"event_id": EVENT_ID}
    assert envelope.serialize() == ENVELOPE.replace(b'"event"}', b'"event","length":%d}' % len(EVENT))
    [item] = envelope.items
    assert (item.kind, item["message"], item.envelope) == ("event", "hello", envelope)
    assert sentry.recording.client_was_active


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        (b'{"event_id":"9EC79C33-ec99-42ab-8353-589fcb2e04dc"}\n', {"id": EVENT_ID}),
        (b"{}\n", {}),
        (b'{}\n{"type":"session"}\n{}', {}),
        (b'{}\n{"type":"event"}\n' + EVENT, {"id": EVENT_ID}),
    ],
)
def test_ids(sentry: Sentry, envelope: bytes, expected: dict[str, str]) -> None:
    assert json.loads(sentry.post(envelope).body) == expected


def test_an_event_without_an_id_is_given_one(sentry: Sentry) -> None:
    ids = {json.loads(sentry.post(b'{}\n{"type":"feedback"}\n{"event_id":"x"}').body)["id"] for _ in range(2)}
    assert len(ids) == 2
    assert {len(each) for each in ids} == {32}


def test_every_item_is_kept_in_order_as_it_came(sentry: Sentry) -> None:
    payloads = {"event": b"{}", "attachment": b"\x00\xff", "replay_recording": b"{}", "invented": b"\xfe", "log": b"{}"}
    lines = [b'{"type":"%b","length":%d}\n%b' % (each.encode(), len(data), data) for each, data in payloads.items()]
    assert sentry.post(b"{}\n" + b"\n".join(lines)).status == 200
    assert [(each.type, each.payload) for each in sentry.recording.entries_of(Capture)] == [*payloads.items()]


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"x_sentry_auth": "", "query": "sentry_version=7&sentry_key=KEY"},
        {"x_sentry_auth": "", "authorization": "Sentry sentry_version=7,sentry_key=KEY"},
        {"x_sentry_auth": "", "authorization": "BASIC"},
        {"x_sentry_auth": "sentry sentry_key = KEY"},
        {"query": "sentry_key=KEY"},
        {"path": "/api/1/envelope"},
        {"path": "/api/1/store/", "content_type": "application/x-sentry-envelope; charset=utf-8"},
    ],
)
def test_ways_to_give_the_key(sentry: Sentry, way: dict[str, str]) -> None:
    basic = "Basic " + base64.b64encode(f"{sentry.project.key}:".encode()).decode()
    way = {name: value.replace("KEY", sentry.project.key).replace("BASIC", basic) for name, value in way.items()}
    assert sentry.post(ENVELOPE, **way).status == 200


@pytest.mark.parametrize("path", ["/api/1/envelope/", "/tunnel/", "/tunnel"])
def test_the_key_in_the_envelope(sentry: Sentry, path: str) -> None:
    envelope = b'{"dsn":"http://%b@127.0.0.1:1/1"}\n{"type":"event"}\n{}' % sentry.project.key.encode()
    assert sentry.post(envelope, path=path, x_sentry_auth="").status == 200
    assert sentry.post(envelope, path=path).status == 200


@pytest.mark.parametrize(
    ("envelope", "way", "status", "reason"),
    [
        (ENVELOPE, {"x_sentry_auth": ""}, 401, "there is no public key"),
        (ENVELOPE, {"x_sentry_auth": "Bearer x"}, 401, "there is no public key"),
        (ENVELOPE, {"x_sentry_auth": "", "authorization": "Basic ?"}, 401, "there is no public key"),
        (ENVELOPE, {"x_sentry_auth": "", "authorization": "Basic \xe9"}, 401, "there is no public key"),
        (ENVELOPE, {"x_sentry_auth": "", "path": "/tunnel/"}, 401, "there is no public key"),
        (EVENT, {"x_sentry_auth": "", "path": "/api/1/store/"}, 401, "there is no public key"),
        (ENVELOPE, {"query": "sentry_key=other"}, 401, "there are several public keys, and they differ"),
        (b'{"dsn":"http://a@b/1"}', {}, 401, "there are several public keys, and they differ"),
        (b'{"dsn":"http://b/1"}', {"x_sentry_auth": ""}, 401, "the envelope's dsn is not a DSN"),
        (b'{"dsn":"http://[/"}', {"x_sentry_auth": ""}, 401, "the envelope's dsn is not a DSN"),
        (b'{"dsn":7}', {"x_sentry_auth": ""}, 401, "the envelope's dsn is not a DSN"),
        (b'{"dsn":"http://a@b/1"}', {"x_sentry_auth": ""}, 403, "no test of this run has this public key"),
        (ENVELOPE, {"x_sentry_auth": "Sentry sentry_key=0123"}, 403, "no test of this run has this public key"),
        (ENVELOPE, {"path": "/api/9/envelope/"}, 403, "the public key is that of another project"),
        (ENVELOPE, {"path": "/api/x/envelope/"}, 400, "the project in the path is not a number"),
        (ENVELOPE, {"path": "/api/\u0663/envelope/"}, 400, "the project in the path is not a number"),
        (ENVELOPE, {"path": "/"}, 404, "there is nothing at this path"),
        (ENVELOPE, {"path": "/api/envelope/"}, 404, "there is nothing at this path"),
        (ENVELOPE, {"path": "/api/1/minidump/"}, 404, "there is nothing at this path"),
        (ENVELOPE, {"method": "GET"}, 405, "this path does not take this method: valid: POST"),
        (EVENT, {"method": "PUT", "path": "/api/1/store/"}, 405, "does not take this method: valid: GET, POST"),
        (ENVELOPE, {"content_encoding": "gzip, br"}, 415, "the content-encoding is not known"),
        (ENVELOPE, {"content_encoding": "gzip"}, 400, "the body is not in the encoding"),
        (b"", {}, 400, "the body is empty"),
        (b"", {"path": "/api/1/store/"}, 400, "the body is empty"),
        (b"[]", {"path": "/api/1/store/"}, 400, "an item's payload is not a JSON object: neither JSON nor base64"),
        (b'{"event_id":"x"}', {"path": "/api/1/store/"}, 400, "the event_id is not a UUID"),
        (b"{}\n{}\nx", {}, 400, "an item has no type"),
        (b'{}\n{"type":"event"}\n{"a":secret}', {}, 400, "event: Expecting value at byte 5"),
        (b'{}\n{"type":"event","length":2000000}\n', {}, 413, "an item is larger than Sentry's size limit: 1048576"),
        (b" " * 1_048_577, {"path": "/api/1/store/"}, 413, "the request is larger than Sentry's size limit"),
        (EVENT, {"path": "/api/1/security/", "content_type": "text/html"}, 415, "a report of this content-type"),
    ],
)  # fmt: skip
def test_rejections(sentry: Sentry, envelope: bytes, way: dict[str, str], status: int, reason: str) -> None:
    answer = sentry.post(envelope, **way)

    assert answer.status == status
    assert reason in detail(answer.body)
    assert "secret" not in detail(answer.body)
    [rejection] = sentry.rejections
    assert (rejection.status, rejection.reason, rejection.during) == (status, detail(answer.body), None)
    assert (rejection.method, rejection.path) == (way.get("method", "POST"), way.get("path", "/api/1/envelope/"))
    assert types(sentry) == []


def test_the_answer_to_a_wrong_method_names_the_right_ones(sentry: Sentry) -> None:
    assert dict(sentry.post(b"", method="PUT").headers)["Allow"] == "POST, OPTIONS"
    assert dict(sentry.post(b"", method="PUT", path="/api/1/store/").headers)["Allow"] == "GET, POST, OPTIONS"


def test_what_could_be_read_is_in_the_rejection(sentry: Sentry) -> None:
    sentry.post(ENVELOPE + b'{"type":"transaction"}\n{"transaction":')
    [rejection] = sentry.rejections
    assert [item["message"] for item in rejection.items] == ["hello"]


def test_a_key_of_another_test_reaches_that_test_alone(sentry: Sentry) -> None:
    recording = Recording("another test")
    other = sentry.projects.open(recording)
    way = {"x_sentry_auth": f"Sentry sentry_key={other.key}"}

    assert sentry.post(ENVELOPE, **way, path=f"/api/{other.id}/envelope/").status == 200
    assert sentry.post(ENVELOPE, **way).status == 403

    assert len(recording.entries_of(Capture)) == 1
    assert recording.entries_of(Rejection) == []
    assert types(sentry) == []
    assert [rejection.status for rejection in sentry.rejections] == [403]


def test_late_events_are_counted_and_kept_nowhere(sentry: Sentry) -> None:
    sentry.projects.close(sentry.project)
    following = Recording("the next test")
    sentry.projects.open(following)

    assert json.loads(sentry.post(ENVELOPE).body) == {"id": EVENT_ID}
    sentry.post(b"nonsense")

    assert sentry.projects.late == {("test", "event"): 1}
    assert sentry.recording.entries == following.entries == []


def test_preflights(sentry: Sentry) -> None:
    answer = sentry.post(b"", method="OPTIONS", x_sentry_auth="", origin="http://localhost:3000")
    headers = dict(answer.headers)
    assert answer.status == 200
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "POST"
    assert "X-Sentry-Auth" in headers["Access-Control-Allow-Headers"]
    assert sentry.rejections == []
    assert not sentry.recording.client_was_active


@pytest.mark.parametrize("body", [EVENT, base64.b64encode(EVENT), base64.b64encode(zlib.compress(EVENT))])
def test_the_legacy_store(sentry: Sentry, body: bytes) -> None:
    assert json.loads(sentry.post(body, path="/api/1/store/").body) == {"id": EVENT_ID}
    assert json.loads(sentry.post(body, path="/api/store/").body) == {"id": EVENT_ID}
    assert sentry.post(b'{"type":"transaction"}', path="/api/1/store/").status == 200
    assert types(sentry) == ["event", "event", "transaction"]


def test_the_legacy_store_for_images(sentry: Sentry) -> None:
    query = f"sentry_key={sentry.project.key}&sentry_data={base64.b64encode(EVENT).decode()}".replace("+", "%2B")
    answer = sentry.post(b"", path="/api/1/store/", method="GET", query=query, x_sentry_auth="")
    assert answer.body.startswith(b"GIF89a")
    assert dict(answer.headers)["Content-Type"] == "image/gif"
    assert types(sentry) == ["event"]


@pytest.mark.parametrize("endpoint", ["security", "csp-report"])
def test_security_reports(sentry: Sentry, endpoint: str) -> None:
    query = f"sentry_key={sentry.project.key}&sentry_release=shop%401&sentry_environment=test"
    report = b'{"csp-report":{"violated-directive":"img-src"}}'
    way = {"path": f"/api/1/{endpoint}/", "query": query, "x_sentry_auth": ""}

    answer = sentry.post(report, **way, content_type="application/csp-report")
    sentry.post(b'[{"type":"csp-violation"},{"type":"crash"}]', **way, content_type="application/reports+json")
    rejected = sentry.post(b"<report>", **way, content_type="application/csp-report")
    too_many = sentry.post(b"[" + b"{}," * 10_000 + b"{}]", **way, content_type="application/reports+json")

    assert (answer.status, answer.body, rejected.status, too_many.status) == (200, b"", 400, 413)
    [first, second, third] = sentry.recording.entries_of(Capture)
    assert first.headers == {"sentry_release": "shop@1", "sentry_environment": "test"}
    assert first.items[0]["csp-report"] == {"violated-directive": "img-src"}
    assert [each.items[0]["type"] for each in (second, third)] == ["csp-violation", "crash"]


def test_client_reports_are_discards(sentry: Sentry) -> None:
    lost = [
        {"reason": "before_send", "category": "error", "quantity": 3},
        {"reason": "sample_rate", "category": "transaction", "quantity": 1},
        {"reason": "queue_overflow", "category": "log_item", "quantity": 7},
        "nonsense",
        {"reason": "network_error"},
    ]
    report = json.dumps({"timestamp": 1, "discarded_events": lost}).encode()
    assert sentry.post(b'{}\n{"type":"client_report"}\n' + report).status == 200

    discards = sentry.recording.entries_of(Discard)
    assert [(each.kind, each.reason, each.category, each.quantity) for each in discards] == [
        ("event", "before_send", "error", 3),
        ("transaction", "sample_rate", "transaction", 1),
        ("log", "queue_overflow", "log_item", 7),
    ]
    assert types(sentry) == ["client_report"]


def test_a_rate_limit_for_all(sentry: Sentry) -> None:
    with sentry.project.faults.rate_limited(rate_limit((), 60)):
        answer = sentry.post(ENVELOPE)

    headers = dict(answer.headers)
    assert answer.status == 429
    assert (headers["Retry-After"], headers["X-Sentry-Rate-Limits"]) == ("60", "60::organization")
    assert "X-Sentry-Rate-Limits" in headers["Access-Control-Expose-Headers"]
    [rejection] = sentry.rejections
    assert (rejection.status, rejection.during) == (429, "rate_limit")
    assert [item["message"] for item in rejection.items] == ["hello"]
    assert types(sentry) == []


def test_a_rate_limit_for_one_kind_of_several(sentry: Sentry) -> None:
    with sentry.project.faults.rate_limited(rate_limit(("error", "session"), 30)):
        mixed = sentry.post(TWO_KINDS)
        unlimited = sentry.post(b'{}\n{"type":"log"}\n{}')
    after = sentry.post(ENVELOPE)

    assert [mixed.status, unlimited.status, after.status] == [200, 200, 200]
    assert dict(mixed.headers)["X-Sentry-Rate-Limits"] == "30:error;session:organization"
    assert dict(mixed.headers)["Retry-After"] == "30"
    assert dict(unlimited.headers)["X-Sentry-Rate-Limits"] == "30:error;session:organization"
    assert "Retry-After" not in dict(unlimited.headers)
    assert "X-Sentry-Rate-Limits" not in dict(after.headers)
    [rejection] = sentry.rejections
    assert [capture.type for capture in rejection._captures] == ["event", "attachment"]
    [event, attachment] = rejection.items
    assert isinstance(event, CapturedEvent)
    assert event.attachments == [attachment]
    assert types(sentry) == ["log", "log", "event"]
    envelopes = sentry.recording.entries_of(CapturedEnvelope)
    assert [envelope.during for envelope in envelopes] == ["rate_limit", "rate_limit", None]


def test_several_rate_limits(sentry: Sentry) -> None:
    faults = sentry.project.faults
    with faults.rate_limited(rate_limit(("transaction",), 5)), faults.rate_limited(rate_limit(("error",), 7)):
        headers = dict(sentry.post(ENVELOPE).headers)
    assert headers["X-Sentry-Rate-Limits"] == "5:transaction:organization, 7:error:organization"
    assert headers["Retry-After"] == "7"
