"""Log records that did not become events: their logger is ignored or disabled, or they are below the level of events.

The SDK tells nothing of them. Exact names of ignored loggers never reach its handlers, and what a logger stops reaches
nobody. So methods of ``logging.Logger`` are replaced while a test runs that uses the fixture, and only then.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType, FunctionType
from typing import Any, Final

from pytest_sentry_capture._recording import log_payload
from pytest_sentry_capture._sdk.call_stack import as_part_of, wrapping
from pytest_sentry_capture._sdk.observing.clients import Clients
from pytest_sentry_capture._sdk.observing.hand_over import is_closed
from pytest_sentry_capture._sdk.observing.ignored_loggers import IgnoredLoggers
from pytest_sentry_capture._sdk.observing.observer import Observer
from pytest_sentry_capture._sdk.observing.swallowed_errors import message_of
from pytest_sentry_capture._sdk.patching.touchpoints import Modules, Touchpoints

_IGNORED: Final = "ignored_logger"
_TOO_LOW: Final = "log_level"
_DISABLED: Final = "logger_disabled"
_LEAST: Final = logging.WARNING
"""The level from which a record that is below the level of events is worth a discard."""
_UNSEEN: Final = "Log records of ignored loggers are lost without a discard."
_ASKS_ITS_LOGGER: Final = "isEnabledFor"
_PASSES_TO_HANDLERS: Final = "handle"


@dataclass(eq=False, slots=True)
class _Handling:
    """A record on its way through a logger.

    Attributes:
        record: what the logger's filters have made of it.
        is_stopped: whether the logger is disabled, or one of its filters has stopped the record.
    """

    record: logging.LogRecord
    is_stopped: bool = False


class Loggers:
    """Sees what loggers and the SDK do with records.

    Args:
        client: gives the active client, or None.
    """

    def __init__(
        self,
        modules: Modules,
        observer: Observer,
        clients: Clients,
        ignored: IgnoredLoggers,
        client: Callable[[], Any],
    ) -> None:
        self._modules = modules
        self._features = modules.features
        self._observer = observer
        self._clients = clients
        self._ignored = ignored
        self._client = client
        self._handling: ContextVar[_Handling | None] = ContextVar("sentry_handling", default=None)
        self._during_test: Touchpoints | None = None
        self._least = _LEAST
        self._lower_question: Callable[[int], object] = bool

    def install(self, touchpoints: Touchpoints) -> None:
        """The SDK's module for logging has been imported: see what its handlers turn down."""
        with touchpoints.missing_means(_UNSEEN):
            self._ignored.install(touchpoints)
            touchpoints.replace("integrations.logging:EventHandler._can_record", self._watched_decision)

    def begin_test(self) -> None:
        """Watch the loggers until ``end_test``. Once more is of no effect."""
        if self._during_test is not None:
            return
        self._during_test = touchpoints = Touchpoints(self._modules)
        self._least = _LEAST
        for client in self._clients.alive():
            self.note_client(client)
        for name, watched in (
            ("isEnabledFor", self._watched_question),
            ("filter", self._watched_filter),
            ("handle", self._watched_handling),
        ):
            # Whatever else stands there, such as a mock, is called in its own way.
            if type(getattr(logging.Logger, name)) is FunctionType:
                touchpoints.replace_in(logging.Logger, name, watched)

    def end_test(self) -> None:
        """Put the loggers' methods back."""
        touchpoints, self._during_test = self._during_test, None
        if touchpoints is not None:
            touchpoints.remove()
            self._ignored.note_entries()

    def suspend(self) -> None:
        """Put the loggers' methods back until ``resume``."""
        if self._during_test is not None:
            self._during_test.suspend()

    def resume(self) -> None:
        """Watch the loggers again, if they were watched before ``suspend``."""
        if self._during_test is not None:
            self._during_test.resume()

    def note_client(self, client: Any) -> None:
        """Records from the level of this client's events on are of interest."""
        handler = self._features.event_handler(client)
        if handler is not None and handler.level < self._least:
            self._least = handler.level
            self._lower_question(handler.level)

    def _watched_question(self, original: FunctionType) -> Callable[..., Any]:
        """Every way to log asks whether its level is enabled, so this must cost next to nothing.

        A disabled ``logger.debug()`` takes 1.4 to 1.6 times as long: 25 to 46 ns more (by ``timeit``, Python 3.10 to
        3.13). Hence one expression, and its own variable for the level.
        """
        current, least = self._during_test, self._least

        def lower(level: int) -> None:
            nonlocal least
            least = level

        def note(logger: logging.Logger, level: int) -> bool:
            if self._during_test is current:
                self._note_call(logger, level, sys._getframe(2))
            return False

        @as_part_of(original)
        def isEnabledFor(logger: logging.Logger, level: int) -> Any:  # noqa: N802
            return original(logger, level) or (level >= least and note(logger, level))

        self._lower_question = lower
        return isEnabledFor

    def _watched_filter(self, original: FunctionType) -> Callable[..., Any]:
        @as_part_of(original)
        def filter(logger: logging.Logger, record: logging.LogRecord) -> Any:  # noqa: A001
            __tracebackhide__ = True
            verdict = original(logger, record)
            handling = self._handling.get()
            if handling is not None and handling.record is record and _is_called_by(_PASSES_TO_HANDLERS):
                handling.is_stopped = verdict is False
                if isinstance(verdict, logging.LogRecord):  # since Python 3.12, filters may replace a record
                    handling.record = verdict
            return verdict

        return filter

    def _watched_handling(self, original: FunctionType) -> Callable[..., Any]:
        current = self._during_test

        @as_part_of(original)
        def handle(logger: logging.Logger, record: logging.LogRecord) -> Any:
            __tracebackhide__ = True
            if record.levelno < self._least or self._during_test is not current:
                return original(logger, record)
            handling = _Handling(record, is_stopped=_is_set(logger.disabled))
            token = self._handling.set(handling)
            try:
                result = original(logger, record)
            finally:
                self._handling.reset(token)
            self._judge(logger, handling)
            return result

        return handle

    def _watched_decision(self, original: Callable[..., bool]) -> Callable[..., bool]:
        """Where a record did not come through a logger, such as those of loguru, its handler is the only witness."""

        @wrapping(original)
        def can_record(handler: Any, record: logging.LogRecord) -> bool:
            __tracebackhide__ = True
            decision = original(handler, record)
            handling = self._handling.get()
            is_elsewhere = handling is None or handling.record is not record
            if decision is False and is_elsewhere and self._observed_client() is not None:
                self._note_if_ignored(record)
            return decision

        return can_record

    def _note_call(self, logger: logging.Logger, level: int, caller: FrameType) -> None:
        """A level is not enabled: note what would have been logged, where somebody has not only asked."""
        call = _call_in(logger, caller)
        least = self._level_of_events(logger) if call is not None else None
        if call is None or least is None or level < least:
            return
        entries = self._ignored.entries_for(logger.name)
        if entries and not self._ignored.note_use(entries):
            return
        error = _error_in(call.get("kwargs"))
        payload = log_payload(
            logger=logger.name,
            level=level,
            level_name=logging.getLevelName(level),
            template=_text(call.get("msg", call.get("message"))),
            args=call.get("args"),
            formatted=None,
            error=error,
        )
        self._observer.kept_from_events(_IGNORED if entries else _DISABLED, payload, error)

    def _judge(self, logger: logging.Logger, handling: _Handling) -> None:
        record = handling.record
        level = self._level_of_events(logger)
        if level is None or record.levelno < (level if handling.is_stopped else min(level, _LEAST)):
            return
        if self._note_if_ignored(record, is_below_level=record.levelno < level):
            return
        if handling.is_stopped:
            self._note(_DISABLED, record)
        elif record.levelno < level:
            self._note(_TOO_LOW, record)

    def _note_if_ignored(self, record: logging.LogRecord, *, is_below_level: bool = False) -> bool:
        """Whether the SDK ignores the record's logger, which is noted where the application asks for it."""
        entries = self._ignored.entries_for(record.name)
        if entries and self._ignored.note_use(entries):
            self._note(_IGNORED, record, is_below_level=is_below_level)
        return bool(entries)

    def _note(self, reason: str, record: logging.LogRecord, *, is_below_level: bool = False) -> None:
        error = _error_of(record.exc_info)
        formatted = vars(record).get("message")
        payload = log_payload(
            logger=record.name,
            level=record.levelno,
            level_name=_text(record.levelname) or "",
            template=_text(record.msg),
            args=record.args,
            formatted=formatted if type(formatted) is str else None,
            error=error,
        )
        self._observer.kept_from_events(reason, payload, error, is_below_level=is_below_level)

    def _level_of_events(self, logger: logging.Logger) -> int | None:
        """The level from which records of a logger become events, or None if they never do."""
        client = self._observed_client()
        if client is None:
            return None
        integrated = self._features.event_handler(client)
        handlers = [*([integrated] if integrated is not None else []), *self._added_by_hand(logger)]
        return min((handler.level for handler in handlers), default=None)

    def _observed_client(self) -> Any:
        client = self._client() if self._observer.recording.detailed else None
        return client if client is not None and self._clients.observes(client) and not is_closed(client) else None

    def _added_by_hand(self, logger: logging.Logger | None) -> Iterator[logging.Handler]:
        """The SDK's handlers for events that the application has given to loggers itself."""
        handler_class = self._features.event_handlers
        while logger is not None and handler_class is not None:
            yield from (each for each in [*logger.handlers] if issubclass(type(each), handler_class))
            logger = logger.parent if logger.propagate else None


