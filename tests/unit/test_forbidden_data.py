"""What ``forbidden-data`` finds, whatever is recorded, and that no built-in rule stumbles over it."""

from __future__ import annotations

import codecs
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture import CallableLocation, Rule, RuleViews
from pytest_sentry_capture._assertions.matching import CRITERIA, Matcher
from pytest_sentry_capture._recording.entries import Capture, CapturedEnvelope, Discard, Entry, Exchange
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._rules.built_in import BUILT_IN_RULES
from pytest_sentry_capture._rules.built_in.forbidden_data import ForbiddenData
from pytest_sentry_capture._rules.expect_rule import ExpectRule
from pytest_sentry_capture._rules.rule import Pattern, Regex
from pytest_sentry_capture._rules.rule_run import EnforcedRule, RuleRun
from recordings import capture, recording

BODY = "attributes.http.request.body.data.value"
USER = ("attributes.user.id", "attributes.user.email")
KINDS = ["event", "transaction", "span", "log", "trace_metric", "check_in", "session", "profile", "feedback", "unknown"]


def problems(rule: Rule, recorded: Recording) -> list[str]:
    return [judgement.problem for judgement in rule.judge(RuleViews(recorded)) if judgement.problem is not None]


def found(payload: Mapping[str, Any], **options: Any) -> list[str]:
    return [problem.partition(":")[0] for problem in problems(rule(**options), recording(capture(payload)))]


def rule(*, patterns: Sequence[str] = (), **options: Any) -> ForbiddenData:
    return ForbiddenData(patterns=tuple(Pattern(Regex(each)) for each in patterns), **options)


def test_a_list_of_masks_is_not_a_value() -> None:
    assert found({"extra": {"password": ["***", "[Filtered]"]}}, keys=("password",)) == []
    assert found({"extra": {"password": ["***", "hunter2"]}}, keys=("password",)) == [
        "extra.password holds the value of a forbidden key"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "password=x",
        "/login?password=x&next=/",
        "name=jane; PASSWORD=x;",
        "LoginForm(password='x')",
        "LoginForm(name='jane', password='x')",
        "{'name': 'jane', 'password': 'x'}",
        '{"password": "x"}',
        r"{\"password\": \"x\"}",
        """b'{"password": "x"}'""",
        "{'password': 5}",
        "UPDATE users SET password='x'",
    ],
)
def test_a_key_in_a_text(text: str) -> None:
    assert found({"extra": {"text": text}}, keys=["Password"]) == ["extra.text holds a forbidden key with its value"]


@pytest.mark.parametrize(
    "text",
    [
        "password=",
        "password=&next=/",
        "password=[Filtered]&next=/",
        "password=%5BFiltered%5D",
        "{'password': '[Filtered]'}",
        r"{\"password\": \"[Filtered]\"}",
        "{'password': None}",
        "{'password': ''}",
        '{"password": null}',
        r"{\"password\": \"\"}",
        "LoginForm(password=None, name='jane')",
        "LoginForm(password=SecretStr('**********'))",
        "UPDATE users SET password=%s",
        "UPDATE users SET password=%(password)s, name=%(name)s",
        "UPDATE users SET password=$1",
        "UPDATE users SET password=?",
        "UPDATE users SET password=:password",
        "passwordless=x",
        "forgot your password?",
    ],
)
def test_a_key_without_a_value(text: str) -> None:
    assert found({"extra": {"text": text}}, keys=["password"]) == []


def test_a_keyword_argument_in_source_code_is_not_a_value() -> None:
    frame = {"context_line": "login(password=password)", "pre_context": ["login(password=password)"], "vars": {"a": 1}}
    payload = {"exception": {"values": [{"stacktrace": {"frames": [frame]}}]}}

    assert found(payload, keys=["password"]) == []
    frame["vars"] = {"form": "Login(password='x')"}
    assert found(payload, keys=["password"]) == ["variable 'form' holds a forbidden key with its value"]


@pytest.mark.parametrize("value", ["[Filtered]", "", None, {}, []])
def test_what_is_filtered_or_empty_is_not_a_value(value: object) -> None:
    assert found({"extra": {"password": value}}, keys=["password"]) == []


@pytest.mark.parametrize("value", ["None", "null", "''", '""', "{}", "[]", "()", "'[Filtered]'"])
def test_the_representation_of_what_is_filtered_or_empty_is_not_a_value(value: str) -> None:
    assert found({"extra": {"password": value, "text": f"password={value}"}}, keys=["password"]) == []


