"""The SDK and what it is given are, with this plugin, what they are without it."""

from __future__ import annotations

import json

import pytest

from checkout import TESTS

SUITE = TESTS / "support" / "sdk_as_it_is.py"


def test_an_application_sees_the_same_sdk(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(test_sdk=SUITE.read_text(encoding="utf-8"))

    outcomes, seen = observed(pytester, monkeypatch)
    outcomes_without, seen_without = observed(pytester, monkeypatch, "-p", "no:sentry_capture")

    assert outcomes == outcomes_without
    assert {test: each for test, each in seen.items() if each != seen_without[test]} == {}


def observed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *options: str
) -> tuple[dict[str, int], dict[str, object]]:
    """The outcomes of the suite, and what its tests have noted."""
    file = pytester.path / "observations.jsonl"
    file.unlink(missing_ok=True)
    monkeypatch.setenv("OBSERVATIONS", str(file))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", *options, timeout=300)
    outcomes = result.parseoutcomes()
    assert outcomes.keys() <= {"passed", "skipped", "warnings"}
    noted = dict(map(json.loads, file.read_text(encoding="utf-8").splitlines()))
    return {name: outcomes.get(name, 0) for name in ("passed", "skipped")}, noted
