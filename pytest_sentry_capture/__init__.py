"""A pytest plugin that pins down what an application tells Sentry, and what it keeps from Sentry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

_MODULES = {
    "__version__": "version",
    "SentryCapture": "_assertions.sentry_capture",
    "CallableLocation": "_recording.callables",
    "MISSING": "_recording.changes",
    "Change": "_recording.changes",
    "CallbackError": "_recording",
    "CapturedAttachment": "_recording",
    "CapturedCheckIn": "_recording",
    "CapturedClientReport": "_recording",
    "CapturedEnvelope": "_recording",
    "CapturedEvent": "_recording",
    "CapturedFeedback": "_recording",
    "CapturedItem": "_recording",
    "CapturedLog": "_recording",
    "CapturedMetric": "_recording",
    "CapturedProfile": "_recording",
    "CapturedSegment": "_recording",
    "CapturedSession": "_recording",
    "CapturedSpan": "_recording",
    "CapturedTransaction": "_recording",
    "Discard": "_recording",
    "Expected": "_assertions.sentry_capture",
    "Exchange": "_recording",
    "PiiFinding": "_relay.privacy",
    "RawItem": "_recording",
    "Rejection": "_recording",
    "SdkError": "_recording",
    "Judgement": "_rules.rule",
    "Rule": "_rules.rule",
    "RuleViews": "_rules.rule",
    "SentryCaptureMixin": "plugin",
    "SentryInit": "_assertions.sentry_capture",
    "SentryServer": "_server.sentry_server",
}
__all__ = [*_MODULES]  # noqa: PLE0604

if TYPE_CHECKING:
    from pytest_sentry_capture._assertions.sentry_capture import Expected as Expected
    from pytest_sentry_capture._assertions.sentry_capture import SentryCapture as SentryCapture
    from pytest_sentry_capture._assertions.sentry_capture import SentryInit as SentryInit
    from pytest_sentry_capture._recording import CallbackError as CallbackError
    from pytest_sentry_capture._recording import CapturedAttachment as CapturedAttachment
    from pytest_sentry_capture._recording import CapturedCheckIn as CapturedCheckIn
    from pytest_sentry_capture._recording import CapturedClientReport as CapturedClientReport
    from pytest_sentry_capture._recording import CapturedEnvelope as CapturedEnvelope
    from pytest_sentry_capture._recording import CapturedEvent as CapturedEvent
    from pytest_sentry_capture._recording import CapturedFeedback as CapturedFeedback
    from pytest_sentry_capture._recording import CapturedItem as CapturedItem
    from pytest_sentry_capture._recording import CapturedLog as CapturedLog
    from pytest_sentry_capture._recording import CapturedMetric as CapturedMetric
    from pytest_sentry_capture._recording import CapturedProfile as CapturedProfile
    from pytest_sentry_capture._recording import CapturedSegment as CapturedSegment
    from pytest_sentry_capture._recording import CapturedSession as CapturedSession
    from pytest_sentry_capture._recording import CapturedSpan as CapturedSpan
    from pytest_sentry_capture._recording import CapturedTransaction as CapturedTransaction
    from pytest_sentry_capture._recording import Discard as Discard
    from pytest_sentry_capture._recording import Exchange as Exchange
    from pytest_sentry_capture._recording import RawItem as RawItem
    from pytest_sentry_capture._recording import Rejection as Rejection
    from pytest_sentry_capture._recording import SdkError as SdkError
    from pytest_sentry_capture._recording.callables import CallableLocation as CallableLocation
    from pytest_sentry_capture._recording.changes import MISSING as MISSING
    from pytest_sentry_capture._recording.changes import Change as Change
    from pytest_sentry_capture._relay.privacy import PiiFinding as PiiFinding
    from pytest_sentry_capture._rules.rule import Judgement as Judgement
    from pytest_sentry_capture._rules.rule import Rule as Rule
    from pytest_sentry_capture._rules.rule import RuleViews as RuleViews
    from pytest_sentry_capture._server.sentry_server import SentryServer as SentryServer
    from pytest_sentry_capture.plugin import SentryCaptureMixin as SentryCaptureMixin
    from pytest_sentry_capture.version import __version__ as __version__
else:
    __getattr__ = lazy_names(__name__, {name: f"{module}:{name}" for name, module in _MODULES.items()})
