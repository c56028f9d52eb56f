"""What the SDK silently loses, one row each: how it is recorded, or that it is not a discard."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from enum import Enum, IntEnum
from typing import Any, NamedTuple

import pytest
import sentry_sdk
from sentry_sdk.crons import capture_checkin
from sentry_sdk.integrations import logging as logging_integration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import ignore_logger

from any_sdk import (
    IS_3,
    TRACE_KIND,
    holder_of_sessions,
    logging_to_events,
    logs_enabled,
    new_scope,
    segment,
    span,
    streamed_segment,
    streamed_span,
)
from log_records import discarded
from pytest_sentry_capture import CapturedItem, Discard, SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"


def drop(payload: Any, hint: Any) -> None:
    return None


def crash(*args: Any) -> Any:
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


def add_nan_as_attribute(payload: Any, hint: Any) -> Any:
    return {**payload, "attributes": {**payload["attributes"], "ratio": math.nan}}


def name_it_nan(payload: Any, hint: Any) -> Any:
    return {**payload, "name": math.nan}


def never(*args: Any) -> float:
    return 0.0


def give_no_rate(*args: Any) -> Any:
    return "all"


def error() -> ZeroDivisionError:
    with pytest.raises(ZeroDivisionError) as caught:
        1 / 0
    return caught.value


def capture_error() -> None:
    sentry_sdk.capture_exception(error())


def capture_segment(spans: int = 0) -> None:
    with segment("nightly", "job"):
        for _ in range(spans):
            with span("step"):
                pass


def stream(*names: str) -> None:
    """The first name is that of the segment, the others are those of its spans."""
    with streamed_segment(names[0]):
        for name in names[1:]:
            with streamed_span(name):
                pass


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


def event_processor(processor: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN)
        with new_scope() as scope:
            scope.add_event_processor(processor)
            capture_error()

    return provoke


def error_processor(processor: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN)
        with new_scope() as scope:
            scope.add_error_processor(processor)
            capture_error()

    return provoke


def too_many_processors(init: SentryInit) -> None:
    init(dsn=DSN)
    with new_scope() as scope:
        for _ in range(22):
            scope.add_event_processor(lambda event, hint: event)
        capture_error()


def dedupe(init: SentryInit) -> None:
    init(dsn=DSN, default_integrations=False, integrations=[DedupeIntegration()])
    same = error()
    sentry_sdk.capture_exception(same)
    sentry_sdk.capture_exception(same)


def processor_on_trace(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0)
    with new_scope() as scope:
        scope.add_event_processor(drop)
        capture_segment(spans=2)


def processor_on_check_in(init: SentryInit) -> None:
    init(dsn=DSN)
    with new_scope() as scope:
        scope.add_event_processor(drop)
        capture_checkin(monitor_slug="nightly", status="ok")


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


def before_send_check_in(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, before_send=callback)
        capture_checkin(monitor_slug="nightly", status="ok")

    return provoke


def before_send_transaction(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, before_send_transaction=callback, traces_sample_rate=1.0)
        capture_segment(spans=2)

    return provoke


def wrong_entry(init: SentryInit) -> None:
    init(dsn=DSN, ignore_errors=[ValueError("an instance")])
    capture_error()


def sample_rate(init: SentryInit) -> None:
    init(dsn=DSN, sample_rate=0.0)
    capture_error()


def error_sampler(sampler: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, error_sampler=sampler)
        capture_error()

    return provoke


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


def closed_client_log(init: SentryInit) -> None:
    init(dsn=DSN, **logs_enabled()).close()
    sentry_sdk.logger.info("hello")


def closed_client_metric(init: SentryInit) -> None:
    init(dsn=DSN).close()
    sentry_sdk.metrics.count("orders", 1)


def closed_client_span(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream").close()
    stream("nightly")


def no_client(init: SentryInit) -> None:
    capture_error()


def no_client_log(init: SentryInit) -> None:
    sentry_sdk.logger.info("hello")


def no_client_metric(init: SentryInit) -> None:
    sentry_sdk.metrics.count("orders", 1)


def no_dsn(init: SentryInit) -> None:
    init()
    capture_error()


def dropped_breadcrumbs(init: SentryInit) -> None:
    init(dsn=DSN, before_breadcrumb=drop, max_breadcrumbs=1)
    sentry_sdk.add_breadcrumb(message="one")
    sentry_sdk.add_breadcrumb(message="two")
    capture_error()


def traces_sample_rate(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=0.0)
    capture_segment(spans=2)


def traces_sampler(sampler: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, traces_sampler=sampler)
        capture_segment()

    return provoke


def backpressure(init: SentryInit) -> None:
    client: Any = init(dsn=DSN, traces_sample_rate=1.0)
    client.monitor._downsample_factor = 200  # by which the rate is halved so many times
    capture_segment()


def ignored_status_code(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, trace_ignore_status_codes={404})
    with segment("GET /") as transaction:
        with span("step"):
            pass
        transaction.set_http_status(404)


def span_limit(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0)
    capture_segment(spans=1005)


def unsampled_stream(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=0.0, trace_lifecycle="stream")
    stream("nightly", "step", "step")


def ignored_span(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream", ignore_spans=["noise"])
    stream("nightly", "noise")


def ignored_segment(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream", ignore_spans=["nightly"])
    stream("nightly", "step")


def before_send_span(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream", before_send_span=callback)
        stream("nightly")

    return provoke


def before_send_log(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, before_send_log=callback, **logs_enabled())
        sentry_sdk.logger.info("hello")

    return provoke


def before_send_metric(callback: Callable[..., Any]) -> Callable[[SentryInit], None]:
    def provoke(init: SentryInit) -> None:
        init(dsn=DSN, before_send_metric=callback)
        sentry_sdk.metrics.count("orders", 1)

    return provoke


def full_log_batcher(init: SentryInit) -> None:
    client: Any = init(dsn=DSN, **logs_enabled())
    client.log_batcher.MAX_BEFORE_DROP = 0
    sentry_sdk.logger.info("hello")


def full_metrics_batcher(init: SentryInit) -> None:
    client: Any = init(dsn=DSN)
    client.metrics_batcher.MAX_BEFORE_DROP = 0
    sentry_sdk.metrics.count("orders", 1)


def full_span_batcher(init: SentryInit) -> None:
    client: Any = init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream")
    client.span_batcher.MAX_BEFORE_DROP = 0
    stream("nightly")


def killed_log_batcher(init: SentryInit) -> None:
    client: Any = init(dsn=DSN, **logs_enabled())
    batcher = client.log_batcher
    batcher._ensure_thread()  # one that has none yet does not mind
    batcher.kill()
    sentry_sdk.logger.info("hello")


def reentered_log_batcher(init: SentryInit) -> None:
    client: Any = init(dsn=DSN, **logs_enabled())
    client.log_batcher._active.flag = True
    sentry_sdk.logger.info("hello")


def reentered_span_batcher(init: SentryInit) -> None:
    client: Any = init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream")
    client.span_batcher._active.flag = True
    stream("nightly")


def profile_sample_rate(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, profiles_sampler=never)
    capture_segment()


def profile_too_short(init: SentryInit) -> None:
    init(dsn=DSN, traces_sample_rate=1.0, profiles_sample_rate=1.0)
    capture_segment()


def tracing_off(init: SentryInit) -> None:
    init(dsn=DSN)
    capture_segment(spans=1)


def session_without_release(init: SentryInit) -> None:
    init(dsn=DSN)
    holder = holder_of_sessions()
    holder.start_session()
    holder.end_session()


def logger_is_ignored(init: SentryInit) -> None:
    init(dsn=DSN, integrations=logging_to_events())
    ignore = getattr(logging_integration, "ignore_logger_for_events", ignore_logger)  # which is about logs, since 3
    ignore("noisy")
    logging.getLogger("noisy").error("nobody wants to know")


def level_is_too_low(init: SentryInit) -> None:
    init(dsn=DSN, integrations=logging_to_events())
    logging.getLogger("shop").warning("not an error")


def logger_is_disabled(init: SentryInit) -> None:
    init(dsn=DSN, integrations=logging_to_events())
    logging.getLogger("shop.disabled").disabled = True
    logging.getLogger("shop.disabled").error("nobody hears it")


Lost = tuple[str, str, str, "str | None", int]
"""A discard: its kind, reason and category, by whom, and how many."""


class Sent(NamedTuple):
    """It is sent anyway: what is captured then."""

    names: list[str | None]


class Silence(NamedTuple):
    """Nothing is sent, for the application has set it so."""


Outcome = list[Lost] | Sent | Silence
THE_ERROR = Sent(["ZeroDivisionError"])
THE_SEGMENT = Sent(["nightly"])


class Row(NamedTuple):
    """A way in which something may be lost.

    Attributes:
        provoke: what the application does.
        outcome: what becomes of it.
        since_3: what becomes of it since sentry-sdk 3, where that is something else.
        needs: what not every SDK has.
    """

    provoke: Callable[[SentryInit], None]
    outcome: Outcome
    since_3: Outcome | None = None
    needs: tuple[str, ...] = ()

    @property
    def outcome_here(self) -> Outcome:
        """What becomes of it with the SDK that is installed."""
        return self.since_3 if IS_3 and self.since_3 is not None else self.outcome

    @property
    def name(self) -> str:
        """Readable and unique: the provoking function, and the callback that it was given."""
        given = [cell.cell_contents for cell in self.provoke.__closure__ or ()]
        names = (each.__name__ for each in given if callable(each))
        return "-".join([self.provoke.__qualname__.split(".")[0], *names])

    @property
    def crashed(self) -> list[str]:
        """The callbacks that raise."""
        return ["crash"] if "crash" in self.name else []


STREAMED = ("streamed spans",)

TABLE = [
    Row(ignore_errors, [("event", "ignore_errors", "error", None, 1)]),
    Row(wrong_entry, [("event", "sdk_error", "error", None, 1)]),
    Row(recursion_guard, [("event", "recursion_guard", "error", None, 1)], needs=("scopes without hubs",)),
    Row(capture_in_repr, [("event", "recursion_guard", "error", None, 1)]),
    # processors: since 3, one that raises loses the event, and none sees traces
    Row(event_processor(drop), [("event", "event_processor", "error", "drop", 1)]),
    Row(error_processor(drop), [("event", "event_processor", "error", "drop", 1)]),
    Row(event_processor(crash), THE_ERROR, since_3=[("event", "callback_error", "error", "crash", 1)]),
    Row(
        error_processor(crash),
        THE_ERROR,
        since_3=[("event", "callback_error", "error", "crash", 1)],
        needs=("errors of callbacks that the SDK catches",),
    ),
    Row(too_many_processors, THE_ERROR),
    Row(dedupe, [("event", "event_processor", "error", "processor", 1)]),
    Row(
        processor_on_trace,
        [("span", "event_processor", "span", "drop", 3), ("transaction", "event_processor", "transaction", "drop", 1)],
        since_3=Sent(["step", "step", "nightly"]),
        needs=("discards of spans",),
    ),
    Row(processor_on_check_in, Sent(["nightly"])),
    # before_send
    Row(before_send(drop), [("event", "before_send", "error", "drop", 1)]),
    Row(before_send(crash), [("event", "callback_error", "error", "crash", 1)]),
    Row(before_send_check_in(drop), [("check_in", "before_send", "error", "drop", 1)]),
    Row(before_send_check_in(crash), [("check_in", "callback_error", "error", "crash", 1)]),
    Row(before_send(filter_asynchronously), [("event", "sdk_error", "error", "filter_asynchronously", 1)]),
    Row(before_send(return_text), [("event", "sdk_error", "error", "return_text", 1)]),
    Row(
        before_send(remove_event_id),
        [("event", "sdk_error", "error", "remove_event_id", 1)],
        needs=("refusals of events without an id",),
    ),
    Row(before_send_message(return_text), [("event", "sdk_error", "error", "return_text", 1)]),
    Row(
        before_send_message(remove_event_id),
        [("event", "sdk_error", "error", "remove_event_id", 1)],
        needs=("refusals of events without an id",),
    ),
    Row(before_send(add_object), [("event", "unserializable", "error", "add_object", 1)]),
    Row(before_send(add_nan), [("event", "unserializable", "error", "add_nan", 1)]),
    Row(
        before_send_transaction(drop),
        [("span", "before_send", "span", "drop", 3), ("transaction", "before_send", "transaction", "drop", 1)],
        needs=("discards of spans", "before_send_transaction"),
    ),
    Row(
        before_send_transaction(crash),
        [("span", "callback_error", "span", "crash", 3), ("transaction", "callback_error", "transaction", "crash", 1)],
        needs=("discards of spans", "before_send_transaction"),
    ),
    # errors that are not sampled
    Row(sample_rate, [("event", "sample_rate", "error", None, 1)]),
    Row(error_sampler(never), [("event", "sample_rate", "error", "never", 1)]),
    Row(error_sampler(crash), THE_ERROR),
    Row(error_sampler(give_no_rate), THE_ERROR),
    # no client, a closed one, and one without a DSN
    Row(no_client, [("event", "no_client", "error", None, 1)]),
    Row(no_client_log, [("log", "no_client", "log_item", None, 1)], needs=("logs without enable_logs",)),
    Row(no_client_metric, [("metric", "no_client", "trace_metric", None, 1)], needs=("metrics",)),
    Row(closed_client, [("event", "closed_client", "error", None, 1)]),
    Row(closed_client_drops, [("event", "before_send", "error", "drop", 1)]),
    Row(closed_client_log, [("log", "closed_client", "log_item", None, 1)], needs=("logs",)),
    Row(closed_client_metric, [("metric", "closed_client", "trace_metric", None, 1)], needs=("metrics",)),
    Row(closed_client_span, [("span", "closed_client", "span", None, 1)], needs=STREAMED),
    Row(no_dsn, THE_ERROR),
    Row(dropped_breadcrumbs, THE_ERROR),
    # traces that are not sampled: since 3, each span of them is a discard
    Row(
        traces_sample_rate,
        [("transaction", "sample_rate", "transaction", None, 1), ("span", "sample_rate", "span", None, 1)],
        since_3=[("span", "sample_rate", "span", None, 1)] * 3,
        needs=("discards of spans",),
    ),
    Row(
        traces_sampler(never),
        [("transaction", "sample_rate", "transaction", "never", 1), ("span", "sample_rate", "span", "never", 1)],
        since_3=[("span", "sample_rate", "span", "never", 1)],
        needs=("discards of spans",),
    ),
    Row(
        traces_sampler(give_no_rate),
        [
            ("transaction", "sample_rate", "transaction", "give_no_rate", 1),
            ("span", "sample_rate", "span", "give_no_rate", 1),
        ],
        since_3=[("span", "sample_rate", "span", "give_no_rate", 1)],
        needs=("discards of spans",),
    ),
    Row(
        traces_sampler(crash),
        [("transaction", "callback_error", "transaction", "crash", 1), ("span", "callback_error", "span", "crash", 1)],
        since_3=[("span", "callback_error", "span", "crash", 1)],
        needs=("errors of callbacks that the SDK catches",),
    ),
    Row(
        backpressure,
        [("transaction", "backpressure", "transaction", None, 1), ("span", "backpressure", "span", None, 1)],
        since_3=[("span", "backpressure", "span", None, 1)],
        needs=("discards of spans",),
    ),
    Row(unsampled_stream, [("span", "sample_rate", "span", None, 1)] * 3, needs=STREAMED),
    Row(ignored_span, [("span", "ignored", "span", None, 1)], needs=STREAMED),
    Row(ignored_segment, [("span", "ignored", "span", None, 1)] * 2, needs=STREAMED),
    Row(
        ignored_status_code,
        [("transaction", "event_processor", "transaction", None, 1), ("span", "event_processor", "span", None, 2)],
        needs=("trace_ignore_status_codes", "transactions"),
    ),
    Row(span_limit, [("span", "buffer_overflow", "span", None, 5)], needs=("a limit of spans", "transactions")),
    # what before_send_span returns changes a span, or is of no effect
    Row(before_send_span(drop), THE_SEGMENT, needs=("before_send_span",)),
    Row(before_send_span(crash), THE_SEGMENT, needs=("before_send_span",)),
    Row(before_send_span(return_text), THE_SEGMENT, needs=("before_send_span",)),
    Row(
        before_send_span(name_it_nan),
        [("span", "unserializable", "span", "name_it_nan", 1)],
        needs=("before_send_span",),
    ),
    # logs and metrics
    Row(before_send_log(drop), [("log", "before_send", "log_item", "drop", 1)], needs=("logs",)),
    Row(
        before_send_log(crash),
        [("log", "callback_error", "log_item", "crash", 1)],
        needs=("errors of callbacks that the SDK catches",),
    ),
    Row(before_send_log(return_text), [("log", "sdk_error", "log_item", "return_text", 1)], needs=("logs",)),
    Row(
        before_send_log(add_nan_as_attribute),
        [("log", "unserializable", "log_item", "add_nan_as_attribute", 1)],
        needs=("logs",),
    ),
    Row(
        before_send_metric(drop),
        [("metric", "before_send", "trace_metric", "drop", 1)],
        needs=("before_send_metric",),
    ),
    Row(
        before_send_metric(crash),
        [("metric", "callback_error", "trace_metric", "crash", 1)],
        needs=("errors of callbacks that the SDK catches",),
    ),
    Row(
        before_send_metric(return_text),
        [("metric", "sdk_error", "trace_metric", "return_text", 1)],
        needs=("before_send_metric",),
    ),
    Row(
        before_send_metric(add_nan_as_attribute),
        [("metric", "unserializable", "trace_metric", "add_nan_as_attribute", 1)],
        needs=("before_send_metric",),
    ),
    # batchers
    Row(full_log_batcher, [("log", "queue_overflow", "log_item", None, 1)], needs=("discards of full buffers",)),
    Row(
        full_metrics_batcher,
        [("metric", "queue_overflow", "trace_metric", None, 1)],
        needs=("discards of full buffers",),
    ),
    Row(full_span_batcher, [("span", "queue_overflow", "span", None, 1)], needs=STREAMED),
    Row(killed_log_batcher, [("log", "closed_client", "log_item", None, 1)], needs=("logs",)),
    Row(reentered_log_batcher, [("log", "recursion_guard", "log_item", None, 1)], needs=("guarded buffers",)),
    Row(reentered_span_batcher, [("span", "recursion_guard", "span", None, 1)], needs=STREAMED),
    # profiles
    Row(
        profile_sample_rate,
        [("profile", "sample_rate", "profile", "never", 1)],
        needs=("profiles of transactions",),
    ),
    Row(
        profile_too_short,
        [("profile", "insufficient_data", "profile", None, 1)],
        needs=("profiles of transactions",),
    ),
    # what the application has set
    Row(tracing_off, Silence()),
    Row(session_without_release, Silence()),
    # log records that became no events
    Row(logger_is_ignored, [("event", "ignored_logger", "error", None, 1)]),
    Row(level_is_too_low, [("event", "log_level", "error", None, 1)]),
    Row(logger_is_disabled, [("event", "logger_disabled", "error", None, 1)]),
]

CRASHES = pytest.mark.sentry_allow("no-callback-errors", reason="the crash is what is tested")


def rows(sort: type[Any]) -> list[Any]:
    """The rows of which this becomes with the SDK that is installed."""
    return [
        pytest.param(
            row,
            id=row.name,
            marks=[*([CRASHES] if row.crashed else []), *([pytest.mark.needs(*row.needs)] if row.needs else [])],
        )
        for row in TABLE
        if isinstance(row.outcome_here, sort)
    ]


def shown(discards: list[Discard]) -> list[Lost]:
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


def crashed(capture: SentryCapture) -> list[str]:
    return [each.by.name.split(".")[-1] for each in capture.callback_errors]


def name_of(item: CapturedItem) -> str | None:
    names: list[str | None] = [
        getattr(item, name) for name in ("exception", "monitor_slug", "name") if hasattr(item, name)
    ]
    return names[0]


def test_every_row_has_its_own_name() -> None:
    names = [row.name for row in TABLE]

    assert sorted(names) == sorted({*names})


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.usefixtures("without_garbage_collection")
@pytest.mark.parametrize("row", rows(list))
def test_a_loss_is_recorded_with_its_reason(row: Row, sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    row.provoke(sentry_init)

    assert shown(discarded(sentry_capture)) == row.outcome_here
    assert crashed(sentry_capture) == row.crashed


@pytest.mark.parametrize("row", rows(Sent))
def test_items_that_are_sent_anyway_are_not_discards(
    row: Row, sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    row.provoke(sentry_init)

    assert Sent([name_of(item) for item in sentry_capture.items]) == row.outcome_here
    assert sentry_capture.discarded == []
    assert crashed(sentry_capture) == row.crashed


@pytest.mark.parametrize("row", rows(Silence))
def test_a_setting_of_the_application_is_not_a_discard(
    row: Row,
    sentry_capture: SentryCapture,
    sentry_init: SentryInit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SENTRY_RELEASE", raising=False)
    monkeypatch.setattr("sentry_sdk.client.get_default_release", lambda: None)
    row.provoke(sentry_init)

    assert sentry_capture.items == []
    assert sentry_capture.discarded == []


def test_an_unsampled_segment_is_one_discard_whatever_was_in_it(
    sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=0.0)
    capture_segment(spans=2)

    [discard] = sentry_capture.assert_discarded("segment", name="nightly", op="job", reason="sample_rate")
    assert discard.kind == TRACE_KIND
    assert sentry_capture.assert_discarded("segment") == [discard]
    assert sentry_capture.assert_discarded(TRACE_KIND, op="job", reason="sample_rate") == [discard]
    with pytest.raises(AssertionError):
        sentry_capture.assert_discarded("segment", name="step")


@pytest.mark.needs("streamed spans")
def test_an_unsampled_span_of_a_streamed_segment_is_a_span_alone(
    sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=0.0, trace_lifecycle="stream")
    stream("nightly", "step", "step")

    assert [each.kind for each in sentry_capture.assert_discarded("segment", name="nightly")] == ["span"]
    assert len(sentry_capture.assert_discarded("span", name="step", reason="sample_rate")) == 2
    assert len(sentry_capture.assert_discarded("span")) == 3


@pytest.mark.needs("streamed spans")
def test_an_ignored_span_is_not_a_segment(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    ignored_span(sentry_init)

    assert len(sentry_capture.assert_discarded("span", name="noise", reason="ignored")) == 1
    assert sentry_capture.assert_captured("segment").name == "nightly"
    with pytest.raises(AssertionError, match="found no such discard"):
        sentry_capture.assert_discarded("segment", name="noise")


@pytest.mark.needs("before_send_transaction")
def test_a_dropped_transaction_is_a_dropped_segment(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0, before_send_transaction=drop)
    capture_segment(spans=2)

    [discard] = sentry_capture.assert_discarded("segment", name="nightly", reason="before_send", by=drop)
    assert sentry_capture.assert_discarded("transaction", transaction="nightly") == [discard]


@pytest.mark.needs("before_send_span")
def test_before_send_span_changes_what_it_can_not_drop(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    before_send_span(lambda span, hint: {**span, "name": f"{span['name']} job"})(sentry_init)

    assert sentry_capture.assert_captured("segment").name == "nightly job"
    assert sentry_capture.discarded == []


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


def test_a_silenced_sdk_log_hides_no_processor(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sdk_log = logging.getLogger("sentry_sdk.errors")
    sdk_log.disabled = True  # what logging.config does by default to loggers that exist
    try:
        event_processor(drop)(sentry_init)
    finally:
        sdk_log.disabled = False

    [discard] = sentry_capture.discarded
    assert discard.by is not None
    assert discard.by.name == f"{__name__}.drop"


@pytest.mark.needs("segments without transactions")
@CRASHES
@pytest.mark.parametrize("dsn", [DSN, None])
def test_a_processor_that_raises_loses_its_event_wherever_it_would_go(
    sentry_capture: SentryCapture, sentry_init: SentryInit, dsn: str | None
) -> None:
    sentry_init(dsn=dsn)
    with new_scope() as scope:
        scope.add_event_processor(crash)
        sentry_sdk.capture_message("hello")

    assert shown(sentry_capture.discarded) == [("event", "callback_error", "error", "crash", 1)]


class Plan(str, Enum):
    PRO = "pro"


class Size(IntEnum):
    LARGE = 3


class Text(str):  # noqa: SLOT000  (as applications write them)
    def __str__(self) -> str:
        raise AssertionError("the SDK does not ask for it")


@pytest.mark.parametrize("value", [Plan.PRO, Size.LARGE, Text("own"), True, 1.5], ids=repr)
def test_what_was_discarded_has_the_values_that_it_would_have_been_sent_with(
    value: object, sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    for callback in None, lambda event, hint: None:
        sentry_init(before_send=callback)
        with new_scope() as scope:
            scope.set_tag("value", value)
            scope.set_extra("value", value)
            sentry_sdk.capture_message("hello")

    [sent], [discard] = sentry_capture.events, sentry_capture.discarded
    assert discard.event is not None
    assert (discard.event["tags"], discard.event["extra"]["value"]) == (sent["tags"], sent["extra"]["value"])
