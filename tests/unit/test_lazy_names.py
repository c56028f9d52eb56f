"""What is imported when it is first used, and that a run without Sentry uses none of it."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

import pytest_sentry_capture
import pytest_sentry_capture._run.on_demand
import pytest_sentry_capture._sdk.on_demand

EVERY_RUN = {
    "_lazy",
    "_public",
    "_recording.children",
    "_recording.recording",
    "_reports.formats",
    "_run.activity",
    "_run.current_test",
    "_run.late_events",
    "_run.on_demand",
    "_run.rule_set",
    "_run.rule_sets",
    "_run.run",
    "_run.run_results",
    "_run.settings.configuration",
    "_run.settings.configurations",
    "_run.settings.options",
    "_sdk.absent_sdk",
    "_sdk.importing",
    "_sdk.call_stack",
    "_sdk.lifetimes",
    "_sdk.on_demand",
    "_sdk.sdk_watch",
    "hookspecs",
    "plugin",
}
"""The modules that a run without Sentry pays for, beside the packages that they are in."""

ROOMS = sorted(
    f"{pytest_sentry_capture.__name__}.{each.name}"
    for each in Path(str(pytest_sentry_capture.__file__)).parent.iterdir()
    if (each / "__init__.py").exists()
)

WITHOUT_SENTRY = """
import sys
import pytest

status = pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[1]])
print("LOADED", *(name for name in sys.modules if name.partition(".")[0] in ("pytest_sentry_capture", "sentry_sdk")))
sys.exit(status)
"""


def offered(module: ModuleType) -> dict[str, str]:
    """The names that type checkers see in a module, and what each is, by the module's own imports."""
    [block] = [
        each
        for each in ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
        if isinstance(each, ast.If) and isinstance(each.test, ast.Name) and each.test.id == "TYPE_CHECKING"
    ]
    imports = [each for each in block.body if isinstance(each, ast.ImportFrom)]
    return {str(name.asname): f"{each.module}.{name.name}" for each in imports for name in each.names}


@pytest.mark.parametrize(
    "module",
    [
        pytest_sentry_capture,
        *map(importlib.import_module, ROOMS),
        pytest_sentry_capture._run.on_demand,
        pytest_sentry_capture._sdk.on_demand,
    ],
    ids=lambda module: module.__name__,
)
def test_names_are_what_type_checkers_take_them_for(module: ModuleType) -> None:
    names = offered(module)
    assert names

    for name, place in names.items():
        owner, _, attribute = place.rpartition(".")
        importlib.import_module(owner)
        assert getattr(module, name) is getattr(sys.modules[owner], attribute)


def test_unknown_names_are_missing_attributes() -> None:
    with pytest.raises(
        AttributeError, match=r"module 'pytest_sentry_capture\._run\.on_demand' has no attribute 'rule'"
    ):
        _ = pytest_sentry_capture._run.on_demand.rule  # type: ignore[attr-defined]


@pytest.mark.usefixtures("without_pytest_sentry")
def test_a_run_without_sentry_imports_next_to_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_nothing="def test(): pass", without_sentry=WITHOUT_SENTRY)

    result = pytester.run(sys.executable, "without_sentry.py", "test_nothing.py")

    [line] = [line for line in result.outlines if line.startswith("LOADED")]
    loaded = {name.partition(".")[2] for name in line.split()[1:]}
    packages = {"", *(each.rpartition(".")[0] for each in EVERY_RUN), "_reports"}
    assert loaded - packages == EVERY_RUN
