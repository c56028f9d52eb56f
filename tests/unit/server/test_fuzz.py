"""Hostile input: mutations of real envelopes, until every reason for a rejection has been met.

``FUZZ_INPUTS`` says how many. ``make fuzz`` tries many more than ``make test``, and prints how often each was met.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import zlib
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import brotli  # type: ignore[import-untyped]
import sentry_sdk
from backports import zstd

import any_sdk
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._recording.rejections import Rejection
from pytest_sentry_capture._server import limits
from pytest_sentry_capture._server.faults import OUTAGE_MODES, Outage, rate_limit
from pytest_sentry_capture._server.reasons import Reason

if TYPE_CHECKING:
    from tests.unit.server.conftest import Sentry

INPUTS = int(os.environ.get("FUZZ_INPUTS", "5000"))
SEED = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
KEPT_FOR_HTTP = {Reason.MALFORMED_HTTP, Reason.TIMEOUT, Reason.HEAD_TOO_LARGE, Reason.ABANDONED}
"""What only a connection can do wrong: see ``test_connections``."""

FROM_OTHER_SDKS = [
    b'{}\n{"type":"feedback"}\n{"contexts":{"feedback":{"message":"slow","contact_email":"a@example.com"}}}',
    b'{}\n{"type":"replay_event"}\n{"segment_id":0}\n{"type":"replay_recording","length":9}\n{}\n\x1f\x8b\x00\xff\n\n',
    b'{"sent_at":"2026-11-24T13:00:00Z"}\n{"type":"check_in"}\n{"monitor_slug":"nightly","status":"ok"}\n',
    b'{}\n{"type":"sessions"}\n{"aggregates":[{"started":"2026-11-24T13:00:00Z","exited":2}],"attrs":{"release":"1"}}\n',
    b'{}\n{"type":"client_report"}\n{"discarded_events":[{"reason":"sample_rate","category":"error","quantity":2}]}\n',
    b'{}\n{"type":"profile","length":20}\n{"profile":{"a":[1]}}\n',
    b'{}\n{"type":"something_new","x":1}\n\x00\x01\x02\n',
    b'{}\n{"type":"trace_metric","item_count":1}\n{"items":[{"name":"orders","type":"counter","value":1}]}\n',
]


def from_this_sdk() -> list[bytes]:
    """Envelopes of this SDK: an error with an attachment, a segment, a log where it has logs, a session."""
    sent: list[bytes] = []

    class Kept(sentry_sdk.Transport):
        def capture_envelope(self, envelope: Any) -> None:
            sent.append(envelope.serialize())

    client = sentry_sdk.Client(
        "http://key@127.0.0.1:9/1", transport=Kept, traces_sample_rate=1.0, release="1", **any_sdk.logs_enabled()
    )
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        scope.add_attachment(bytes=b"a\nb\x00c", filename="notes.bin")
        with any_sdk.segment("nightly", op="task"):
            if hasattr(sentry_sdk, "logger"):
                sentry_sdk.logger.info("imported {rows} rows", rows=3)
            try:
                int("seven")
            except ValueError:
                sentry_sdk.capture_exception()
        scope.start_session()
        scope.end_session()
        client.close()
    return sent


class Fuzzer:
    """Turns envelopes into requests, most of them wrong in one way or another."""

    def __init__(self, sentry: Sentry, corpus: list[bytes], seed: int) -> None:
        self.random = random.Random(seed)
        self.sentry = sentry
        self.corpus = corpus
        self.stranger = sentry.projects.open(sentry.recording)
        sentry.projects.current = sentry.project
        self.blind = [self.flip, self.cut, self.drop, self.repeat, self.insert, self.splice, self.swap_lines]
        self.aimed: list[Callable[[bytes], bytes]] = [
            lambda body: b"",
            lambda body: body.replace(b"{", b"[", 1),
            lambda body: b'{"event_id":"12"}' + body[body.find(b"\n") :],
            lambda body: self.in_item(body, b"{{"),
            lambda body: self.in_item(body, b'{"type":7}'),
            lambda body: self.in_item(body, b'{"type":"event","length":-1}'),
            lambda body: self.in_item(body, b'{"type":"event","length":99999}'),
            lambda body: self.in_item(body, b'{"type":"event","length":1}'),
            lambda body: self.in_item(body, b'{"type":"event","length":%d}' % (limits.EVENT + 1)),
            lambda body: b"{}\n" + b'{"type":"session"}\n{}\n' * (limits.SESSIONS + 1),
            lambda body: b'{}\n{"type":"event"}\n{"message":"\\ud800"}\n',
            lambda body: b'{}\n{"type":"event"}\n{"value":NaN}\n',
            lambda body: b'{}\n{"type":"event"}\n' + b'{"a":' * 3000 + b"1" + b"}" * 3000,
            lambda body: b'{}\n{"type":"event"}\n\xff\xfe{}\n',
            lambda body: b'{"dsn":"no dsn"}' + body[body.find(b"\n") :],
            lambda body: b'{"dsn":"http://%b@h/1"}' % self.stranger.key.encode() + body[body.find(b"\n") :],
        ]

    def in_item(self, body: bytes, headers: bytes) -> bytes:
        lines = body.split(b"\n", 2)
        return b"\n".join([lines[0], headers, *lines[2:]])

    def place(self, body: bytes) -> int:
        return self.random.randrange(len(body) + 1)

    def flip(self, body: bytes) -> bytes:
        changed = bytearray(body or b"x")
        for _ in range(self.random.randint(1, 8)):
            changed[self.random.randrange(len(changed))] = self.random.randrange(256)
        return bytes(changed)

    def cut(self, body: bytes) -> bytes:
        return body[: self.place(body)]

    def drop(self, body: bytes) -> bytes:
        start = self.place(body)
        return body[:start] + body[start + self.random.randint(1, 64) :]

    def repeat(self, body: bytes) -> bytes:
        start = self.place(body)
        return (
            body[:start] + body[start : start + self.random.randint(1, 200)] * self.random.randint(2, 9) + body[start:]
        )

    def insert(self, body: bytes) -> bytes:
        start = self.place(body)
        pieces = [b"\n", b"\r\n", b"\x00", b'"', b"{}", b"\xff", b"[" * 2000, b"9" * 5000, self.random.randbytes(20)]
        return body[:start] + self.random.choice(pieces) + body[start:]

    def splice(self, body: bytes) -> bytes:
        other = self.random.choice(self.corpus)
        return body[: self.place(body)] + other[self.place(other) :]

    def swap_lines(self, body: bytes) -> bytes:
        lines = body.split(b"\n")
        self.random.shuffle(lines)
        return b"\n".join(lines)

    def encoded(self, body: bytes) -> tuple[bytes, str]:
        encoding = self.random.choice(["", "identity", "gzip", "deflate", "br", "zstd"])
        encode: dict[str, Callable[[bytes], bytes]] = {
            "gzip": lambda plain: gzip.compress(plain, 1),
            "deflate": lambda plain: zlib.compress(plain, 1),
            "br": lambda plain: brotli.compress(plain, quality=0),
            "zstd": lambda plain: zstd.compress(plain, 1),
        }
        body = encode.get(encoding, bytes)(body)
        chance = self.random.random()
        if chance < 0.1:
            body = self.random.choice(self.blind)(body)
        elif chance < 0.15:
            encoding = self.random.choice(["gzip", "deflate", "br", "zstd", "compress", "gzip, br"])
        return body, encoding

    def send(self) -> Any:
        """One request, which may even be right."""
        body = self.random.choice(self.corpus)
        for _ in range(self.random.choice([0, 1, 1, 1, 2, 3])):
            aimed = self.random.random() < 0.3
            body = self.random.choice(self.aimed if aimed else self.blind)(body)
        body, encoding = self.encoded(body)
        request = {"content_encoding": encoding, **self.random.choice(self.ways())}
        return self.sentry.post(body, **request)

    def ways(self) -> list[dict[str, str]]:
        """Ways to address a project, right ones and wrong ones."""
        key, other = self.sentry.project.key, self.stranger.key
        right: dict[str, str] = {}
        store = f"/api/{self.sentry.project.id}/store/"
        security = {
            "path": f"/api/{self.sentry.project.id}/security/",
            "query": f"sentry_key={key}",
            "x_sentry_auth": "",
        }
        return [right] * 12 + [
            {"x_sentry_auth": "", "query": f"sentry_key={key}&sentry_version=7"},
            {"x_sentry_auth": "", "authorization": f"Sentry sentry_key={key}"},
            {"x_sentry_auth": "", "path": "/tunnel/"},
            {"x_sentry_auth": ""},
            {"x_sentry_auth": "", "authorization": "Basic \xe9"},
            {"x_sentry_auth": "Sentry sentry_key=0123"},
            {"x_sentry_auth": f"Sentry sentry_key={other}"},
            {"query": f"sentry_key={other}"},
            {"method": self.random.choice(["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "\x00"])},
            {"path": self.random.choice(["/", "/api/1/envelopes/", "/api/envelope/", "/api/0/", "//", "/%00"])},
            {"path": "/api/seven/envelope/"},
            {"path": store},
            {"path": store, "content_type": "application/x-sentry-envelope"},
            {"path": store, "method": "GET", "query": "sentry_data=eJyrVkrLz1eyUkpKLFKqBQAdegQ0"},
            {"path": store, "method": "GET", "query": "sentry_data=%FF%00"},
            {**security, "content_type": "application/csp-report"},
            {**security, "content_type": "application/reports+json"},
            {**security, "content_type": "text/html"},
        ]


def reason_of(rejection: Rejection) -> Reason:
    return next(reason for reason in Reason if rejection.reason.startswith((reason.text, reason.name.lower())))


def test_hostile_requests(sentry: Sentry, can: Callable[[str], bool]) -> None:
    corpus = [*(from_this_sdk() if can("scopes without hubs") else ()), *FROM_OTHER_SDKS]
    fuzzer = Fuzzer(sentry, corpus, SEED)
    print(f"\n{INPUTS} inputs, FUZZ_SEED={SEED}")
    met: Counter[Reason] = Counter()
    accepted = 0
    for number in range(INPUTS):
        faults = sentry.project.faults
        faults.outages = [Outage(fuzzer.random.choice(OUTAGE_MODES))] if number % 50 == 0 else []
        faults.rate_limits = [rate_limit(("error", "session"), 60)] if number % 20 == 0 else []
        sentry.recording = sentry.project.recording = Recording("test")
        answer = fuzzer.send()
        rejections = sentry.rejections
        met.update(map(reason_of, rejections))
        if rejections and not sentry.recording.entries_of(Capture):
            assert answer.status >= 400 or answer.outage
            assert "detail" in json.loads(answer.body)
        else:
            accepted += answer.status == 200
        for entry in sentry.recording.entries_of(Capture):
            json.dumps(entry.items)
        for rejection in rejections:
            json.dumps(rejection.items)
    sentry.project.faults.rate_limits = []
    sentry.post(b"x" * (limits.EVENT + 1), path=f"/api/{sentry.project.id}/store/")
    met.update(map(reason_of, sentry.rejections[-1:]))

    for reason, count in sorted(met.items(), key=lambda pair: -pair[1]):
        print(f"{count:8} {reason.status} {reason.text}")
    print(f"{accepted:8} 200 accepted")
    assert accepted > INPUTS / 20
    assert {reason for reason in Reason if not met[reason]} == KEPT_FOR_HTTP
