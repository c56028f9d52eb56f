"""One connection: HTTP as httptools reads it, and the limits that keep a client from holding on to us."""

from __future__ import annotations

import asyncio
import http
import socket
import struct
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import unquote

import httptools

from pytest_sentry_capture._server import limits
from pytest_sentry_capture._server.ingest_handler import Answer, IngestHandler
from pytest_sentry_capture._server.reasons import Reason
from pytest_sentry_capture._server.requests import Request

_LINGER: Final = 2.0
"""Seconds for which a client that is still sending is listened to, so that it can read that it was rejected."""

_NO_HTTP: Final = b"\x00\xff\r\n\r\n"
_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in http.HTTPStatus
}


class Connections:
    """All open connections, those that have waited longest for a complete request first.

    Args:
        ingest_handler: decides about requests.
        most_waiting: how many may wait. More than that take file descriptors from those who have something to say.
        timeout: seconds in which a request that has begun must be complete.
        report: called with an error that is our own.

    Attributes:
        open: all that are open.
        are_refused: whether new ones are reset, which asyncio accepted before it was stopped.
    """

    def __init__(
        self, ingest_handler: IngestHandler, most_waiting: int, timeout: float, report: Callable[[Exception], object]
    ) -> None:
        self.ingest_handler = ingest_handler
        self.timeout = timeout
        self.report = report
        self.open: set[Connection] = set()
        self.are_refused = False
        self._most_waiting = most_waiting
        self._waiting: OrderedDict[Connection, None] = OrderedDict()

    def waits(self, connection: Connection) -> None:
        """A connection waits for a request, or for the rest of one."""
        self._waiting[connection] = None
        if len(self._waiting) > self._most_waiting:
            next(iter(self._waiting)).give_up()

    def waits_no_longer(self, connection: Connection) -> None:
        self._waiting.pop(connection, None)

    def relieve(self) -> None:
        """The simulated failures are over: whoever waits for an answer gets what there is now."""
        for connection in tuple(self.open):
            connection.answer_now()


