"""A project's own rules: the hook, what is wrong with them, what they can't judge, and a rule that raises."""

from __future__ import annotations

import pytest

from run_output import json_report, rules_in_report

TESTS = """
import pytest
import sentry_sdk

@pytest.fixture(autouse=True)
def client(sentry_init):
    # since 3, messages have the stack, which is that of the run around this one as well
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)

def test_short():
    sentry_sdk.capture_message("short")

def test_long():
    sentry_sdk.capture_message("much longer")

@pytest.mark.sentry_allow("short-messages", reason="it has to be")
def test_waived():
    sentry_sdk.capture_message("much longer")

def test_nothing():
    pass
"""
COLUMNS = ("state", "kept", "broken", "severity")
RULES = """
from pytest_sentry_capture import Rule

class ShortMessages(Rule):
    name = "short-messages"

    def judge(self, views):
        for event in views.events:
            if len(event.message) < 6:
                yield self.kept(event)
            else:
                yield self.broken(event, "the message is too long", path="logentry.message", details=["by far"])
"""
PRICED = """
from pytest_sentry_capture import Rule

class Priced(Rule):
    name = "priced"

    def judge(self, views):
        for event in views.events:
            if event.message.startswith("no "):
                yield self.not_judged(event, f"there is {event.message}")
            elif event.message == "dear":
                yield self.broken(event, "it is too dear")
            else:
                yield self.kept(event)

def pytest_sentry_capture_rules():
    return [Priced()]
"""
NO_JUDGEMENT = "judge() must return results of kept(), broken() and not_judged()"
NO_PROBLEM = "broken() needs a string as problem and a list of strings as details"
NO_INSTANCE = "it does not derive from pytest_sentry_capture.Rule. Return an instance of it"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_shop=TESTS)
    return pytester


def test_a_rule_of_ones_own(project: pytest.Pytester) -> None:
    project.makeconftest(f"{RULES}\ndef pytest_sentry_capture_rules(config):\n    return [ShortMessages()]")

    result = project.runpytest_inprocess("--sentry-report=report.json", "--sentry-show=no")

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_long _*",
            "Rule 'short-messages' is broken (registered at conftest.py:*).",
            "",
            "  the message is too long: info message (11 characters)",
            "    by far",
            "",
            'To waive it, use @pytest.mark.sentry_allow("short-messages", reason="…").',
            "*= sentry =*",
            "*",
            "Sentry report: report.json",
            "Rules: 0 kept, 1 broken, 0 not judged, 0 not exercised.",
            "  broken         short-messages in 1 test",
        ],
        consecutive=True,
    )
    assert rules_in_report(project, *COLUMNS) == {"short-messages": ("broken", 1, 1, "fail")}


def test_severity_paths_and_several_implementations_of_the_hook(project: pytest.Pytester) -> None:
    project.makepyfile(
        short_messages=RULES,
        plugin="from short_messages import ShortMessages\n\n"
        "def pytest_sentry_capture_rules():\n"
        '    rule = ShortMessages(paths=["elsewhere"])\n    rule.name = "elsewhere"\n    yield rule',
    )
    project.makeconftest(
        "from short_messages import ShortMessages\n\n"
        'def pytest_sentry_capture_rules(config):\n    return (ShortMessages(severity="warn"),)'
    )
    project.syspathinsert()

    result = project.runpytest_inprocess("-p", "plugin", "--sentry-report=report.json")

    result.assert_outcomes(passed=4)
    assert rules_in_report(project, *COLUMNS) == {
        "short-messages": ("broken", 1, 1, "warn"),
        "elsewhere": ("not exercised", 0, 0, "fail"),
    }
    result.stdout.fnmatch_lines(
        [
            "  warning        short-messages in 1 test",
            "                 the message is too long: info message (11 characters) [[]test_shop.py::test_long]",
            "  warning        elsewhere (registered at plugin.py:*): no file matches 'elsewhere' in its paths",
        ],
        consecutive=True,
    )


