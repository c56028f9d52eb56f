"""The search for personal data in payloads of any content."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st

from checkout import DOCS
from pytest_sentry_capture import CapturedAttachment, CapturedEvent, RuleViews, SentryCapture
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._relay import engine
from pytest_sentry_capture._relay.privacy import REFUSED, PiiSearch
from pytest_sentry_capture._rules.built_in.personal_data import NoPii
from recordings import capture
from steps import steps_of

pytestmark = pytest.mark.needs("Sentry's own engine")

PRIVACY = (DOCS / "reference" / "personal-data-detectors.md").read_text(encoding="utf-8")
FALSE_ALARMS = re.findall(r"^\| `(.+?)` \|[^|]*\| `(@\w+)` \| `(.+?)` \|$", PRIVACY, re.MULTILINE)


def event(**attributes: Any) -> None:
    sentry_sdk.capture_event({"level": "info", **attributes})  # type: ignore[typeddict-item]


def test_the_guide_tells_the_false_alarms() -> None:
    assert len(FALSE_ALARMS) >= 8


@pytest.mark.parametrize(("text", "rule", "allow"), FALSE_ALARMS)
@pytest.mark.usefixtures("unscrubbed")
def test_false_alarms_are_as_the_guide_says(text: str, rule: str, allow: str, sentry_capture: SentryCapture) -> None:
    key, separator, value = text.partition(": ")
    event(extra={key: value} if separator and key.isidentifier() else {"note": text})
    rule_that_allows = NoPii(allow=(allow,))

    found = sentry_capture.pii()

    assert [each.rule for each in found] == [rule]
    views = RuleViews(sentry_capture._recording)
    assert [judgement.allowed for judgement in rule_that_allows.judge(views)] == [allow]


def test_looking_for_personal_data_is_not_asking_for_events(sentry_capture: SentryCapture, unscrubbed: None) -> None:
    event(message="hello")
    sentry_capture.pii()

    assert not sentry_capture._recording.entries_of(Capture)[0].seen


def paths(payload: Any) -> list[str]:
    return [each.path for each in PiiSearch().findings(CapturedEvent(payload))]


def nested(depth: int) -> dict[str, Any]:
    payload: dict[str, Any] = {"email": "jane@example.com"}
    for _ in range(depth):
        payload = {"in": payload}
    return payload


def test_strange_payloads() -> None:
    circle: dict[str, Any] = {"email": "jane@example.com", "list": []}
    circle["self"] = circle
    circle["list"].append(circle)

    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError

    assert "email" in paths(circle)
    assert paths(nested(5)) == ["in.in.in.in.in.email"]
    assert paths(nested(350)) == [f"{'in.' * 350}email"]
    assert paths({"ratio": float("nan"), "limit": float("inf"), "to": "jane@example.com"}) == ["to"]
    assert paths({"data": b"\xff jane@example.com", "pair": ("x", "jane@example.com")}) == ["data", "pair.1"]
    assert paths({"half": "\ud800 jane@example.com", "other": "\udfff"}) == ["half"]
    assert paths({"zero": "a\0b jane@example.com", 5: "jane@example.com", None: Hostile()}) == ["5", "zero"]
    assert paths({"huge": 10**400, "card": 4242424242424242, "flag": True, "nothing": None}) == ["card"]
    assert paths({"pairs": [["Authorization", "Basic abc"], ["jane@example.com", "x"]]}) == ["pairs.0.1", "pairs.1.0"]
    assert paths({"auth": {"to": ["jane@example.com"], "password": "x"}}) == ["auth", "auth.to.0"]
    assert paths({"words without end": "auth" * 100_000, "password": "auth" * 100}) == ["password"]
    assert paths({"password": None, "token": [], "secret": {"a": ""}, "auth": False, "api_key": "***"}) == []


def test_five_megabytes() -> None:
    text = f"{'lorem ipsum ' * 420_000} jane@example.com"

    [found] = PiiSearch().findings(CapturedEvent({"extra": {"text": text}}))

    assert (found.path, found.excerpt) == ("extra.text", "****@*******.***")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=3), st.sampled_from(["event", "user", "tags", "frames", "", "x.y"]))
def test_whatever_stands_around_it(payload: dict[str, Any], key: str) -> None:
    found = PiiSearch().findings(CapturedEvent({**payload, key: {"deep": ["to jane@example.com!"]}}))

    assert f"{key}.deep.0" in [each.path for each in found if each.rule == "@email"]


def test_attachments() -> None:
    def findings(content: bytes) -> list[str]:
        return paths_of(
            CapturedAttachment({"filename": "f"}, Capture("attachment", content, headers={"filename": "f"}))
        )

    def paths_of(item: CapturedAttachment) -> list[str]:
        return [each.path for each in PiiSearch().findings(item)]

    assert findings(b"to jane@example.com") == ["attachment"]
    assert findings("für jane@example.com".encode("latin-1")) == ["attachment"]
    assert findings(b'{"to": ["jane@example.com"]}') == ["to.0"]
    assert findings('{"to": ["jane@example.com"]}'.encode("utf-8-sig")) == ["to.0"]
    assert findings('{"to": ["jane@example.com"]}'.encode("utf-16")) == ["to.0"]
    assert findings(codecs.BOM_UTF16_BE + "to jane@example.com".encode("utf-16-be")) == ["attachment"]
    assert findings(b"\x89PNG\0\0 jane@example.com") == []
    assert findings(b"[" * 100_000) == []


def test_what_relay_refuses_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(config: str, text: str) -> str:
        if "poison" in text:
            raise engine.RelayError('invalid type: string "poison", expected nothing at line 1 column 2')
        return text

    monkeypatch.setattr(engine, "stripped", refuse)

    [found] = PiiSearch().findings(CapturedEvent({"extra": {"a": ["x", "poison"], "b": "x"}}))

    assert (found.path, found.rule, found.kind) == ("extra.a.1", REFUSED, "a value that Relay refuses to read")
    assert found.excerpt == "invalid type: string …, expected nothing at line 1 column 2"


def test_an_old_relay_without_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_sentry_capture._relay.privacy import built_in_rules

    check = engine.check_pii_config

    def as_of_old(text: str) -> None:
        if '"bearer"' in text:
            raise engine.RelayError("unknown variant `bearer`, expected one of `email`, `ip` at line 1 column 9")
        check(text)

    monkeypatch.setattr(engine, "check_pii_config", as_of_old)
    built_in_rules.known_types.cache_clear()
    try:
        found = PiiSearch().findings(CapturedEvent({"message": "jane@example.com", "extra": {"h": "Bearer abc.def"}}))
        with pytest.raises(ValueError, match=r"^also\['mine'\]: unknown variant `bearer`, expected one of `email`"):
            NoPii(also={"mine": {"type": "bearer"}})
    finally:
        built_in_rules.known_types.cache_clear()

    assert [each.rule for each in found] == ["@password", "@email"]


def test_each_distinct_payload_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    stripped = engine.stripped

    def counted(config: str, text: str) -> str:
        texts.append(text)
        return stripped(config, text)

    monkeypatch.setattr(engine, "stripped", counted)
    search = PiiSearch()
    captures = [capture({"message": f"to jane{n % 2}@example.com"}) for n in range(6)]

    found = [search.findings(capture.items[0]) for capture in captures]

    assert len(texts) == 2
    assert [[each.path for each in of_one] for of_one in found] == [["message"]] * 6
    assert [of_one[0].item for of_one in found] == [capture.items[0] for capture in captures]


def payload_with(findings: int) -> dict[str, Any]:
    """So many in values, in names and in code."""
    frame = {"pre_context": [f"to_jane{number}@example.com" for number in range(findings)]}
    spans = [
        {"description": f"to joe{number}@example.com", "data": {f"ann{number}@example.com": 1}}
        for number in range(findings)
    ]
    return {"spans": spans, "exception": {"values": [{"stacktrace": {"frames": [frame]}}]}}


def test_twice_as_many_findings_are_twice_the_work() -> None:
    few, many = payload_with(50), payload_with(100)

    assert (len(paths(few)), len(paths(many))) == (150, 300)
    assert steps_of(lambda: paths(many)) < 2.2 * steps_of(lambda: paths(few))


def test_source_code_is_not_data() -> None:
    frame = {
        "function": "authenticate",
        "module": "shop.auth",
        "filename": "shop/auth.py",
        "abs_path": "/home/jane/shop/auth.py",
        "context_line": "    return token == password or items[::2]  # Bearer token",
        "pre_context": ["password = 'x'", "connect('postgresql://app:word@db/shop')"],
        "post_context": ["", "support = 'help@shop.example'"],
        "vars": {"path": "/home/jane/shop"},
    }

    found = paths({"exception": {"values": [{"stacktrace": {"frames": [frame]}}]}})

    start = "exception.values.0.stacktrace.frames.0"
    assert found == [f"{start}.post_context.1", f"{start}.pre_context.1", f"{start}.vars.path"]


def test_whoever_runs_the_tests_is_not_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_sentry_capture._relay.privacy import false_alarms

    monkeypatch.setattr(Path, "home", lambda: Path("/home/jane"))
    false_alarms._own_name.cache_clear()
    try:
        assert paths({"extra": {"mine": "/home/jane/x.csv", "theirs": "/home/john/x.csv"}}) == ["extra.theirs"]
    finally:
        false_alarms._own_name.cache_clear()


def test_ids_and_versions_are_not_findings() -> None:
    number = "4242424242424242"
    trace = {"trace_id": number * 2, "span_id": number, "parent_span_id": number}
    payload = {
        "event_id": number * 2,
        "contexts": {"trace": trace},
        "request": {"headers": {"sentry-trace": f"{number * 2}-{number}-1"}},
        "modules": {"authlib": "1.2.3.4"},
        "sdk": {"version": "2.75.0.1"},
        "_meta": {"extra": {"password": {"": {"rem": [["!config", "s"]]}}}},
    }

    assert paths(payload) == []
    assert paths({"span_id": "not 4242424242424242", "extra": {"card_id": number}}) == ["extra.card_id", "span_id"]


def test_what_an_item_of_an_unknown_type_holds_is_found_once() -> None:
    [item] = Capture("unknown", b'{"to": ["jane@example.com"]}').items

    assert [each.path for each in PiiSearch().findings(item)] == ["to.0"]


@pytest.mark.parametrize("file", ["tests/test_shop.py", r"C:\shop\tests\test_shop.py", "/shop/tests/test_shop.py"])
def test_source_code_of_the_test_is_not_a_finding(file: str) -> None:
    def found_in(abs_path: str) -> list[str]:
        frame = {"abs_path": abs_path, "context_line": "send('jane@example.com')"}
        event = CapturedEvent({"exception": {"values": [{"stacktrace": {"frames": [frame]}}]}})
        return [each.path for each in PiiSearch().findings(event, "tests/test_shop.py")]

    assert found_in(file) == []
    assert found_in(file.replace("tests", "latest_tests")) == ["exception.values.0.stacktrace.frames.0.context_line"]


@pytest.mark.parametrize("values", [lambda error: [error], lambda error: {"values": [None, error]}])
def test_frames_of_the_test_runner_are_not_findings(values: Callable[[object], object]) -> None:
    frames = [{"module": "_pytest.python", "vars": {"a": "jane@example.com"}}, {"module": "shop"}]

    assert paths({"exception": values({"stacktrace": {"frames": frames}})}) == []


@pytest.mark.parametrize("value", ["SecretStr('**********')", "***", "'*****'", "''", '""', "{}", "[]", "None"])
def test_what_is_empty_or_masked_is_not_a_finding(value: str) -> None:
    assert paths({"extra": {"password": value, "text": f"password={value}"}}) == []


def test_a_value_that_is_encoded_for_a_url_is_a_finding() -> None:
    assert paths({"extra": {"text": "password=%C3%A4bc"}}) == ["extra.text"]
