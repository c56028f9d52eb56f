"""The command ``make fidelity``, with small suites in place of the SDK's own tests."""

from __future__ import annotations

import io
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from matrix import fidelity, fidelity_suites
from matrix.fidelity import Findings, Task, check, report
from matrix.fidelity_outcomes import (
    REASONS,
    Comparison,
    CouldNotRunError,
    Difference,
    ListError,
    Outcome,
    Outcomes,
    compare,
    differences,
    read_list,
    read_outcomes,
)
from matrix.fidelity_suites import Group, Suite, unpacked
from matrix.sdks import constraining

JUNIT = """\
<testsuites><testsuite>
  <testcase classname="tests.test_a" file="tests/test_a.py" name="test_passes" />
  <testcase classname="tests.test_a.TestB" file="tests/test_a.py" name="test_fails[1]">
    <failure message="assert 1 == 2&#10; more">…</failure>
  </testcase>
  <testcase classname="tests.test_a" file="tests/test_a.py" name="test_twice"><failure message="first" /></testcase>
  <testcase classname="tests.test_a" file="tests/test_a.py" name="test_twice"><error message="teardown" /></testcase>
  <testcase classname="tests.test_a" file="tests/test_a.py" name="test_skipped"><skipped message="why" /></testcase>
  <testcase classname="" name="tests.test_b"><error message="collection failure" /></testcase>
</testsuite></testsuites>
"""
PASSED, FAILED = Outcome("passed"), Outcome("failed", "assert 1 == 2\n more")
DIFFERENCE = Difference(PASSED, FAILED)
SUITE = """\
import pathlib, pytest

def test_same():
    pass

def test_same_failure():
    assert False

@pytest.mark.parametrize("number", range(3))
def test_many(number):
    pass

@pytest.mark.parametrize("name", ["a"])
def test_plugin(request, name):
    assert not request.config.pluginmanager.has_plugin("sentry_capture")

class TestClass:
    def test_skipped(self, request):
        if request.config.pluginmanager.has_plugin("sentry_capture"):
            pytest.skip("the plugin")
"""


class Runs:
    """Outcomes of runs, one after the other, in place of real ones."""

    def __init__(self, without: list[Outcomes], with_plugin: list[Outcomes]) -> None:
        self._outcomes = {False: iter(without), True: iter(with_plugin)}
        self.started: list[bool] = []

    def __call__(self, plugin: bool) -> Outcomes:
        self.started.append(plugin)
        return next(self._outcomes[plugin])


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A suite as small as can be, in place of an SDK's."""
    monkeypatch.setattr(fidelity_suites, "_SECONDS_OF_A_RUN", 120)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_small.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return Suite("2.75.0", tmp_path)


SMALL = Group("small", "core", ("tests/test_*.py",), slow=("tests/test_small.py::test_many",))


def task(suite: Suite, listed: Mapping[str, str] | None = None, *, short: bool = False) -> Task:
    return Task(suite, Path(sys.executable), SMALL, listed or {}, short)