@pytest.mark.parametrize("value", ["***", "'*****'", "SecretStr('**********')", "SecretBytes(b'**********')"])
def test_what_is_masked_is_not_a_value(value: str) -> None:
    assert found({"extra": {"password": value, "text": f"password={value}"}}, keys=["password"]) == []


@pytest.mark.parametrize("value", ["x", 0, False, {"a": None}, [""], "x***", "None of them"])
def test_any_other_value(value: object) -> None:
    assert found({"extra": {"Password": value}}, keys=["password"]) == [
        "extra.Password holds the value of a forbidden key"
    ]


def attribute(value: object, sort: str = "string") -> dict[str, object]:
    return {"value": value, "type": sort}


BY_KEY: list[tuple[str, str]] = [
    ("user.email", "user.email"),
    ("user.email", "Email"),
    ("user.email", "user"),
    ("user.name", "username"),
    ("user.ip_address", "ip_address"),
    ("http.request.header.x-customer", "X-Customer"),
    ("http.request.header.x-customer", "headers"),
    ("http.request.header.x.customer", "x.customer"),
    ("http.request.header.cookie", "cookie"),
    ("http.request.header.cookie", "cookies"),
    ("http.request.body.data", "data"),
    ("http.request.body.data.order.iban", "iban"),
    ("http.request.body.data.order.iban", "order"),
    ("http.query", "query_string"),
    ("client.address", "remote_addr"),
    ("url.full", "url"),
    ("process.command_args", "sys.argv"),
    ("order.iban", "iban"),
    ("order.iban", "order.iban"),
    ("iban", "iban"),
    ("sentry.message.parameter.iban", "iban"),
]
"""Attributes, and keys that find them: their names, the last part, and the keys of the same in a transaction."""


@pytest.mark.parametrize("kind", ["span", "log", "trace_metric"])
@pytest.mark.parametrize(("name", "key"), BY_KEY)
def test_a_key_finds_attributes(kind: str, name: str, key: str) -> None:
    item = {"name": "x", "attributes": {name: attribute("x"), "other": attribute("y")}}

    alone = problems(ForbiddenData(keys=(key,)), recording(capture(item, kind)))
    in_a_batch = problems(ForbiddenData(keys=(key,)), recording(capture({"items": [item]}, kind)))

    assert len(alone) == 1
    assert alone[0].startswith(f"attributes.{name} holds the value of a forbidden key: ")
    assert in_a_batch == alone


@pytest.mark.parametrize("place", ["contexts.trace.data", "spans.0.data"])
def test_a_key_finds_the_data_of_a_transaction(place: str) -> None:
    payload = {"spans": [{"data": {"order.iban": "x"}}], "contexts": {"trace": {"data": {"order.iban": "x"}}}}

    found_in = [
        problem.partition(":")[0] for problem in problems(ForbiddenData(keys=("iban",)), of("transaction", payload))
    ]

    assert f"{place}.order.iban holds the value of a forbidden key" in found_in
    assert len(found_in) == 2


def of(kind: str, payload: Mapping[str, Any]) -> Recording:
    return recording(capture(payload, kind))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(("user.email", "mail"), ("http.request.method", "email"), ("user.email", "value"), ("user.email", "=mail")),
        *(("order.iban", "=order"), ("http.request.header.x-customer", "=customer"), ("sentry.op", "op")),
    ],
)
def test_a_key_that_is_only_like_an_attribute(name: str, key: str) -> None:
    assert problems(ForbiddenData(keys=(key,)), of("span", {"attributes": {name: attribute("x")}})) == []


def test_a_whole_name_with_dots_is_an_attribute_nowhere_else() -> None:
    assert found({"modules": {"order.iban": "1.0"}, "extra": {"order.iban": "x"}}, keys=["=iban"]) == []


@pytest.mark.parametrize("value", ["", "[Filtered]", [], ["[Filtered]"], ["", "[Filtered]"], None, {}])
def test_an_attribute_without_a_value(value: object) -> None:
    item = {"attributes": {"http.request.header.x-customer": attribute(value, "array")}}

    assert problems(ForbiddenData(keys=("x-customer",)), of("span", item)) == []


@pytest.mark.parametrize("value", ["x", ["x"], ["[Filtered]", "x"], 0, False])
def test_an_attribute_with_a_value(value: object) -> None:
    item = {"attributes": {"http.request.header.x-customer": attribute(value, "array")}}

    [judgement] = [*ForbiddenData(keys=("x-customer",)).judge(RuleViews(of("span", item)))]

    length = f" of length {len(value)}" if isinstance(value, (str, list)) else ""
    assert judgement.details == (f"there: <{type(value).__name__}{length}>",)


