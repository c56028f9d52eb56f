"""The rule ``no-pii`` in runs: kept, broken, allowed, waived, unused, after the server, and never showing a value."""

from __future__ import annotations

import re

import pytest

from checkout import DOCS
from run_output import rules_in_report

pytestmark = pytest.mark.needs("Sentry's own engine")

RULE = "[tool.sentry_capture.rules]\nno-pii = "
PRELUDE = """
import any_sdk
import pytest
import sentry_sdk

DSN = "https://key@sentry.invalid/1"
# since 3, messages have the stack, which is that of the run around this one as well
pytestmark = pytest.mark.sentry_options(attach_stacktrace=False)

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn=DSN)
"""


def run(
    pytester: pytest.Pytester, configuration: str, tests: str, *options: str, outcomes: dict[str, int]
) -> pytest.RunResult:
    pytester.makepyprojecttoml(configuration)
    pytester.makepyfile(test_it=f"{PRELUDE}\n{tests}")
    result = pytester.runpytest_inprocess("--sentry-report=report.json", *options)
    result.assert_outcomes(**outcomes)
    return result


def test_kept_broken_and_waived(pytester: pytest.Pytester) -> None:
    tests = """
def test_broken():
    sentry_sdk.set_user({"id": "42", "email": "jane@shop.example"})
    sentry_sdk.capture_message("hello")

def test_kept():
    sentry_sdk.set_user({"id": "42"})
    sentry_sdk.capture_message("hello")

@pytest.mark.sentry_allow("no-pii", reason="on purpose")
def test_waived():
    sentry_sdk.capture_message("mail jane@shop.example")
"""

    result = run(pytester, f"{RULE}true", tests, outcomes={"passed": 2, "failed": 1})

    result.stdout.fnmatch_lines(
        [
            "Rule 'no-pii' is broken (pyproject.toml:2).",
            "",
            "  user.email holds an email address (@email): info message (5 characters)",
            '    there: ????@????.???????; allow = [[]"@email in user.email"[]] allows it',
            "",
            'To waive it, use @pytest.mark.sentry_allow("no-pii", reason="…"). See "Rules" in the documentation.',
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(
        ["Rules: 0 kept, 1 broken, 0 not judged, 0 not exercised.", "  broken         no-pii in 1 test"]
    )
    assert rules_in_report(pytester)["no-pii"] == ("broken", 1, 1)


ALLOWED = """
def test_it():
    sentry_sdk.set_user({"id": "jane@shop.example"})
    sentry_sdk.set_extra("orders", [{"owner": "john@shop.example"}, {"owner": "jim@shop.example"}])
    sentry_sdk.set_tag("peer", "81.2.69.142")
    sentry_sdk.set_extra("number", "C-12345678")
    sentry_sdk.capture_message("from 10.0.0.1 and 10.0.0.2")
"""
ALSO = 'also = { customer_number = { type = "pattern", pattern = "C-[0-9]{8}" } }'


def test_what_is_allowed_and_what_is_added(pytester: pytest.Pytester) -> None:
    allow = '["user.id", "extra.orders.*.owner", "@ip in tags", "@ip = 10.*", "customer_number"]'

    run(pytester, f"{RULE}{{ allow = {allow}, {ALSO} }}", ALLOWED, "--sentry-strict", outcomes={"passed": 1})

    assert rules_in_report(pytester)["no-pii"] == ("kept", 1, 0)


def test_every_entry_is_needed_and_an_unused_one_is_reported(pytester: pytest.Pytester) -> None:
    allow = '["user", "@ip = 10.0.0.9", "@ip in user", "@iban", "user.identity", "extra.orders.*.owners"]'

    result = run(pytester, f"{RULE}{{ allow = {allow}, {ALSO} }}", ALLOWED, outcomes={"failed": 1})

    broken = re.findall(r"^E?  (\S.+) holds? (.*):", result.stdout.str(), re.MULTILINE)
    assert broken == [
        ("extra.number", "a match of the rule 'customer_number'"),
        ("extra.orders.0.owner and 1 place like it", "an email address (@email)"),
        ("message", "an IP address (@ip)"),
    ]
    result.stdout.fnmatch_lines(["… and 1 more."])
    pytester.makepyprojecttoml(f"{RULE}{{ allow = {allow[:-1]}, '@email', '@ip'], {ALSO}, severity = 'warn' }}")
    result = pytester.runpytest_inprocess("--sentry-strict")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    unused = re.findall(r"^  unused         '(.*)' in the allow list of 'no-pii'$", result.stdout.str(), re.MULTILINE)
    assert unused == [
        "@ip = 10.0.0.9", "@ip in user", "@iban", "user.identity", "extra.orders.*.owners",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "mistake"),
    [
        ("{ allow = ['@emial'] }", "unknown rule '@emial'; did you mean '@email'? Valid: @bearer, *"),
        ("{ allow = ['emails in user'] }", "unknown rule 'emails'*"),
        ("{ allow = ['@ip in '] }", "'@ip in ' allows nothing. Write a path, a rule, *"),
        ("{ allow = [''] }", "'' allows nothing*"),
        ("{ after = 'servers' }", "rules.no-pii.after: unknown value 'servers'; did you mean 'server'? *"),
        ("{ also = { a = { type = 'nope' } } }", "rules.no-pii.also['a']: unknown variant `nope`, expected one of *"),
        (
            "{ also = { a = { type = 'pattern', pattern = '(' } } }",
            "rules.no-pii.also['a']: '(' is not a regex that Relay understands",
        ),
        (
            "{ also = { a = { type = 'alias', rule = '@nope' } } }",
            "rules.no-pii.also['a']: there is no rule '@nope', or Relay *",
        ),
        (
            "{ also = { '@email' = { type = 'email' } } }",
            "rules.no-pii.also['@email']: '@email' is one of the built-in rules: *",
        ),
        ("{ also = ['a'] }", "must be a table, not *"),
    ],
)
def test_mistakes_are_reported_at_the_start(pytester: pytest.Pytester, value: str, mistake: str) -> None:
    pytester.makepyprojecttoml(RULE + value)

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = mistake.removeprefix("rules.no-pii").replace("[", "[[]")
    result.stderr.fnmatch_lines([f"*pyproject.toml:2: rules.no-pii*{told}"])


AFTER_SERVER = """
def test_it():
    sentry_sdk.set_extra("customer", "C-12345678")
    sentry_sdk.set_extra("client", "81.2.69.142")
    sentry_sdk.set_tag("card", "4242 4242 4242 4242")
    sentry_sdk.set_extra("mine", "jane@shop.example")
    sentry_sdk.capture_message("hello")
    sentry_sdk.logger.info("password=hunter2")
"""
PII_CONFIG = """
{
  "rules": {"customers": {"type": "pattern", "pattern": "C-[0-9]{8}", "redaction": {"method": "hash"}}},
  "applications": {"$string": ["customers", "@email:mask"]}
}
"""


@pytest.mark.needs("logs")
def test_what_remains_after_the_server(pytester: pytest.Pytester) -> None:
    rules = f'no-pii = {{ after = "server", {ALSO} }}\n'
    settings = '[tool.sentry_capture.relay]\npii_config = "pii.json"\nscrub_ip_addresses = true'
    (pytester.path / "pii.json").write_text(PII_CONFIG)
    tests = AFTER_SERVER.replace("def test_it()", "def test_it(sentry_init)").replace(
        '    sentry_sdk.set_extra("cus',
        '    sentry_init(dsn=DSN, **any_sdk.logs_enabled())\n    sentry_sdk.set_extra("cus',
    )

    def remaining(configuration: str) -> list[str]:
        result = run(pytester, configuration, tests, outcomes={"failed": 1})
        return re.findall(r"^  (\S+) holds", result.stdout.str(), re.MULTILINE)

    assert remaining(f"[tool.sentry_capture.rules]\n{rules}{settings}") == ["tags.card", "body"]
    assert remaining(f"[tool.sentry_capture.rules]\n{rules}{settings.replace('pii_config', '# ')}") == [
        "extra.customer", "extra.mine", "tags.card",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ("pii_config = 'none.json'", "none.json can't be read: No such file or directory"),
        ("pii_config = 'broken.json'", "broken.json: key must be a string at line 2 column 3"),
        ("pii_config = 'selector.json'", 'selector.json: invalid value: string "a b", expected a selector at line 1 *'),
        ("pii_config = 'list.json'", "list.json: must be an object with rules and applications, not list"),
        ("pii_config = 'regex.json'", "regex.json: x: '(' is not a regex that Relay understands"),
        ("pii_config = 'unknown.json'", "unknown.json: there is no rule '@nope', or Relay * does not know it"),
        ("pii_config = 'named.json'", "named.json: there is no rule '@nope', or Relay * does not know it"),
        ("pii_config = 'answer.json'", "answer.json: unknown key 'relayPiiConfig'. Valid: applications, rules, vars"),
        ("pii_config = 'bytes.json'", "bytes.json is not UTF-8 text"),
        ("scrub_ips = true", "unknown option 'scrub_ips'; did you mean 'scrub_ip_addresses'? *"),
        ("safe_fields = 'a'", "must be a list, not 'a'"),
        ("pii_config = 5", "must be a string, not 5"),
    ],
)
def test_mistakes_in_the_settings_are_reported_at_the_start(
    pytester: pytest.Pytester, settings: str, mistake: str
) -> None:
    files = {
        "broken": b'{"rules": {},\n  ,}',
        "selector": b'{"applications": {"a b": ["@email"]}}',
        "list": b"[]",
        "regex": b'{"rules": {"x": {"type": "pattern", "pattern": "("}}}',
        "unknown": b'{"applications": {"$string": ["@email", "@nope"]}}',
        "named": b'{"rules": {"x": {"type": "multiple", "rules": ["@email", "@nope"]}}}',
        "answer": b'{"relayPiiConfig": "{}"}',
        "bytes": b'"\xff"',
    }
    for name, content in files.items():
        (pytester.path / f"{name}.json").write_bytes(content)
    pytester.makepyprojecttoml(f"[tool.sentry_capture.relay]\n{settings}")

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*pyproject.toml:*: relay*{mistake}"])