def test_outcomes_are_read_by_the_ids_of_tests(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_text(JUNIT, encoding="utf-8")

    assert read_outcomes(file) == {
        "tests/test_a.py::test_passes": PASSED,
        "tests/test_a.py::TestB::test_fails[1]": FAILED,
        "tests/test_a.py::test_twice": Outcome("error", "teardown"),
        "tests/test_a.py::test_skipped": Outcome("skipped", "why"),
        "tests.test_b": Outcome("error", "collection failure"),
    }


def test_a_difference_is_one_of_results_and_not_of_messages() -> None:
    without = {"same": FAILED, "lost": PASSED, "other": PASSED}
    with_plugin = {"same": Outcome("failed", "another"), "new": PASSED, "other": FAILED}

    assert differences(without, with_plugin) == {
        "lost": Difference(PASSED, Outcome("absent")),
        "new": Difference(Outcome("absent"), PASSED),
        "other": DIFFERENCE,
    }
    assert DIFFERENCE.cause == "assert 1 == 2"


def test_equal_runs_are_not_repeated() -> None:
    runs = Runs([{"a": PASSED, "b": PASSED}], [{"a": PASSED, "b": FAILED}])

    comparison = compare(runs, {"b": REASONS[0], "of another group": REASONS[0]})

    assert comparison == Comparison(frozenset("ab"), {"b": DIFFERENCE})
    assert runs.started == [False, True]


def test_what_differs_in_every_run_counts_and_what_differs_in_fewer_is_unsteady() -> None:
    runs = Runs(
        [{"always": PASSED, "once": PASSED, "listed": PASSED}] * 3,
        [
            {"always": FAILED, "once": PASSED, "listed": FAILED},
            {"always": FAILED, "once": FAILED, "listed": PASSED},
            {"always": FAILED, "once": PASSED, "listed": PASSED},
        ],
    )

    comparison = compare(runs, {"listed": REASONS[0]})

    assert comparison.differing.keys() == {"always", "listed"}
    assert comparison.unsteady.keys() == {"once"}
    assert runs.started == [False, True] * 3


def test_a_listed_test_that_does_not_differ_gets_three_runs() -> None:
    runs = Runs([{"listed": PASSED}] * 3, [{"listed": PASSED}, {"listed": PASSED}, {"listed": FAILED}])

    assert compare(runs, {"listed": REASONS[0]}).differing.keys() == {"listed"}


def test_a_group_that_fails_without_the_plugin_says_nothing() -> None:
    with pytest.raises(CouldNotRunError, match="only 1 of 3 tests pass without the plugin"):
        compare(Runs([{"a": PASSED, "b": FAILED, "c": FAILED}], []), {})
    with pytest.raises(CouldNotRunError, match="only 0 of 0 tests"):
        compare(Runs([{}], []), {})


def test_findings_by_cause_and_figures() -> None:
    comparison = Comparison(frozenset(["a", "b", "c", "d"]), {"a": DIFFERENCE, "b": DIFFERENCE}, {"c": DIFFERENCE})
    findings = Findings("2.75.0", comparison, {"a": REASONS[0], "gone": REASONS[1]})

    assert findings.are_bad
    assert report(findings) == (
        "2.75.0: listed, but not differing. Remove from fidelity.toml:\n"
        "  gone\n"
        "2.75.0: Spotlight is off\n"
        "  a: passed, with the plugin failed\n"
        "2.75.0: not listed: assert 1 == 2\n"
        "  b: passed, with the plugin failed\n"
        "2.75.0: unsteady, not counted\n"
        "  c: passed, with the plugin failed\n"
        "2.75.0: 4 tests, 2 differ, 1 of them listed"
    )


def bad_findings() -> Iterator[tuple[str, Findings]]:
    listed = {"a": REASONS[0]}
    yield "unlisted", Findings("2", Comparison(frozenset("a"), {"a": DIFFERENCE}), {})
    yield "needlessly listed", Findings("2", Comparison(frozenset("a")), listed)
    yield "not run", Findings("2", Comparison(frozenset("a"), {"a": DIFFERENCE}), listed, {"core": "why"})


def good_findings() -> Iterator[tuple[str, Findings]]:
    listed = {"a": REASONS[0]}
    yield "listed", Findings("2", Comparison(frozenset("a"), {"a": DIFFERENCE}), listed)
    yield "unsteady", Findings("2", Comparison(frozenset("a"), {}, {"a": DIFFERENCE}), {})
    yield "a part of the tests", Findings("2", Comparison(frozenset("b")), listed, whole=False)


@pytest.mark.parametrize("findings", [pytest.param(each, id=name) for name, each in bad_findings()])
def test_the_command_fails_for(findings: Findings) -> None:
    assert findings.are_bad


@pytest.mark.parametrize("findings", [pytest.param(each, id=name) for name, each in good_findings()])
def test_the_command_accepts(findings: Findings) -> None:
    assert not findings.are_bad


def test_the_list_gives_reasons_by_sdk_and_test(tmp_path: Path) -> None:
    file = tmp_path / "list.toml"
    file.write_text(
        '[[allowed]]\nreason = "Spotlight is off"\nsdks = ["2.75.0", "3.0.0b2"]\ntests = ["a"]\n'
        '[[allowed]]\nreason = "sending is blocked"\nsdks = ["2.75.0"]\ntests = ["b"]\n',
        encoding="utf-8",
    )

    assert read_list(file) == {
        "2.75.0": {"a": "Spotlight is off", "b": "sending is blocked"},
        "3.0.0b2": {"a": "Spotlight is off"},
    }


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('reason = "flaky"\ntests = ["a"]', "'flaky' is not a reason. Valid: Spotlight is off, "),
        ('reason = "Spotlight is off"\ntests = ["a", "a"]', "a is listed twice for 2.75.0"),
        (
            f'reason = "Spotlight is off"\ntests = {[str(number) for number in range(31)]}',
            "31 tests of 2.75.0 are listed, 30 at most may be",
        ),
    ],
)
def test_a_wrong_list_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], entry: str, message: str
) -> None:
    file = tmp_path / "list.toml"
    file.write_text(f'[[allowed]]\nsdks = ["2.75.0"]\n{entry}\n', encoding="utf-8")
    monkeypatch.setattr(fidelity, "LIST", file)

    with pytest.raises(ListError) as raised:
        read_list(file)
    assert message in str(raised.value)
    assert fidelity.main([]) == 1
    assert message in capsys.readouterr().err