ATTRIBUTES = {
    "user.id": attribute("7"),
    "user.email": attribute("jane@shop.example"),
    "http.request.header.x-customer": attribute(["jane"], "array"),
    "http.request.body.data": attribute('{"iban": "DE12"}'),
    "order.iban": attribute("DE12"),
}


@pytest.mark.parametrize("kind", ["span", "log", "trace_metric"])
def test_what_a_message_shows_can_be_allowed(kind: str) -> None:
    options: dict[str, Any] = {"keys": ("user", "x-customer", "iban"), "patterns": ("jane",)}
    shown = [each.partition(" ")[0] for each in problems(rule(**options), of(kind, {"attributes": ATTRIBUTES}))]

    allowing = rule(**options, allow=tuple(shown))

    assert len(shown) == 7
    judged = [*allowing.judge(RuleViews(of(kind, {"attributes": ATTRIBUTES})))]
    assert [each.problem for each in judged if each.problem] == []
    below = {"attributes.user.email.value", "attributes.http.request.header.x-customer.value.0"}
    assert {each.allowed for each in judged} == {*shown} - below


@pytest.mark.parametrize(
    ("allow", "left"),
    [
        ("user", ["attributes.http.request.header.x-customer", "attributes.order.iban", BODY]),
        (
            "user.email",
            ["attributes.user.id", "attributes.http.request.header.x-customer", "attributes.order.iban", BODY],
        ),
        ("request.headers.X-Customer", ["attributes.user.id", "attributes.user.email", "attributes.order.iban", BODY]),
        ("request.data", [*USER, "attributes.http.request.header.x-customer", "attributes.order.iban"]),
        ("request", [*USER, "attributes.order.iban"]),
        ("contexts.trace.data.order.iban", [*USER, "attributes.http.request.header.x-customer", BODY]),
    ],
)
def test_a_path_of_transactions_allows_what_spans_have_there(allow: str, left: list[str]) -> None:
    item = {"attributes": ATTRIBUTES}
    allowing = rule(keys=("user", "x-customer", "iban"), allow=(allow,))

    assert sorted(each.partition(" ")[0] for each in problems(allowing, of("span", item))) == sorted(left)
    assert len(problems(allowing, of("log", item))) == 5  # logs were never parts of transactions


@pytest.mark.parametrize("cookies", ["iban=DE12; plan=pro", ["plan=pro; iban=DE12"]])
def test_cookies_of_spans_are_one_text(cookies: object) -> None:
    item = {"attributes": {"http.request.header.cookie": attribute(cookies)}}

    [problem] = problems(ForbiddenData(keys=("iban",)), of("span", item))

    assert problem.startswith("attributes.http.request.header.cookie.value")
    assert problems(ForbiddenData(keys=("iban",), allow=("request.cookies",)), of("span", item)) == []


def test_patterns_in_texts_numbers_and_keys() -> None:
    payload = {"extra": {"account": "DE1234", "number": 1234, "DE5678": "x", "list": ["a", "b"], "short": "12"}}

    assert sorted(found(payload, patterns=["[0-9]{4}"])) == [
        "a key holds what matches the forbidden pattern '[0-9]{4}'",
        "extra.account holds what matches the forbidden pattern '[0-9]{4}'",
        "extra.number holds what matches the forbidden pattern '[0-9]{4}'",
    ]
    assert found(payload, patterns=["^1$", "^0$"]) == []
    assert found(payload, patterns=["^DE5"]) == ["a key holds what matches the forbidden pattern '^DE5'"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXTS, values, max_size=3),
    max_leaves=8,
)
SECRETS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=6, max_size=20).filter(str.strip)
DISGUISES: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [
        lambda text: text,
        lambda text: f"before{text}after",
        quote,
        lambda text: quote(text, safe=""),
        lambda text: json.dumps({"text": text}),
        lambda text: json.dumps({"text": text}, ensure_ascii=False),
        lambda text: repr({"text": text}),
        *(lambda text, n=n: b64encode(b"x" * n + text.encode()).decode() for n in range(3)),
    ]
)


