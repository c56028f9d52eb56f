"""The hooks that this plugin offers to conftest files and other plugins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import pytest

    from pytest_sentry_capture._rules import Rule

hookspec = pluggy.HookspecMarker("pytest")


@hookspec
def pytest_sentry_capture_rules(config: pytest.Config) -> Iterable[Rule]:  # type: ignore[empty-body]
    """Rules of the project's own, by which every test of the run is judged.

    Called once, before collection, in conftest files of the rootdir and of the folders named on the command line, and
    in plugins.

    Args:
        config: pytest's configuration.
    """
