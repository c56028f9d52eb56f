"""Every way in which the SDK loses something, one row each: what it is recorded as, or that it is no discard."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.crons import capture_checkin
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import ignore_logger

from pytest_sentry_capture import Discard, SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"


def drop(payload: Any, hint: Any) -> None:
    return None


def crash(payload: Any, hint: Any) -> Any:
    raise RuntimeError("the filter is broken")


async def filter_asynchronously(payload: Any, hint: Any) -> Any:
    return payload


def return_text(payload: Any, hint: Any) -> Any:
    return "nonsense"


def remove_event_id(payload: Any, hint: Any) -> Any:
    del payload["event_id"]
    return payload


def add_object(payload: Any, hint: Any) -> Any:
    payload["extra"] = {"object": object()}
    return payload


def add_nan(payload: Any, hint: Any) -> Any:
    payload["extra"] = {"ratio": math.nan}
    return payload


def never(*args: Any) -> float:
    return 0.0


def error() -> ZeroDivisionError:
    with pytest.raises(ZeroDivisionError) as caught:
        1 / 0
    return caught.value


def capture_error() -> None:
    sentry_sdk.capture_exception(error())


def capture_transaction(spans: int = 0) -> None:
    with sentry_sdk.start_transaction(name="nightly", op="job"):
        for _ in range(spans):
            sentry_sdk.start_span(op="step").finish()


def shown(discards: list[Discard]) -> list[tuple[str, str, str, str | None, int]]:
    return [
        (
            discard.kind,
            discard.reason,
            discard.category,
            discard.by.name.split(".")[-1] if discard.by is not None else None,
            discard.quantity,
        )
        for discard in discards
    ]


class CapturesInRepr:
    def __repr__(self) -> str:
        sentry_sdk.capture_message("from a representation")
        return "<an object>"


def ignore_errors(init: SentryInit) -> None:
    init(dsn=DSN, ignore_errors=[ArithmeticError])
    capture_error()


def recursion_guard(init: SentryInit) -> None:
    client = init(dsn=DSN)
    scope = sentry_sdk.Scope.get_global_scope()

    def capture_again(event: Any, hint: Any) -> Any:
        if event["message"] == "outer":
            sentry_sdk.capture_message("inner")
        return event

    scope.add_event_processor(capture_again)
    client.capture_event({"message": "outer"}, scope=scope)


def capture_in_repr(init: SentryInit) -> None:
    init(dsn=DSN)
    try:
        value = CapturesInRepr()
        raise ValueError(str(type(value)))
    except ValueError:
        sentry_sdk.capture_exception()


def event_processor(init: SentryInit) -> None:
    init(dsn=DSN)
    sentry_sdk.Scope.get_isolation_scope().add_event_processor(drop)
    capture_error()


def error_processor(init: SentryInit) -> None:
    init(dsn=DSN)
    sentry_sdk.Scope.get_isolation_scope().add_error_processor(drop)
    capture_error()


def dedupe(init: SentryInit) -> None:
    init(dsn=DSN, default_integrations=False, integrations=[DedupeIntegration()])
    same = error()
    sentry_sdk.capture_exception(same)
    sentry_sdk.capture_exception(same)


def processor_on_transaction(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0)
    sentry_sdk.Scope.get_isolation_scope().add_event_processor(drop)
    capture_transaction(spans=2)


def before_send(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, before_send=callback)
        capture_error()

    return provoke


def before_send_message(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, before_send=callback)
        with pytest.raises(Exception, match=r"has no attribute|event_id"):  # the SDK lets it reach the application
            sentry_sdk.capture_message("hello")

    return provoke


def before_send_check_in(init: SentryInit) -> None:
    init(dsn=DSN, before_send=drop)
    capture_checkin(monitor_slug="nightly", status="ok")


def before_send_transaction(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, before_send_transaction=callback, traces_sample_rate=1.0)
        capture_transaction(spans=2)

    return provoke


def wrong_entry(init: SentryInit) -> None:
    init(dsn=DSN, ignore_errors=[ValueError("an instance")])
    capture_error()


def sample_rate(init: SentryInit) -> None:
    init(dsn=DSN, sample_rate=0.0)
    capture_error()


def error_sampler(init: SentryInit) -> None:
    init(dsn=DSN, error_sampler=never)
    capture_error()


def closed_client(init: SentryInit) -> None:
    seen = []

    def see(event: Any, hint: Any) -> Any:
        seen.append(event)
        return event

    init(dsn=DSN, before_send=see).close()
    capture_error()
    assert seen, "the SDK calls before_send even of a closed client"


def closed_client_drops(init: SentryInit) -> None:
    init(dsn=DSN, before_send=drop).close()
    capture_error()


def no_client(init: SentryInit) -> None:
    capture_error()


def no_client_log(init: SentryInit) -> None:
    sentry_sdk.logger.info("hello")


def no_client_metric(init: SentryInit) -> None:
    sentry_sdk.metrics.count("orders", 1)


def traces_sample_rate(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=0.0)
    capture_transaction()


def traces_sampler(init: SentryInit) -> None:
    init(dsn=DSN, traces_sampler=never)
    capture_transaction()


def backpressure(init: SentryInit) -> None:
    client = init(dsn=DSN, traces_sample_rate=1e-9)
    client.monitor._downsample_factor = 1
    capture_transaction()


def ignored_status_code(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, trace_ignore_status_codes={404})
    with sentry_sdk.start_transaction(name="GET /") as transaction:
        sentry_sdk.start_span(op="step").finish()
        transaction.set_http_status(404)


def span_limit(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0)
    capture_transaction(spans=1005)


def unsampled_stream(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=0.0, trace_lifecycle="stream")
    with sentry_sdk.traces.start_span(name="segment"):
        pass


def ignored_span(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream", ignore_spans=["noise"])
    with sentry_sdk.traces.start_span(name="segment"), sentry_sdk.traces.start_span(name="noise"):
        pass


def before_send_log(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, enable_logs=True, before_send_log=callback)
        sentry_sdk.logger.info("hello")

    return provoke


def before_send_metric(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, before_send_metric=callback)
        sentry_sdk.metrics.count("orders", 1)

    return provoke


def full_log_batcher(init: SentryInit) -> None:
    init(dsn=DSN, enable_logs=True).log_batcher.MAX_BEFORE_DROP = 0
    sentry_sdk.logger.info("hello")


def full_metrics_batcher(init: SentryInit) -> None:
    init(dsn=DSN).metrics_batcher.MAX_BEFORE_DROP = 0
    sentry_sdk.metrics.count("orders", 1)


def full_span_batcher(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream").span_batcher.MAX_BEFORE_DROP = 0
    with sentry_sdk.traces.start_span(name="segment"):
        pass


def killed_batcher(init: SentryInit) -> None:
    init(dsn=DSN, enable_logs=True).log_batcher.kill()
    sentry_sdk.logger.info("hello")


def reentered_batcher(init: SentryInit) -> None:
    client = init(dsn=DSN, enable_logs=True)
    client.log_batcher._active.flag = True
    sentry_sdk.logger.info("hello")


def closed_client_log(init: SentryInit) -> None:
    init(dsn=DSN, enable_logs=True).close()
    sentry_sdk.logger.info("hello")


@pytest.mark.filterwarnings("ignore:Transaction-based profiling is deprecated:DeprecationWarning")
def profile_sample_rate(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, profiles_sampler=never)
    capture_transaction()


def profile_too_short(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, profiles_sample_rate=1.0)
    capture_transaction()


DISCARDS: list[tuple[Callable[[SentryInit], None], list[tuple[str, str, str, str | None, int]]]] = [
    (ignore_errors, [("event", "ignore_errors", "error", None, 1)]),
    (recursion_guard, [("event", "recursion_guard", "error", None, 1)]),
    (capture_in_repr, [("event", "recursion_guard", "error", None, 1)]),
    (event_processor, [("event", "event_processor", "error", "drop", 1)]),
    (error_processor, [("event", "event_processor", "error", "drop", 1)]),
    (dedupe, [("event", "event_processor", "error", "processor", 1)]),
    (
        processor_on_transaction,
        [("span", "event_processor", "span", "drop", 3), ("transaction", "event_processor", "transaction", "drop", 1)],
    ),
    (before_send(drop), [("event", "before_send", "error", "drop", 1)]),
    (before_send(crash), [("event", "callback_error", "error", "crash", 1)]),
    (before_send_check_in, [("check_in", "before_send", "error", "drop", 1)]),
    (
        before_send_transaction(drop),
        [("span", "before_send", "span", "drop", 3), ("transaction", "before_send", "transaction", "drop", 1)],
    ),
    (
        before_send_transaction(crash),
        [("span", "callback_error", "span", "crash", 3), ("transaction", "callback_error", "transaction", "crash", 1)],
    ),
    (before_send(filter_asynchronously), [("event", "sdk_error", "error", "filter_asynchronously", 1)]),
    (before_send(return_text), [("event", "sdk_error", "error", "return_text", 1)]),
    (before_send(remove_event_id), [("event", "sdk_error", "error", "remove_event_id", 1)]),
    (before_send_message(return_text), [("event", "sdk_error", "error", "return_text", 1)]),
    (before_send_message(remove_event_id), [("event", "sdk_error", "error", "remove_event_id", 1)]),
    (wrong_entry, [("event", "sdk_error", "error", None, 1)]),
    (before_send(add_object), [("event", "unserializable", "error", "add_object", 1)]),
    (before_send(add_nan), [("event", "unserializable", "error", "add_nan", 1)]),
    (sample_rate, [("event", "sample_rate", "error", None, 1)]),
    (error_sampler, [("event", "sample_rate", "error", "never", 1)]),
    (closed_client, [("event", "closed_client", "error", None, 1)]),
    (closed_client_drops, [("event", "before_send", "error", "drop", 1)]),
    (no_client, [("event", "no_client", "error", None, 1)]),
    (no_client_log, [("log", "no_client", "log_item", None, 1)]),
    (no_client_metric, [("metric", "no_client", "trace_metric", None, 1)]),
    (
        traces_sample_rate,
        [("transaction", "sample_rate", "transaction", None, 1), ("span", "sample_rate", "span", None, 1)],
    ),
    (
        traces_sampler,
        [("transaction", "sample_rate", "transaction", "never", 1), ("span", "sample_rate", "span", "never", 1)],
    ),
    (
        backpressure,
        [("transaction", "backpressure", "transaction", None, 1), ("span", "backpressure", "span", None, 1)],
    ),
    (
        ignored_status_code,
        [("transaction", "event_processor", "transaction", None, 1), ("span", "event_processor", "span", None, 2)],
    ),
    (span_limit, [("span", "buffer_overflow", "span", None, 5)]),
    (unsampled_stream, [("span", "sample_rate", "span", None, 1)]),
    (ignored_span, [("span", "ignored", "span", None, 1)]),
    (before_send_log(drop), [("log", "before_send", "log_item", "drop", 1)]),
    (before_send_log(crash), [("log", "callback_error", "log_item", "crash", 1)]),
    (before_send_metric(drop), [("metric", "before_send", "trace_metric", "drop", 1)]),
    (before_send_metric(crash), [("metric", "callback_error", "trace_metric", "crash", 1)]),
    (before_send_log(return_text), [("log", "sdk_error", "log_item", "return_text", 1)]),
    (full_log_batcher, [("log", "queue_overflow", "log_item", None, 1)]),
    (full_metrics_batcher, [("metric", "queue_overflow", "trace_metric", None, 1)]),
    (full_span_batcher, [("span", "queue_overflow", "span", None, 1)]),
    (killed_batcher, [("log", "closed_client", "log_item", None, 1)]),
    (reentered_batcher, [("log", "recursion_guard", "log_item", None, 1)]),
    (closed_client_log, [("log", "closed_client", "log_item", None, 1)]),
    (profile_sample_rate, [("profile", "sample_rate", "profile", "never", 1)]),
    (profile_too_short, [("profile", "insufficient_data", "profile", None, 1)]),
]


def row_id(provoke: Callable[..., Any]) -> str:
    """Readable and unique: the provoking function, and the callback that it was given."""
    given = [cell.cell_contents for cell in provoke.__closure__ or ()]
    return "-".join([provoke.__qualname__.split(".")[0], *(each.__name__ for each in given if callable(each))])


NEEDED = {
    "recursion_guard": "scopes without hubs",
    "event_processor": "scopes without hubs",
    "error_processor": "scopes without hubs",
    "processor_raises": "scopes without hubs",
    "too_many_processors": "scopes without hubs",
    "session_without_release": "scopes without hubs",
    "before_send-remove_event_id": "refusals of events without an id",
    "before_send_message-remove_event_id": "refusals of events without an id",
    "processor_on_transaction": "discards of spans",
    "before_send_transaction-drop": "discards of spans",
    "before_send_transaction-crash": "discards of spans",
    "traces_sample_rate": "discards of spans",
    "traces_sampler": "discards of spans",
    "backpressure": "discards of spans",
    "ignored_status_code": "trace_ignore_status_codes",
    "before_send_log-drop": "logs",
    "before_send_log-return_text": "logs",
    "killed_batcher": "logs",
    "closed_client_log": "logs",
    "no_client_metric": "metrics",
    "before_send_metric-drop": "before_send_metric",
    "full_log_batcher": "discards of full buffers",
    "full_metrics_batcher": "discards of full buffers",
    "span_limit": "a limit of spans",
    "reentered_batcher": "guarded buffers",
    "unsampled_stream": "streamed spans",
    "ignored_span": "streamed spans",
    "full_span_batcher": "streamed spans",
    "no_client_log": "logs without enable_logs",
    "before_send_log-crash": "errors of callbacks that the SDK catches",
    "before_send_metric-crash": "errors of callbacks that the SDK catches",
    "error_processor_raises": "errors of callbacks that the SDK catches",
}

CRASHES = pytest.mark.sentry_allow("no-callback-errors", reason="the crash is what is tested")


def row(provoke: Callable[..., Any], expected: list[Any]) -> Any:
    crashes = "callback_error" in str(expected) or "crash" in expected
    needed = NEEDED.get(row_id(provoke))
    marks = [*([CRASHES] if crashes else []), *([pytest.mark.needs(needed)] if needed else [])]
    return pytest.param(provoke, expected, id=row_id(provoke), marks=marks)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.usefixtures("without_garbage_collection")
@pytest.mark.parametrize(("provoke", "expected"), [row(*each) for each in DISCARDS])
def test_a_loss_is_recorded_with_its_reason(
    provoke: Callable[[SentryInit], None],
    expected: list[tuple[str, str, str, str | None, int]],
    sentry_capture: SentryCapture,
    sentry_init: SentryInit,
) -> None:
    provoke(sentry_init)

    assert shown(sentry_capture.discarded) == expected


def processor_raises(init: SentryInit) -> None:
    init(dsn=DSN)
    sentry_sdk.Scope.get_isolation_scope().add_event_processor(crash)
    capture_error()


def error_processor_raises(init: SentryInit) -> None:
    init(dsn=DSN)
    sentry_sdk.Scope.get_isolation_scope().add_error_processor(crash)
    capture_error()


def no_dsn(init: SentryInit) -> None:
    init()
    capture_error()


def dropped_breadcrumbs(init: SentryInit) -> None:
    init(dsn=DSN, before_breadcrumb=drop, max_breadcrumbs=1)
    sentry_sdk.add_breadcrumb(message="one")
    sentry_sdk.add_breadcrumb(message="two")
    capture_error()


def too_many_processors(init: SentryInit) -> None:
    init(dsn=DSN)
    for _ in range(22):
        sentry_sdk.Scope.get_isolation_scope().add_event_processor(lambda event, hint: event)
    capture_error()


def sampler_raises(init: SentryInit) -> None:
    init(dsn=DSN, error_sampler=crash)
    capture_error()


STILL_CAPTURED: list[tuple[Callable[[SentryInit], None], list[str]]] = [
    (processor_raises, ["crash"]),
    (error_processor_raises, ["crash"]),
    (sampler_raises, ["crash"]),
    (no_dsn, []),
    (dropped_breadcrumbs, []),
    (too_many_processors, []),
]


@pytest.mark.parametrize(("provoke", "crashed"), [row(*each) for each in STILL_CAPTURED])
def test_what_is_sent_all_the_same_is_no_discard(
    provoke: Callable[[SentryInit], None], crashed: list[str], sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    provoke(sentry_init)

    assert [event.exception for event in sentry_capture.events] == ["ZeroDivisionError"]
    assert sentry_capture.discarded == []
    assert [each.by.name.split(".")[-1] for each in sentry_capture.callback_errors] == crashed


def tracing_off(init: SentryInit) -> None:
    init(dsn=DSN)
    capture_transaction(spans=1)


def session_without_release(init: SentryInit) -> None:
    init(dsn=DSN)
    sentry_sdk.Scope.get_isolation_scope().start_session()
    sentry_sdk.Scope.get_isolation_scope().end_session()


def logger_is_ignored(init: SentryInit) -> None:
    init(dsn=DSN)
    ignore_logger("noisy")
    logging.getLogger("noisy").error("nobody wants to know")


def level_is_too_low(init: SentryInit) -> None:
    init(dsn=DSN)
    logging.getLogger("shop").warning("not an error")


@pytest.mark.parametrize(
    ("provoke", "expected"),
    [row(each, []) for each in (tracing_off, session_without_release, logger_is_ignored, level_is_too_low)],
)
def test_a_setting_of_the_application_is_no_discard(
    provoke: Callable[[SentryInit], None],
    expected: list[Any],
    sentry_capture: SentryCapture,
    sentry_init: SentryInit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SENTRY_RELEASE", raising=False)
    monkeypatch.setattr("sentry_sdk.client.get_default_release", lambda: None)
    provoke(sentry_init)

    assert sentry_capture.items == expected
    assert sentry_capture.discarded == expected


def test_a_discard_tells_what_was_lost(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, before_send=drop)
    sentry_sdk.set_tag("shop", "berlin")
    capture_error()

    [discard] = sentry_capture.discarded
    assert isinstance(discard.exception, ZeroDivisionError)
    assert discard.event is not None
    assert discard.event["tags"] == {"shop": "berlin"}
    assert discard.by is not None
    assert discard.by.file == __file__
    assert discard.by.line == drop.__code__.co_firstlineno
    assert discard.phase == "call"


def test_errors_that_the_sdk_swallows_are_kept(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, before_send=return_text)
    capture_error()

    [swallowed] = sentry_capture.sdk_errors
    assert swallowed.exception_type is AttributeError
    assert "'str' object has no attribute 'get'" in swallowed.message
    assert "client.py" in swallowed.traceback
    assert sentry_capture.callback_errors == []


@CRASHES
def test_a_callback_that_raises_is_kept_with_its_traceback(
    sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    sentry_init(dsn=DSN, before_send=crash)
    capture_error()

    [raised] = sentry_capture.callback_errors
    assert raised.exception_type is RuntimeError
    assert raised.message == "the filter is broken"
    assert isinstance(raised.exception, RuntimeError)
    assert 'raise RuntimeError("the filter is broken")' in raised.traceback
    assert raised.by.name == f"{__name__}.crash"
    assert sentry_capture.sdk_errors == []


@pytest.mark.needs("scopes without hubs")
def test_a_silenced_sdk_log_hides_no_processor(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    sdk_log = logging.getLogger("sentry_sdk.errors")
    sentry_sdk.Scope.get_isolation_scope().add_event_processor(drop)
    sdk_log.disabled = True  # what logging.config does by default to loggers that exist
    try:
        capture_error()
    finally:
        sdk_log.disabled = False

    [discard] = sentry_capture.discarded
    assert discard.by is not None
    assert discard.by.name == f"{__name__}.drop"