@st.composite
def planted(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """A payload that has a secret in it somewhere, as a value or as a key, and the secret."""
    secret = draw(SECRETS)
    text = draw(DISGUISES)(secret)
    payload: Any = draw(st.sampled_from([text, {text: 1}]))
    for wrapping in draw(st.lists(st.sampled_from(["extra", "a b", 0]), max_size=4)):
        rest = draw(st.dictionaries(TEXTS, VALUES, max_size=2)) if wrapping != 0 else {}
        payload = [draw(VALUES), payload] if wrapping == 0 else {**rest, wrapping: payload}
    return {"extra": payload}, secret


@given(planted=planted(), kind=st.sampled_from(KINDS))
def test_a_secret_is_found_wherever_it_is_planted(planted: tuple[dict[str, Any], str], kind: str) -> None:
    payload, secret = planted

    [first, *_] = problems(ForbiddenData(), recording(capture(payload, kind), secrets=(secret,)))

    assert "holds a declared secret: " in first
    assert secret not in first


@pytest.mark.parametrize("around", ["", "'", '"'])
@pytest.mark.parametrize("secret", ["it's hunter2", 'say "hunter2"', r"it\'s hunter2"])
def test_a_secret_with_quotes_is_found_in_representations(secret: str, around: str) -> None:
    for text in (secret, json.dumps(secret), repr(secret)):
        payload = {"extra": {"form": repr({"text": f"{around}{text}{around}"})}}

        [problem] = problems(ForbiddenData(), recording(capture(payload), secrets=(secret,)))

        assert problem.startswith("extra.form holds a declared secret")


@given(payload=st.dictionaries(TEXTS, VALUES, max_size=3), kind=st.sampled_from(KINDS))
def test_what_is_not_there_is_not_found(payload: dict[str, Any], kind: str) -> None:
    recorded = recording(capture(payload, kind), secrets=("a secret that is in no payload",))

    assert problems(rule(keys=("no such key",), patterns=["no such pattern"]), recorded) == []


SECTIONS = [
    *("event_id", "level", "message", "logentry", "exception", "tags", "user", "contexts", "extra", "request", "spans"),
    *("breadcrumbs", "fingerprint", "release", "transaction", "transaction_info", "items", "attributes", "body"),
    *("_meta", "threads", "modules", "sdk", "status", "name", "value", "unit", "type", "monitor_slug", "timestamp"),
]
PAYLOADS = st.dictionaries(st.sampled_from(SECTIONS), VALUES, max_size=6)
SEGMENTS = PAYLOADS.map(lambda payload: {**payload, "is_segment": True})
CALLABLES = st.none() | st.just(CallableLocation("shop.before_send", "shop.py", 7))


@st.composite
def recorded(draw: st.DrawFn) -> Recording:
    """A recording of anything."""
    exchanges = [
        Exchange("GET", "/", route=draw(st.none() | TEXTS), status=draw(st.none() | st.sampled_from([200, 404, 500])))
        for _ in range(2)
    ]
    exchanges[1].parent = draw(st.sampled_from([None, exchanges[0]]))
    entries: list[Entry] = [*exchanges]
    for _ in range(draw(st.integers(0, 4))):
        kind, content = (
            draw(st.sampled_from([*KINDS, "attachment"])),
            json.dumps(draw(PAYLOADS | SEGMENTS | VALUES)).encode(),
        )
        exchange, by = draw(st.sampled_from([None, *exchanges])), draw(CALLABLES)
        reason = draw(st.sampled_from(["before_send", "callback_error", "sdk_error", "unserializable"]))
        entries.append(
            draw(
                st.sampled_from(
                    [
                        Capture(kind, content, operation=exchange),
                        CapturedEnvelope({"trace": {"user_id": "7"}}),
                        Discard(
                            reason,
                            "error",
                            kind,
                            by,
                            operation=exchange,
                            payload=draw(st.sampled_from([None, content])),
                        ),
                    ]
                )
            )
        )
    result = recording(*entries, secrets=draw(st.sampled_from([(), ("hunter2",)])))
    result.without_transactions = draw(st.sampled_from([None, "this SDK makes no transactions"]))
    return result


OPTIONS: dict[str, dict[str, Any]] = {
    "required-tags": {"tags": ("a",), "kinds": ("event", "segment")},
    "required-context": {"always": ("contexts.a", "tags.0", "user", "release"), "kinds": ("event", "segment")},
    "tag-values": {"tags": {"a": ("b",)}},
    "max-event-bytes": {"bytes": 20},
    "max-breadcrumbs": {"number": 1},
    "forbidden-data": {"keys": ("a",), "patterns": (Pattern(Regex("b")),)},
}
EVERY_RULE = [rule(**OPTIONS.get(name, {})) for name, rule in BUILT_IN_RULES.items()]
EVERY_EXPECTATION = [
    ExpectRule(name=f"{kind} {captured}", matcher=Matcher(kind, {}), captured=captured)
    for kind in CRITERIA
    for captured in (True, False)
]


@given(recorded())
def test_no_rule_stumbles_over_anything(recorded: Recording) -> None:
    rule_run = RuleRun([EnforcedRule(rule, "here") for rule in [*EVERY_RULE, *EVERY_EXPECTATION]], recorded)

    raised = [broken for broken in rule_run.judge_rest() if broken.has_raised]

    assert raised == []


@pytest.mark.parametrize("item_type", ["event", "unknown", "attachment"])
def test_what_is_nested_deeper_than_python_reads(item_type: str) -> None:
    depth = 100_000
    deep = b"[" * depth + b'{"password":"x"}' + b"]" * depth
    [problem] = problems(ForbiddenData(keys=("password",)), recording(Capture(item_type, deep)))
    assert "holds a forbidden key with its value" in problem


@pytest.mark.parametrize(
    "content",
    [
        '{"password": "hünter2"}'.encode(),
        '{"password": "hünter2"}'.encode("utf-8-sig"),
        '{"password": "hünter2"}'.encode("utf-16"),
        codecs.BOM_UTF16_BE + '{"password": "hünter2"}'.encode("utf-16-be"),
        '{"password": "hünter2"}'.encode("latin-1"),
    ],
)
@pytest.mark.parametrize("item_type", ["attachment", "unknown"])
def test_json_is_searched_whatever_its_encoding(content: bytes, item_type: str) -> None:
    recorded = recording(Capture(item_type, content, headers={"filename": "f"}), secrets=("hünter2",))

    [problem] = problems(ForbiddenData(), recorded)

    assert problem.startswith("password holds a declared secret")


@pytest.mark.parametrize(
    "content", ["für hünter2".encode("latin-1"), b"\xff\0\1" + "hünter2".encode(), b'"h\\u00fcnter2"']
)
@pytest.mark.parametrize("item_type", ["attachment", "replay_recording"])
def test_what_is_not_json_mapping_is_searched_too(content: bytes, item_type: str) -> None:
    recorded = recording(Capture(item_type, content, headers={"filename": "f"}), secrets=("hünter2",))

    [problem] = problems(ForbiddenData(), recorded)

    assert problem.startswith(f"{item_type} holds a declared secret")


def test_only_the_notes_of_the_sdk_are_left_out() -> None:
    """An attachment may have the same key."""
    content = {"_meta": {"password": "hunter2"}}
    attachment = Capture("attachment", json.dumps(content).encode(), headers={"filename": "f"})

    [problem] = problems(ForbiddenData(), recording(attachment, secrets=("hunter2",)))

    assert problem.startswith("_meta.password holds a declared secret")
    assert problems(ForbiddenData(), recording(capture(content), secrets=("hunter2",))) == []


@pytest.mark.parametrize(
    ("path", "is_found"),
    [
        *(("/home/jane/shop/test_shop.py", False), ("test_shop.py", False), (r"C:\shop\test_shop.py", False)),
        *(("/home/jane/shop/latest_shop.py", True), ("/home/jane/shop/test_shop.py/x.py", True)),
    ],
)
def test_the_source_of_the_test_itself_may_hold_its_secrets(path: str, is_found: bool) -> None:
    frame = {"abs_path": path, "pre_context": ["secret('hunter2')"], "context_line": "secret('hunter2')"}
    payload = {"exception": {"values": [{"stacktrace": {"frames": [frame]}}]}}
    recorded = recording(capture(payload), label="test_shop.py::test_order", secrets=("hunter2",))

    assert bool(problems(ForbiddenData(), recorded)) is is_found


@pytest.mark.parametrize("values", [lambda error: [error], lambda error: {"values": [None, error]}])
def test_frames_of_the_test_runner_do_not_count(values: Callable[[object], object]) -> None:
    frames = [{"module": "_pytest.python", "vars": {"a": "hunter2"}}, {"module": "shop", "vars": {"a": "1"}}]
    payload = {"exception": values({"stacktrace": {"frames": frames}})}

    assert problems(ForbiddenData(), recording(capture(payload), secrets=("hunter2",))) == []
    frames[1]["vars"] = {"a": "hunter2"}
    [problem] = problems(ForbiddenData(), recording(capture(payload), secrets=("hunter2",)))
    assert "variable 'a' in shop holds a declared secret" in problem


def test_headers_that_contain_themselves() -> None:
    headers: dict[str, Any] = {"trace": {}, "shop": "hunter2"}
    headers["trace"]["headers"] = headers

    [problem] = problems(ForbiddenData(), recording(CapturedEnvelope(headers), secrets=("hunter2",)))

    assert problem.startswith("envelope.headers.shop holds a declared secret")


def test_headers_whose_keys_are_not_texts() -> None:
    envelope = CapturedEnvelope({"shops": {7: "hunter2", 8: {"name": "tea"}}})

    [problem] = problems(ForbiddenData(), recording(envelope, secrets=("hunter2",)))

    assert problem.startswith("envelope.headers.shops.7 holds a declared secret")
