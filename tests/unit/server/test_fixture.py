"""What the fixture imports, and when."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("missing", ["httptools"])
def test_the_extra_is_missing(pytester: pytest.Pytester, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pytest_sentry_capture._server")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    pytester.makepyfile("def test_it(sentry_server): pass")
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [f"sentry_server needs the extra: pip install 'pytest-sentry-contract?server?'; {missing} is missing"]
    )
    assert "plugin.py" not in result.stdout.str()


def test_nothing_is_imported_for_those_who_do_not_use_it() -> None:
    program = """
import sys
import pytest_sentry_capture._assertions.sentry_capture, pytest_sentry_capture.plugin
import pytest_sentry_capture._reports.section
assert not {"httptools", "pytest_sentry_capture._server"} & {*sys.modules}
"""
    subprocess.run([sys.executable, "-c", program], check=True)
