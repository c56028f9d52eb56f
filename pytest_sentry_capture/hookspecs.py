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
    """Return your own rules. They are checked in every test that has the same configuration.

    It is called once, before the collection, in plugins and in conftest files of the rootdir and of the folders that
    are named on the command line or in ``testpaths``. Rules of a conftest file belong to the configuration of its
    folder. Rules of a plugin belong to every configuration.

    Args:
        config: pytest's configuration.
    """


@hookspec
def pytest_sentry_capture_job_systems(config: pytest.Config) -> Iterable[JobSystem]:  # type: ignore[empty-body]
    """Return descriptions of workers that this plugin does not know, so that their jobs are recorded.

    It is called once, before the collection, in plugins and in conftest files of the rootdir and of the folders that
    are named on the command line or in ``testpaths``.

    Args:
        config: pytest's configuration.
    """