PLANTED = {
    "email": "jane.doe77@shop.example",
    "IP address": "81.2.69.177",
    "card": "4242424242424277",
    "IBAN": "DE77370400440532013077",
    "ssn": "078-05-1177",
    "bearer": "eyJ77.token.signature",
    "password": "hunter-77",
    "api key": "sk_77_abcdef",
    "URL": "app77:s3cr3t77",
    "path": "janedoe77",
}
PLANTING = """
import logging
import any_sdk
import sentry_sdk
from planted import *

def test_it(sentry_init, sentry_capture):
    sentry_init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0, integrations=any_sdk.logging_to_events(),
                **any_sdk.logs_enabled(), **any_sdk.nothing_scrubbed())
    for number, text in enumerate(TEXTS):
        with sentry_sdk.new_scope() as scope:
            scope.set_tag("tag", text)
            scope.set_tag(VALUES[number], "a key")
            scope.set_user({"id": text, VALUES[number]: "a key"})
            scope.set_context("order", {"password": VALUES[number], VALUES[number]: {VALUES[number]: text}})
            scope.set_extra("texts", [text, {"a": text}])
            scope.add_breadcrumb(message=text, category=text, data={"token": text})
            scope.add_attachment(bytes=text.encode(), filename=text)
            scope.fingerprint = [text]
            scope.capture_message(text)
            logging.getLogger(text).error(text)
            logging.error("%s", text)
            try:
                raise type(VALUES[number], (Exception,), {})(text)
            except Exception:
                sentry_sdk.capture_exception()
            sentry_sdk.capture_event({"message": "x", "logger": text, "transaction": text, "server_name": text,
                                      "level": text, "release": text, "environment": text})
            with any_sdk.segment(text, op=text), any_sdk.span(text, op=text):
                pass
            sentry_sdk.logger.info(text, attributes={"a": text, VALUES[number]: "b"})
            sentry_sdk.metrics.count(text, 1, attributes={"a": text})
            sentry_sdk.crons.capture_checkin(monitor_slug=text, status="ok")
    repr(sentry_capture.pii())
"""


