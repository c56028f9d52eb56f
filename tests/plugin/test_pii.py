"""``pii()``: what Sentry's own engine finds wherever it stands, what it must not find, and that nothing shows it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import sentry_sdk

from any_sdk import IS_3, new_scope, segment, span
from pytest_sentry_capture import PiiFinding, SentryCapture

if TYPE_CHECKING or sys.version_info < (3, 11):
    from typing_extensions import assert_type
else:
    from typing import assert_type

pytestmark = pytest.mark.needs("Sentry's own engine")

PEM = "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----"


class Sort(NamedTuple):
    """A sort of data: the rule that finds it, a value of it for each number, and the text that holds the value.

    ``key`` is what makes a secret of a value that does not look like one.
    """

    rule: str
    value: Callable[[int], str]
    text: str = "{}"
    key: str = ""


SORTS = {
    "email": Sort("@email", "jane.{0}@mail{0}.example.com".format, "from {} to nobody"),
    "IPv4": Sort("@ip", "81.2.69.{}".format, "client {} said"),
    "IPv6": Sort("@ip", "2a02:6b8:0:0:0:ff00:42:{}".format, "peer {} left"),
    "card": Sort("@creditcard", lambda n: f"4{n:015}", "paid with {}."),
    "card with spaces": Sort("@creditcard", lambda n: f"5105 1051 {n:04} 5100", "paid with {}."),
    "IBAN": Sort("@iban", lambda n: f"DE{n % 89 + 10}37040044{n:010}", "to {} today"),
    "social security number": Sort("@usssn", lambda n: f"078-05-{n:04}", "ssn {}"),
    "bearer token": Sort("@bearer", "Bearer ey{0}.J{0}x".format, "header: {}"),
    "password": Sort("@password", "hunter-{}-2".format, "password={}", "password"),
    "access token": Sort("@password", "gho_{}abc".format, "access_token: {}", "access_token"),
    "API key": Sort("@password", "sk-{}-xyz".format, "api_key={}", "api_key"),
    "PEM": Sort("@pemkey", lambda n: PEM.format(f"MIIEpAIB{n}"), "{}"),
    "URL": Sort("@urlauth", "app{0}:s3cr3t{0}".format, "postgresql://{}@db.internal/shop"),
    "Linux path": Sort("@userpath", "janedoe{}".format, "/home/{}/orders.csv"),
    "Windows path": Sort("@userpath", "JaneDoe{}".format, r"C:\Users\{}\orders.csv"),
}


class Place(NamedTuple):
    """A place for data, as a capture of a text, or of a mapping where there are keys.

    ``path`` is where it is found. ``{}`` stands for the key. ``needs`` is what the SDK must have for it.
    """

    capture: Callable[[Any], object]
    path: str
    takes_keys: bool = False
    needs: tuple[str, ...] = ()


def event(**attributes: Any) -> None:
    sentry_sdk.capture_event({"level": "info", **attributes})  # type: ignore[typeddict-item]


def with_frame(variables: dict[str, Any]) -> None:
    frame = {"function": "pay", "filename": "shop.py", "lineno": 1, "vars": variables}
    event(exception={"values": [{"type": "KeyError", "value": "x", "stacktrace": {"frames": [frame]}}]})


def traced(name: str, **data: Any) -> None:
    with segment("/orders"), span(name, **data):
        pass


# A span is an item of its own since 3, and stands in its transaction before.
SPAN_NAME = "name" if IS_3 else "spans.0.description"
SPAN_DATA = "attributes.{}.value" if IS_3 else "spans.0.data.{}"


def attached(content: bytes, name: str) -> None:
    with new_scope() as scope:
        scope.add_attachment(bytes=content, filename=name)
        sentry_sdk.capture_message("hello")


PLACES = {
    "message": Place(lambda text: event(message=text), "message"),
    "log message's parameters": Place(
        lambda text: event(logentry={"message": "%s", "params": [text]}), "logentry.params.0"
    ),
    "exception's value": Place(
        lambda text: event(exception={"values": [{"type": "E", "value": text}]}), "exception.values.0.value"
    ),
    "frame variable": Place(with_frame, "exception.values.0.stacktrace.frames.0.vars.{}", takes_keys=True),
    "tag": Place(lambda data: event(tags=data), "tags.{}", takes_keys=True),
    "user": Place(lambda data: event(user={"data": data}), "user.data.{}", takes_keys=True),
    "extra": Place(lambda data: event(extra={"a": [{"b": data}]}), "extra.a.0.b.{}", takes_keys=True),
    "context": Place(lambda data: event(contexts={"order": data}), "contexts.order.{}", takes_keys=True),
    "request URL": Place(lambda text: event(request={"url": f"https://shop.example/?q={text}"}), "request.url"),
    "query string": Place(lambda text: event(request={"query_string": f"q={text}"}), "request.query_string"),
    "header": Place(lambda data: event(request={"headers": data}), "request.headers.{}", takes_keys=True),
    "cookie": Place(lambda data: event(request={"cookies": data}), "request.cookies.{}", takes_keys=True),
    "body": Place(lambda data: event(request={"data": data}), "request.data.{}", takes_keys=True),
    "breadcrumb's message": Place(
        lambda text: event(breadcrumbs={"values": [{"message": text}]}), "breadcrumbs.values.0.message"
    ),
    "breadcrumb's data": Place(
        lambda data: event(breadcrumbs={"values": [{"data": data}]}), "breadcrumbs.values.0.data.{}", True
    ),
    "fingerprint": Place(lambda text: event(fingerprint=["a", text, "b"]), "fingerprint.1"),
    "transaction name": Place(lambda text: event(transaction=text), "transaction"),
    "server name": Place(lambda text: event(server_name=text), "server_name"),
    "span description": Place(traced, SPAN_NAME),
    "span data": Place(lambda data: traced("pay", **data), SPAN_DATA, takes_keys=True),
    "log body": Place(lambda text: sentry_sdk.logger.info(text.replace("{", "{{")), "body", needs=("logs",)),
    "log attribute": Place(
        lambda data: sentry_sdk.logger.info("paid", attributes=data), "attributes.{}.value", True, needs=("logs",)
    ),
    "metric attribute": Place(
        lambda data: sentry_sdk.metrics.count("paid", 1, attributes=data),
        "attributes.{}.value",
        takes_keys=True,
        needs=("metrics",),
    ),
    "attached text": Place(lambda text: attached(text.encode(), "orders.txt"), "attachment"),
    "attached JSON": Place(lambda data: attached(json.dumps([data]).encode(), "orders.json"), "0.{}", True),
}


def planted(name: str, number: int) -> Iterator[tuple[Sort, str, Any, str]]:
    """Each sort of data in a place: its sort, its value, what is captured, and where it must be found."""
    place = PLACES[name]
    for offset, sort in enumerate(SORTS.values()):
        value = sort.value(number * len(SORTS) % 200 + offset)
        if place.takes_keys:
            key = sort.key or "note"
            yield sort, value, {key: value if sort.key else sort.text.format(value)}, place.path.format(key)
        else:
            yield sort, value, sort.text.format(value), place.path


def test_the_matrix_is_large_and_no_two_are_alike() -> None:
    everything = [(name, str(data)) for number, name in enumerate(PLACES) for _, _, data, _ in planted(name, number)]

    assert len(set(everything)) == len(everything) >= 120


@pytest.mark.parametrize(
    ("number", "name"),
    [
        pytest.param(number, name, id=name, marks=pytest.mark.needs(*place.needs))
        for number, (name, place) in enumerate(PLACES.items())
    ],
)
@pytest.mark.usefixtures("unscrubbed")
def test_everything_is_found_everywhere(
    number: int, name: str, sentry_capture: SentryCapture, can: Callable[[str], bool]
) -> None:
    misses, shown = [], []
    for sort, value, data, path in planted(name, number):
        sentry_capture.clear()
        PLACES[name].capture(data)
        found = sentry_capture.pii()
        if (sort.rule, path) not in [(each.rule, each.path) for each in found]:
            misses.append((sort.rule, path, found))
        if value in str(found):
            shown.append((sort.rule, path))

    # Older SDKs send variables of frames as repr(), in which Relay sees no Windows path.
    is_repr = name == "frame variable" and not can("variables of frames as they are given")
    assert misses == ([("@userpath", PLACES[name].path.format("note"), [])] if is_repr else [])
    assert shown == []


CLEAN = [
    "2dd9a7c2-7a80-4b9e-8f37-6cb2ad2d4b5e", "urn:uuid:2dd9a7c2-7a80-4b9e-8f37-6cb2ad2d4b5e",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV", "order 1042", "ORD-2024-000123", "INV/2024/0001", "1234567890", "123456789012345",
    "9876543210987654", "20240131123456789012", "#4242", "4242-4242", "5105105105105", "tracking 1Z999AA10123456784",
    "ISBN 978-3-16-148410-0", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256:9f86d081884c7d659a2feaa0c55ad015", "W/\"33a64df551425fcc55e\"", "a1b2c3d", "v1.2.3", "1.2.3-rc.1",
    "3.11.7", "sentry-sdk 2.75.0", "shop@1.4.2", "2024-01-31", "2024-01-31T12:30:45Z",
    "2024-01-31T12:30:45.123456+01:00", "12:30:45", "31.01.2024", "01/31/2024", "1706704245", "1706704245.123",
    "3 items for 42.50 EUR", "50%", "0x7f8b1c2d3e4f", "<Order object at 0x7f8b1c2d3e4f>", "jane at example dot com",
    "@jane", "user@localhost", "a@b", "price @ 3.50", "#general", "jane+shop", "localhost:8000", "db.internal:5432",
    "https://shop.example/orders/42?page=2", "/users/42/orders", "/users/{user_id}", "s3://bucket/key",
    "/var/log/shop.log", "/usr/local/bin/python3", r"C:\Windows\System32", "app/auth/views.py",
    "example_app.auth.service", "std::vector", "test_orders.py::test_pay", "DE", "GB 2024", "DEAL1234", "US-CA",
    "EUR", "DE 2024 0000 1111", "-----BEGIN CERTIFICATE-----", "Not authenticated", "401: Not authenticated",
    "wrong password", "invalid token", "the secret was rotated", "password reset requested",
    "SELECT password FROM users WHERE id = %s", "UPDATE users SET password = %(password)s", "[Filtered]",
    "password=[Filtered]", "Authorization: [Filtered]", "12-34-56", "078-051-120", "555-1234", "00:0a:95:9d:68:16",
    "42", "true", "null", "AuthService", "author unknown",
]  # fmt: skip


@pytest.mark.usefixtures("unscrubbed")
def test_what_looks_similar_is_not_found(sentry_capture: SentryCapture) -> None:
    assert len(CLEAN) == len(set(CLEAN)) >= 60
    event(message="hello", extra={"texts": {f"text {number}": text for number, text in enumerate(CLEAN)}})

    found = [(CLEAN[int(each.path.rpartition(" ")[2])], each.rule) for each in sentry_capture.pii()]

    assert found == []


def test_a_finding_says_what_it_is_and_never_shows_it(sentry_capture: SentryCapture, unscrubbed: None) -> None:
    event(user={"email": "Jane.Doe2@example.com", "prefs": {"jane@example.com": "dark"}}, tags={"token": "hunter2"})
    captured = sentry_capture.events[0]

    found = assert_type(sentry_capture.pii(captured), list[PiiFinding])

    assert [(each.path, each.rule, each.kind, each.excerpt) for each in found] == [
        ("tags.token", "@password", "a password, token or key", "<str of length 7>"),
        ("user.email", "@email", "an email address", "****.****@*******.***"),
        ("user.prefs.[@email]", "@email", "an email address", "****@*******.***"),
    ]
    assert all(each.item is captured for each in found)
    assert not re.search("hunter2|ane@", repr(found))


@pytest.mark.usefixtures("unscrubbed")
def test_only_what_is_asked_for_is_looked_at(sentry_capture: SentryCapture) -> None:
    traced("from a@b.example")
    event(message="to c@d.example")

    [of_span] = [each for each in sentry_capture.spans if each.name == "from a@b.example"]
    assert [each.path for each in sentry_capture.pii(of_span)] == [SPAN_NAME.rpartition(".")[2]]
    assert [each.path for each in sentry_capture.pii(sentry_capture.events[0])] == ["message"]
    assert [each.path for each in sentry_capture.pii()] == [SPAN_NAME, "message"]
    with pytest.raises(TypeError, match="takes a captured item, not str"):
        sentry_capture.pii("jane@example.com")  # type: ignore[arg-type]
