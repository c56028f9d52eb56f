"""Policies: configurations that extend others, and rules that packages ship and configurations name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from run_output import rules_in_report, summary_of

COLUMNS = ("state", "kept", "broken", "severity")
POLICY = """\
sampling = "all"

[rules]
required-tags = { tags = ["request_id"], severity = "warn" }
short-messages = { longest = 10 }
max-breadcrumbs = 50
tag-values = { tags = { plan = ["free"], region = ["eu"] } }

[[expect]]
name = "nothing is debugged"
level = "debug"
captured = false

[[expect]]
name = "warnings arrive"
level = "warning"
captured = true
"""
RULES = """\
from dataclasses import dataclass

from pytest_sentry_capture import Rule


@dataclass(kw_only=True)
class ShortMessages(Rule):
    name = "short-messages"
    longest: int = 100
    words: frozenset[str] = frozenset()

    def judge(self, views):
        for event in views.events:
            if len(event.message or "") <= self.longest and not self.words & {*event.message.split()}:
                yield self.kept(event)
            else:
                yield self.broken(event, "the message is too long")
"""
TESTS = """\
import pytest
import sentry_sdk

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)

def test_short():
    sentry_sdk.set_tag("plan", "pro")
    sentry_sdk.capture_message("short", level="warning")

def test_long():
    sentry_sdk.capture_message("much too long", level="warning")
"""
UNIMPORTED = "raise RuntimeError('a policy is found without being imported')"


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_toml", ".toml").replace("_py", ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def install(folder: Path, policy: str = POLICY, rules: str = RULES) -> None:
    """A package with a policy that is never imported, and one with rules, as pip would put them there."""
    package = folder / "acme_policy"
    package.mkdir()
    (package / "__init__.py").write_text(UNIMPORTED)
    (package / "sentry.toml").write_text(policy)
    (folder / "acme_rules.py").write_text(rules)
    info = folder / "acme_policy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-policy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[pytest_sentry_capture.rules]\nshort-messages = acme_rules:ShortMessages\nunused = acme_rules_of_others:Rule\n"
    )


@pytest.fixture
def site(pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p no:randomly\n")
    return folder


def errors(pytester: pytest.Pytester, *args: str) -> list[str]:
    result = pytester.runpytest_inprocess(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    return "\n".join(result.stderr.lines).removeprefix("ERROR: ").strip().splitlines()


def test_two_services_override_one_policy(pytester: pytest.Pytester, site: Path) -> None:
    install(site)
    write(
        pytester.path,
        billing__sentry_capture_toml='extends = ["acme_policy:sentry.toml"]\n\n[rules]\nshort-messages = false\n',
        search__sentry_capture_toml="""\
extends = ["acme_policy:sentry.toml"]

[rules]
required-tags = ["plan"]
short-messages = { severity = "warn" }
tag-values = { tags = { plan = ["pro"] } }
"warnings arrive" = false

[[expect]]
name = "nothing is debugged"
severity = "warn"

