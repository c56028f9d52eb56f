"""``--sentry-suggest``: a configuration that is made from what a run saw, and holds for it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

APPLICATION = """
import sentry_sdk

TAGS = {"request_id": "r-1", "jane@example.com": "x"}
RELEASE = "1.0"


def init():
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", release=RELEASE, before_send=drop)


def drop(event, hint):
    return None if isinstance(hint.get("exc_info", [None] * 2)[1], LookupError) else event


def fail(error):
    for name, value in TAGS.items():
        sentry_sdk.set_tag(name, value)
    try:
        raise error
    except Exception:
        sentry_sdk.capture_exception()
"""
TESTS = """
import shop

shop.init()


def test_one():
    shop.fail(ValueError("jane@example.com"))


def test_two():
    shop.fail(ValueError("card 4111111111111111"))
    shop.fail(ValueError())


def test_lookup():
    shop.fail(KeyError("customer 17"))
    shop.fail(IndexError())


def test_other_lookup():
    shop.fail(KeyError("customer 18"))
    shop.fail(KeyError("customer 19"))
"""


SHUFFLED = """
import random


def pytest_collection_modifyitems(items):
    random.Random({seed}).shuffle(items)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\npythonpath = .\naddopts = -p no:cacheprovider\n")
    pytester.makepyfile(shop=APPLICATION, test_shop=TESTS)
    return pytester


def run(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-q", *args)


def suggested(project: pytest.Pytester, name: str = "sentry_capture.toml") -> str:
    return (project.path / name).read_text(encoding="utf-8")


def test_suggest_adopt_and_run_strictly_in_any_order(project: pytest.Pytester) -> None:
    run(project, "--sentry-suggest=sentry_capture.toml").assert_outcomes(passed=4)

    text = suggested(project)
    content = tomllib.loads(text)
    assert content["rules"]["required-tags"] == ["request_id"]
    assert content["rules"]["required-context"] == ["release", "environment"]
    assert content["rules"]["no-callback-errors"] is content["rules"]["no-silent-loss"] is True
    assert content["rules"]["max-event-bytes"] % 2 == 0
    assert "server-errors-captured" not in content["rules"]
    assert "# server-errors-captured = true  # not exercised" in text
    assert {entry["exception"]: entry["captured"] for entry in content["expect"]} == {
        "ValueError": True,
        "KeyError": False,
    }
    rules = text.partition("[rules]\n")[2].partition("\n\n")[0].splitlines()
    assert all("  # " in line or line.endswith(":") for line in rules)
    for value in ("jane", "4111", "customer"):
        assert value not in text
    for seed in (1, 2):
        project.makeconftest(SHUFFLED.format(seed=seed))
        result = run(project, "--sentry-strict")
        result.assert_outcomes(passed=4)
        assert result.ret == 0
    shop = project.path / "shop.py"
    shop.write_text(shop.read_text().replace('"request_id": "r-1", ', ""))

    result = run(project, "--sentry-strict")

    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["Rule 'required-tags' is broken (sentry_capture.toml:*"])


def test_workers_give_the_same_suggestion(project: pytest.Pytester) -> None:
    run(project, "--sentry-suggest=one.toml")
    run(project, "-n2", "--sentry-suggest=two.toml")

    one, two = (
        # an event has the command line in it, so that its size differs
        re.sub(r"^max-event-bytes = \d+(_\d+)*", "", suggested(project, name), flags=re.MULTILINE)
        for name in ("one.toml", "two.toml")
    )
    assert one == two


def test_what_a_configuration_lacks_is_printed_for_its_file(project: pytest.Pytester) -> None:
    project.makepyprojecttoml(
        """
        [tool.sentry_capture.rules]
        required-tags = ["request_id"]
        no-pii = false

        [[tool.sentry_capture.expect]]
        name = "lookups"
        exception = ["KeyError"]
        captured = false
        """
    )

    result = project.runpytest_inprocess("--sentry-suggest")

    lines = result.stdout.lines
    start = lines.index("Suggested for pyproject.toml:")
    printed = "\n".join(lines[start:])
    result.stdout.fnmatch_lines(
        ["# Add to [[]tool.sentry_capture.rules]:", "no-callback-errors = true  # kept in 4 tests"]
    )
    assert "required-tags" not in printed
    assert "no-pii" not in printed
    assert "KeyError" not in printed
    assert 'exception = "ValueError"' in printed


