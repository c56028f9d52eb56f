"""The first line of the terminal summary: whether rules and contract are kept. Findings below it are grouped."""

from __future__ import annotations

import pytest

from run_output import json_report, summary_of

SHOP = """
import pytest, sentry_sdk

@pytest.fixture(autouse=True)
def initialized(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1")

def test_tagged():
    sentry_sdk.set_tag("shop", "berlin")
    sentry_sdk.capture_message("hello")
"""
UNTAGGED = """
@pytest.mark.parametrize("number", range({tests}))
def test_untagged(number):
    for place in range({places}):
        sentry_sdk.capture_message("x" * (place + 1))
"""
NOWHERE = "rules.max-breadcrumbs = { number = 3, paths = ['none'] }\nrules.no-silent-loss = true"
UNASKED = "rules.server-errors-captured = true\nrules.no-silent-loss = true"
TAGS = 'rules.required-tags = { tags = ["shop"], severity = "warn" }'


def run(pytester: pytest.Pytester, configuration: str, *args: str, test: str = "") -> pytest.RunResult:
    (pytester.path / "sentry_capture.toml").write_text(configuration)
    pytester.makepyfile(test_shop=SHOP + test)
    return pytester.runpytest_inprocess("-p", "no:randomly", *args)


@pytest.mark.parametrize(
    ("configuration", "args", "test", "headline"),
    [
        ('rules.required-tags = ["shop"]', (), "", "Passed: 1 rule is kept."),
        ('rules = { required-tags = ["shop"], no-silent-loss = true }', (), "", "Passed: 2 rules are kept."),
        ('rules.required-tags = ["shop"]', (), UNTAGGED, "Failed: 1 rule is broken."),
        (TAGS, (), UNTAGGED, "Passed: 1 rule with warnings."),
        ("rules.no-pii = true", ("-k", "nothing"), "\ndef test_nothing(): pass", "Nothing was judged."),
        ("", ("--sentry-contract=update",), "", "Passed: the contract was updated."),
        (NOWHERE, (), "", "Passed: 1 rule is kept, 1 warning."),
        (NOWHERE, ("--sentry-strict",), "", "Failed: 1 warning."),
        (UNASKED, (), "", "Passed: 1 rule is kept."),
        (UNASKED, ("--sentry-strict",), "", "Failed: 1 not exercised."),
    ],
)
def test_the_first_line_is_the_verdict(
    pytester: pytest.Pytester, configuration: str, args: tuple[str, ...], test: str, headline: str
) -> None:
    result = run(pytester, configuration, *args, test=test.format(tests=2, places=1))

    assert summary_of(result)[0] == headline


def test_of_a_contract_that_is_kept_and_then_not(pytester: pytest.Pytester) -> None:
    run(pytester, "", "--sentry-contract=update")

    assert summary_of(run(pytester, "", "--sentry-contract=update"))[0] == "Passed: the contract is up to date."
    assert summary_of(run(pytester, "", "--sentry-contract=check"))[0] == "Passed: the contract matches."
    changed = run(pytester, "", "--sentry-contract=check", test=UNTAGGED.format(tests=2, places=1))
    assert summary_of(changed)[0] == "Failed: 1 row differs from the contract."


def test_of_a_contract_that_is_gone_when_the_tests_are_over(pytester: pytest.Pytester) -> None:
    run(pytester, "", "--sentry-contract=update")
    removing = "\ndef test_it():\n    import pathlib\n    pathlib.Path('sentry-contract.toml').unlink()\n"

    checked = run(pytester, "", "--sentry-contract=check", test=removing)

    assert summary_of(checked)[0] == "Failed: the contract was not checked."


def test_says_nothing_where_nothing_is_asked(pytester: pytest.Pytester) -> None:
    run(pytester, "").stdout.no_fnmatch_line("*= sentry =*")


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_findings_are_grouped(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """Ten groups in the terminal, and all of them in reports, whatever their severity."""
    result = run(pytester, TAGS, "--sentry-report=report.json", *workers, test=UNTAGGED.format(tests=3, places=12))

    lines = summary_of(result)
    problems = sorted(
        f"tags.shop is missing: info message ({length} character{'' if length == 1 else 's'})"
        for length in range(1, 13)
    )
    assert lines[lines.index("  warning        required-tags in 3 tests") + 1 :] == [
        *(f"{' ' * 17}{each} [in 3 tests, first: test_shop.py::test_untagged[0]]" for each in problems[:10]),
        f"{' ' * 17}… and 2 more problems, all of which --sentry-report=FILE lists.",
    ]
    tests = ["test_shop.py::test_untagged"]  # files have no values of parameters
    assert json_report(pytester)["findings"] == [
        {"rule": "required-tags", "severity": "warn", "problem": each, "tests": tests, "count": 3} for each in problems
    ]