def _is_called_by(function: str) -> bool:
    """Whether the function that asks this was called by one of this name."""
    return sys._getframe(2).f_code.co_name == function


def _call_in(logger: logging.Logger, frame: FrameType | None) -> dict[str, Any] | None:
    """The variables of the call that logs, if there is one: others ask too whether a level is enabled.

    Such a call is a method of the logger, or of an adapter of it.
    """
    while frame is not None and frame.f_code.co_name == _ASKS_ITS_LOGGER:
        frame = frame.f_back
    if frame is None or not (frame.f_globals is vars(logging) or _is_method_of(type(logger), frame)):
        return None
    return dict(frame.f_locals)


def _is_method_of(logger_class: type, frame: FrameType) -> bool:
    """Whether a frame is that of a method that an application has given to loggers, for its own level."""
    functions = (each for base in logger_class.__mro__ for each in vars(base).values() if type(each) is FunctionType)
    return any(each.__code__ is frame.f_code for each in functions)


def _is_set(flag: object) -> bool:
    return type(flag) in (bool, int) and bool(flag)


def _text(message: Any) -> str | None:
    """What was logged, where no code of the application makes a text of it."""
    if issubclass(type(message), str):
        return str.__str__(message)
    return message_of(message) if issubclass(type(message), BaseException) else None


def _error_in(arguments: object) -> BaseException | None:
    """The exception that a call to log was given, or would have taken for the one that is being handled."""
    given = arguments.get("exc_info") if type(arguments) is dict else None
    if given is True or (type(given) is int and given):
        return sys.exc_info()[1]
    return _error_of(given)


def _error_of(exc_info: object) -> BaseException | None:
    error: Any = exc_info[1] if type(exc_info) is tuple and len(exc_info) == 3 else exc_info
    return error if issubclass(type(error), BaseException) else None
