"""The door to what is not needed before the SDK has been imported, as ``_run.on_demand`` is that of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._sdk import sdk as sdk
    from pytest_sentry_capture._sdk.patching import fallback as fallback
    from pytest_sentry_capture._sdk.patching import network as network
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "fallback": "_sdk.patching.fallback",
            "network": "_sdk.patching.network",
            "sdk": "_sdk.sdk",
        },
    )
