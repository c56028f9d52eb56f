"""What ``no-pii`` takes for personal data or a secret, and what only looks like it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from checkout import DOCS
from pytest_sentry_capture import CapturedEvent
from pytest_sentry_capture._relay import engine
from pytest_sentry_capture._relay.privacy import PiiSearch
from pytest_sentry_capture._relay.privacy.secret_names import DESCRIBING, KEPT_BY_INGESTION

pytestmark = pytest.mark.needs("Sentry's own engine")

UUID = "41111111-1111-4111-8111-111111111111"
NBSP = "\N{NO-BREAK SPACE}"
NOTHING: list[Any] = [
    # names that only contain a word for a secret, and names of what is about one
    {"author": "Douglas Adams"},
    {"tokenizer": "cl100k_base"},
    {"own_oauth_scopes": ["read"]},
    {"authority": "shop.example"},
    {"authlib": "1.2.3"},
    {"token_type": "bearer"},
    {"tokenUrl": "/token"},
    {"auth_backend": "shop.auth.Backend"},
    {"password_min_length": 8},
    {"token_lifetime_minutes": 30},
    {"oauth_config": {"client_id": "shop", "scopes": ["a1"]}},
    "Dependant(call=<function login at 0x7f8b1c2d3e4f>, own_oauth_scopes=[], parent_oauth_scopes=None)",
    "Query(tokenizer='cl100k_base', author='Douglas Adams')",
    # counts, limits and words of language models
    {"max_tokens": 512},
    {"gen_ai.usage.input_tokens": 3},
    {"tokens": ["how", "many", "tokens"]},
    {"token_ids": [101, 2003], "pad_token_id": 0},
    {"usage": {"prompt_tokens": 12, "prompt_tokens_details": {"cached_tokens": 0}}},
    {"token_bucket": {"tokens": 9.5}},
    "CompletionUsage(completion_tokens=9, prompt_tokens_details=PromptTokensDetails(cached_tokens=0))",
    "Rate limit reached: 90000 tokens per minute",
    # empty values, representations of objects, and sentences
    "Settings(token='', password=None, secrets=[], api_key=SecretStr(''), auth={}, use_auth=True)",
    {"auth": None},
    {"password": ["***", "[Filtered]"]},
    "password=[Filtered]&token=***",
    {"auth": "<httpx._auth.BasicAuth object at 0x7f8b1c2d3e4f>"},
    "Client(auth=<shop.Auth object at 0x7f8b1c2d3e4f>)",
    "<WSGIRequest: GET '/pages/?next_token='>",
    "password: Field required",
    "token: must be a string",
    {"pad_token": "[PAD]", "eos_token": "</s>", "first_token": "a1"},
    "OAuthFlows(implicit=None, password=OAuthFlowPassword(refreshUrl=None, scopes={}, tokenUrl='token'))",
    "a bearer token is missing",
    {"www": 'Bearer realm="api", error="invalid_token"'},
    "git+ssh://git@github.com/shop/api.git".replace("github.com", "host"),
    "/static/logo@2x.png",
    "cloned git@github.com:shop/api.git",
    {"AUTH_USER_MODEL": "accounts.User", "is_authenticated": True, "authors": ["a1"], "authentication_classes": ["A1"]},
    "SELECT token FROM tokens WHERE token = %s AND auth_token = $1 AND password = :password",
    '{"password": [{"message": "This field is required.", "code": "required"}]}',
    {"password": "b''"},
    # addresses of nobody, versions, slices and names
    "127.0.0.1",
    "0.0.0.0",
    "::1",
    "[::]:8000",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.7",
    "2001:db8::17",
    "255.255.255.0",
    "224.0.0.1",
    "localhost (127.0.0.1:5432)",
    "opencv 4.8.0.74",
    "opencv==4.8.0.74",
    "v1.2.3.4",
    "version 1.2.3.4",
    {"version": "1.2.3.4"},
    {"versions": {"opencv": "4.8.1.74"}},
    "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
    "1.2.3.4.5",
    "items[::2]",
    "numbers[1::-1]",
    "abc::def",
    "x::date",
    # numbers
    UUID,
    f"order {UUID.upper()}",
    "4" * 32,
    "2024-01-31",
    "2024-01-31 12:30:45.123456",
    "20240131123045",
    "DE 2024 0000 1111",
    "2222 4053 4324 8878",
    # keys of DSNs
    f"https://{'0123456789abcdef' * 2}@o1.ingest.sentry.io/2",
]
SOMETHING: list[tuple[Any, str]] = [
    ({"token": "hunter2"}, "@password"),
    ({"accessToken": "hunter2"}, "@password"),
    ({"csrfmiddlewaretoken": "a"}, "@password"),
    ({"oauth_token": "hunter2"}, "@password"),
    ({"auth": ["jane", "hunter2"]}, "@password"),
    ({"x-auth": "a"}, "@password"),
    ({"authkey": "hunter2"}, "@password"),
    ({"Proxy-Authorization": "Basic a"}, "@password"),
    ({"tokens": ["gho_16C7e42F"]}, "@password"),
    ({"oauth_config": {"client_secret": "hunter2"}}, "@password"),
    ({"oauth_config": ["password=hunter2"]}, "@password"),
    ({"pairs": [["Authorization", "Basic a"]]}, "@password"),
    ({"author": "password=hunter2"}, "@password"),
    ({"token": 123456}, "@password"),
    ("Login(auth=BasicAuth(username='jane', password='hunter2'))", "@password"),
    ("api_key=SecretStr('hunter2')", "@password"),
    ({"header": "Bearer alice"}, "@bearer"),
    ({"password": "[Filtered]x"}, "@password"),
    ("password=[Filtered] token=hunter2", "@password"),
    ({"password": 123456}, "@password"),
    ("Settings(token='hunter2')", "@password"),
    ("Authorization: Basic dXNlcjpwYXNzd29yZA", "@password"),
    ("mail digit@github.com", "@email"),
    ("authToken: dXNlcjpwYXNzd29yZA", "@password"),
    ("{'password': ['hunter2']}", "@password"),
    ("token=hunter2&max_tokens=5", "@password"),
    ('{"tokens": "gho_16C7e42F"}', "@password"),
    ("10.1.2.3", "@ip"),
    ("81.2.69.142", "@ip"),
    ("host 5.9.12.74", "@ip"),
    ("db.internal/10.1.2.3:5432", "@ip"),
    ("fe80::1", "@ip"),
    ("2a02:6b8::2:242", "@ip"),
    ("http://[2a02:6b8::5]:80/", "@ip"),
    ("127.0.0.1, 81.2.69.142", "@ip"),
    ("GET /clients/81.2.69.142", "@ip"),
    ({"host": "4.8.0.74"}, "@ip"),
    ("ip==81.2.69.142", "@ip"),
    ("DE89 3704 0044 0532 0130 00", "@iban"),
    ("to GB29 NWBK 6016 1331 9268 19.", "@iban"),
    ("NO93-8601-1117-947", "@iban"),
    ("FR14 2004 1010 0505 0001 3M02 606".replace(" ", NBSP), "@iban"),
    ("4242 4242 4242 4242", "@creditcard"),
    ("4242-4242-4242-4242", "@creditcard"),
    ("3782 822463 10005", "@creditcard"),
    ("2223 0031 2200 3222", "@creditcard"),
    ("3056 930902 5904", "@creditcard"),
    ("3566.0020.2036.0505", "@creditcard"),
    (f"{UUID} and 4242424242424242", "@creditcard"),
    (f"https://{'0123456789abcdef' * 2}:s3cr3t@o1.ingest.sentry.io/2", "@urlauth"),
    ("https://jane@shop.example/2", "@urlauth"),
]


def rules_of(data: Any) -> list[str]:
    return [each.rule for each in PiiSearch().findings(CapturedEvent({"extra": {"a": data}}))]


@pytest.mark.parametrize("data", NOTHING, ids=str)
def test_no_finding(data: Any) -> None:
    assert rules_of(data) == []


@pytest.mark.parametrize(("data", "rule"), SOMETHING, ids=str)
def test_finding(data: Any, rule: str) -> None:
    assert rules_of(data) == [rule]


def test_a_secret_below_a_name_that_is_not_one_is_reported_at_its_own_place() -> None:
    payload = {"extra": {"oauth": {"name": "shop", "clients": [{"secret": "hunter2"}]}}}

    assert [each.path for each in PiiSearch().findings(CapturedEvent(payload))] == ["extra.oauth.clients.0.secret"]


def test_a_user_agent_is_exempt_as_in_ingestion() -> None:
    def found(header: str) -> list[str]:
        return [
            each.path
            for each in PiiSearch().findings(CapturedEvent({"request": {"headers": {header: "a/81.2.69.142"}}}))
        ]

    assert found("User-Agent") == []
    assert found("X-User-Agent") == ["request.headers.X-User-Agent"]


@pytest.mark.parametrize(
    "line", ["sentry_sdk.init(dsn='https://public@sentry.invalid/1')", "DSN = 'https://k@host/a/2'"]
)
def test_the_key_of_a_dsn_in_a_source_line(line: str) -> None:
    def found(line: str) -> list[str]:
        frame = {"filename": "shop.py", "context_line": line}
        return [each.rule for each in PiiSearch().findings(CapturedEvent({"stacktrace": {"frames": [frame]}}))]

    assert found(line) == []
    assert found(line.replace("@", ":word@")) == ["@urlauth"]


def test_names_that_ingestion_keeps_are_kept_by_the_installed_engine() -> None:
    span = {"trace_id": "a" * 32, "span_id": "c" * 16, "start_timestamp": 1, "timestamp": 2}
    data = {name: 5 if "token" in name else "name" for name in KEPT_BY_INGESTION}
    event = {
        "type": "transaction", "transaction": "x", "start_timestamp": 1, "timestamp": 2,
        "contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}}, "spans": [{**span, "data": data}],
    }  # fmt: skip
    switches = {"scrubData": True, "scrubDefaults": True, "scrubIpAddresses": True}
    rules = engine.rules_of_switches({**switches, "sensitiveFields": [], "excludeFields": []})

    stored = json.loads(engine.stripped(rules, engine.normalized(json.dumps(event))))["spans"][0]["data"]

    assert {name: stored.get(name) for name in data} == data


def test_every_word_that_describes_a_secret_is_in_the_list_of_the_page() -> None:
    page = (DOCS / "reference" / "personal-data-detectors.md").read_text(encoding="utf-8")
    section = page.partition("\n### Keys that describe a secret\n")[2].partition("\n## ")[0]
    words = section.rpartition(".\n")[2]

    assert re.findall(r"`(\w+)`", words) == sorted(DESCRIBING)
    about = [f"token_{word}" for word in DESCRIBING]
    assert PiiSearch().findings(CapturedEvent({"extra": dict.fromkeys(about, "a1b2c3d4")})) == []
    assert all(f"`{name}`" in section for name in ("password_hash", "password_hint", "token_value"))
    found = PiiSearch().findings(CapturedEvent(dict.fromkeys(("password_hash", "password_hint", "token_value"), "a1")))
    assert len(found) == 3
