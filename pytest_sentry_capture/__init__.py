"""A pytest plugin that pins down what an application tells Sentry, and what it keeps from Sentry."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_MODULES = {
    "__version__": "version",
    "SentryCapture": "capture",
    "CallableLocation": "callables",
    "MISSING": "changes",
    "Change": "changes",
    "CallbackError": "items",
    "CapturedAttachment": "items",
    "CapturedCheckIn": "items",
    "CapturedClientReport": "items",
    "CapturedEnvelope": "items",
    "CapturedEvent": "items",
    "CapturedFeedback": "items",
    "CapturedItem": "items",
    "CapturedLog": "items",
    "CapturedMetric": "items",
    "CapturedProfile": "items",
    "CapturedSegment": "items",
    "CapturedSession": "items",
    "CapturedSpan": "items",
    "CapturedTransaction": "items",
    "Discard": "items",
    "Expected": "capture",
    "Exchange": "items",
    "PiiFinding": "privacy",
    "RawItem": "items",
    "Rejection": "items",
    "SdkError": "items",
    "Judgement": "rules.rule",
    "Rule": "rules.rule",
    "RuleViews": "rules.rule",
    "SentryCaptureMixin": "plugin",
    "SentryInit": "capture",
    "SentryServer": "server.sentry_server",
}
__all__ = [*_MODULES]  # noqa: PLE0604

if TYPE_CHECKING:
    from pytest_sentry_capture.callables import CallableLocation as CallableLocation
    from pytest_sentry_capture.capture import Expected as Expected
    from pytest_sentry_capture.capture import SentryCapture as SentryCapture
    from pytest_sentry_capture.capture import SentryInit as SentryInit
    from pytest_sentry_capture.changes import MISSING as MISSING
    from pytest_sentry_capture.changes import Change as Change
    from pytest_sentry_capture.items import CallbackError as CallbackError
    from pytest_sentry_capture.items import CapturedAttachment as CapturedAttachment
    from pytest_sentry_capture.items import CapturedCheckIn as CapturedCheckIn
    from pytest_sentry_capture.items import CapturedClientReport as CapturedClientReport
    from pytest_sentry_capture.items import CapturedEnvelope as CapturedEnvelope
    from pytest_sentry_capture.items import CapturedEvent as CapturedEvent
    from pytest_sentry_capture.items import CapturedFeedback as CapturedFeedback
    from pytest_sentry_capture.items import CapturedItem as CapturedItem
    from pytest_sentry_capture.items import CapturedLog as CapturedLog
    from pytest_sentry_capture.items import CapturedMetric as CapturedMetric
    from pytest_sentry_capture.items import CapturedProfile as CapturedProfile
    from pytest_sentry_capture.items import CapturedSegment as CapturedSegment
    from pytest_sentry_capture.items import CapturedSession as CapturedSession
    from pytest_sentry_capture.items import CapturedSpan as CapturedSpan
    from pytest_sentry_capture.items import CapturedTransaction as CapturedTransaction
    from pytest_sentry_capture.items import Discard as Discard
    from pytest_sentry_capture.items import Exchange as Exchange
    from pytest_sentry_capture.items import RawItem as RawItem
    from pytest_sentry_capture.items import Rejection as Rejection
    from pytest_sentry_capture.items import SdkError as SdkError
    from pytest_sentry_capture.plugin import SentryCaptureMixin as SentryCaptureMixin
    from pytest_sentry_capture.privacy import PiiFinding as PiiFinding
    from pytest_sentry_capture.rules.rule import Judgement as Judgement
    from pytest_sentry_capture.rules.rule import Rule as Rule
    from pytest_sentry_capture.rules.rule import RuleViews as RuleViews
    from pytest_sentry_capture.server.sentry_server import SentryServer as SentryServer
    from pytest_sentry_capture.version import __version__ as __version__


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used: a run without Sentry does not pay for them."""
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
