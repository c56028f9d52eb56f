"""pytest-sentry beside this plugin: its own client, which reports flaky tests, is left alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import MethodType
from typing import Any, Final

from pytest_sentry_capture._sdk.patching.touchpoints import Modules, Touchpoints

_INTEGRATION: Final = "pytest"
"""The identifier of the integration by which its client is known."""


def is_pytest_sentrys(options: Mapping[str, Any]) -> bool:
    """Whether a client with these options is pytest-sentry's own."""
    integrations = options.get("integrations") or ()
    return any(getattr(integration, "identifier", None) == _INTEGRATION for integration in integrations)


def keep_tags_apart(touchpoints: Touchpoints) -> None:
    """Put what pytest-sentry says about a test on the scope of its own reports.

    It writes the result of each phase of a test on the isolation scope, which is the application's: what this captures
    would have a tag in tests that it never has in production.
    """
    if "pytest_sentry" not in sys.modules or touchpoints.features.has_hubs:
        return
    with touchpoints.missing_means("Captured items may have tags that pytest-sentry set."):
        touchpoints.find("scope:_current_scope")
        touchpoints.replace("scope:Scope.set_tag", partial(_Apart, modules=touchpoints.modules))


class _Apart:
    """A method of scopes whose calls go to another scope while pytest-sentry's own client is the current one.

    It is a descriptor, and no function around the method: then no frame of this plugin stands in a traceback.
    """

    def __init__(self, method: Callable[..., Any], modules: Modules) -> None:
        self._method = method
        self._modules = modules

    def __get__(self, scope: Any, owner: type) -> Callable[..., Any]:
        if scope is None:
            return self._method
        current = self._modules.scope._current_scope.get()
        if current is not None and current.client is not None and is_pytest_sentrys(current.client.options):
            scope = current
        return MethodType(self._method, scope)
