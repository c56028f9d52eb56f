# Written by `python -m scripts.typed_calls` from the kinds and the SDK's options; see typed_calls.py.

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Literal, TypedDict, overload

from sentry_sdk.client import BaseClient
from typing_extensions import Unpack

from pytest_sentry_capture._assertions.assertions import Expected
from pytest_sentry_capture._recording import Discard
from pytest_sentry_capture._recording.kinds import (
    CapturedAttachment,
    CapturedCheckIn,
    CapturedClientReport,
    CapturedEvent,
    CapturedFeedback,
    CapturedLog,
    CapturedMetric,
    CapturedProfile,
    CapturedSegment,
    CapturedSession,
    CapturedSpan,
    CapturedTransaction,
)

class EventCriteria(TypedDict, total=False):
    exception: Any
    exception_message: Any
    message: Any
    level: Any
    logger: Any
    handled: Any
    mechanism: Any
    transaction: Any
    tags: Any
    user: Any
    contexts: Any
    extra: Any
    request: Any
    breadcrumbs: Any
    fingerprint: Any
    release: Any
    environment: Any
    trace_id: Any
    status_code: Any
    method: Any
    path: Any
    route: Any
    job: Any
    job_status: Any
    where: Any

class SegmentCriteria(TypedDict, total=False):
    name: Any
    op: Any
    status: Any
    source: Any
    origin: Any
    attributes: Any
    environment: Any
    release: Any
    trace_id: Any
    status_code: Any
    method: Any
    path: Any
    route: Any
    job: Any
    job_status: Any
    where: Any

class TransactionCriteria(TypedDict, total=False):
    transaction: Any
    op: Any
    status: Any
    source: Any
    tags: Any
    user: Any
    contexts: Any
    request: Any
    release: Any
    environment: Any
    trace_id: Any
    status_code: Any
    method: Any
    path: Any
    route: Any
    where: Any

class SpanCriteria(TypedDict, total=False):
    op: Any
    name: Any
    status: Any
    origin: Any
    attributes: Any
    trace_id: Any
    transaction: Any
    where: Any

class LogCriteria(TypedDict, total=False):
    level: Any
    body: Any
    template: Any
    attributes: Any
    trace_id: Any
    where: Any

class MetricCriteria(TypedDict, total=False):
    name: Any
    type: Any
    value: Any
    unit: Any
    attributes: Any
    trace_id: Any
    where: Any

class CheckInCriteria(TypedDict, total=False):
    monitor_slug: Any
    status: Any
    duration: Any
    environment: Any
    release: Any
    where: Any

class SessionCriteria(TypedDict, total=False):
    sid: Any
    did: Any
    seq: Any
    timestamp: Any
    started: Any
    init: Any
    duration: Any
    status: Any
    errors: Any
    attrs: Any
    aggregates: Any
    where: Any

class ProfileCriteria(TypedDict, total=False):
    event_id: Any
    profile_id: Any
    profiler_id: Any
    chunk_id: Any
    version: Any
    platform: Any
    environment: Any
    release: Any
    timestamp: Any
    transaction: Any
    profile: Any
    where: Any

class AttachmentCriteria(TypedDict, total=False):
    filename: Any
    content_type: Any
    attachment_type: Any
    where: Any

class FeedbackCriteria(TypedDict, total=False):
    contexts: Any
    tags: Any
    user: Any
    request: Any
    release: Any
    environment: Any
    level: Any
    where: Any

class ClientReportCriteria(TypedDict, total=False):
    timestamp: Any
    discarded_events: Any
    where: Any

