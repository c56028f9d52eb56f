"""What happens to the capture call under way, and how its end is recorded: captured, or discarded and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Literal

from pytest_sentry_capture._recording import (
    CallableLocation,
    CallbackError,
    Capture,
    CaptureContext,
    CapturedEnvelope,
    Content,
    Discard,
    ExceptionChain,
    Operation,
    Recorder,
    Recording,
    SdkError,
    current_operation,
    current_recording,
    location_of,
)
from pytest_sentry_capture._recording.kinds import KIND_OF_CATEGORY, category_of, facts_of, kind_of
from pytest_sentry_capture._sdk.observing.dsn import project_of
from pytest_sentry_capture._sdk.observing.plain_data import as_json
from pytest_sentry_capture._sdk.observing.swallowed_errors import message_of, traceback_text

Handed = tuple[str, Content, dict[str, Any]]
"""An item that was handed over: its type, its content and its headers."""
Stage = Literal["begun", "in callback", "prepared"]
"""How far the SDK has come with an event: its callback is called last, then the event is ready to be sent."""


class Attempt:
    """One call that asks the SDK to send something, while the SDK works on it.

    One is made for each span too, and attributes that have their defaults cost nothing.

    Attributes:
        envelope: what the SDK has put the item into, once it has.
        bare: an event that sentry-sdk 1.x may send without an envelope, or why it is not JSON.
        errors: those that were recorded during it and the calls that it is part of.
        sends: whether the transport is one of the SDK's, which make JSON of it and read the files that are attached.
    """

    client: Any = None
    stage: Stage = "begun"
    envelope: Any = None
    bare: Content | Exception | None = None
    sends: bool = False
    wire_form: Callable[[Any], Any] | None = None
    payload_when_lost: Callable[[], Any] | None = None
    of_lost_segment: bool = False
    reason: str | None = None
    category: str | None = None
    dropped_by: CallableLocation | None = None
    raised_in: CallableLocation | None = None
    got_nonsense: bool = False
    is_scrubbing: bool = False
    handed_over: bool = False
    errors: list[BaseException]

    def __init__(
        self,
        kind: str,
        payload: Any,
        options: Mapping[str, Any],
        context: CaptureContext,
        operation: Operation | None,
        *,
        detailed: bool,
    ) -> None:
        self.kind = kind
        self.payload = payload
        self.options = options
        self.context = context
        self.operation = operation
        self.detailed = detailed

    def reports(self, category: str) -> bool:
        """Whether a loss of this category is the loss of what the attempt is about."""
        return KIND_OF_CATEGORY.get(category, category) == self.kind or (
            self.kind == "check_in" and category == "error"  # how the SDK reports a discarded check-in
        )


class Observer:
    """Records what the SDK does, in the recording that is current at that moment.

    Attributes:
        recorder: knows that recording.
        ignored_errors: how often each entry of an application's ``ignore_errors`` was used.
    """

    def __init__(self, recorder: Recorder, ignored_errors: Counter[str]) -> None:
        self.recorder = recorder
        self.ignored_errors = ignored_errors
        self._attempt: ContextVar[Attempt | None] = ContextVar("sentry_attempt", default=None)
        self._raised: ContextVar[list[CallableLocation] | None] = ContextVar("sentry_raised", default=None)
        self._looks_away: ContextVar[bool] = ContextVar("sentry_looks_away", default=False)

    @property
    def attempt(self) -> Attempt | None:
        """The capture call that the calling context is in."""
        return self._attempt.get()

    def enter(self, attempt: Attempt) -> Token[Attempt | None]:
        """The calling context is in this capture call from now on."""
        outer = self._attempt.get()
        attempt.errors = outer.errors if outer is not None else []
        return self._attempt.set(attempt)

    def leave(self, token: Token[Attempt | None]) -> None:
        """The capture call is over."""
        attempt = self._attempt.get()
        self._attempt.reset(token)
        if attempt is not None and self._attempt.get() is None:
            attempt.errors.clear()  # their frames refer to the attempt

    def forget_attempt(self) -> None:
        """No capture call is under way, whatever an exception has left behind that a signal handler raised in one."""
        self._attempt.set(None)

    @contextmanager
    def looking_away(self) -> Iterator[None]:
        """What goes wrong meanwhile is not the application's: a client that is not its own captures something."""
        token = self._looks_away.set(True)
        try:
            yield
        finally:
            self._looks_away.reset(token)

    @contextmanager
    def raised_callbacks(self) -> Iterator[list[CallableLocation]]:
        """The callbacks that raise during the block, which the SDK makes nothing of but a line in its log."""
        raised: list[CallableLocation] = []
        token = self._raised.set(raised)
        try:
            yield raised
        finally:
            self._raised.reset(token)

    @property
    def looks_away(self) -> bool:
        """Whether a client that is not the application's is at work."""
        return self._looks_away.get()

    def begin(self, kind: str, payload: Any, hint: Mapping[str, Any], options: Mapping[str, Any]) -> Attempt:
        """Describe a capture call that begins."""
        recording = self.recording
        detailed = recording.detailed
        error = _error_of(hint) if hint else None
        chain = ExceptionChain.of(error, live=detailed) if error is not None else None
        context = CaptureContext(chain, project=project_of(options))
        if kind == "transaction" and (outer := self._attempt.get()) is not None and outer.kind == kind:
            context.sample_rate, context.sampling = outer.context.sample_rate, outer.context.sampling
        return Attempt(kind, payload, options, context, current_operation(recording), detailed=detailed)

    def captured(self, items: Iterable[Handed], envelope: CapturedEnvelope | None) -> None:
        """Record items that reached the transport or a batcher together."""
        attempt, recording = self._attempt.get(), self.recording
        if attempt is not None:
            attempt.handed_over = True
            context, operation = attempt.context, attempt.operation
        else:
            context, operation = CaptureContext(), current_operation(recording)
        captures = [Capture(*item, context, operation, envelope) for item in items]
        if envelope is None:
            recording.add(*captures)
        else:
            envelope._captures = captures
            recording.add(envelope, *captures)

    @property
    def recording(self) -> Recording:
        """The recording that takes what the calling context captures."""
        return current_recording(self.recorder)

    @property
    def _operation(self) -> Operation | None:
        return current_operation(self.recording)

    def unserializable(self, item_type: str, payload: Any) -> None:
        """Record the loss of an item that no transport could have sent."""
        attempt = self.attempt
        kind = kind_of(item_type)
        discard = Discard("unserializable", category_of(kind), kind, payload=as_json(payload))
        if attempt is not None:
            attempt.handed_over = True
            discard._context, discard.operation = attempt.context, attempt.operation
            discard.by = attempt.context.callback if attempt.kind == kind else None
        self.recording.add(discard)

    def lost(self, reason: str, category: str, quantity: int, options: Mapping[str, Any]) -> None:
        """Take note of a loss that the SDK reports through its transport."""
        attempt = self.attempt
        if attempt is not None and attempt.raised_in is not None and reason == "sample_rate":
            reason = "callback_error"
        if attempt is not None and attempt.reports(category):
            if attempt.payload_when_lost is not None:
                attempt.context.project = project_of(options)
                attempt.payload = attempt.payload_when_lost()
                self.discarded(attempt, reason, self._who(reason, category, attempt, options))
            else:
                attempt.reason, attempt.category = attempt.reason or reason, attempt.category or category
            return
        kind = KIND_OF_CATEGORY.get(category, category)
        operation = attempt.operation if attempt is not None else self._operation
        if attempt is not None and attempt.raised_in is not None and reason == "before_send":
            reason = "callback_error"
        by = self._who(reason, category, attempt, options)
        discard = Discard(reason, category, kind, by, quantity, operation=operation)
        discard._context.project = project_of(options)
        discard._of_lost_segment = attempt is not None and (attempt.kind, kind) == ("transaction", "span")
        self.recording.add(discard)

    def discarded(self, attempt: Attempt, reason: str, by: CallableLocation | None = None) -> None:
        """Record that an attempt ended in a discard."""
        category = attempt.category or category_of(attempt.kind)
        by = by or self._who(reason, category, attempt, attempt.options)
        payload = as_json(attempt.payload, attempt.wire_form)
        discard = Discard(reason, category, attempt.kind, by, 1, payload, attempt.context, attempt.operation)
        discard._of_lost_segment = attempt.of_lost_segment
        self.recording.add(discard)

    def refused_unseen(self, kind: str, payload: dict[str, Any] | None) -> None:
        """Record a capture made while the SDK serializes: nothing is looked at beyond what is known already.

        Args:
            kind: what should have been captured.
            payload: what is known of it, in plain data.
        """
        discard = Discard("recursion_guard", category_of(kind), kind, operation=self._operation)
        discard.payload = as_json(payload)
        self.recording.add(discard)

    def kept_from_events(
        self, reason: str, payload: dict[str, Any], error: BaseException | None, *, is_below_level: bool = False
    ) -> None:
        """Record a log record that became no event, in a test that looks at them.

        Args:
            reason: why it did not.
            payload: of the event that it would have been.
            error: the exception that was logged with it.
            is_below_level: whether it is below the level of events.
        """
        recording = self.recording
        if not recording.detailed or self._looks_away.get():
            return
        context = CaptureContext(ExceptionChain.of(error, live=True) if error is not None else None)
        category, content = category_of("event"), as_json(payload)
        discard = Discard(reason, category, "event", None, 1, content, context, self._operation)
        discard._below_level = is_below_level
        recording.add(discard)

    def callback_raised(self, by: CallableLocation, error: BaseException) -> None:
        """Record that a callback of the application raised ``error``, the first time that the error is seen."""
        if (raised := self._raised.get()) is not None:
            raised.append(by)
        if self._looks_away.get() or self._seen_before(error):
            return
        live = error if self.recording.detailed else None
        text = traceback_text(error)
        recording = self.recording
        recording.has_callback_errors = True
        recording.add(CallbackError(by, type(error), message_of(error), text, live))

    def sdk_failed(self, error: BaseException) -> None:
        """Record an error inside the SDK, which the SDK swallowed, the first time that the error is seen."""
        if self._looks_away.get() or self._seen_before(error):
            return
        live = error if self.recording.detailed else None
        self.recording.add(SdkError(type(error), message_of(error), traceback_text(error), live))

    def _seen_before(self, error: BaseException) -> bool:
        """Whether an error has been recorded in the capture call under way. Nothing is written on the error itself."""
        attempt = self.attempt
        if attempt is None:
            return False
        is_known = any(each is error for each in attempt.errors)
        attempt.errors.append(error)
        return is_known

    def _who(
        self, reason: str, category: str, attempt: Attempt | None, options: Mapping[str, Any]
    ) -> CallableLocation | None:
        is_unsampled = attempt is not None and attempt.payload_when_lost is not None
        if reason == "sample_rate" or (reason == "callback_error" and is_unsampled):
            facts = facts_of(KIND_OF_CATEGORY.get(category, category))
            _, name = (facts and facts.sampled_by) or ("", "")
            sampler = options.get(name)
            return location_of(sampler) if callable(sampler) else None
        if attempt is None:
            return None
        if reason == "callback_error":
            return attempt.raised_in or attempt.dropped_by or attempt.context.callback
        if reason == "before_send":
            return attempt.context.callback
        if reason == "sdk_error":
            return attempt.context.callback if attempt.got_nonsense else None
        return attempt.dropped_by if reason == "event_processor" else None


def _error_of(hint: Mapping[str, Any]) -> BaseException | None:
    exc_info = hint.get("exc_info")
    error = exc_info[1] if isinstance(exc_info, tuple) and len(exc_info) == 3 else None
    return error if isinstance(error, BaseException) else None
