"""Log records that do not become events: of ignored loggers, below the level of events, and stopped by their logger."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sentry_sdk.integrations import logging as sentry_logging

from any_sdk import logging_to_events
from log_records import below_level, discarded
from pytest_sentry_capture import Discard, SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"
ignore_logger: Callable[[str], None] = getattr(sentry_logging, "ignore_logger_for_events", sentry_logging.ignore_logger)


class Told:
    """Counts how often its text is asked for."""

    asked: ClassVar[list[str]] = []

    def __str__(self) -> str:
        self.asked.append("str")
        return "told"

    def __repr__(self) -> str:
        self.asked.append("repr")
        return "told"

    def __bool__(self) -> bool:
        self.asked.append("bool")
        return True

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        self.asked.append("class")
        return str


def shown(discard: Discard) -> tuple[str, str, str | None, str | None]:
    event = discard.item
    return discard.kind, discard.reason, getattr(event, "logger", None), getattr(event, "message", None)


@pytest.fixture(autouse=True)
def initialized(sentry_init: SentryInit) -> None:
    Told.asked.clear()
    sentry_init(dsn=DSN, integrations=logging_to_events())


@pytest.fixture
def logger(request: pytest.FixtureRequest) -> Iterator[logging.Logger]:
    """The test's own logger, as it was before when the test is over."""
    logger = logging.getLogger(f"shop.{request.node.name}")
    yield logger
    logger.disabled = False
    logger.setLevel(logging.NOTSET)
    logger.filters.clear()
    logging.disable(logging.NOTSET)


@pytest.fixture
def ignored(logger: logging.Logger) -> logging.Logger:
    ignore_logger(logger.name)
    return logger