def test_a_waiver_exempts_a_test_from_a_rule_for_all_others(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_untagged="""
        import pytest, sentry_sdk

        @pytest.mark.sentry_allow("required-tags", reason="it comes from elsewhere")
        def test():
            sentry_sdk.capture_message("untagged")
        """
    )

    result = project.runpytest_inprocess("--sentry-suggest")

    result.stdout.fnmatch_lines(
        [
            "Suggested for a new sentry_capture.toml *",
            "",
            "[[]rules]",
            'required-tags = [[]"request_id"]  # all 3 events of 2 tests have it',
        ],
    )
    result.stdout.no_fnmatch_line("*sentry_allow*")


def test_waivers_and_ignored_errors_that_nothing_needs_are_named(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_waived="""
        import pytest, sentry_sdk, shop

        def capture(**tags):
            with sentry_sdk.new_scope() if hasattr(sentry_sdk, "new_scope") else sentry_sdk.push_scope() as scope:
                for name, value in tags.items():
                    scope.set_tag(name, value)
                sentry_sdk.capture_message("paid")

        @pytest.mark.sentry_allow("required-tags", reason="it has them")
        @pytest.mark.sentry_allow("required-context", reason="it has that")
        @pytest.mark.sentry_allow("tag-values", reason="they fit")
        @pytest.mark.sentry_allow("max-event-bytes", reason="it is small")
        @pytest.mark.sentry_allow("forbidden-data", reason="it has none")
        @pytest.mark.sentry_allow("no-pii", reason="it has none")
        @pytest.mark.sentry_allow("no-scope-bleed", reason="there is no request")
        def test_unneeded():
            capture(request_id="r-2")

        @pytest.mark.sentry_allow("required-tags", reason="it has none")
        @pytest.mark.sentry_allow("tag-values", reason="they are long")
        @pytest.mark.sentry_allow("max-event-bytes", reason="it is large")
        @pytest.mark.sentry_allow("forbidden-data", reason="it has a password")
        def test_needed():
            sentry_sdk.set_extra("texts", ["x" * 5_000] * 5)
            sentry_sdk.set_context("form", {"password": "12 34 56 78"})
            capture()
            capture(request_id="r" * 100)
        """
    )
    shop = project.path / "shop.py"
    shop.write_text(shop.read_text().replace("before_send=", "ignore_errors=['BrokenPipeError'], before_send="))

    run(project, "--sentry-suggest=sentry_capture.toml").assert_outcomes(passed=6)

    head = suggested(project).partition("\n\n")[0].splitlines()
    assert head[1:] == [
        "# Unused in this run, which fails with --sentry-strict. Delete these first:",
        *(
            f"#   sentry_allow('{rule}') of test_waived.py::test_unneeded"
            for rule in (
                "no-scope-bleed",
                "no-pii",
                "forbidden-data",
                "max-event-bytes",
                "tag-values",
                "required-context",
                "required-tags",
            )
        ),
        "#   'BrokenPipeError' in the application's ignore_errors",
    ]
    strict = run(project, "--sentry-strict").stdout.str()
    unused = {line.strip().removeprefix("unused").strip() for line in strict.splitlines() if "  unused  " in line}
    assert unused == {line.removeprefix("#").strip() for line in head[2:]}


@pytest.mark.parametrize(
    ("keys", "without"),
    [("'password'", "password, which was found"), ("'password', 'cookie'", "cookie, password, which were found")],
)
def test_keys_that_were_found_are_left_out(project: pytest.Pytester, keys: str, without: str) -> None:
    with (project.path / "test_shop.py").open("a") as tests:
        tests.write(
            "\ndef test_form():\n    import sentry_sdk\n"
            f"    sentry_sdk.set_context('form', dict.fromkeys([{keys}], '12 34 56 78'))\n"
            "    sentry_sdk.capture_message('form')\n"
        )

    result = project.runpytest_inprocess("--sentry-suggest")

    result.stdout.fnmatch_lines([f"forbidden-data = *; without {without}"])


