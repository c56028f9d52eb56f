"""The door to what is not needed before the SDK has been imported, as ``_run.on_demand`` is that of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._sdk.patching.fallback import block_only as block_only
    from pytest_sentry_capture._sdk.patching.network import Network as Network
    from pytest_sentry_capture._sdk.sdk import Sdk as Sdk
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "Network": "_sdk.patching.network:Network",
            "Sdk": "_sdk.sdk:Sdk",
            "block_only": "_sdk.patching.fallback:block_only",
        },
    )
