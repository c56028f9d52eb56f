"""A pytest plugin that tests what your application sends to Sentry and what it filters out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

_PLACES = {
    "__version__": "version",
    "SentryAssertions": "_assertions.assertions",
    "SentryCapture": "_assertions.sentry_capture",
    "CallableLocation": "_recording.callables",
    "MISSING": "_recording.changes",
    "Change": "_recording.changes",
    "CallbackError": "_recording.errors",
    "CapturedAttachment": "_recording.kinds",
    "CapturedCheckIn": "_recording.kinds",
    "CapturedClientReport": "_recording.kinds",
    "CapturedEnvelope": "_recording.entries",
    "CapturedEvent": "_recording.kinds",
    "CapturedFeedback": "_recording.kinds",
    "CapturedItem": "_recording.entries",
    "CapturedLog": "_recording.kinds",
    "CapturedMetric": "_recording.kinds",
    "CapturedProfile": "_recording.kinds",
    "CapturedSegment": "_recording.kinds",
    "CapturedSession": "_recording.kinds",
    "CapturedSpan": "_recording.kinds",
    "CapturedTransaction": "_recording.kinds",
    "Discard": "_recording.entries",
    "Expected": "_assertions.assertions",
    "ImpossibleCriterionError": "_assertions.assertions",
    "Exchange": "_recording.entries",
    "Job": "_recording.entries",
    "JobSystem": "_operations.job_system",
    "PiiFinding": "_relay.privacy",
    "Kind": "_recording.kinds",
    "RawItem": "_recording.entries",
    "Rejection": "_recording.rejections",
    "SdkError": "_recording.errors",
    "Judgement": "_rules.rule",
    "Rule": "_rules.rule",
    "RuleViews": "_rules.rule",
    "SentryCaptureMixin": "plugin",
    "SentryInit": "_assertions.sentry_capture",
    "SentryServer": "_server.sentry_server",
}
__all__ = [
    "MISSING",
    "CallableLocation",
    "CallbackError",
    "CapturedAttachment",
    "CapturedCheckIn",
    "CapturedClientReport",
    "CapturedEnvelope",
    "CapturedEvent",
    "CapturedFeedback",
    "CapturedItem",
    "CapturedLog",
    "CapturedMetric",
    "CapturedProfile",
    "CapturedSegment",
    "CapturedSession",
    "CapturedSpan",
    "CapturedTransaction",
    "Change",
    "Discard",
    "Exchange",
    "Expected",
    "ImpossibleCriterionError",
    "Job",
    "JobSystem",
    "Judgement",
    "Kind",
    "PiiFinding",
    "RawItem",
    "Rejection",
    "Rule",
    "RuleViews",
    "SdkError",
    "SentryAssertions",
    "SentryCapture",
    "SentryCaptureMixin",
    "SentryInit",
    "SentryServer",
    "__version__",
]

if TYPE_CHECKING:
    from pytest_sentry_capture._assertions.assertions import Expected as Expected
    from pytest_sentry_capture._assertions.assertions import ImpossibleCriterionError as ImpossibleCriterionError
    from pytest_sentry_capture._assertions.assertions import SentryAssertions as SentryAssertions
    from pytest_sentry_capture._assertions.sentry_capture import SentryCapture as SentryCapture
    from pytest_sentry_capture._assertions.sentry_capture import SentryInit as SentryInit
    from pytest_sentry_capture._operations.job_system import JobSystem as JobSystem
    from pytest_sentry_capture._recording.callables import CallableLocation as CallableLocation
    from pytest_sentry_capture._recording.changes import MISSING as MISSING
    from pytest_sentry_capture._recording.changes import Change as Change
    from pytest_sentry_capture._recording.entries import CapturedEnvelope as CapturedEnvelope
    from pytest_sentry_capture._recording.entries import CapturedItem as CapturedItem
    from pytest_sentry_capture._recording.entries import Discard as Discard
    from pytest_sentry_capture._recording.entries import Exchange as Exchange
    from pytest_sentry_capture._recording.entries import Job as Job
    from pytest_sentry_capture._recording.entries import RawItem as RawItem
    from pytest_sentry_capture._recording.errors import CallbackError as CallbackError
    from pytest_sentry_capture._recording.errors import SdkError as SdkError
    from pytest_sentry_capture._recording.kinds import CapturedAttachment as CapturedAttachment
    from pytest_sentry_capture._recording.kinds import CapturedCheckIn as CapturedCheckIn
    from pytest_sentry_capture._recording.kinds import CapturedClientReport as CapturedClientReport
    from pytest_sentry_capture._recording.kinds import CapturedEvent as CapturedEvent
    from pytest_sentry_capture._recording.kinds import CapturedFeedback as CapturedFeedback
    from pytest_sentry_capture._recording.kinds import CapturedLog as CapturedLog
    from pytest_sentry_capture._recording.kinds import CapturedMetric as CapturedMetric
    from pytest_sentry_capture._recording.kinds import CapturedProfile as CapturedProfile
    from pytest_sentry_capture._recording.kinds import CapturedSegment as CapturedSegment
    from pytest_sentry_capture._recording.kinds import CapturedSession as CapturedSession
    from pytest_sentry_capture._recording.kinds import CapturedSpan as CapturedSpan
    from pytest_sentry_capture._recording.kinds import CapturedTransaction as CapturedTransaction
    from pytest_sentry_capture._recording.kinds import Kind as Kind
    from pytest_sentry_capture._recording.rejections import Rejection as Rejection
    from pytest_sentry_capture._relay.privacy import PiiFinding as PiiFinding
    from pytest_sentry_capture._rules.rule import Judgement as Judgement
    from pytest_sentry_capture._rules.rule import Rule as Rule
    from pytest_sentry_capture._rules.rule import RuleViews as RuleViews
    from pytest_sentry_capture._server.sentry_server import SentryServer as SentryServer
    from pytest_sentry_capture.plugin import SentryCaptureMixin as SentryCaptureMixin
    from pytest_sentry_capture.version import __version__ as __version__
else:
    __getattr__ = lazy_names(__name__, {name: f"{module}:{name}" for name, module in _PLACES.items()})


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
