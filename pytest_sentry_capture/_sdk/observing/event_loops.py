"""Event loops whose tasks the SDK's AsyncioIntegration does not watch, though it is on."""

from __future__ import annotations

import asyncio
from typing import Any, Final

INTEGRATION: Final = "asyncio"
_FACTORY: Final = "_sentry_task_factory"
_ABOUT: Final = (
    "The SDK's AsyncioIntegration is on, but it observes only the event loop that ran when it was first set up. In a"
    " test that has its own loop, exceptions of tasks are not captured."
)
_REMEDY: Final = (
    " To observe this loop, call sentry_sdk.integrations.asyncio.enable_asyncio_integration() in it, such as at the"
    " start of the application's lifespan."
)
_WITHOUT_REMEDY: Final = " Have one loop for all tests, and initialize Sentry in it."


def about_running_loop(integration_module: Any) -> str | None:
    """Why exceptions of tasks of the running loop are not captured, or None if they are, or where none runs.

    Args:
        integration_module: ``sentry_sdk.integrations.asyncio``.
    """
    try:
        factory = asyncio.get_running_loop().get_task_factory()
    except RuntimeError:
        return None
    if getattr(factory, "__name__", None) == _FACTORY:
        return None
    return _ABOUT + (_REMEDY if hasattr(integration_module, "enable_asyncio_integration") else _WITHOUT_REMEDY)
