"""Which names the keys of ``forbidden-data`` are: whole words of them, in payloads and in texts."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture._rules.built_in.forbidden_data import ForbiddenData
from pytest_sentry_capture._rules.rule import RuleViews
from recordings import capture, recording


def found(payload: dict[str, Any], *keys: str, kind: str = "event") -> list[str]:
    """The places at which something is found."""
    judged = ForbiddenData(keys=keys).judge(RuleViews(recording(capture(payload, kind))))
    return [each.path or "" for each in judged if each.problem is not None]


def is_found(text: str, key: str = "password") -> bool:
    return found({"extra": {"text": text}}, key) == ["extra.text"]


NAMES = [
    *(("password", "password"), ("password", "Password"), ("password", "PASSWORD"), ("PassWord", "password")),
    *(("password", "new_password"), ("password", "new-password"), ("password", "user.password")),
    *(("password", "userPassword"), ("password", "UserPasswordHash"), ("password", "PASSWORD2")),
    *(("password", "password1"), ("password", "user[password]"), ("password", "password[]"), ("password", "_password")),
    *(("api", "APIKey"), ("key", "APIKey"), ("http", "HTTPHeader"), ("email", "eMail"), ("iban", "x-IBAN-number")),
    *(("auth-token", "auth_token"), ("auth-token", "authToken"), ("auth-token", "X-Auth-Token")),
    *(("auth-token", "authtoken"),),
    *(("auth-token", "AUTH_TOKEN_2"), ("authToken", "auth.token"), ("userId", "user_id"), ("x509", "x509Certificate")),
    *(("größe", "die_größe"), ("=password", "password"), ("=password", "PassWord"), ("=new_password", "new_password")),
]  # fmt: skip
OTHER_NAMES = [
    *(("password", "passwordless"), ("password", "passwords"), ("password", "nopassword"), ("password", "pass_word")),
    *(("auth", "author"), ("token", "tokenizer"), ("auth-token", "token_auth"), ("auth-token", "auth_x_token")),
    *(("pin", "spinning"), ("isin", "is_in"), ("iban", "ibanez"), ("=password", "new_password")),
    *(("=password", "password2"), ("=password", "passwordless"), ("=user.password", "password")),
]


@pytest.mark.parametrize(("key", "name"), NAMES)
def test_a_key_is_the_whole_words_of_a_name(key: str, name: str) -> None:
    assert found({"extra": {name: "x", "other": "y"}}, key) == [f"extra.{name}"]
    assert is_found(f"a=1&{name}=x", key)


@pytest.mark.parametrize(("key", "name"), OTHER_NAMES)
def test_a_key_is_not_part_of_a_word(key: str, name: str) -> None:
    assert found({"extra": {name: "x", "other": "y"}}, key) == []
    assert not is_found(f"a=1&{name}=x", key)


WORDS = st.from_regex(r"[a-z]{3,8}", fullmatch=True)
JOINED = st.sampled_from(["_", "-", "."]).map(lambda sign: sign.join)
CAMEL = st.just(lambda words: words[0] + "".join(map(str.title, words[1:])))


@given(st.lists(WORDS, min_size=1, max_size=4), st.data())
def test_every_word_of_a_name_finds_it_and_no_part_of_one_does(words: list[str], data: st.DataObject) -> None:
    name = data.draw(JOINED | CAMEL)(words)
    key = data.draw(st.sampled_from(words))

    assert found({"extra": {name: "x"}}, key) == [f"extra.{name}"]
    part = key[1:]
    assert (found({"extra": {name: "x"}}, part) == []) is (part not in words)


ASSIGNMENTS = [
    *("password=x", "?a=1&password=x", "password:hunter2", "password: hunter2", "Password: 'x'", "password = 'x'"),
    *("{'password': 'x'}", '{"password" : "x"}', '{"password":\n "x"}', "Form(password='x')"),
    *("array('password' => 'x')",),
    *("<password>x</password>", "<ns:password>x</ns:password>", "[(b'password', b'x')]", "--password=x"),
    *("export DB_PASSWORD=x", "PASSWORD2: 12345", "password=[1, 2]", "{'password': {'a': 1}}", "`password`: `x`"),
    *("Authorization: password=x", "password==&password=x", "PASSWORD: xyz=", "a=b;password=x", "a,password=x"),
    *('{"a": "{\\"password\\": \\"x\\"}"}', '{"a": "{\\\\\\"password\\\\\\": \\\\\\"x\\\\\\"}"}'),
]  # fmt: skip
NO_ASSIGNMENTS = [
    *("forgot your password?", "password", "password=", "password=&a=1", "password x"),
    *("password: must have 8 characters", "ON a.password = t1.password", "WHERE users.password = logins.password_hash"),
    *("Invalid password: required", "password: str", "def f(password: str | None)", "password:", "password::x"),
    *("password.example.com:8080", "src/password.py:1234", "password://x", "password == x", "password != 'x'"),
    *("<password>", "usage: login <user> <password>", "<password></password>", "password=%s"),
    *("('user', 'password', 'x')",),
    *("password={password}", "password={password!r}", "password=%(password)s", "password=$1::varchar", "password=:a"),
    *("password=${PASSWORD}", "password=?", "password: 8 characters", "password\nx=5", "password =\nx=5"),
]  # fmt: skip


@pytest.mark.parametrize("text", ASSIGNMENTS)
def test_a_text_gives_a_key_a_value(text: str) -> None:
    assert is_found(text)


@pytest.mark.parametrize("text", NO_ASSIGNMENTS)
def test_a_text_only_mentions_a_key(text: str) -> None:
    assert not is_found(text)


@pytest.mark.parametrize("text", ["Authorization: Bearer 8a3f9c", "authorization=Bearer 8a3f", "authorization=Basic x"])
def test_credentials_stand_after_their_scheme(text: str) -> None:
    assert is_found(text, "authorization")


@pytest.mark.parametrize(
    "text", ["Authorization: Bearer ***", "authorization=Bearer ***", "authorization: Bearer token"]
)
def test_credentials_that_are_masked_after_their_scheme(text: str) -> None:
    assert not is_found(text, "authorization")


@pytest.mark.parametrize(
    "text",
    [
        *("user%5Bpassword%5D=x", quote("a=1&password=x", safe=""), r"pass\u0077ord=x", "a&#61;1&amp;password&#61;x"),
        *(b64encode(b"user=jane&password=x").decode(), urlsafe_b64encode(b"a=1&password=x??>~").decode().rstrip("=")),
        *(json.dumps(json.dumps({"password": "x"})), json.dumps(json.dumps(json.dumps({"a": {"password": "x"}})))),
        b64encode(json.dumps({"form": quote("password=x")}).encode()).decode(),
    ],
)  # fmt: skip
def test_a_text_that_is_encoded_gives_a_key_a_value(text: str) -> None:
    assert is_found(text)
    assert found({"request": {"headers": {"X-Form": text}}}, "password") == ["request.headers.X-Form"]


def test_an_escaped_key_is_found() -> None:
    assert is_found(json.dumps({"größe": "5"}), "größe")


EVENT = {
    "event_id": "a" * 32,
    "timestamp": "2025-01-01T00:00:00Z",
    "type": "transaction",
    "level": "error",
    "logger": "shop",
    "server_name": "web",
    "transaction": "/",
    "transaction_info": {"source": "route"},
    "sdk": {"name": "sentry.python", "version": "3", "packages": [{"name": "pypi:sentry-sdk", "version": "3"}]},
    "modules": {"flask-session": "1.0", "token-bucket": "1.0"},
    "contexts": {
        "runtime": {"name": "CPython", "version": "3.12", "build": "3.12"},
        "trace": {
            "trace_id": "a" * 32, "span_id": "b" * 16, "op": "http.server", "status": "ok",
            "data": {"thread.name": "MainThread", "sentry.sdk.name": "x", "code.function.name": "f"},
        },
    },
    "exception": {
        "values": [
            {
                "type": "KeyError", "value": "x", "module": "shop",
                "mechanism": {"type": "starlette", "handled": False},
                "stacktrace": {"frames": [{"function": "f", "module": "shop", "filename": "shop.py", "lineno": 5}]},
            }
        ]
    },
    "threads": {"values": [{"id": 1, "name": "MainThread", "crashed": False}]},
    "breadcrumbs": {"values": [{"type": "default", "category": "query", "message": "x", "level": "info", "data": {}}]},
    "request": {"method": "GET"},
    "spans": [{"op": "db", "description": "SELECT", "data": {"db.system": "sqlite", "server.address": "x"}}],
    "measurements": {"latency": {"value": 1, "unit": "second"}},
}  # fmt: skip
SPAN = {
    "name": "/", "status": "ok", "is_segment": True, "trace_id": "a" * 32, "span_id": "b" * 16, "start_timestamp": 1.5,
    "attributes": {
        name: {"value": "x", "type": "string"}
        for name in ("sentry.segment.name", "thread.id", "code.function.name", "process.runtime.name", "server.address")
    },
}  # fmt: skip
CHECK_IN = {
    "monitor_slug": "nightly",
    "status": "ok",
    "monitor_config": {"schedule": {"type": "crontab", "value": "*"}},
}
WORDS_OF_THE_SDK = (
    *("name", "id", "type", "value", "status", "module", "data", "session", "token", "version", "source", "address"),
    *(
        "message",
        "op",
        "exception",
        "stacktrace",
        "frames",
        "function",
        "level",
        "server",
        "thread",
        "trace",
        "request",
    ),
)


@pytest.mark.parametrize(
    ("kind", "item"), [("event", EVENT), ("transaction", EVENT), ("span", SPAN), ("check_in", CHECK_IN)]
)
def test_the_names_of_the_protocol_are_not_keys(kind: str, item: dict[str, Any]) -> None:
    assert found(item, *WORDS_OF_THE_SDK, kind=kind) == []


PLACES = [
    *("extra.token", "tags.token", "user.token", "user.data.token", "contexts.payment.token", "contexts.token"),
    *("contexts.runtime.token", "contexts.trace.data.token", "contexts.trace.data.form.token", "token"),
    *("request.headers.token", "request.cookies.token", "request.data.token", "request.env.token"),
    *("breadcrumbs.values.0.data.token", "breadcrumbs.0.data.token", "spans.0.data.token", "spans.0.tags.token"),
    *("exception.values.0.stacktrace.frames.0.vars.token", "exception.0.stacktrace.frames.0.vars.token"),
    *("threads.values.0.stacktrace.frames.0.vars.a.token", "exception.values.0.mechanism.data.token"),
    *("logentry.params.token", "contexts.response.headers.token", "sdk.token"),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("key", ["token", "=token"])
def test_a_key_is_found_wherever_names_are_the_applications_own(place: str, key: str) -> None:
    payload: Any = "x"
    for part in reversed(place.split(".")):
        payload = [payload] if part == "0" else {part: payload}

    assert found(payload, key) == [place]


@pytest.mark.parametrize("key", ["=server_name", "=name", "=level"])
def test_a_whole_name_may_be_one_of_the_protocol(key: str) -> None:
    assert found({"server_name": "web", "level": "error", "contexts": {"runtime": {"name": "CPython"}}}, key) == [
        {"=server_name": "server_name", "=name": "contexts.runtime.name", "=level": "level"}[key]
    ]


SCOPE = {"scope": {"headers": [["b'token'", "b'x'"]]}}


@pytest.mark.parametrize(
    ("place", "payload"),
    [
        ("request.headers.1", {"request": {"headers": [["Host", "x"], ["X-Token", "x"]]}}),
        ("request.cookies.0", {"request": {"cookies": [["token", "x"]]}}),
        ("tags.0", {"tags": [["token", "x"]]}),
        (
            "exception.values.0.stacktrace.frames.0.vars.scope.headers.0",
            {"exception": {"values": [{"stacktrace": {"frames": [{"vars": SCOPE}]}}]}},
        ),
        ("extra.a.0", {"extra": {"a": [["b'token'", "b'x'"], ["b'token'", "b'***'"], ["b'token'", "b''"]]}}),
    ],
)  # fmt: skip
def test_lists_of_names_and_values(place: str, payload: dict[str, Any]) -> None:
    assert found(payload, "token") == [place]


@pytest.mark.parametrize(
    "payload",
    [
        {"extra": {"fields": ["token", "name"], "pairs": [["token", "name"]]}},
        {"request": {"headers": [["token", "[Filtered]"], ["token", ""], ["a", "token"], ["token"]]}},
        {"request": {"headers": [["token", "x", "y"]]}},
    ],
)  # fmt: skip
def test_lists_that_are_not_pairs_with_a_value(payload: dict[str, Any]) -> None:
    assert found(payload, "token") == []


def test_what_is_in_attachments_has_no_protocol() -> None:
    attachment = {"name": "x", "value": {"type": "x"}}

    assert found(attachment, "name", "type", kind="attachment") == ["name", "value.type"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("pass.*", "keys[0]: 'pass.*' looks like a regex. *patterns = [{ regex = 'pass.*' }]"),
        (r"\bpin\b", r"keys[0]: '\\bpin\\b' looks like a regex. *patterns = [{ regex = '\bpin\b' }]"),
        ("it's|pin", 'keys[0]: "it\'s|pin" looks like a regex. *patterns = [{ regex = "it\'s|pin" }]'),
        ("", "keys[0]: '' has no letters or digits; *"),
        ("=", "keys[0]: '=' has no letters or digits; *"),
        ("--", "keys[0]: '--' has no letters or digits; *"),
    ],
)
def test_a_key_that_is_not_a_name(key: str, message: str) -> None:
    beginning, _, end = message.partition("*") if message.endswith("*") else message.rpartition(" *")
    with pytest.raises(ValueError, match=r"keys\[0\]: ") as error:
        ForbiddenData(keys=(key,))

    assert str(error.value).startswith(beginning)
    assert str(error.value).endswith(end)
