"""What the plugin's own tests share."""

from __future__ import annotations

import os

# Imported here so that the pytest runs inside tests find them loaded: pytester drops what such a run imports.
import pytest
import sentry_sdk
import trio  # noqa: F401

pytest_plugins = ["pytester"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-gallery", action="store_true", help="Write the gallery's messages anew.")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("update_gallery") and os.environ.get("CI"):
        raise pytest.UsageError("--update-gallery is for people who read what it writes, not for CI")


sentry_sdk.Client()  # imports every integration that enables itself


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder for a pytest run of its own, which treats warnings as pytest does by default.

    It prints the same on a developer's machine and in CI, where pytest would shorten nothing.
    """
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    pytester.makeini(
        """
        [pytest]
        addopts = -p no:cacheprovider -p no:randomly -p no:hypothesispytest
        asyncio_default_fixture_loop_scope = function
        filterwarnings = default
        """
    )
    return pytester
