"""Without the extra: its rules say so in a line, and everything else works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_sentry_capture._relay import engine

CONFIGURATION = """
[tool.sentry_capture.rules]
required-tags = ["plan"]
no-pii = { allow = ["user.id"], after = "server", also = { a = { type = "mac" } } }
accepted-by-sentry = true

[tool.sentry_capture.relay]
pii_config = "pii.json"
"""
TESTS = """
import sentry_sdk

def test_it(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1")
    sentry_sdk.set_tag("plan", "pro")
    sentry_sdk.capture_message("mail jane@shop.example", level="sad")
"""
INSTALL = "Sentry's own engine is not installed: pip install 'pytest-sentry-contract[[]relay]'"


@pytest.fixture(autouse=True)
def _not_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    engine.engine_obstacle.cache_clear()
    yield
    engine.engine_obstacle.cache_clear()


def test_its_rules_say_so_in_a_line(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(CONFIGURATION)
    (pytester.path / "pii.json").write_text("{}")
    pytester.makepyfile(TESTS)

    result = pytester.runpytest_inprocess()
    strict = pytester.runpytest_inprocess("--sentry-strict")

    lines = [
        "Rules: 1 kept, 0 broken, 2 not judged, 0 not exercised.",
        f"  not judged     no-pii (pyproject.toml:3): {INSTALL}",
        f"  not judged     accepted-by-sentry (pyproject.toml:4): {INSTALL}",
    ]
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(lines, consecutive=True)
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    strict.stdout.fnmatch_lines([*lines, "With --sentry-strict, each of these fails the run."], consecutive=True)


def test_a_partial_run_says_so_too(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\nno-pii = true")
    pytester.makepyfile(f"{TESTS}\ndef test_other(): pass")

    result = pytester.runpytest_inprocess("-k", "other", "--sentry-strict")

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines([f"  not judged     no-pii (pyproject.toml:2): {INSTALL}"])


def test_what_needs_it_says_how_to_install_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        import sentry_sdk

        def test_pii(sentry_capture):
            sentry_capture.pii()

        def test_as_stored(sentry_init, sentry_capture):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("hello")
            sentry_capture.as_stored(sentry_capture.events[0])
        """
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            ">       sentry_capture.pii()",
            f"E       ModuleNotFoundError: {INSTALL}",
            "",
            "test_what_needs_it_says_how_to_install_it.py:5: ModuleNotFoundError",
            "*",
            ">       sentry_capture.as_stored(sentry_capture.events[[]0])",
            f"E       ModuleNotFoundError: {INSTALL}",
            "",
            "test_what_needs_it_says_how_to_install_it.py:10: ModuleNotFoundError",
        ]
    )


def test_one_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: name)
    monkeypatch.setattr(engine, "version", lambda: "0.10.0")

    assert engine.engine_obstacle() == "sentry-relay 0.10.0 is too old: pip install 'pytest-sentry-contract[relay]'"


def test_it_is_imported_only_when_it_is_used(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.sentry_capture.rules]\nrequired-tags = ["plan"]')
    pytester.makepyfile(
        TESTS + '\n    import sys\n    assert not [name for name in sys.modules if "sentry_relay" in name]'
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_mistakes_are_reported_anyway(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\nno-pii = { allow = ['@emial'] }")

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown rule '@emial'; did you mean '@email'?*"])


def test_a_waiver_of_a_rule_that_was_not_judged_is_not_unused(pytester: pytest.Pytester) -> None:
    waived = '@pytest.mark.sentry_allow("no-pii", reason="on purpose")\ndef test_it'
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\nno-pii = true")
    pytester.makepyfile(f"import pytest\n{TESTS.replace('def test_it', waived)}")

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"  not judged     no-pii (pyproject.toml:2): {INSTALL}"])
    result.stdout.no_fnmatch_line("  unused *")