def test_a_rule_is_judged_once_unless_something_comes_later(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest, sentry_sdk

        @pytest.fixture
        def late(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            yield
            sentry_sdk.capture_message("late")

        def test_captures(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("x")

        def test_captures_later(late):
            sentry_sdk.capture_message("x")
        """
    )
    project.makeconftest(
        """
        from pytest_sentry_capture import Rule

        class Told(Rule):
            name = "told"

            def judge(self, views):
                seen = [event.message for event in views.events]
                return [self.kept() if seen else self.broken(None, "nothing was told")]

        class ToldOnce(Told):
            name = "told-once"
            at_teardown = True

            def judge(self, views):
                return [self.broken(event, "told") for event in views.events[1:]]

        def pytest_sentry_capture_rules():
            return [Told(), ToldOnce()]
        """
    )

    result = project.runpytest_inprocess("-k", "captures", "--deselect=test_shop.py", "--sentry-report=report.json")

    result.assert_outcomes(passed=2, errors=1, deselected=4)
    assert rules_in_report(project, *COLUMNS) == {"told": ("kept", 2, 0, "fail"), "told-once": ("broken", 0, 1, "fail")}


def test_what_a_rule_can_not_judge_is_counted_beside_what_it_can(project: pytest.Pytester) -> None:
    project.makeconftest(PRICED)
    messages = {
        "kept": ["fair"],
        "kept_in_part": ["no list", "fair", "no list"],
        "broken": ["no list", "dear"],
        "not_judged": ["no list", "no currency"],
        "nothing": [],
    }
    tests = "".join(
        f"def test_{name}():\n    for message in {texts}:\n        sentry_sdk.capture_message(message)\n\n"
        for name, texts in messages.items()
    )
    project.makepyfile(test_shop=TESTS.partition("def test_short")[0] + tests)

    for args in [], ["-n2"]:
        result = project.runpytest_subprocess("--sentry-report=report.json", *args)

        result.assert_outcomes(passed=4, failed=1)
        result.stdout.fnmatch_lines(
            ["Rules: 0 kept, 1 broken, 0 not judged, 0 not exercised.", "  broken         priced in 1 test"]
        )
        result.stdout.no_fnmatch_line("  not judged *")
        [rule] = json_report(project)["rules"]
        assert (rule["state"], rule["kept"], rule["broken"], rule["not_judged"]) == ("broken", 2, 1, 3)
        assert sorted(rule["obstacles"]) == ["there is no currency", "there is no list"]


def test_a_rule_that_could_judge_nothing_says_why(project: pytest.Pytester) -> None:
    project.makeconftest(PRICED)
    project.makepyfile(
        test_shop=TESTS.partition("@pytest.mark.sentry_allow")[0]
        .replace("short-messages", "priced")
        .replace('"short"', '"no list"')
        .replace('"much longer"', '"no list"')
        + '@pytest.mark.sentry_allow("priced", reason="it has no price")\n'
        + 'def test_waived():\n    sentry_sdk.capture_message("no list")\n'
    )
    lines = [
        "Rules: 0 kept, 0 broken, 1 not judged, 0 not exercised.",
        "  not judged     priced (registered at conftest.py:*): there is no list",
    ]

    lenient = project.runpytest_inprocess("--sentry-report=report.json")
    strict = project.runpytest_inprocess("--sentry-strict")

    assert lenient.ret == pytest.ExitCode.OK
    lenient.assert_outcomes(passed=3)
    lenient.stdout.fnmatch_lines(lines, consecutive=True)
    lenient.stdout.no_fnmatch_line("  unused *")
    [rule] = json_report(project)["rules"]
    assert (rule["state"], rule["not_judged"], rule["obstacles"]) == ("not judged", 3, ["there is no list"])
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    strict.assert_outcomes(passed=3)
    strict.stdout.fnmatch_lines([*lines, "With --sentry-strict, each of these fails the run."], consecutive=True)


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        (["no list"] * 2, "there is no list"),
        (["no list", "no currency"], "there is no list (and 1 more reason)"),
        (["no list", "no currency", "no shop"], "there is no list (and 2 more reasons)"),
    ],
)
def test_reasons_why_a_rule_judged_nothing(project: pytest.Pytester, messages: list[str], told: str) -> None:
    project.makeconftest(PRICED)
    captures = "".join(f"    sentry_sdk.capture_message({message!r})\n" for message in messages)
    project.makepyfile(test_shop=f"{TESTS.partition('def test_short')[0]}def test_it():\n{captures}")

    result = project.runpytest_inprocess()

    result.stdout.fnmatch_lines([f"  not judged     priced (registered at conftest.py:*): {told}"])


@pytest.mark.parametrize("obstacle", ["None", "''", "5"])
def test_what_is_not_judged_has_a_reason(project: pytest.Pytester, obstacle: str) -> None:
    project.makeconftest(
        f"{RULES}\nShortMessages.judge = lambda self, views: [self.not_judged(None, {obstacle})]\n"
        "def pytest_sentry_capture_rules():\n    return [ShortMessages()]"
    )

    result = project.runpytest_inprocess("-k", "long")

    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(["  the rule itself raised TypeError."])


@pytest.mark.parametrize(
    ("given", "mistake"),
    [
        ("5", "must return a list of rules, not 5"),
        ("'abc'", "must return a list of rules, not 'abc'"),
        ("{'a': 1}", "must return a list of rules, not {'a': 1}"),
        ("None", None),
        ("[]", None),
        ("[5]", "5 is not a rule: it does not derive from pytest_sentry_capture.Rule"),
        ("ShortMessages()", "must return a list of rules, not ShortMessages(name='', severity='fail', paths=())"),
        ("[ShortMessages]", f"<class 'conftest.ShortMessages'> is not a rule: {NO_INSTANCE}"),
        ("[changed(name='')]", "ShortMessages has no name"),
        ("[changed(name=5)]", "ShortMessages: name must be a string, not 5"),
        (
            "[changed(name='max-breadcrumbs')]",
            "there are two rules named 'max-breadcrumbs': give this one another name",
        ),
        ("[changed(name='client errors')]", "there are two rules named 'client errors': give this one another name"),
        (
            "[ShortMessages(), ShortMessages()]",
            "there are two rules named 'short-messages': give this one another name",
        ),
        (
            "[ShortMessages(severity='warning')]",
            "ShortMessages: unknown severity 'warning'; did you mean 'warn'? Valid: fail, warn",
        ),
        ("[ShortMessages(paths='tests')]", "ShortMessages: paths must be a tuple of strings, not 'tests'"),
        ("[ShortMessages(paths=(5,))]", "ShortMessages: paths must be a tuple of strings, not (5,)"),
    ],
)
def test_what_is_not_a_rule(project: pytest.Pytester, given: str, mistake: str | None) -> None:
    project.makefile(".toml", sentry_capture="[[expect]]\nname = 'client errors'\ncaptured = false")
    project.makeconftest(
        f"{RULES}\ndef changed(**attributes):\n    rule = ShortMessages()\n    vars(rule).update(attributes)\n"
        f"    return rule\n\ndef pytest_sentry_capture_rules():\n    return {given}"
    )

    result = project.runpytest_inprocess("-k", "nothing")

    if mistake is None:
        result.assert_outcomes(passed=1, deselected=3)
        return
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    expected = mistake.replace("name='', ", "name='short-messages', ")
    assert result.stderr.lines[0] == f"ERROR: pytest_sentry_capture_rules: {expected}"
    assert result.stdout.lines == []


@pytest.mark.parametrize(
    ("hook", "error"),
    [
        ("return 1 / 0", "ZeroDivisionError"),
        ("yield ShortMessages()\n    1 / 0", "ZeroDivisionError"),
        ("return [Rule()]", "TypeError"),
    ],
)
def test_a_hook_that_raises(project: pytest.Pytester, hook: str, error: str) -> None:
    project.makeconftest(f"{RULES}\ndef pytest_sentry_capture_rules():\n    {hook}")

    result = project.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.lines[:2] == [
        f"ERROR: pytest_sentry_capture_rules raised {error}:",
        "Traceback (most recent call last):",
    ]
    files = [line for line in result.stderr.lines if line.startswith("  File")]
    assert len(files) == 1
    assert str(project.path / "conftest.py") in files[0]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("raise ValueError('a value')", "ValueError: a value"),
        ("pytest.fail('no')", "Failed: no"),
        ("return None", f"TypeError: {NO_JUDGEMENT}, not None"),
        ("return [5]", f"TypeError: {NO_JUDGEMENT}, not 5"),
        ("return [self.broken(None, '')]", f"TypeError: {NO_PROBLEM}"),
        ("return [self.broken(None, 'x', details='y')]", f"TypeError: {NO_PROBLEM}"),
    ],
)
def test_a_rule_that_raises(project: pytest.Pytester, body: str, error: str) -> None:
    project.makeconftest(
        f"import pytest\n{RULES}\nclass Raising(Rule):\n    name = 'raising'\n    def judge(self, views):\n"
        f"        {body}\n\ndef pytest_sentry_capture_rules():\n    return [Raising(), ShortMessages()]"
    )

    result = project.runpytest_inprocess("-k", "long", "--sentry-show=no")

    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(
        [
            "*_ test_long _*",
            "Rule 'raising' is broken (registered at conftest.py:*).",
            "",
            f"  the rule itself raised {error.partition(':')[0]}.",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(
        [f"    {error}", "", "Rule 'short-messages' is broken (registered at conftest.py:*)."], consecutive=True
    )
    result.stdout.no_fnmatch_line("*rule_run.py*")


def test_a_waiver_does_not_allow_a_rule_that_raises(project: pytest.Pytester) -> None:
    project.makeconftest(
        f"{RULES}\nShortMessages.judge = lambda self, views: 1 / 0\n"
        "def pytest_sentry_capture_rules():\n    return [ShortMessages()]"
    )

    project.runpytest_inprocess("-k", "waived").assert_outcomes(failed=1, deselected=3)


def test_secrets_in_the_traceback_of_a_rule_are_withheld(project: pytest.Pytester) -> None:
    project.makeconftest(
        "from pytest_sentry_capture import Rule\n\nclass Raising(Rule):\n    name = 'raising'\n"
        "    def judge(self, views):\n        raise ValueError(views._recording.secrets[0])\n\n"
        "def pytest_sentry_capture_rules():\n    return [Raising()]"
    )
    project.makepyfile(test_shop="def test(sentry_capture):\n    sentry_capture.secret('hunter2')")

    result = project.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["    ValueError: [[]secret]"])
    result.stdout.no_fnmatch_line("*hunter2*")


def test_secrets_in_the_reason_of_a_rule_are_withheld(project: pytest.Pytester) -> None:
    project.makeconftest(PRICED)
    project.makepyfile(
        test_shop=TESTS.partition("def test_short")[0]
        + "def test(sentry_capture):\n    sentry_capture.secret('hunter2')\n"
        + "    sentry_sdk.capture_message('no hunter2')\n"
    )
    project.makefile(".toml", sentry_capture="rules.forbidden-data = false")

    result = project.runpytest_inprocess("--sentry-report=report.json")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  not judged     priced (registered at conftest.py:*): there is no [[]secret]"])
    assert "hunter2" not in (project.path / "report.json").read_text()


def test_an_interruption_in_a_rule_is_one(project: pytest.Pytester) -> None:
    project.makeconftest(
        f"{RULES}\nclass Interrupting(ShortMessages):\n    def judge(self, views):\n        raise KeyboardInterrupt\n\n"
        "def pytest_sentry_capture_rules():\n    return [Interrupting()]"
    )

    assert project.inline_run("-k", "long", no_reraise_ctrlc=True).ret == pytest.ExitCode.INTERRUPTED
