"""What a whole run says: of waivers with an end, of configurations that extend others, and of suggestions.

Each is its own run in its own folder. The output from ``FAILURES`` or the summary on is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

POLICY: Final = "sentry_capture.toml"
NOISE: Final = '[[expect]]\nname = "no warnings"\nlevel = "warning"\ncaptured = false\n'
CLIENT: Final = """\
import pytest
import sentry_sdk


@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1")


"""
WARNS: Final = CLIENT + "{marker}def test_payment():\n    sentry_sdk.capture_message('slow', level='warning')\n"
FAILS: Final = (
    CLIENT
    + """\
def fail(error):
    try:
        raise error
    except Exception:
        sentry_sdk.capture_exception()


def test_payment():
    sentry_sdk.set_tag("shop", "paris")
    fail(ValueError("declined"))


def test_refund():
    sentry_sdk.set_tag("shop", "rome")
    fail(ValueError("declined"))


def test_order():
    sentry_sdk.set_tag("shop", "rome")
    sentry_sdk.add_breadcrumb(message="looked up")
    fail(LookupError("order 7"))
"""
)
RAISES: Final = "raise RuntimeError('no database')\n"
ENTRY_POINTS: Final = "[pytest_sentry_capture.rules]\nshort-messages = acme_rules:ShortMessages\n"


def marked(values: str) -> str:
    """A test that warns, with a waiver."""
    return WARNS.format(marker=f"@pytest.mark.sentry_allow({values})\n")


ORDERS: Final = CLIENT + "def test_order():\n    sentry_sdk.capture_exception(LookupError())\n"
PAYMENTS: Final = CLIENT + "def test_payment():\n    sentry_sdk.capture_exception(ValueError())\n"
SHOP: Final = {
    POLICY: "[rules]\nno-callback-errors = true\n",
    "test_orders.py": ORDERS,
    "test_payments.py": PAYMENTS,
}
FIRST_SHARD: Final = ("test_orders.py", "--sentry-report=shard-1.json")
SECOND_SHARD: Final = ("test_payments.py", "--sentry-report=shard-2.json")


@dataclass(frozen=True)
class RunSituation:
    """A run.

    Attributes:
        title: what is wrong, in one sentence.
        files: their texts by their paths.
        must_appear: lines that must be in the output, in this order.
        args: what pytest is called with.
        earlier: runs before, by their files and arguments.
        combined: what ``sentry-contract combine`` is called with after the runs; then its output is shown.
    """

    title: str
    files: Mapping[str, str]
    must_appear: Sequence[str]
    args: Sequence[str] = ()
    earlier: Sequence[tuple[Mapping[str, str], Sequence[str]]] = field(default_factory=tuple)
    combined: Sequence[str] = ()


RUNS: Final = {
    "an_expired_waiver": RunSituation(
        "The last day of a waiver is over, and the rule judges the test again.",
        {
            POLICY: NOISE,
            "test_shop.py": marked('"no warnings", reason="the old gateway", until="2001-01-31", ticket="SHOP-12"'),
        },
        [
            "The waiver of test_shop.py::test_payment ended on 2001-01-31",
            "(the old gateway, SHOP-12).",
            "Fix the\ncause, or set a later until=.",
        ],
    ),
    "an_expired_waiver_that_nothing_needs": RunSituation(
        "The last day of a waiver is over, and nothing breaks its rule any more.",
        {
            POLICY: "[rules]\nno-callback-errors = true\n",
            "test_shop.py": marked('"no-callback-errors", reason="the old gateway", until="2001-01-31"'),
        },
        ["Failed: 1 waiver is expired.", "expired", "of test_shop.py::test_payment ended on 2001-01-31"],
        ["--sentry-strict"],
    ),
    "an_expired_waiver_of_the_contract": RunSituation(
        "The last day of a waiver of the contract is over, and what it kept out of the contract is new.",
        {"test_shop.py": marked('"contract", reason="the old gateway", until="2001-01-31"')},
        ["new", "The waiver of test_shop.py::test_payment ended on 2001-01-31 (the old gateway)."],
        ["--sentry-contract=check"],
        [({"test_shop.py": FAILS}, ["--sentry-contract=update"])],
    ),
    "a_last_day_that_is_none": RunSituation(
        "The last day of a waiver is not a date.",
        {POLICY: NOISE, "test_shop.py": marked('"no warnings", reason="the old gateway", until="31.1.2027"')},
        [
            'sentry_allow: until must be the last day on which the waiver counts, such as "2027-03-01"',
            "not '31.1.2027'",
        ],
    ),
    "a_waiver_without_a_reason": RunSituation(
        "A waiver has no reason.",
        {POLICY: NOISE, "test_shop.py": marked('"no warnings"')},
        ["sentry_allow", "reason="],
    ),
    "a_policy_of_a_missing_package": RunSituation(
        "A configuration extends a policy of a package that is not installed.",
        {POLICY: 'extends = ["acme_polcy:sentry.toml"]\n', "test_shop.py": FAILS},
        ["sentry_capture.toml:1: ", "there is no package 'acme_polcy'"],
    ),
    "a_policy_that_is_missing": RunSituation(
        "A configuration extends a file, which extends another that is not there.",
        {
            POLICY: 'extends = ["team/policy.toml"]\n',
            "team/policy.toml": 'extends = ["../company.toml"]\n',
            "test_shop.py": FAILS,
        },
        ["team/policy.toml:1: ", "company.toml", "sentry_capture.toml → team/policy.toml → "],
    ),
    "a_policy_that_extends_itself": RunSituation(
        "Two policies extend each other.",
        {
            POLICY: 'extends = ["one.toml"]\n',
            "one.toml": 'extends = ["two.toml"]\n',
            "two.toml": 'extends = ["one.toml"]\n',
            "test_shop.py": FAILS,
        },
        ["two.toml:1: extends: one.toml extends itself (", "one.toml → two.toml → one.toml"],
    ),
    "a_mistake_in_a_policy": RunSituation(
        "A policy has a rule that does not exist, and an option of the wrong type.",
        {
            POLICY: 'extends = ["policy.toml"]\n',
            "policy.toml": '[rules]\nno-callback-error = true\nmax-breadcrumbs = "many"\n',
            "test_shop.py": FAILS,
        },
        ["policy.toml:2: ", "did you mean 'no-callback-errors'?", "policy.toml:3: rules.max-breadcrumbs"],
    ),
    "a_rule_of_a_package_that_raises": RunSituation(
        "A rule of a package can't be imported.",
        {
            POLICY: "[rules]\nshort-messages = true\n",
            "acme_rules.py": RAISES,
            "acme-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n",
            "acme-1.0.dist-info/entry_points.txt": ENTRY_POINTS,
            "test_shop.py": FAILS,
        },
        ["sentry_capture.toml:2: ", "the import of acme_rules:ShortMessages raised RuntimeError:", "no database"],
    ),
    "a_suggestion": RunSituation(
        "A project has no rules, and asks what it could have.",
        {"test_shop.py": FAILS},
        ["Suggested for a new sentry_capture.toml", "required-tags", "# Not kept, not exercised or not judged"],
        ["--sentry-suggest"],
    ),
    "a_suggestion_in_a_file": RunSituation(
        "A project has no rules, and has them written.",
        {"test_shop.py": FAILS},
        ["The suggested configuration: sentry_capture.toml"],
        ["--sentry-suggest=sentry_capture.toml"],
    ),
    "a_suggestion_with_an_unused_waiver": RunSituation(
        "A project asks for rules, and has a waiver that none of them needs.",
        {
            "test_shop.py": FAILS.replace(
                "def test_refund", '@pytest.mark.sentry_allow("no-pii", reason="x")\ndef test_refund'
            )
        },
        [
            "# Unused in this run, which fails with --sentry-strict.",
            "#   sentry_allow('no-pii') of test_shop.py::test_refund",
        ],
        ["--sentry-suggest"],
    ),
    "a_suggestion_left_to_chance": RunSituation(
        "A project asks for rules, and samples at random.",
        {"test_shop.py": FAILS.replace('invalid/1"', 'invalid/1", sample_rate=0.0001')},
        ['# sampling = "all"  # chance decided about 3 items in 3 tests', "# Not kept, not exercised or not judged"],
        ["--sentry-suggest"],
    ),
    "a_suggestion_for_other_configurations": RunSituation(
        "A suggestion is requested for the rootdir, but all tests that ran have their own configuration.",
        {f"shop/{POLICY}": NOISE, "shop/test_shop.py": FAILS},
        ["sentry_capture.toml was not written: ", "shop/sentry_capture.toml"],
        ["--sentry-suggest=sentry_capture.toml"],
    ),
    "a_suggestion_without_sentry": RunSituation(
        "A suggestion is requested in a run without Sentry.",
        {"test_shop.py": "def test_payment():\n    pass\n"},
        ["Nothing to suggest: Sentry was never on in this run."],
        ["--sentry-suggest"],
    ),
    "a_suggestion_over_a_file": RunSituation(
        "A suggestion would replace a configuration.",
        {POLICY: NOISE, "test_shop.py": FAILS},
        ["sentry_capture.toml already exists"],
        ["--sentry-suggest=sentry_capture.toml"],
    ),
    "combined_shards": RunSituation(
        "Two shards together do what the contract says.",
        {},
        ["Passed: 1 rule is kept, the contract matches.", "Combined 2 shards with 2 tests."],
        SECOND_SHARD,
        [(SHOP, ("--sentry-contract=update",)), ({}, FIRST_SHARD)],
        ("shard-1.json", "shard-2.json", "--check", "--strict", "--expect", "2"),
    ),
    "combined_shards_with_a_row_that_is_gone": RunSituation(
        "No shard captures any more what the contract has.",
        {"test_payments.py": PAYMENTS.replace("sentry_sdk.capture_exception(ValueError())", "pass")},
        ["Failed: 1 row differs from the contract.", "  gone     event ValueError, direct: was captured"],
        SECOND_SHARD,
        [(SHOP, ("--sentry-contract=update",)), ({}, FIRST_SHARD)],
        ("shard-1.json", "shard-2.json", "--check", "--expect", "2"),
    ),
    "combined_shards_without_one": RunSituation(
        "A shard is missing.",
        {},
        ["Failed: the run is incomplete.", "The run is incomplete:", "  1 of 2 shards is missing"],
        FIRST_SHARD,
        [(SHOP, ("--sentry-contract=update",))],
        ("shard-1.json", "--check", "--expect", "2"),
    ),
}