class SdkOptions(TypedDict, total=False):
    _experiments: Any
    add_full_stack: Any
    attach_stacktrace: Any
    auto_enabling_integrations: Any
    auto_session_tracking: Any
    before_breadcrumb: Any
    before_send: Any
    before_send_log: Any
    before_send_metric: Any
    before_send_span: Any
    before_send_transaction: Any
    ca_certs: Any
    cert_file: Any
    custom_repr: Any
    data_collection: Any
    db_query_source_threshold_ms: Any
    debug: Any
    default_integrations: Any
    disabled_integrations: Any
    dist: Any
    dsn: Any
    enable_backpressure_handling: Any
    enable_db_query_source: Any
    enable_http_request_source: Any
    enable_logs: Any
    enable_metrics: Any
    enable_tracing: Any
    environment: Any
    error_sampler: Any
    event_scrubber: Any
    functions_to_trace: Any
    http_proxy: Any
    http_request_source_threshold_ms: Any
    https_proxy: Any
    ignore_errors: Any
    ignore_spans: Any
    in_app_exclude: Any
    in_app_include: Any
    include_local_variables: Any
    include_source_context: Any
    instrumenter: Any
    integrations: Any
    keep_alive: Any
    key_file: Any
    max_breadcrumbs: Any
    max_request_body_size: Any
    max_stack_frames: Any
    max_value_length: Any
    org_id: Any
    profile_lifecycle: Any
    profile_session_sample_rate: Any
    profiler_mode: Any
    profiles_sample_rate: Any
    profiles_sampler: Any
    project_root: Any
    propagate_traces: Any
    proxy_headers: Any
    release: Any
    sample_rate: Any
    send_client_reports: Any
    send_default_pii: Any
    server_name: Any
    shutdown_timeout: Any
    socket_options: Any
    spotlight: Any
    stream_gen_ai_spans: Any
    strict_trace_continuation: Any
    trace_ignore_status_codes: Any
    trace_lifecycle: Any
    trace_propagation_targets: Any
    traces_sample_rate: Any
    traces_sampler: Any
    transport: Any
    transport_queue_size: Any

class TypedFind:
    @overload
    def find(self, kind: Literal["event"] = "event", **criteria: Unpack[EventCriteria]) -> list[CapturedEvent]: ...
    @overload
    def find(self, kind: Literal["segment"], **criteria: Unpack[SegmentCriteria]) -> list[CapturedSegment]: ...
    @overload
    def find(
        self, kind: Literal["transaction"], **criteria: Unpack[TransactionCriteria]
    ) -> list[CapturedTransaction]: ...
    @overload
    def find(self, kind: Literal["span"], **criteria: Unpack[SpanCriteria]) -> list[CapturedSpan]: ...
    @overload
    def find(self, kind: Literal["log"], **criteria: Unpack[LogCriteria]) -> list[CapturedLog]: ...
    @overload
    def find(self, kind: Literal["metric"], **criteria: Unpack[MetricCriteria]) -> list[CapturedMetric]: ...
    @overload
    def find(self, kind: Literal["check_in"], **criteria: Unpack[CheckInCriteria]) -> list[CapturedCheckIn]: ...
    @overload
    def find(self, kind: Literal["session"], **criteria: Unpack[SessionCriteria]) -> list[CapturedSession]: ...
    @overload
    def find(self, kind: Literal["profile"], **criteria: Unpack[ProfileCriteria]) -> list[CapturedProfile]: ...
    @overload
    def find(self, kind: Literal["attachment"], **criteria: Unpack[AttachmentCriteria]) -> list[CapturedAttachment]: ...
    @overload
    def find(self, kind: Literal["feedback"], **criteria: Unpack[FeedbackCriteria]) -> list[CapturedFeedback]: ...
    @overload
    def find(
        self, kind: Literal["client_report"], **criteria: Unpack[ClientReportCriteria]
    ) -> list[CapturedClientReport]: ...