@pytest.mark.needs("logs", "metrics")
def test_no_output_shows_what_was_found(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "step.md"))
    texts = {
        **PLANTED,
        "bearer": f"Bearer {PLANTED['bearer']}",
        "password": f"password={PLANTED['password']}",
        "api key": f"api_key={PLANTED['api key']}",
        "URL": f"postgresql://{PLANTED['URL']}@db/shop",
        "path": f"/home/{PLANTED['path']}/orders.csv",
    }
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\nno-pii = true\naccepted-by-sentry = true")
    pytester.makepyfile(planted=f"VALUES = {[*PLANTED.values()]}\nTEXTS = {[*texts.values()]}", test_planting=PLANTING)
    pytester.syspathinsert()

    result = pytester.runpytest_inprocess(
        "-p", "no:logging", "--sentry-show=full", "--sentry-contract=update", "--junitxml=junit.xml", "-rA", "-v",
        "--sentry-report=report.json", "--sentry-report=report.md", "--sentry-report=report.txt",
    )  # fmt: skip

    result.assert_outcomes(failed=1)
    files = ["report.json", "report.md", "report.txt", "junit.xml", "step.md", "sentry-contract.toml"]
    output = {name: (pytester.path / name).read_text(encoding="utf-8") for name in files}
    output["stdout"], output["stderr"] = result.stdout.str(), result.stderr.str()
    assert "Rule 'no-pii' is broken" in output["stdout"]
    assert "Rule 'accepted-by-sentry' is broken" in output["stdout"]
    assert [(name, value) for name, text in output.items() for value in PLANTED.values() if value in text] == []


def test_source_lines_of_the_test_itself(pytester: pytest.Pytester) -> None:
    tests = """
def test_it():
    # mail jane@shop.example
    try:
        1 / 0
    except ZeroDivisionError:
        sentry_sdk.capture_exception()
"""

    run(pytester, f"{RULE}true", tests, outcomes={"passed": 1})


def test_what_comes_outside_of_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(f"{RULE}true")
    pytester.makepyfile(
        """
        import sentry_sdk
        sentry_sdk.init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)
        sentry_sdk.capture_message("mail jane@shop.example")
        def test(): pass
        """
    )

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*message holds an email address (@email): info message (22 characters) [[](collection)]"]
    )


def test_every_option_is_in_the_guide() -> None:
    rules = (DOCS / "reference" / "rules-about-data.md").read_text(encoding="utf-8")
    section = rules.partition("\n## no-pii\n")[2].partition("\n## ")[0]

    assert all(f"| `{option}` |" in section for option in ("allow", "also", "after"))
    assert "\n## accepted-by-sentry\n" in rules
