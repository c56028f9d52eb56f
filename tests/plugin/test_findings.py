"""What findings of ``no-pii`` and ``accepted-by-sentry`` say, and that the entries which they name allow them."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.needs("Sentry's own engine")

PRELUDE = """
import pytest
import sentry_sdk

# since 3, messages have the stack, which is that of the run around this one as well
pytestmark = pytest.mark.sentry_options(attach_stacktrace=False)

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", release="shop@1")
"""
SHOP = """
import sentry_sdk

def sign_in(address, orders):
    try:
        1 / 0
    except ZeroDivisionError:
        sentry_sdk.capture_exception()
"""


def findings(pytester: pytest.Pytester, rules: str, body: str) -> list[str]:
    """The lines of the rule's report in a run of one test."""
    pytester.makepyprojecttoml(f"[tool.sentry_capture.rules]\n{rules}")
    pytester.makepyfile(shop=SHOP, test_it=f"{PRELUDE}\n\ndef test_it():\n    {body}\n")
    pytester.syspathinsert()
    output = pytester.runpytest_inprocess().stdout.str()
    report = re.search(r"Rule '.*' is broken.*?\n\n(.*?)\n\nTo waive it, use", output, re.DOTALL)
    return re.sub(r"\n {2,4}(?=[^ ])(?<!there)", "\n  ", report[1]).splitlines() if report is not None else []


def entries(lines: list[str]) -> str:
    [text] = re.findall(r"allow = (\[.*?\])(?: allows it|,)", " ".join(map(str.strip, lines)))
    return str(text)


def test_a_finding_in_a_stack_frame_names_variable_function_and_file(pytester: pytest.Pytester) -> None:
    body = "from shop import sign_in; sign_in('jane@shop.example', [])"

    lines = findings(pytester, "no-pii = true", body)

    text = " ".join(map(str.strip, lines))
    assert text.startswith(
        "variable 'address' in sign_in (shop.py) holds an email address (@email): error ZeroDivisionError"
    )
    assert entries(lines) == '["@email in exception.values.*.stacktrace.frames.sign_in.vars.address"]'
    assert findings(pytester, f"no-pii = {{ allow = {entries(lines)} }}", body) == []
    other = entries(lines).replace("sign_in", "sign_out")
    assert findings(pytester, f"no-pii = {{ allow = {other} }}", body) == lines


def test_forbidden_data_names_the_frame_and_the_path_that_allows_it(pytester: pytest.Pytester) -> None:
    body = "import shop; shop.sign_in('x', [{'iban': 'hunter2'}])"

    found = findings(pytester, 'forbidden-data = { keys = ["iban"] }', body)

    path = "exception.values.*.stacktrace.frames.sign_in.vars.orders.*.iban"
    assert found == [
        "  0.iban of variable 'orders' in sign_in (shop.py) holds the value of a forbidden key: error",
        "  ZeroDivisionError (16 characters), handled",
        f"  there: <str of length 9>, at {path}",
    ]
    assert findings(pytester, f'forbidden-data = {{ keys = ["iban"], allow = ["{path}"] }}', body) == []


def test_a_private_address_is_shown_and_allowed_by_its_value(pytester: pytest.Pytester) -> None:
    body = "sentry_sdk.capture_message('from 10.1.2.3, 10.1.2.4 and 10.1.2.3')"

    lines = findings(pytester, "no-pii = true", body)

    assert lines == [
        "  message holds an IP address (@ip): info message (36 characters)",
        '  there: 10.1.2.3, 10.1.2.4; allow = ["@ip = 10.1.2.3", "@ip = 10.1.2.4"] allows it',
    ]
    assert findings(pytester, f"no-pii = {{ allow = {entries(lines)} }}", body) == []
    assert findings(pytester, 'no-pii = { allow = ["@ip = 10.1.2.3"] }', body) == lines


def test_a_public_address_is_allowed_by_its_value_and_not_shown(pytester: pytest.Pytester) -> None:
    body = "sentry_sdk.capture_message('from 81.2.69.142')"

    lines = findings(pytester, "no-pii = true", body)

    assert lines == [
        "  message holds an IP address (@ip): info message (16 characters)",
        '  there: **.*.**.***; allow = ["@ip = …"], with the address in place of "…" allows it',
    ]
    assert findings(pytester, f"no-pii = {{ allow = {entries(lines).replace('…', '81.2.69.142')} }}", body) == []


def test_addresses_at_places_that_are_alike_are_reported_one_by_one(pytester: pytest.Pytester) -> None:
    body = "sentry_sdk.set_extra('peers', ['10.1.2.3', '10.1.2.4', '10.1.2.3']); sentry_sdk.capture_message('x')"

    lines = findings(pytester, "no-pii = true", body)

    assert [line.strip() for line in lines if "hold" in line] == [
        "extra.peers.0 and 1 place like it hold an IP address (@ip): info message (1 character)",
        "extra.peers.1 holds an IP address (@ip): info message (1 character)",
    ]


LARGE = "from shop import sign_in; sign_in({str(n): 'x' * 900 for n in range(20)}, [{'a': {'b': ['y' * 900] * 9}}] * 9)"


def test_variables_that_are_cut_are_judged_only_strictly(pytester: pytest.Pytester) -> None:
    assert findings(pytester, "accepted-by-sentry = true", LARGE) == []

    lines = findings(pytester, "accepted-by-sentry = { strict = true }", LARGE)

    assert any(" in sign_in (shop.py) " in line or "the variables in" in line for line in lines)


def test_what_the_application_writes_is_grouped_and_allowed_by_place(pytester: pytest.Pytester) -> None:
    body = "sentry_sdk.capture_event({'extra': {'notes': [{'a': 2 ** 70}, {'a': 2 ** 70}], 'b': 2 ** 70}})"

    lines = findings(pytester, "accepted-by-sentry = true", body)

    text = " ".join(map(str.strip, lines))
    assert "extra.notes.0.a and 1 place like it would not be stored as they were sent (too large a number)" in text
    assert 'allow = ["extra.notes.*.a"] allows it' in text
    assert 'allow = ["extra.b"] allows it' in text
    assert findings(pytester, 'accepted-by-sentry = { allow = ["extra.notes.*.a", "extra.b"] }', body) == []


def test_an_allowed_place_that_nothing_needed_is_unused(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.sentry_capture.rules]\naccepted-by-sentry = { allow = ["extra.note"] }')
    pytester.makepyfile(f"{PRELUDE}\n\ndef test_it():\n    sentry_sdk.capture_message('x')")

    result = pytester.runpytest_inprocess("--sentry-strict")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*unused *'extra.note' in the allow list of 'accepted-by-sentry'"])


def test_an_empty_entry_is_a_mistake(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.sentry_capture.rules]\naccepted-by-sentry = { allow = [""] }')

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*rules.accepted-by-sentry.allow[[]0]: '' allows nothing. Write a path, such as 'extra.order'"]
    )