class TestIgnored:
    def test_is_a_discard(self, ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
        ignored.error("odd host %s", "evil.example")

        [discard] = sentry_capture.assert_discarded(logger=ignored.name)
        assert shown(discard) == ("event", "ignored_logger", ignored.name, "odd host evil.example")
        assert (discard.category, discard.by, discard.exception, discard.phase) == ("error", None, None, "call")
        assert sentry_capture.assert_discarded(message="odd host evil.example") == [discard]
        assert sentry_capture.assert_discarded(level="error", logger=ignored.name) == [discard]
        assert sentry_capture.assert_discarded(reason="ignored_logger") == [discard]
        assert sentry_capture.assert_discarded(where={"logger": ignored.name}) == [discard]
        assert sentry_capture.discarded == [discard]
        sentry_capture.assert_nothing_captured()

    def test_with_an_exception(self, ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
        try:
            raise KeyError("milk")
        except KeyError as error:
            ignored.exception("no milk")
            expected = error

        [discard] = sentry_capture.assert_discarded(logger=ignored.name, exception=LookupError, handled=True)
        assert discard.exception is expected
        assert discard.event == {
            "level": "error",
            "logger": ignored.name,
            "logentry": {"message": "no milk", "formatted": "no milk"},
            "exception": {
                "values": [
                    {"type": "KeyError", "module": "builtins", "mechanism": {"type": "logging", "handled": True}}
                ]
            },
        }

    @pytest.mark.parametrize("pattern", ["noise.*", "noise.?.errors", "*.a.*"])
    def test_by_a_pattern(self, pattern: str, sentry_capture: SentryCapture) -> None:
        ignore_logger(pattern)
        logging.getLogger("noise.a.errors").error("hello")
        logging.getLogger("quiet").error("hello")
        ignored_entries().discard(pattern)

        [discard] = sentry_capture.assert_discarded(logger="noise.a.errors")
        assert discard.reason == "ignored_logger"
        sentry_capture.assert_captured(logger="quiet")

    @pytest.mark.parametrize(
        ("level", "reasons"),
        [(logging.CRITICAL, ["ignored_logger"]), (logging.WARNING, ["ignored_logger"]), (logging.INFO, [])],
    )
    def test_of_any_level_that_may_be_expected(
        self, ignored: logging.Logger, sentry_capture: SentryCapture, level: int, reasons: list[str]
    ) -> None:
        ignored.setLevel(logging.DEBUG)
        ignored.log(level, "hello")

        assert [discard.reason for discard in discarded(sentry_capture)] == reasons

    @pytest.mark.parametrize("name", ["urllib3.connectionpool", "sentry_sdk.errors", "django.request", "root"])
    def test_by_the_sdk_itself_is_none(
        self, name: str, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What an integration ignores was never meant to be an event."""
        before = set(ignored_entries())
        namespace = {"__name__": "sentry_sdk.integrations.shop", "ignore_logger": ignore_logger, "name": name}
        exec("ignore_logger(name)", namespace)
        logging.getLogger(None if name == "root" else name).error("hello")
        ignored_entries().intersection_update(before)

        assert sentry_capture.discarded == []

    def test_by_an_integration_that_is_new_is_none(self, logger: logging.Logger, sentry_capture: SentryCapture) -> None:
        namespace = {"__name__": "sentry_sdk.integrations.shop", "ignore_logger": ignore_logger, "name": logger.name}
        exec("ignore_logger(name)", namespace)
        logger.error("hello")

        assert sentry_capture.discarded == []

    def test_by_the_application_as_by_an_integration(
        self, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ignore_logger("celery.redirected")
        logging.getLogger("celery.redirected").error("hello")
        ignored_entries().discard("celery.redirected")

        sentry_capture.assert_discarded(logger="celery.redirected", reason="ignored_logger")

    def test_among_the_others_by_hand(self, logger: logging.Logger, sentry_capture: SentryCapture) -> None:
        ignored_entries().add(logger.name)
        logger.error("hello")

        sentry_capture.assert_discarded(logger=logger.name, reason="ignored_logger")

    def test_no_longer(self, ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
        ignored_entries().discard(ignored.name)
        ignored.error("hello")

        sentry_capture.assert_captured(logger=ignored.name)
        assert sentry_capture.discarded == []

    def test_logger_of_which_a_handler_was_added_by_hand(
        self, ignored: logging.Logger, sentry_init: SentryInit, sentry_capture: SentryCapture
    ) -> None:
        sentry_init(dsn=DSN, integrations=[sentry_logging.LoggingIntegration(event_level=None)])
        handler = sentry_logging.EventHandler(level=logging.WARNING)
        for each in ignored, logging.getLogger("shop.by_hand"):
            each.addHandler(handler)
            each.warning("hello")
            each.removeHandler(handler)

        assert [shown(each)[1:3] for each in sentry_capture.discarded] == [("ignored_logger", ignored.name)]
        sentry_capture.assert_captured(logger="shop.by_hand", level="warning")

    def test_of_another_library(self, ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
        """Loguru makes records that go through no logger of Python's, and hands them to a handler of the SDK's."""
        record = logging.LogRecord(ignored.name, logging.ERROR, __file__, 1, "hello %s", ("you",), None)
        sentry_logging.EventHandler(level=logging.ERROR).handle(record)

        [discard] = sentry_capture.discarded
        assert shown(discard) == ("event", "ignored_logger", ignored.name, "hello you")

    def test_without_events_from_logging_is_none(
        self, ignored: logging.Logger, sentry_init: SentryInit, sentry_capture: SentryCapture
    ) -> None:
        sentry_init(dsn=DSN, integrations=[sentry_logging.LoggingIntegration(event_level=None)])
        ignored.error("hello")

        assert sentry_capture.discarded == []

    @pytest.mark.needs("loggers that are ignored for logs alone")
    def test_for_logs_is_another_thing(self, logger: logging.Logger, sentry_capture: SentryCapture) -> None:
        sentry_logging.ignore_logger(logger.name)
        logger.error("hello")

        sentry_capture.assert_captured(logger=logger.name)
        assert sentry_capture.discarded == []


class TestLevel:
    @pytest.mark.parametrize(
        ("event_level", "level", "name", "is_seen"),
        [
            (logging.ERROR, logging.WARNING, "warning", True),
            (logging.ERROR, 35, "level 35", True),
            (logging.CRITICAL, logging.ERROR, "error", True),
            (logging.ERROR, logging.INFO, "info", False),
            (logging.WARNING, logging.INFO, "info", False),
        ],
    )
    def test_below_that_of_events(
        self,
        logger: logging.Logger,
        sentry_init: SentryInit,
        sentry_capture: SentryCapture,
        event_level: int,
        level: int,
        name: str,
        is_seen: bool,
    ) -> None:
        sentry_init(dsn=DSN, integrations=logging_to_events(event_level))
        logger.setLevel(logging.DEBUG)
        logger.log(level, "low on %s", "milk")

        found = [(*shown(each), each.item.get("level")) for each in below_level(sentry_capture)]
        assert found == [("event", "log_level", logger.name, "low on milk", name)] * is_seen

    def test_is_not_in_the_view(self, logger: logging.Logger, sentry_capture: SentryCapture) -> None:
        """Applications log warnings all the time, and an honest ``discarded == []`` must stay true."""
        logger.warning("low on milk")

        assert sentry_capture.discarded == []

    def test_of_an_ignored_logger_is_not_in_the_view(
        self, ignored: logging.Logger, sentry_capture: SentryCapture
    ) -> None:
        """It would have been no event in any case."""
        ignored.warning("odd host")

        assert sentry_capture.discarded == []
        [discard] = sentry_capture.assert_discarded(logger=ignored.name)
        assert discard.reason == "ignored_logger"

    def test_is_found_by_what_makes_out_a_record(self, logger: logging.Logger, sentry_capture: SentryCapture) -> None:
        logger.warning("low on milk")

        [discard] = sentry_capture.assert_discarded(logger=logger.name)
        assert sentry_capture.assert_discarded(level="warning") == [discard]
        assert sentry_capture.assert_discarded(message="low on milk") == [discard]
        assert sentry_capture.assert_discarded(reason="log_level") == [discard]

    @pytest.mark.parametrize("criteria", [{}, {"handled": None}, {"exception": None}, {"where": {"tags": None}}])
    def test_does_not_pass_for_another_discard(
        self, logger: logging.Logger, sentry_capture: SentryCapture, criteria: dict[str, Any]
    ) -> None:
        logger.warning("low on milk")

        with pytest.raises(AssertionError) as caught:
            sentry_capture.assert_discarded(**criteria)
        message = " ".join(str(caught.value).split())
        assert "to be discarded; found no such discard." in message
        assert message.endswith(
            "Hint: A matching log record did not become an event. To assert on it, pass its logger, level or message,"
            " or"
            " reason='log_level'."
        )

    def test_without_a_level_is_none(
        self, logger: logging.Logger, sentry_init: SentryInit, sentry_capture: SentryCapture
    ) -> None:
        """Without events from logging, no level decides."""
        sentry_init(dsn=DSN, integrations=[sentry_logging.LoggingIntegration(event_level=None)])
        logger.warning("low on milk")

        assert sentry_capture.discarded == []

    @pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
    def test_of_events_may_be_lower(
        self, logger: logging.Logger, sentry_init: SentryInit, sentry_capture: SentryCapture, level: int
    ) -> None:
        sentry_init(dsn=DSN, integrations=logging_to_events(level))
        logger.setLevel(logging.DEBUG)
        logger.log(level, "captured")
        ignore_logger(logger.name)
        logger.log(level, "ignored")
        logger.setLevel(logging.CRITICAL)
        ignored_entries().discard(logger.name)
        logger.log(level, "disabled")

        sentry_capture.assert_captured(message="captured")
        assert [shown(each)[1::2] for each in sentry_capture.discarded] == [
            ("ignored_logger", "ignored"),
            ("logger_disabled", "disabled"),
        ]


def by_level(logger: logging.Logger) -> None:
    logger.setLevel(logging.CRITICAL)


def by_flag(logger: logging.Logger) -> None:
    logger.disabled = True


def by_all(logger: logging.Logger) -> None:
    logging.disable(logging.ERROR)


def by_filter(logger: logging.Logger) -> None:
    logger.addFilter(lambda record: False)


STOPS = [by_level, by_flag, by_all, by_filter]
WAYS: list[Callable[[logging.Logger], None]] = [
    lambda logger: logger.error("no %s", "milk"),
    lambda logger: logger.log(logging.ERROR, "no %s", "milk"),
    lambda logger: logging.LoggerAdapter(logger, {}).error("no %s", "milk"),
    lambda logger: logging.LoggerAdapter(logging.LoggerAdapter(logger, {}), {}).log(logging.ERROR, "no %s", "milk"),
    lambda logger: logger.error("no %(what)s", {"what": "milk"}),
]


class TestDisabled:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("stop", STOPS)
    def test_is_a_discard(
        self,
        logger: logging.Logger,
        sentry_capture: SentryCapture,
        stop: Callable[[logging.Logger], None],
        way: Callable[[logging.Logger], None],
    ) -> None:
        stop(logger)
        way(logger)

        [discard] = sentry_capture.assert_discarded(logger=logger.name, level="error")
        assert shown(discard) == ("event", "logger_disabled", logger.name, "no milk")
        sentry_capture.assert_nothing_captured()

    @pytest.mark.parametrize("stop", STOPS)
    def test_with_an_exception(
        self, logger: logging.Logger, sentry_capture: SentryCapture, stop: Callable[[logging.Logger], None]
    ) -> None:
        stop(logger)
        error = KeyError("milk")
        try:
            raise error
        except KeyError:
            logger.exception("one")
        logger.error("two", exc_info=error)
        logger.error("three", exc_info=(KeyError, error, None))
        logger.error("four", exc_info=None)

        assert [each.exception for each in sentry_capture.discarded] == [error, error, error, None]

    @pytest.mark.parametrize("stop", STOPS)
    @pytest.mark.parametrize("level", [logging.WARNING, logging.INFO])
    def test_that_would_have_been_no_event_is_none(
        self, logger: logging.Logger, sentry_capture: SentryCapture, stop: Callable[[logging.Logger], None], level: int
    ) -> None:
        stop(logger)
        logger.log(level, "low on milk")

        assert sentry_capture.discarded == []

    @pytest.mark.parametrize("stop", STOPS)
    def test_and_ignored_is_ignored(
        self, ignored: logging.Logger, sentry_capture: SentryCapture, stop: Callable[[logging.Logger], None]
    ) -> None:
        stop(ignored)
        ignored.error("no milk")
        logging.getLogger("urllib3.connectionpool").error("no milk")

        assert [shown(each)[1:3] for each in sentry_capture.discarded] == [("ignored_logger", ignored.name)]

    @pytest.mark.parametrize("stop", [by_flag, by_filter])
    def test_record_that_came_from_elsewhere(
        self, logger: logging.Logger, sentry_capture: SentryCapture, stop: Callable[[logging.Logger], None]
    ) -> None:
        """As servers do that take records from sockets."""
        stop(logger)
        logger.handle(logging.LogRecord(logger.name, logging.ERROR, __file__, 1, "no milk", None, None))

        assert [shown(each)[1:] for each in sentry_capture.discarded] == [("logger_disabled", logger.name, "no milk")]

    def test_is_not_a_mere_question(self, logger: logging.Logger, sentry_capture: SentryCapture) -> None:
        """Who asks before logging has logged nothing yet."""
        logger.disabled = True
        record = logging.LogRecord(logger.name, logging.ERROR, __file__, 1, "no milk", None, None)

        def error(msg: str) -> None:
            if logger.isEnabledFor(logging.ERROR):
                logger.error(msg)

        error("no milk")
        assert not logging.LoggerAdapter(logger, {}).isEnabledFor(logging.ERROR)
        logger.addFilter(lambda record: False)
        assert not logger.filter(record)

        assert sentry_capture.discarded == []

    def test_level_of_the_applications_own(self, sentry_capture: SentryCapture) -> None:
        class Audited(logging.Logger):
            def isEnabledFor(self, level: int) -> bool:
                return super().isEnabledFor(level)

            def audit(self, message: str, *args: object) -> None:
                if self.isEnabledFor(45):
                    self._log(45, message, args)

        logger = Audited("audit", level=logging.CRITICAL)
        logger.audit("paid %d", 7)

        [discard] = sentry_capture.discarded
        assert shown(discard) == ("event", "logger_disabled", "audit", "paid 7")

    def test_filter_that_crashes_is_the_applications(
        self, logger: logging.Logger, sentry_capture: SentryCapture
    ) -> None:
        def crash(record: logging.LogRecord) -> bool:
            raise RuntimeError("the filter is broken")

        logger.addFilter(crash)
        with pytest.raises(RuntimeError, match="the filter is broken"):
            logger.error("no milk")

        assert sentry_capture.discarded == []

    def test_filter_that_lets_through(self, logger: logging.Logger, sentry_capture: SentryCapture) -> None:
        logger.addFilter(lambda record: True)
        logger.error("no milk")
        logger.warning("low on milk")

        sentry_capture.assert_captured(message="no milk")
        sentry_capture.assert_discarded(message="low on milk", reason="log_level")

    @pytest.mark.needs("filters that replace log records")
    def test_filter_that_replaces_a_record(self, ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
        def hide(record: logging.LogRecord) -> logging.LogRecord:
            return logging.LogRecord(record.name, record.levelno, __file__, 1, "hidden", None, None)

        ignored.addFilter(hide)  # type: ignore[arg-type]
        ignored.error("odd host")

        sentry_capture.assert_discarded(logger=ignored.name, message="hidden")


class TestNoCodeOfTheApplication:
    @pytest.mark.parametrize("stop", STOPS)
    def test_is_run_for_what_is_stopped(
        self, logger: logging.Logger, sentry_capture: SentryCapture, stop: Callable[[logging.Logger], None]
    ) -> None:
        stop(logger)
        logger.error("no %s and no %s", Told(), Told())
        logger.error(Told())
        logger.error("told", extra={"told": Told()})

        assert Told.asked == []
        assert [shown(each)[3] for each in sentry_capture.discarded] == ["no %s and no %s", None, "told"]

    def test_is_run_for_what_nobody_formats(self, sentry_capture: SentryCapture) -> None:
        """A logger that keeps its records to itself."""
        logger = logging.getLogger("shop.alone")
        ignore_logger(logger.name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
        logger.error("no %s and no %s", Told(), Told())

        assert Told.asked == []
        sentry_capture.assert_discarded(logger="shop.alone", message="no %s and no %s")

    def test_is_run_but_by_handlers(self, ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
        ignored.error("no %s", Told())

        sentry_capture.assert_discarded(logger=ignored.name, message="no told")
        handlers = [each for each in logging.getLogger().handlers if type(each) is not logging.NullHandler]
        assert Told.asked.count("str") <= len(handlers)

    def test_is_run_for_exceptions_as_messages(self, logger: logging.Logger, sentry_capture: SentryCapture) -> None:
        class OrderError(Exception):
            def __str__(self) -> str:
                Told.asked.append("text")
                return "told"

        logger.disabled = True
        logger.error(OrderError("order", 7))
        logger.error(KeyError("milk"))

        assert Told.asked == []
        assert [shown(each)[3] for each in sentry_capture.discarded] == ["order, 7", "'milk'"]


def test_threads_belong_to_the_test(ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
    thread = threading.Thread(target=ignored.error, args=["from a thread"])
    thread.start()
    thread.join()

    sentry_capture.assert_discarded(message="from a thread", reason="ignored_logger")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    level=st.integers(1, 60),
    event_level=st.sampled_from([logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]),
    entries=st.sets(st.sampled_from(["property.shop", "property.*", "*.shop", "property", "other.*"])),
    stop=st.none() | st.sampled_from(STOPS),
    is_handed_over=st.booleans(),
)
def test_a_record_from_the_level_of_events_on_is_an_event_or_a_discard(
    sentry_capture: SentryCapture,
    sentry_init: SentryInit,
    level: int,
    event_level: int,
    entries: set[str],
    stop: Callable[[logging.Logger], None] | None,
    is_handed_over: bool,
) -> None:
    """And a warning, or what is worse, that no logger has stopped."""
    logger = logging.Logger("property.shop")  # noqa: LOG001  # one for each example
    sentry_capture.clear()
    sentry_init(dsn=DSN, integrations=logging_to_events(event_level))
    for entry in entries:
        ignore_logger(entry)
    if stop is not None:
        stop(logger)
    try:
        if is_handed_over:
            logger.handle(logging.LogRecord(logger.name, level, __file__, 1, "hello", None, None))
        else:
            logger.log(level, "hello")
    finally:
        logging.disable(logging.NOTSET)
        ignored_entries().difference_update(entries)

    asks_for_level = not is_handed_over and stop in (by_level, by_all)
    is_stopped = stop in (by_flag, by_filter) or (asks_for_level and level <= (40 if stop is by_all else 49))
    is_ignored = not entries.isdisjoint({"property.shop", "property.*", "*.shop"})
    least = event_level if is_stopped else min(event_level, logging.WARNING)
    reason = "ignored_logger" if is_ignored else "logger_disabled" if is_stopped else "log_level"
    is_event = level >= event_level and not is_stopped and not is_ignored
    assert len(sentry_capture.events) == is_event
    assert [each.reason for each in discarded(sentry_capture)] == [reason] * (level >= least and not is_event)


def ignored_entries() -> set[str]:
    entries: set[str] = (
        getattr(sentry_logging, "_IGNORED_LOGGERS_EVENTS", None) or vars(sentry_logging)["_IGNORED_LOGGERS"]
    )
    return entries
