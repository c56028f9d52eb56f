"""The only room that knows ``sentry_sdk``: what the SDK does is observed, isolated and steered from here.

``sdk`` is what the other rooms see, or its twin ``absent_sdk`` where the SDK is not there. ``sdk_watch`` chooses. The
parts: ``patching`` is how the SDK is reached into and kept from the network, ``observing`` what is seen of it,
``isolation`` how tests are kept apart, ``versions`` in what SDKs differ. Only what stands above ``on_demand`` in the
order of the room is imported before the SDK has been. Not here: what is recorded (``_recording``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._sdk.absent_sdk import AbsentSdk as AbsentSdk
    from pytest_sentry_capture._sdk.call_stack import invisible as invisible
    from pytest_sentry_capture._sdk.django import DjangoMiddleware as DjangoMiddleware
    from pytest_sentry_capture._sdk.lifetimes import Lifetime as Lifetime
    from pytest_sentry_capture._sdk.patching.network import NetworkMode as NetworkMode
    from pytest_sentry_capture._sdk.sdk import Sdk as Sdk
    from pytest_sentry_capture._sdk.sdk_watch import SdkWatch as SdkWatch
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "AbsentSdk": "_sdk.absent_sdk:AbsentSdk",
            "DjangoMiddleware": "_sdk.django:DjangoMiddleware",
            "Lifetime": "_sdk.lifetimes:Lifetime",
            "NetworkMode": "_sdk.patching.network:NetworkMode",
            "Sdk": "_sdk.sdk:Sdk",
            "SdkWatch": "_sdk.sdk_watch:SdkWatch",
            "invisible": "_sdk.call_stack:invisible",
        },
    )
