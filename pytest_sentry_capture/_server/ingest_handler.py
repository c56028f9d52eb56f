"""What becomes of a request: the answer that Sentry's Relay would give, and the record of it.

There is neither input nor output here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_sentry_capture._recording import Capture, CaptureContext, CapturedEnvelope, Discard, Rejection
from pytest_sentry_capture._recording.kinds import ITEM_TYPES, KIND_OF_CATEGORY
from pytest_sentry_capture._server.authentication import key_and_project_in_envelope, key_in_request
from pytest_sentry_capture._server.envelopes import Envelope, is_event_id
from pytest_sentry_capture._server.faults import Faults, OutageMode
from pytest_sentry_capture._server.projects import Project, Projects
from pytest_sentry_capture._server.reasons import NotAcceptedError, Reason
from pytest_sentry_capture._server.requests import Endpoint, Request, endpoint_of, project_in, read

_PIXEL: Final = bytes.fromhex("47494638396101000100800000000000ffffff2c000000000100010000020144003b")
_NO_CONTEXT: Final = CaptureContext()
"""Nothing is known of another process's capture calls."""

_JSON: Final = ("Content-Type", "application/json")
_FROM_ANYWHERE: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After"),
)
_JSON_FROM_ANYWHERE: Final = (_JSON, *_FROM_ANYWHERE)
_PREFLIGHT: Final = (
    ("Access-Control-Allow-Methods", "POST"),
    (
        "Access-Control-Allow-Headers",
        "Accept, Authentication, Authorization, Content-Encoding, Content-Type, Origin, Referer, X-Sentry-Auth",
    ),
    ("Access-Control-Max-Age", "3600"),
)
_INTERNAL_ERROR: Final = 500
_OUTAGES: Final[dict[OutageMode, str]] = {
    "refuses": "connections were refused",
    "resets": "the connection was reset",
    "hangs": "there was no answer",
    "answers_500": "the answer was 500",
    "answers_garbage": "the answer was not HTTP",
}


@dataclass
class Answer:
    """What to answer, after ``delay`` seconds. In an outage what happens to the connection instead."""

    status: int = 200
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()
    delay: float = 0.0
    outage: OutageMode | None = None


@dataclass
class _Submission:
    """A request on its way through: what has been found out about it so far."""

    request: Request
    project: Project | None
    envelope: Envelope = field(default_factory=Envelope)