class TypedCalls(TypedFind):
    @overload
    def assert_captured(self, kind: Literal["event"] = "event", **criteria: Unpack[EventCriteria]) -> CapturedEvent: ...
    @overload
    def assert_captured(self, kind: Literal["segment"], **criteria: Unpack[SegmentCriteria]) -> CapturedSegment: ...
    @overload
    def assert_captured(
        self, kind: Literal["transaction"], **criteria: Unpack[TransactionCriteria]
    ) -> CapturedTransaction: ...
    @overload
    def assert_captured(self, kind: Literal["span"], **criteria: Unpack[SpanCriteria]) -> CapturedSpan: ...
    @overload
    def assert_captured(self, kind: Literal["log"], **criteria: Unpack[LogCriteria]) -> CapturedLog: ...
    @overload
    def assert_captured(self, kind: Literal["metric"], **criteria: Unpack[MetricCriteria]) -> CapturedMetric: ...
    @overload
    def assert_captured(self, kind: Literal["check_in"], **criteria: Unpack[CheckInCriteria]) -> CapturedCheckIn: ...
    @overload
    def assert_captured(self, kind: Literal["session"], **criteria: Unpack[SessionCriteria]) -> CapturedSession: ...
    @overload
    def assert_captured(self, kind: Literal["profile"], **criteria: Unpack[ProfileCriteria]) -> CapturedProfile: ...
    @overload
    def assert_captured(
        self, kind: Literal["attachment"], **criteria: Unpack[AttachmentCriteria]
    ) -> CapturedAttachment: ...
    @overload
    def assert_captured(self, kind: Literal["feedback"], **criteria: Unpack[FeedbackCriteria]) -> CapturedFeedback: ...
    @overload
    def assert_captured(
        self, kind: Literal["client_report"], **criteria: Unpack[ClientReportCriteria]
    ) -> CapturedClientReport: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["event"] = "event", **criteria: Unpack[EventCriteria]
    ) -> list[CapturedEvent]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["segment"], **criteria: Unpack[SegmentCriteria]
    ) -> list[CapturedSegment]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["transaction"], **criteria: Unpack[TransactionCriteria]
    ) -> list[CapturedTransaction]: ...
    @overload
    def assert_count(self, n: int, kind: Literal["span"], **criteria: Unpack[SpanCriteria]) -> list[CapturedSpan]: ...
    @overload
    def assert_count(self, n: int, kind: Literal["log"], **criteria: Unpack[LogCriteria]) -> list[CapturedLog]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["metric"], **criteria: Unpack[MetricCriteria]
    ) -> list[CapturedMetric]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["check_in"], **criteria: Unpack[CheckInCriteria]
    ) -> list[CapturedCheckIn]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["session"], **criteria: Unpack[SessionCriteria]
    ) -> list[CapturedSession]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["profile"], **criteria: Unpack[ProfileCriteria]
    ) -> list[CapturedProfile]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["attachment"], **criteria: Unpack[AttachmentCriteria]
    ) -> list[CapturedAttachment]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["feedback"], **criteria: Unpack[FeedbackCriteria]
    ) -> list[CapturedFeedback]: ...
    @overload
    def assert_count(
        self, n: int, kind: Literal["client_report"], **criteria: Unpack[ClientReportCriteria]
    ) -> list[CapturedClientReport]: ...
    @overload
    def assert_not_captured(self, kind: Literal["event"] = "event", **criteria: Unpack[EventCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["segment"], **criteria: Unpack[SegmentCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["transaction"], **criteria: Unpack[TransactionCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["span"], **criteria: Unpack[SpanCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["log"], **criteria: Unpack[LogCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["metric"], **criteria: Unpack[MetricCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["check_in"], **criteria: Unpack[CheckInCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["session"], **criteria: Unpack[SessionCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["profile"], **criteria: Unpack[ProfileCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["attachment"], **criteria: Unpack[AttachmentCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["feedback"], **criteria: Unpack[FeedbackCriteria]) -> None: ...
    @overload
    def assert_not_captured(self, kind: Literal["client_report"], **criteria: Unpack[ClientReportCriteria]) -> None: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["event"] = "event",
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[EventCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["segment"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[SegmentCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["transaction"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[TransactionCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["span"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[SpanCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["log"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[LogCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["metric"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[MetricCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["check_in"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[CheckInCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["session"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[SessionCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["profile"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[ProfileCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["attachment"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[AttachmentCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["feedback"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[FeedbackCriteria],
    ) -> list[Discard]: ...
    @overload
    def assert_discarded(
        self,
        kind: Literal["client_report"],
        *,
        reason: str | None = ...,
        by: str | Callable[..., object] | None = ...,
        **criteria: Unpack[ClientReportCriteria],
    ) -> list[Discard]: ...
    @overload
    def expect(
        self, kind: Literal["event"] = "event", **criteria: Unpack[EventCriteria]
    ) -> AbstractContextManager[Expected[CapturedEvent]]: ...
    @overload
    def expect(
        self, kind: Literal["segment"], **criteria: Unpack[SegmentCriteria]
    ) -> AbstractContextManager[Expected[CapturedSegment]]: ...
    @overload
    def expect(
        self, kind: Literal["transaction"], **criteria: Unpack[TransactionCriteria]
    ) -> AbstractContextManager[Expected[CapturedTransaction]]: ...
    @overload
    def expect(
        self, kind: Literal["span"], **criteria: Unpack[SpanCriteria]
    ) -> AbstractContextManager[Expected[CapturedSpan]]: ...
    @overload
    def expect(
        self, kind: Literal["log"], **criteria: Unpack[LogCriteria]
    ) -> AbstractContextManager[Expected[CapturedLog]]: ...
    @overload
    def expect(
        self, kind: Literal["metric"], **criteria: Unpack[MetricCriteria]
    ) -> AbstractContextManager[Expected[CapturedMetric]]: ...
    @overload
    def expect(
        self, kind: Literal["check_in"], **criteria: Unpack[CheckInCriteria]
    ) -> AbstractContextManager[Expected[CapturedCheckIn]]: ...
    @overload
    def expect(
        self, kind: Literal["session"], **criteria: Unpack[SessionCriteria]
    ) -> AbstractContextManager[Expected[CapturedSession]]: ...
    @overload
    def expect(
        self, kind: Literal["profile"], **criteria: Unpack[ProfileCriteria]
    ) -> AbstractContextManager[Expected[CapturedProfile]]: ...
    @overload
    def expect(
        self, kind: Literal["attachment"], **criteria: Unpack[AttachmentCriteria]
    ) -> AbstractContextManager[Expected[CapturedAttachment]]: ...
    @overload
    def expect(
        self, kind: Literal["feedback"], **criteria: Unpack[FeedbackCriteria]
    ) -> AbstractContextManager[Expected[CapturedFeedback]]: ...
    @overload
    def expect(
        self, kind: Literal["client_report"], **criteria: Unpack[ClientReportCriteria]
    ) -> AbstractContextManager[Expected[CapturedClientReport]]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["event"] = "event", **criteria: Unpack[EventCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["segment"], **criteria: Unpack[SegmentCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["transaction"], **criteria: Unpack[TransactionCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["span"], **criteria: Unpack[SpanCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["log"], **criteria: Unpack[LogCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["metric"], **criteria: Unpack[MetricCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["check_in"], **criteria: Unpack[CheckInCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["session"], **criteria: Unpack[SessionCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["profile"], **criteria: Unpack[ProfileCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["attachment"], **criteria: Unpack[AttachmentCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["feedback"], **criteria: Unpack[FeedbackCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def expect_nothing(
        self, kind: Literal["client_report"], **criteria: Unpack[ClientReportCriteria]
    ) -> AbstractContextManager[object]: ...
    @overload
    def wait_for(
        self,
        kind: Literal["event"] = "event",
        *,
        count: int = ...,
        timeout: float = ...,
        **criteria: Unpack[EventCriteria],
    ) -> list[CapturedEvent]: ...
    @overload
    def wait_for(
        self, kind: Literal["segment"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[SegmentCriteria]
    ) -> list[CapturedSegment]: ...
    @overload
    def wait_for(
        self,
        kind: Literal["transaction"],
        *,
        count: int = ...,
        timeout: float = ...,
        **criteria: Unpack[TransactionCriteria],
    ) -> list[CapturedTransaction]: ...
    @overload
    def wait_for(
        self, kind: Literal["span"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[SpanCriteria]
    ) -> list[CapturedSpan]: ...
    @overload
    def wait_for(
        self, kind: Literal["log"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[LogCriteria]
    ) -> list[CapturedLog]: ...
    @overload
    def wait_for(
        self, kind: Literal["metric"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[MetricCriteria]
    ) -> list[CapturedMetric]: ...
    @overload
    def wait_for(
        self, kind: Literal["check_in"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[CheckInCriteria]
    ) -> list[CapturedCheckIn]: ...
    @overload
    def wait_for(
        self, kind: Literal["session"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[SessionCriteria]
    ) -> list[CapturedSession]: ...
    @overload
    def wait_for(
        self, kind: Literal["profile"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[ProfileCriteria]
    ) -> list[CapturedProfile]: ...
    @overload
    def wait_for(
        self,
        kind: Literal["attachment"],
        *,
        count: int = ...,
        timeout: float = ...,
        **criteria: Unpack[AttachmentCriteria],
    ) -> list[CapturedAttachment]: ...
    @overload
    def wait_for(
        self, kind: Literal["feedback"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[FeedbackCriteria]
    ) -> list[CapturedFeedback]: ...
    @overload
    def wait_for(
        self,
        kind: Literal["client_report"],
        *,
        count: int = ...,
        timeout: float = ...,
        **criteria: Unpack[ClientReportCriteria],
    ) -> list[CapturedClientReport]: ...
    @overload
    async def await_for(
        self,
        kind: Literal["event"] = "event",
        *,
        count: int = ...,
        timeout: float = ...,
        **criteria: Unpack[EventCriteria],
    ) -> list[CapturedEvent]: ...
    @overload
    async def await_for(
        self, kind: Literal["segment"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[SegmentCriteria]
    ) -> list[CapturedSegment]: ...
    @overload
    async def await_for(
        self,
        kind: Literal["transaction"],
        *,
        count: int = ...,
        timeout: float = ...,
        **criteria: Unpack[TransactionCriteria],
    ) -> list[CapturedTransaction]: ...
    @overload
    async def await_for(
        self, kind: Literal["span"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[SpanCriteria]
    ) -> list[CapturedSpan]: ...
    @overload
    async def await_for(
        self, kind: Literal["log"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[LogCriteria]
    ) -> list[CapturedLog]: ...
    @overload
    async def await_for(
        self, kind: Literal["metric"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[MetricCriteria]
    ) -> list[CapturedMetric]: ...
    @overload
    async def await_for(
        self, kind: Literal["check_in"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[CheckInCriteria]
    ) -> list[CapturedCheckIn]: ...
    @overload
    async def await_for(
        self, kind: Literal["session"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[SessionCriteria]
    ) -> list[CapturedSession]: ...
    @overload
    async def await_for(
        self, kind: Literal["profile"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[ProfileCriteria]
    ) -> list[CapturedProfile]: ...
    @overload
    async def await_for(
        self,
        kind: Literal["attachment"],
        *,
        count: int = ...,
        timeout: float = ...,
        **criteria: Unpack[AttachmentCriteria],
    ) -> list[CapturedAttachment]: ...
    @overload
    async def await_for(
        self, kind: Literal["feedback"], *, count: int = ..., timeout: float = ..., **criteria: Unpack[FeedbackCriteria]
    ) -> list[CapturedFeedback]: ...
    @overload
    async def await_for(
        self,
        kind: Literal["client_report"],
        *,
        count: int = ...,
        timeout: float = ...,
        **criteria: Unpack[ClientReportCriteria],
    ) -> list[CapturedClientReport]: ...

class TypedClient:
    @property
    def client(self) -> BaseClient | None: ...
    def override(self, **options: Unpack[SdkOptions]) -> AbstractContextManager[None]: ...

class TypedInit:
    def __call__(self, **options: Unpack[SdkOptions]) -> BaseClient: ...