def test_few_events_are_not_promise(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("test_shop.py::test_one", "--sentry-suggest")

    result.stdout.fnmatch_lines(
        [
            "# This run was partial: only some of the tests were selected.",
            '# required-tags = [[]"request_id"]  # only 1 event of 1 test was seen',
        ]
    )


def test_a_pyproject_has_the_tables_of_the_plugin(project: pytest.Pytester) -> None:
    (project.path / "service").mkdir()
    project.runpytest_inprocess("--sentry-suggest=service/pyproject.toml")

    content = tomllib.loads(suggested(project, "service/pyproject.toml"))
    assert content["tool"]["sentry_capture"]["rules"]["no-silent-loss"] is True


def test_nothing_is_suggested_where_sentry_was_never_on(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test(): pass")

    result = pytester.runpytest_inprocess("--sentry-suggest=sentry_capture.toml")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["Nothing to suggest: Sentry was never on in this run."])
    assert not (pytester.path / "sentry_capture.toml").exists()


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (
            ["--sentry-suggest=new.toml"],
            "the configuration is in pyproject.toml; use --sentry-suggest without a file *",
        ),
        (
            ["--sentry-suggest=pyproject.toml"],
            "pyproject.toml already exists. Use --sentry-suggest without a file to print *",
        ),
        (["--sentry-suggest", "test_shop.py"], "test_shop.py is not a .toml file. Write --sentry-suggest=*"),
    ],
)
def test_no_file_is_ever_changed(project: pytest.Pytester, args: list[str], expected: str) -> None:
    project.makepyprojecttoml("[tool.sentry_capture.rules]\nno-callback-errors = true\n")
    before = {file.name: file.read_bytes() for file in Path(project.path).iterdir() if file.is_file()}

    result = project.runpytest_inprocess(*args)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: sentry_suggest: {expected}"])
    assert {file.name: file.read_bytes() for file in Path(project.path).iterdir() if file.is_file()} == before


def test_a_suggestion_names_waivers_that_have_ended(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        shop=APPLICATION,
        test_shop="""
        import pytest, shop

        shop.init()

        @pytest.mark.sentry_allow("no-pii", reason="the old form", until="2001-01-31")
        def test_it():
            shop.fail(ValueError("declined"))
        """,
    )

    result = pytester.runpytest_subprocess("-q", "--sentry-suggest")

    assert "#   sentry_allow('no-pii') of test_shop.py::test_it, which ended on 2001-01-31" in result.outlines


def test_a_file_that_cannot_be_written_fails_the_run_and_is_printed(project: pytest.Pytester) -> None:
    (project.path / "taken").write_text("")

    result = project.runpytest_inprocess("--sentry-suggest=taken/sentry_capture.toml")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["taken/sentry_capture.toml could not be written: *", "Suggested for a new sentry_capture.toml *", "[[]rules]"]
    )


def test_a_file_of_another_name_is_written_with_how_it_is_read(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("--sentry-suggest=policies/new.toml")

    result.stdout.fnmatch_lines(
        ["The suggested configuration: policies/new.toml (pass --sentry-configuration-file=policies/new.toml)"]
    )


def test_no_file_is_written_for_tests_of_other_configurations(project: pytest.Pytester) -> None:
    service = project.path / "service"
    service.mkdir()
    (service / "sentry_capture.toml").write_text("[rules]\nno-pii = true\n")
    (service / "test_service.py").write_text(
        "import shop\n\n\ndef test_it():\n    shop.init()\n    shop.fail(ValueError())\n"
    )

    result = project.runpytest_inprocess("--sentry-suggest=sentry_capture.toml", "service")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["sentry_capture.toml was not written: the tests of this run have their rules in service/sentry_capture.toml."]
    )
    printed = project.runpytest_inprocess("service", "--sentry-suggest")
    printed.stdout.fnmatch_lines(
        ["Suggested for service/sentry_capture.toml:", "no-silent-loss = true  # kept in 1 test"]
    )


def test_a_test_that_fails_makes_the_suggestion_doubtful(project: pytest.Pytester) -> None:
    project.makepyfile(test_wrong="def test():\n    assert False\n")

    result = project.runpytest_inprocess("--sentry-suggest")

    result.stdout.fnmatch_lines(["# This run was partial: 1 test failed."])


def test_events_of_a_class_named_like_a_built_in_one_count_for_that(pytester: pytest.Pytester) -> None:
    """By the bare name of a built-in class, an entry asks for every class of that name."""
    pytester.makepyfile(
        shop=APPLICATION.replace("LookupError)", "Refused)") + "\n\nclass Refused(Exception):\n    pass\n",
        test_shop="""
        import pytest, shop

        shop.init()
        Own = type("ConnectionError", (shop.Refused,), {"__module__": "shop"})

        @pytest.mark.parametrize("number", range(3))
        def test_captured(number):
            shop.fail(ConnectionError())

        def test_filtered():
            shop.fail(Own())
        """,
    )

    result = pytester.runpytest_inprocess("--sentry-suggest")

    result.stdout.fnmatch_lines(
        ["# [[][[]expect]]  # 1 of 4 were not captured", '# exception = "ConnectionError"', "# captured = true"],
        consecutive=False,
    )