class Connection(asyncio.Protocol):
    """Takes requests one after the other, and answers each before the next, at once or late, well or badly."""

    def __init__(self, connections: Connections) -> None:
        self._all = connections
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._deadline: asyncio.TimerHandle | None = None
        self._requests: deque[tuple[Request, bool]] = deque()
        self._unanswered: tuple[Answer, Request, bool] | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._is_rejected = False
        self._had_requests = False
        self._begin()

    def _begin(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._size = 0
        self._is_in_head = True
        self._is_in_request = False
        self._failure: Reason | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._all.open.add(self)
        if self._all.are_refused:
            self.reset()
            return
        self._all.waits(self)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        self._all.waits_no_longer(self)
        self._all.open.discard(self)
        self._drop_timers()
        if self._is_in_request and not self._is_rejected:
            self._all.ingest_handler.reject(Reason.ABANDONED, *self._method_and_path)

    def data_received(self, data: bytes) -> None:
        if self._is_rejected:
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._failure = self._failure or Reason.MALFORMED_HTTP
        except httptools.HttpParserUpgrade:
            pass  # the request is answered as if it had not asked for another protocol, and is the last
        if self._is_in_head and self._size > limits.HEADERS:
            self._failure = self._failure or Reason.HEAD_TOO_LARGE
        self._answer_next()
        if self._failure is not None:
            self._reject(self._failure)
        elif self._is_in_request:
            self._set_deadline()

    def pause_writing(self) -> None:
        """The client does not read its answers: it must before it may send more."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._is_in_request = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._size = 0
        if int(self._headers.get("content-length", 0)) > limits.ENVELOPE:
            self._failure = Reason.BODY_TOO_LARGE
        elif self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if self._size > limits.ENVELOPE:
            self._failure = Reason.BODY_TOO_LARGE
            self._body.clear()

    def on_message_complete(self) -> None:
        self._drop_deadline()
        self._all.waits_no_longer(self)
        if self._failure is None:
            url = httptools.parse_url(self._url)
            request = Request(
                self._parser.get_method().decode("latin-1"),
                unquote((url.path or b"").decode("latin-1")),
                (url.query or b"").decode("latin-1"),
                self._headers,
                bytes(self._body),
            )
            is_last = not self._parser.should_keep_alive() or self._parser.should_upgrade()
            is_kept = self._parser.get_http_version() == "1.1" and not is_last
            self._requests.append((request, is_kept))
            self._had_requests = True
            self._begin()

    # What the server does.

    def give_up(self) -> None:
        """Wait no longer: for the next request, which may never come, or for one that is not complete."""
        if self._had_requests and not self._is_in_request:
            self._all.waits_no_longer(self)
            self._transport.close()
        else:
            self._reject(Reason.TIMEOUT)

    def reset(self) -> None:
        """Close the connection with a reset (TCP RST), as if the other side had crashed."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            with suppress(OSError):  # it may be closed already
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def abort(self) -> None:
        """Close the connection at once."""
        self._is_rejected = True  # else a request that is not complete would be recorded as abandoned by the client
        self._transport.abort()

    def answer_now(self) -> None:
        """Give the answer that is late."""
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None
        if self._unanswered is not None:
            (answer, request, is_kept), self._unanswered = self._unanswered, None
            self._write(answer, request, is_kept)
            self._answer_next()

    def _answer_next(self) -> None:
        while self._requests and self._unanswered is None and not self._transport.is_closing():
            request, is_kept = self._requests.popleft()
            try:
                answer = self._all.ingest_handler.handle(request)
            except Exception as error:
                self._all.report(error)
                answer = Answer(500)
            if answer.delay or answer.outage == "hangs":
                self._unanswered = answer, request, is_kept
                self._transport.pause_reading()  # what the client sends meanwhile waits with the client
                if answer.outage != "hangs":
                    self._answer_timer = self._loop.call_later(answer.delay, self.answer_now)
                return
            self._write(answer, request, is_kept)

    def _write(self, answer: Answer, request: Request, is_kept: bool) -> None:
        if answer.outage in ("resets", "hangs", "refuses"):
            self.reset()
        elif answer.outage == "answers_garbage":
            self._transport.write(_NO_HTTP)
            self._transport.close()
        else:
            self._transport.write(_response(answer, is_kept, has_body=request.method != "HEAD"))
            if is_kept:
                self._transport.resume_reading()
                self._all.waits(self)
            else:
                self._transport.close()

    def _reject(self, reason: Reason) -> None:
        """Answer before the request is complete. A client that is still sending is heard out for a while."""
        self._all.waits_no_longer(self)
        self._drop_timers()
        if self._is_rejected or self._transport.is_closing():
            return
        self._is_rejected = True
        answer = self._all.ingest_handler.reject(reason, *self._method_and_path)
        self._transport.write(_response(answer, is_kept=False, has_body=True))
        if reason is Reason.TIMEOUT:
            self._transport.close()
        else:
            with suppress(OSError):  # the client may be gone
                self._transport.write_eof()
            self._deadline = self._loop.call_later(_LINGER, self._transport.abort)

    @property
    def _method_and_path(self) -> tuple[str, str]:
        """Of the request that is being received, as far as they are known."""
        if not self._url:
            return "", ""
        path = self._url.partition(b"?")[0][: limits.PATH_SHOWN].decode("latin-1")
        return self._parser.get_method().decode("latin-1"), path

    def _set_deadline(self) -> None:
        if self._deadline is None:  # a client that sends a byte now and then gets no more time
            self._deadline = self._loop.call_later(self._all.timeout, self.give_up)

    def _drop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _drop_timers(self) -> None:
        self._drop_deadline()
        if self._answer_timer is not None:
            self._answer_timer.cancel()


def _response(answer: Answer, is_kept: bool, has_body: bool) -> bytes:
    lines = [f"{name}: {value}\r\n" for name, value in answer.headers]
    lines.append(f"Content-Length: {len(answer.body)}\r\n")
    lines.append("\r\n" if is_kept else "Connection: close\r\n\r\n")
    return _STATUS_LINES[answer.status] + "".join(lines).encode("latin-1") + (answer.body if has_body else b"")