[[expect]]
name = "errors arrive"
level = "error"
captured = true
""",
    )
    for service in ("billing", "search"):
        (pytester.path / service / f"test_{service}.py").write_text(TESTS)

    result = pytester.runpytest_inprocess("--sentry-report=report.json")

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "sentry: 5 rules from billing/sentry_capture.toml, which extends acme_policy:sentry.toml",
            "sentry: 6 rules from search/sentry_capture.toml, which extends acme_policy:sentry.toml",
            "Rule 'tag-values' is broken (acme_policy:sentry.toml:7).",
        ]
    )
    summary = summary_of(result)
    start = next(index for index, line in enumerate(summary) if line.startswith("Rules of search"))
    assert "2 kept, 2 broken, 0 not judged, 2 not exercised" in summary[start]
    assert "the message is too long" in "\n".join(summary[start:])
    assert "not exercised  nothing is debugged (search/sentry_capture.toml:9)" in "\n".join(summary[start:])
    assert not any("warnings arrive" in line for line in summary[start:])


def test_lists_replace_and_tables_merge(pytester: pytest.Pytester, site: Path) -> None:
    install(site)
    pytester.makepyfile(TESTS)
    pytester.makefile(
        ".toml",
        sentry_capture='extends = ["acme_policy:sentry.toml", "policies/more.toml"]\nrules.required-tags = ["plan"]\n',
    )
    write(
        pytester.path,
        policies__more_toml="extends = ['base.toml']\n[rules]\nmax-breadcrumbs.severity = 'warn'\ntag-values = false",
        policies__base_toml="[rules]\nmax-breadcrumbs = 7\nshort-messages = { severity = 'warn' }\n",
    )

    result = pytester.runpytest_inprocess("--sentry-report=report.json")

    result.assert_outcomes(passed=2)
    assert rules_in_report(pytester, *COLUMNS) == {
        "required-tags": ("broken", 1, 1, "warn"),
        "short-messages": ("broken", 1, 1, "warn"),
        "max-breadcrumbs": ("kept", 2, 0, "warn"),
        "nothing is debugged": ("not exercised", 0, 0, "fail"),
        "warnings arrive": ("kept", 2, 0, "fail"),
    }
    assert set(rules_in_report(pytester, "place").values()) == {
        ("sentry_capture.toml:2",),
        ("acme_policy:sentry.toml:9",),
        ("acme_policy:sentry.toml:14",),
        ("policies/base.toml:3",),
        ("policies/more.toml:3",),
    }


def test_true_switches_a_rule_on_as_the_policy_has_it(pytester: pytest.Pytester, site: Path) -> None:
    install(site)
    pytester.makepyfile(TESTS)
    pytester.makefile(
        ".toml",
        sentry_capture='extends = ["acme_policy:sentry.toml"]\n[rules]\nshort-messages = true\ntag-values = false\n',
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["Rule 'short-messages' is broken (sentry_capture.toml:3)."])


def test_a_policys_pii_config_lies_beside_it(pytester: pytest.Pytester, site: Path) -> None:
    install(site, policy="relay = { pii_config = 'pii.json' }\n[rules]\nno-pii = { after = 'server' }\n")
    pytester.makefile(".toml", sentry_capture='extends = ["acme_policy:sentry.toml"]\n')

    assert errors(pytester) == [
        "acme_policy:sentry.toml:1: relay.pii_config: pii.json can't be read: No such file or directory"
    ]

    (site / "acme_policy" / "pii.json").write_text("{}")
    pytester.makepyfile("def test(): pass")
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("own", "policy", "expected"),
    [
        ("extends = 'a.toml'", "", "sentry_capture.toml:1: extends must be a list of strings: *; not 'a.toml'"),
        ("extends = ['']", "", "sentry_capture.toml:1: extends must be a list of strings: *; not ['']"),
        (
            "extends = [\n  'acme_policy:sentry.toml',\n  'gone.toml',\n]",
            "",
            "sentry_capture.toml:3: extends: there is no file gone.toml (sentry_capture.toml → gone.toml)",
        ),
        (
            "extends = ['acme_policy:gone.toml']",
            "",
            "sentry_capture.toml:1: extends: there is no file acme_policy:gone.toml (sentry_capture.toml → *)",
        ),
        (
            "extends = ['acme_policies:sentry.toml']",
            "",
            "sentry_capture.toml:1: extends: there is no package 'acme_policies' installed for * (*)",
        ),
        (
            "extends = ['acme_rules:sentry.toml']",
            "",
            "sentry_capture.toml:1: extends: 'acme_rules' is a module and not a package, so there is no file in it (*)",
        ),
        (
            "extends = ['acme-policy:sentry.toml']",
            "",
            (
                "sentry_capture.toml:1: extends: there is no file acme-policy:sentry.toml; did you mean"
                " 'acme_policy:sentry.toml'? (*)"
            ),
        ),
        ('extends = ["\\u0000"]', "", "sentry_capture.toml:1: extends: there is no file * (*)"),
        (
            "[rules]\nextends = ['a.toml']",
            "",
            "sentry_capture.toml:2: extends is a key of the configuration, not a rule; write it above all tables",
        ),
        ("extends = ['.']", "", ". can't be read: Is a directory (sentry_capture.toml → .)"),
        (
            "extends = ['acme_policy.teams:sentry.toml']",
            "",
            "sentry_capture.toml:1: extends: there is no package 'acme_policy.teams' installed for * (*)",
        ),
        (
            "extends = ['acme_policy:sentry.toml']",
            "\n\nextends = ['gone.toml']",
            (
                "acme_policy:sentry.toml:3: extends: there is no file acme_policy:gone.toml (sentry_capture.toml →"
                " acme_policy:sentry.toml → acme_policy:gone.toml)"
            ),
        ),
        (
            "extends = ['acme_policy:sentry.toml']",
            "extends = ['sentry.toml']",
            (
                "acme_policy:sentry.toml:1: extends: acme_policy:sentry.toml extends itself (sentry_capture.toml →"
                " acme_policy:sentry.toml → acme_policy:sentry.toml)"
            ),
        ),
        (
            "extends = ['sentry_capture.toml']",
            "",
            (
                "sentry_capture.toml:1: extends: sentry_capture.toml extends itself (sentry_capture.toml →"
                " sentry_capture.toml)"
            ),
        ),
        ("extends = ['acme_policy:sentry.toml']", "= 1", "acme_policy:sentry.toml is not valid TOML: * (*)"),
        (
            "extends = ['acme_policy:sentry.toml']",
            "\nnested = false",
            "acme_policy:sentry.toml:2: a policy cannot set nested. Set it in the configuration of the rootdir",
        ),
        (
            "extends = ['acme_policy:sentry.toml']",
            "[rules]\n\nno-callback-errors = { severty = 'warn' }",
            "acme_policy:sentry.toml:3: rules.no-callback-errors: unknown option 'severty'; did you mean 'severity'? *",
        ),
        (
            "extends = ['acme_policy:sentry.toml']\nrules.short-messages.severity = 'warn'",
            "[rules]\nshort-messages = { longest = 'x' }",
            "acme_policy:sentry.toml:2: rules.short-messages.longest: must be a whole number, not 'x'",
        ),
        (
            "extends = ['acme_policy:sentry.toml']\nrules.short-messages.severity = 'wran'",
            "[rules]\nshort-messages = { longest = 5 }",
            "sentry_capture.toml:2: rules.short-messages.severity: unknown value 'wran'; did you mean 'warn'? *",
        ),
        (
            "extends = ['acme_policy:sentry.toml']\n[[expect]]\nname = 'b'\ncaptured = true",
            "[[expect]]\nname = 'a'\ncaptured = false\n\n[[expect]]\nname = 'b'\nlevle = 'debug'",
            "acme_policy:sentry.toml:7: expect['b'].levle: unknown criterion for kind 'event': 'levle'; *",
        ),
        ("rules.short-messages = { words = 'ab' }", "", "*:1: rules.short-messages.words: must be a list, not 'ab'"),
        ("rules.short-messages = 5", "", "*:1: rules.short-messages: must be true, false or a table of options, not 5"),
        ("rules.short-message = true", "", "*:1: unknown rule 'short-message'*"),
        ("rules.no-pi = false", "", "*:1: unknown rule 'no-pi'; did you mean 'no-pii'? *"),
    ],
)
def test_mistakes_name_the_place_and_the_chain(
    pytester: pytest.Pytester, site: Path, own: str, policy: str, expected: str
) -> None:
    install(site, policy=policy)
    pytester.makefile(".toml", sentry_capture=own)

    [mistake] = errors(pytester)

    pytest.LineMatcher([mistake]).fnmatch_lines([expected.replace("[", "[[]")])


def test_a_policy_below_the_rules_is_not_a_rule(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\nextends = ['acme_policy:sentry.toml']")

    assert errors(pytester) == [
        "pyproject.toml:2: extends is a key of the configuration, not a rule; write it in [tool.sentry_capture]"
    ]


def test_a_folder_of_a_package_needs_no_module(pytester: pytest.Pytester, site: Path) -> None:
    install(site)
    write(site / "acme_policy", teams__eu__sentry_toml="[rules]\nmax-breadcrumbs = -1")
    pytester.makefile(".toml", sentry_capture="extends = ['acme_policy.teams.eu:sentry.toml']")

    assert errors(pytester) == [
        "acme_policy.teams.eu:sentry.toml:2: rules.max-breadcrumbs: number must be at least 0, not -1"
    ]


def test_a_policy_above_the_rootdir_is_named_relative_to_it(pytester: pytest.Pytester, site: Path) -> None:
    write(pytester.path, policy_toml="[rules]\nmax-breadcrumbs = -1", service__sentry_capture_toml="")
    (pytester.path / "service" / "sentry_capture.toml").write_text("extends = ['../policy.toml']")

    assert errors(pytester, f"--rootdir={pytester.path / 'service'}", "service") == [
        "../policy.toml:2: rules.max-breadcrumbs: number must be at least 0, not -1"
    ]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (
            "import json\njson.loads('{')",
            [
                "*: rules.short-messages: the import of acme_rules:ShortMessages raised JSONDecodeError:",
                "  Traceback *",
            ],
        ),
        ("import pytest\npytest.skip('x', allow_module_level=True)", ["*acme_rules:ShortMessages raised Skipped:"]),
        (
            "ShortMessages = 5",
            ["*: acme_rules:ShortMessages is not a class that derives from pytest_sentry_capture.Rule"],
        ),
        (
            RULES.replace('"short-messages"', '"long-messages"'),
            ["*: acme_rules:ShortMessages has the name 'long-messages'; its entry point must have the same name"],
        ),
    ],
)
def test_a_rule_of_a_package_that_cannot_be_used(
    pytester: pytest.Pytester, site: Path, rules: str, expected: list[str]
) -> None:
    install(site, rules=rules)
    pytester.makefile(".toml", sentry_capture="[rules]\nshort-messages = true")

    told = errors(pytester)

    pytest.LineMatcher(told).fnmatch_lines(expected)
    assert not any("importlib" in line for line in told)


def test_a_rule_that_several_packages_have(pytester: pytest.Pytester, site: Path) -> None:
    install(site)
    info = site / "other-1.0.dist-info"
    write(info, METADATA="Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pytest_sentry_capture.rules]\nshort-messages = other:Rule\n")
    pytester.makefile(".toml", sentry_capture="[rules]\nshort-messages = true")

    [mistake] = errors(pytester)

    assert mistake == (
        "sentry_capture.toml:2: rules.short-messages: several packages have a rule of this name:"
        " acme_rules:ShortMessages of acme-policy, other:Rule of other. Uninstall all but one"
    )


ODD_OPTIONS = (
    RULES.replace("    words", "    accept: object = len\n    later: 'Unknown' = None\n    words").replace(
        "    def judge", "    def __post_init__(self):\n        CHECK\n\n    def judge", 1
    )
    + "\n\ndef pytest_sentry_capture_rules(config):\n    return [ShortMessages(longest=1)]\n"
)


@pytest.fixture(params=["package", "conftest"])
def odd_rule(request: pytest.FixtureRequest, pytester: pytest.Pytester, site: Path) -> Callable[[str, str], None]:
    """Writes a rule with odd options: one of an installed package, or of a conftest file."""

    def write_rule(check: str, later: str) -> None:
        rules = ODD_OPTIONS.replace("CHECK", check).replace("'Unknown'", later)
        if request.param == "package":
            install(site, rules=rules)
        else:
            pytester.makeconftest(rules)

    return write_rule


@pytest.mark.parametrize(
    ("value", "later", "expected"),
    [
        ("longest = 1, accept = 5", "object", ["*.accept: this option has a type that can't be given in a *"]),
        (
            "longest = 1",
            "'Unknown'",
            ["*: the types of its options can't be read: name 'Unknown' is not defined. Import what they name *"],
        ),
        (
            "longest = 2",
            "object",
            [
                "*: the rule itself raised KeyError:",
                "  Traceback *",
                "*    {1: 5}[[]self.longest]",
                "  KeyError: 2",
            ],
        ),
    ],
    ids=["type", "annotation", "error"],
)
def test_options_that_a_rule_cannot_take(
    pytester: pytest.Pytester, odd_rule: Callable[[str, str], None], value: str, later: str, expected: list[str]
) -> None:
    odd_rule("{1: 5}[self.longest]", later)
    pytester.makefile(".toml", sentry_capture=f"[rules]\nshort-messages = {{ {value} }}")

    told = errors(pytester)

    assert told[0].startswith("sentry_capture.toml:2: rules.short-messages")
    pytest.LineMatcher(told).fnmatch_lines(expected)


def test_options_of_odd_types_need_not_be_given(
    pytester: pytest.Pytester, odd_rule: Callable[[str, str], None]
) -> None:
    odd_rule("pass", "'Unknown'")
    pytester.makefile(".toml", sentry_capture="[rules]\nshort-messages = true")
    pytester.makepyfile("def test(): pass")

    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_rule_says_itself_what_is_wrong_with_an_option(
    pytester: pytest.Pytester, odd_rule: Callable[[str, str], None]
) -> None:
    odd_rule("if self.longest > 1: raise ValueError('longest must be 1')", "object")
    pytester.makefile(".toml", sentry_capture="[rules]\nshort-messages = { longest = 2 }")

    assert errors(pytester) == ["sentry_capture.toml:2: rules.short-messages: longest must be 1"]


def test_rules_that_no_configuration_names_are_not_imported(pytester: pytest.Pytester, site: Path) -> None:
    install(site, rules="raise RuntimeError")
    pytester.makefile(".toml", sentry_capture="[rules]\nshort-messages = false\nno-callback-errors = true")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.sentry_allow("short-messages", reason="the policy of another service has it")
        def test():
            pass
        """
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)