class IngestHandler:
    """Takes requests in, for all projects of a run."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def handle(self, request: Request) -> Answer:
        """Decide about a request, and record it."""
        submission = _Submission(request, self._projects.with_id(project_in(request.path)))
        try:
            endpoint = endpoint_of(request.path)
            if request.method == "OPTIONS":
                return self._preflight(submission)
            endpoint.check_method(request.method)
            project = self._read(submission, endpoint)
        except NotAcceptedError as error:
            return self._rejected(submission, error)
        if project.recording is None:
            return self._late(project, submission.envelope)
        if project.faults.outage is not None:
            return self._rejected(submission, NotAcceptedError(Reason.OUTAGE))
        return self._accepted(submission, project, endpoint)

    def reject(self, reason: Reason, method: str = "", path: str = "") -> Answer:
        """Record a request that could not be read."""
        submission = _Submission(Request(method, path), self._projects.with_id(project_in(path)))
        return self._rejected(submission, NotAcceptedError(reason))

    def _preflight(self, submission: _Submission) -> Answer:
        """What a browser asks before it sends, of a server that may be out of order."""
        outage = submission.project.faults.outage if submission.project is not None else None
        return Answer(_INTERNAL_ERROR if outage else 200, headers=[*_FROM_ANYWHERE, *_PREFLIGHT], outage=outage)

    def _read(self, submission: _Submission, endpoint: Endpoint) -> Project:
        """Read the request, and find out whose it is, before anything is unfolded where possible."""
        request, envelope = submission.request, submission.envelope
        key = key_in_request(request.headers, request.query)
        if key is not None:
            self._identify(submission, key, endpoint.project_id)
        elif endpoint.name != "envelope":
            raise NotAcceptedError(Reason.MISSING_KEY)
        read(request, endpoint, envelope)
        named = key_and_project_in_envelope(envelope.headers)
        if named is not None:
            if key not in (None, named[0]):
                raise NotAcceptedError(Reason.CONTRADICTING_KEYS)
            self._identify(submission, *named)
            key = named[0]
        if key is None:
            raise NotAcceptedError(Reason.MISSING_KEY)
        return self._identify(submission, key, endpoint.project_id)

    def _identify(self, submission: _Submission, key: str, project_id: str | None) -> Project:
        project = self._projects.with_key(key)
        if project_id not in (None, project.id):
            raise NotAcceptedError(Reason.WRONG_PROJECT)
        submission.project = project
        recording = project.recording
        if recording is not None:
            recording.client_was_active = True
        return project

    def _accepted(self, submission: _Submission, project: Project, endpoint: Endpoint) -> Answer:
        faults, envelope = project.faults, submission.envelope
        headers: list[tuple[str, str]] = []
        if faults.rate_limits:
            headers.append(("X-Sentry-Rate-Limits", ", ".join(map(str, faults.rate_limits))))
            answer = self._limited(submission, faults, headers)
            if answer is not None:
                return answer
        self._record(project, envelope)
        if submission.request.method == "GET":
            return Answer(body=_PIXEL, headers=[("Content-Type", "image/gif"), *headers], delay=faults.delay)
        if endpoint.name in ("security", "csp-report"):
            return Answer(headers=[*_FROM_ANYWHERE, *headers], delay=faults.delay)
        return Answer(body=_id_of(envelope), headers=[*_JSON_FROM_ANYWHERE, *headers], delay=faults.delay)

    def _limited(self, submission: _Submission, faults: Faults, headers: list[tuple[str, str]]) -> Answer | None:
        """Take what is rate-limited out of an envelope. The answer, where nothing is left."""
        items = submission.envelope.items
        held_back = faults.split([item.type for item in items])
        lost = [item for item, is_held in zip(items, held_back, strict=True) if is_held]
        if not lost:
            return None
        headers.append(("Retry-After", str(max(limit.retry_after for limit in faults.rate_limits))))
        submission.envelope.items = lost
        kinds = ", ".join(dict.fromkeys(item.type for item in lost))
        answer = self._rejected(submission, NotAcceptedError(Reason.RATE_LIMITED, kinds, headers))
        submission.envelope.items = [item for item, is_held in zip(items, held_back, strict=True) if not is_held]
        return None if submission.envelope.items else answer

    def _record(self, project: Project, envelope: Envelope) -> None:
        recorded = _recorded(envelope, project.faults)
        discards = [
            discard for item in envelope.items if item.type == "client_report" for discard in _discards(item.content)
        ]
        recording = project.recording
        if recording is not None:
            recording.add(recorded, *recorded._captures, *discards)

    def _late(self, project: Project, envelope: Envelope) -> Answer:
        for item in envelope.items:
            self._projects.came_late(project, item.type)
        return Answer(body=_id_of(envelope), headers=_JSON_FROM_ANYWHERE)

    def _rejected(self, submission: _Submission, error: NotAcceptedError) -> Answer:
        """Record that a request is not accepted. In an outage that is not for its own reason."""
        project = submission.project or self._projects.current
        faults = project.faults if project is not None else Faults()
        status, detail = error.reason.status, error.detail
        if faults.outage is not None:
            status = _INTERNAL_ERROR if faults.outage == "answers_500" else None
            detail = f"outage: {_OUTAGES[faults.outage]}"
        recording = project.recording if project is not None else None
        if recording is not None:
            request = submission.request
            captures = _recorded(submission.envelope, faults)._captures
            recording.add(Rejection(status, detail, request.method, request.path, faults.name, captures))
        body = json.dumps({"detail": detail}).encode()
        headers = [*_JSON_FROM_ANYWHERE, *error.headers]
        return Answer(status or _INTERNAL_ERROR, body, headers, faults.delay, faults.outage)


def _recorded(envelope: Envelope, faults: Faults) -> CapturedEnvelope:
    recorded = CapturedEnvelope(envelope.headers, during=faults.name)
    recorded._captures = [
        Capture(item.type, item.payload, item.headers, _NO_CONTEXT, envelope=recorded) for item in envelope.items
    ]
    return recorded


def _discards(report: dict[str, Any]) -> list[Discard]:
    """What another process's SDK says to have discarded (https://develop.sentry.dev/sdk/telemetry/client-reports/)."""
    discards = []
    events = report.get("discarded_events")
    for each in events if isinstance(events, list) else ():
        if not isinstance(each, dict):
            continue
        reason, category, quantity = each.get("reason"), each.get("category"), each.get("quantity")
        if isinstance(reason, str) and isinstance(category, str) and isinstance(quantity, int):
            discards.append(Discard(reason, category, KIND_OF_CATEGORY.get(category, category), quantity=quantity))
    return discards


def _id_of(envelope: Envelope) -> bytes:
    """The body of the answer: the event's id, one made up where the event has none, nothing where there is no event."""
    event_id = envelope.headers.get("event_id")
    events = [item for item in envelope.items if (known := ITEM_TYPES.get(item.type)) and known.makes_event]
    if event_id is None and events:
        event_id = events[0].content.get("event_id")
        event_id = event_id if is_event_id(event_id) else uuid.uuid4().hex
    return b"{}" if event_id is None else b'{"id":"%b"}' % event_id.replace("-", "").lower().encode()
