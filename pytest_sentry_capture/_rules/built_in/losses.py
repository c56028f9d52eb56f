"""``no-callback-errors`` and ``no-silent-loss``: what the SDK silently loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import CallbackError, Capture, Discard, SdkError
from pytest_sentry_capture._rules.rule import Judgement, Needs, Rule, RuleViews

_CALLBACK_ERROR: Final = "callback_error"
_NO_CLIENT: Final = "no_client"
_REPORTED_NOWHERE: Final = ("unserializable", "recursion_guard", "sdk_error")


@dataclass(kw_only=True)
class NoCallbackErrors(Rule):
    """No callback of the application crashes (``before_send``, a processor, a sampler, …).

    The SDK swallows such a crash, and often loses the event. On without configuration in tests that use the fixture. An
    ``assert_discarded(reason="callback_error")`` accounts for a crash.
    """

    name = "no-callback-errors"
    _built_in_needs: ClassVar[Needs] = Needs(
        on_with_fixture_if=lambda recording: recording.has_callback_errors,
        is_settled_by_assertions=True,
        breaks_on_what_was_seen=True,
        reads_fields=False,
        judges_traces=False,
    )

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        accounted_for = [each.by for each in views._recording.accounted_for if each.reason == _CALLBACK_ERROR]
        errors = views.callback_errors
        for error in errors:
            if error.by not in accounted_for:
                yield self._broken_by(error, views)
        if not errors and (views.items or any(map(_reached_a_client, views.discarded))):
            yield self.kept()

    def _broken_by(self, error: CallbackError, views: RuleViews) -> Judgement:
        lost = [each for each in views.discarded if each.reason == _CALLBACK_ERROR and each.by == error.by]
        formatter = Formatter.for_reports(views._recording)
        raised = formatter.name(error.exception_type.__name__)
        follows = ", which the Sentry SDK swallowed." if error._consequence is None else f". {error._consequence}"
        problem = f"{formatter.located(error.by)} raised {raised}{formatter.redacted(follows)}"
        details = [
            *(f"lost: {formatter.discarded_summary(discard)}" for discard in lost),
            *error.traceback.rstrip().splitlines(),
        ]
        return self.broken(lost[0] if lost else None, problem, by=error.by, details=details)


@dataclass(kw_only=True)
class NoSilentLoss(Rule):
    """Nothing is lost that the SDK itself reports nowhere, not even in its client reports.

    These are payloads that can't be serialized, captures made while the SDK was capturing, errors that the SDK
    swallowed, an invalid value from a callback and a broken entry of ``ignore_errors``. An ``assert_discarded``
    accounts for a loss.
    """

    name = "no-silent-loss"
    _built_in_needs: ClassVar[Needs] = Needs(is_settled_by_assertions=True, reads_fields=False)

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        accounted_for = views._recording.accounted_for
        formatter = Formatter.for_reports(views._recording)
        for discard in filter(_reached_a_client, views.discarded):
            if discard.reason in _REPORTED_NOWHERE and discard not in accounted_for:
                what = formatter.discarded_summary(discard)
                problem = f"{what} was silently lost: {formatter.discard_reason(discard)}."
                yield self.broken(discard, problem, by=discard.by, details=_swallowed(views))
            else:
                yield self.kept(discard)
        if views._recording.entries_of(Capture):
            yield self.kept()


def _reached_a_client(discard: Discard) -> bool:
    """Whether a client could have called callbacks, and lost something: without one, nothing says that none does."""
    return discard.reason != _NO_CLIENT


def _swallowed(views: RuleViews) -> list[str]:
    return [line for error in views._recording.entries_of(SdkError) for line in error.traceback.rstrip().splitlines()]