HOOK = (
    f"{RULES}\n\ndef pytest_sentry_capture_rules(config):\n    return [ShortMessages(words=frozenset({{'short'}}))]\n"
)


@pytest.mark.parametrize(
    ("value", "failed", "place"),
    [
        ("true", 1, "conftest.py:20, configured at pyproject.toml:2"),
        ("{ longest = 3 }", 2, "conftest.py:20, configured at pyproject.toml:2"),
        ("{ words = ['much', 'too'] }", 1, "conftest.py:20, configured at pyproject.toml:2"),
        ("{ severity = 'warn' }", 0, ""),
        ("{ paths = ['elsewhere'] }", 0, ""),
        ("false", 0, ""),
    ],
)
def test_a_rule_of_a_conftest_file_is_configured_by_name(
    pytester: pytest.Pytester, value: str, failed: int, place: str
) -> None:
    pytester.makeconftest(HOOK)
    pytester.makepyprojecttoml(f"[tool.sentry_capture.rules]\nshort-messages = {value}")
    pytester.makepyfile(TESTS)

    result = pytester.runpytest_inprocess("-p", "no:randomly")

    result.assert_outcomes(passed=2 - failed, failed=failed)
    if place:
        result.stdout.fnmatch_lines([f"Rule 'short-messages' is broken (registered at {place})."])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{ longst = 3 }", "rules.short-messages: unknown option 'longst'; did you mean 'longest'? *"),
        ("{ longest = true }", "rules.short-messages.longest: must be a whole number, not True"),
        ("{ name = 'x' }", "rules.short-messages: unknown option 'name'*"),
        ("{ paths = ['../x'] }", "rules.short-messages.paths[[]0]: '../x' is not a path of test files*"),
        ("3", "rules.short-messages: must be true, false or a table of options, not 3"),
    ],
)
def test_options_of_a_conftest_files_rule_are_checked_at_the_start(
    pytester: pytest.Pytester, value: str, expected: str
) -> None:
    pytester.makeconftest(HOOK)
    pytester.makepyprojecttoml(f"[tool.sentry_capture.rules]\nshort-messages = {value}")
    pytester.makepyfile(TESTS)

    [mistake] = errors(pytester)

    pytest.LineMatcher([mistake]).fnmatch_lines([f"pyproject.toml:2: {expected}"])


def test_a_rule_of_a_conftest_file_that_this_run_leaves_out_is_not_a_mistake(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\nshort-messages = { longest = 3 }")
    for name in ("api", "jobs"):
        write(pytester.path, **{f"tests__{name}__test_{name}_py": TESTS})
    write(pytester.path, tests__api__conftest_py=HOOK)

    pytester.runpytest_inprocess("tests/jobs").assert_outcomes(passed=2)
    pytester.runpytest_inprocess("tests/api").assert_outcomes(failed=2)


def test_a_rule_with_its_own_constructor_takes_the_options_of_all_rules(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        from pytest_sentry_capture import Rule

        class Dull(Rule):
            name = "dull"

            def __init__(self, word):
                super().__init__()
                self.word = word

            def judge(self, views):
                yield from (self.broken(event, "it is dull") for event in views.events if self.word in event.message)

        def pytest_sentry_capture_rules(config):
            return [Dull("long")]
        """
    )
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\ndull = { severity = 'warn' }")
    pytester.makepyfile(TESTS)

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["  warning        dull in 1 test"])
