"""The hooks that this plugin offers to conftest files and other plugins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import pytest

    from pytest_sentry_capture._operations import JobSystem
    from pytest_sentry_capture._rules import Rule

hookspec = pluggy.HookspecMarker("pytest")


@hookspec
def pytest_sentry_capture_rules(config: pytest.Config) -> Iterable[Rule]:  # type: ignore[empty-body]
    """Return the project's own rules, which judge every test that has the same configuration.

    Called once, before collection, in conftest files of the rootdir and of the folders named on the command line or in
    ``testpaths``, and in plugins. Those of a conftest file belong to the configuration that its folder has: that of the
    rootdir, unless there is one below it. Those of other plugins belong to every configuration.

    Args:
        config: pytest's configuration.
    """


@hookspec
def pytest_sentry_capture_job_systems(config: pytest.Config) -> Iterable[JobSystem]:  # type: ignore[empty-body]
    """Return job systems of workers that this plugin does not know, which describe how their jobs are observed.

    Called once, before collection, in conftest files of the rootdir and of the folders named on the command line or in
    ``testpaths``, and in plugins.

    Args:
        config: pytest's configuration.
    """
