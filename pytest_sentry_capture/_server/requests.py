"""What may be asked of Sentry's ingestion endpoints, and how each is read into an envelope."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from pytest_sentry_capture._server import limits
from pytest_sentry_capture._server.addresses import TUNNEL
from pytest_sentry_capture._server.content_encodings import decoded
from pytest_sentry_capture._server.envelopes import Envelope, EnvelopeReader, Item, is_event_id
from pytest_sentry_capture._server.payloads import check_payload
from pytest_sentry_capture._server.reasons import NotAcceptedError, Reason

_PATH: Final = re.compile(r"/api(?:/(?P<project>[^/]+))?/(?P<endpoint>envelope|store|security|csp-report)/?")
_ENVELOPE: Final = "application/x-sentry-envelope"
_REPORTS: Final = "application/reports+json"
_SECURITY_REPORTS: Final = frozenset(
    {
        "application/csp-report",
        "application/expect-ct-report",
        "application/expect-ct-report+json",
        "application/expect-staple-report",
        "application/json",
        _REPORTS,
    }
)


@dataclass
class Request:
    """One HTTP request, read completely. Names of headers are in lower case."""

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True)) if self.query_string else {}

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Endpoint(NamedTuple):
    """An endpoint of the path, and the project that it names, or None if it names none."""

    name: str
    project_id: str | None

    def check_method(self, method: str) -> None:
        """Raises ``NotAcceptedError`` for a method that the endpoint does not take."""
        valid = ("GET", "POST") if self.name == "store" else ("POST",)
        if method not in valid:
            allowed = ", ".join(valid)
            raise NotAcceptedError(Reason.METHOD, f"valid: {allowed}", [("Allow", f"{allowed}, OPTIONS")])


def endpoint_of(path: str) -> Endpoint:
    """The endpoint at a path.

    Raises:
        NotAcceptedError: there is none, or its project is not a number.
    """
    if path.rstrip("/") == TUNNEL.rstrip("/"):
        return Endpoint("envelope", None)
    match = _PATH.fullmatch(path)
    if match is None or (match["project"] is None and match["endpoint"] != "store"):
        raise NotAcceptedError(Reason.PATH)
    if match["project"] is not None and not (match["project"].isascii() and match["project"].isdigit()):
        raise NotAcceptedError(Reason.PROJECT)
    return Endpoint(match["endpoint"], match["project"])


def project_in(path: str) -> str | None:
    """The project that a path names, whatever else is wrong with it."""
    match = re.match(r"/api/(\d+)/", path)
    return match[1] if match is not None else None


def read(request: Request, endpoint: Endpoint, envelope: Envelope) -> None:
    """Read what a request carries into an envelope.

    Raises:
        NotAcceptedError: Sentry would not take it. Earlier items are in the envelope.
    """
    if endpoint.name == "envelope" or (endpoint.name == "store" and request.content_type == _ENVELOPE):
        _check_size(request)
        EnvelopeReader(envelope).read(decoded(request.body, request.headers.get("content-encoding", "")))
    elif endpoint.name == "store":
        _read_event(_store_body(request), envelope)
    else:
        _read_security_reports(request, envelope)


def _check_size(request: Request) -> None:
    is_plain = request.headers.get("content-encoding", "identity") in ("", "identity")
    if len(request.body) > (limits.ENVELOPE if is_plain else limits.COMPRESSED_REQUEST):
        raise NotAcceptedError(Reason.BODY_TOO_LARGE)


def _read_event(body: bytes, envelope: Envelope) -> None:
    content = check_payload("event", body)
    if content.get("event_id") is not None:
        if not is_event_id(content["event_id"]):
            raise NotAcceptedError(Reason.EVENT_ID)
        envelope.headers["event_id"] = content["event_id"]
    envelope.items.append(Item("transaction" if content.get("type") == "transaction" else "event", {}, body, content))


def _store_body(request: Request) -> bytes:
    """The event, which old SDKs send deflated and in base64, or in the query."""
    body = request.query.get("sentry_data", "").encode() if request.method == "GET" else _small_body(request)
    if not body.startswith(b"{"):
        try:
            body = base64.b64decode(body, validate=True)
        except binascii.Error:
            raise NotAcceptedError(Reason.PAYLOAD, "neither JSON nor base64") from None
    if not body.startswith(b"{"):
        body = _limited(decoded(body, "deflate"))
    return body


def _small_body(request: Request) -> bytes:
    body = _limited(decoded(request.body, request.headers.get("content-encoding", "")))
    if not body:
        raise NotAcceptedError(Reason.EMPTY_BODY)
    return body


def _limited(pieces: Iterable[bytes]) -> bytes:
    body = b""
    for piece in pieces:
        body += piece
        if len(body) > limits.EVENT:
            raise NotAcceptedError(Reason.BODY_TOO_LARGE, f"{limits.EVENT} bytes for an event")
    return body


def _read_security_reports(request: Request, envelope: Envelope) -> None:
    """A browser's report (https://docs.sentry.io/security-legal-pii/security/security-policy-reporting/)."""
    if request.content_type not in _SECURITY_REPORTS:
        raise NotAcceptedError(Reason.MEDIA_TYPE, f"valid: {', '.join(sorted(_SECURITY_REPORTS))}")
    body = _small_body(request)
    names = ("sentry_release", "sentry_environment")
    headers = {name: request.query[name] for name in names if name in request.query}
    for report in _reports(body) if request.content_type == _REPORTS else [body]:
        envelope.items.append(Item("raw_security", headers, report, check_payload("event", report)))


def _reports(body: bytes) -> list[bytes]:
    """The reports of the Reporting API, which come as a list."""
    try:
        reports = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAcceptedError(Reason.PAYLOAD, "security reports") from None
    reports = reports if isinstance(reports, list) else [reports]
    if len(reports) > limits.ITEMS_IN_ENVELOPE:
        raise NotAcceptedError(Reason.TOO_MANY_ITEMS)
    return [json.dumps(report).encode() for report in reports]