def test_the_committed_list_is_valid() -> None:
    assert read_list(fidelity.LIST).keys() <= {*fidelity_suites.SDKS}


def test_a_suite_is_run_with_and_without_the_plugin(suite: Suite) -> None:
    [findings] = check([task(suite)], 1, whole=True)

    assert report(findings).splitlines()[-1] == "2.75.0: 7 tests, 2 differ, 0 of them listed"
    assert findings.unlisted == [
        "tests/test_small.py::test_plugin[a]",
        "tests/test_small.py::TestClass::test_skipped",
    ]
    assert findings.are_bad


def test_listed_tests_of_a_suite_may_differ(suite: Suite) -> None:
    listed = dict.fromkeys(
        ["tests/test_small.py::test_plugin[a]", "tests/test_small.py::TestClass::test_skipped"], REASONS[0]
    )

    [findings] = check([task(suite, listed)], 1, whole=True)

    assert not findings.are_bad


def test_the_short_form_leaves_slow_tests_out(suite: Suite) -> None:
    outcomes = suite.run(Path(sys.executable), SMALL, plugin=False, short=True)

    assert not any("test_many" in test for test in outcomes)
    assert len(outcomes) == 4


def test_a_run_that_does_not_end_is_ended(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fidelity_suites, "_SECONDS_OF_A_RUN", 0.01)

    [findings] = check([task(suite)], 1, whole=True)

    assert findings.are_bad
    assert report(findings).startswith("2.75.0: small could not be run: the run did not end in ")


def test_a_run_that_dies_is_not_a_result(suite: Suite) -> None:
    (suite.folder / "conftest.py").write_text("import pytest\npytest.exit('no power', 3)\n", encoding="utf-8")

    [findings] = check([task(suite)], 1, whole=True)

    assert findings.not_run["small"].endswith("Exit: no power")


def test_a_run_that_is_interrupted_is_not_a_result(suite: Suite) -> None:
    text = "def test_before():\n    pass\n\ndef test_interrupts():\n    raise KeyboardInterrupt\n"
    (suite.folder / "tests" / "test_small.py").write_text(text, encoding="utf-8")

    [findings] = check([task(suite)], 1, whole=True)

    assert findings.not_run["small"].startswith("the run ended with status 2: ")


def test_memory_is_limited(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fidelity_suites, "_KIBIBYTES", 1024 * 1024)
    text = "def test_grows():\n    bytearray(2**31)\n\ndef test_other():\n    pass\n"
    (suite.folder / "tests" / "test_small.py").write_text(text, encoding="utf-8")

    outcomes = suite.run(Path(sys.executable), SMALL, plugin=False)

    assert outcomes["tests/test_small.py::test_grows"].result == "failed"
    assert outcomes["tests/test_small.py::test_other"] == PASSED


def test_requirements_with_a_version_overrule_the_common_constraints() -> None:
    packages = {line.partition("==")[0] for line in constraining(["pytest>=8,<9", "httpcore[asyncio]", "Brotli<2"])}

    assert packages.isdisjoint({"pytest", "sentry-sdk", "Brotli"})
    assert packages > {"httpcore", "pytest-asyncio", "pytest-timeout"}


def test_old_sdists_get_a_conftest_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdist(tmp_path, "1.45.1", {"tests/test_a.py": "", "sentry_sdk/__init__.py": ""})
    monkeypatch.setattr(fidelity_suites, "FOLDER", tmp_path)

    folder = unpacked("1.45.1").folder

    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*.*")) == [
        "pytest.ini",
        "tests/__init__.py",
        "tests/conftest.py",
        "tests/test_a.py",
    ]


def test_other_sdists_keep_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdist(tmp_path, "2.75.0", {"tests/conftest.py": "own", "tests/utils/test_b.py": "", "tests/test_gevent.py": ""})
    monkeypatch.setattr(fidelity_suites, "FOLDER", tmp_path)

    suite = unpacked("2.75.0")

    assert (suite.folder / "tests" / "conftest.py").read_text(encoding="utf-8") == "own"
    assert [group.name for group in fidelity_suites.GROUPS if suite.has(group)] == ["utils"]


def sdist(folder: Path, version: str, files: Mapping[str, str]) -> None:
    """Put an sdist to where it would be fetched to."""
    (folder / "sdists").mkdir()
    with tarfile.open(folder / "sdists" / f"sentry_sdk-{version}.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"sentry_sdk-{version}/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
