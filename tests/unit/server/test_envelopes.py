"""Envelopes and content encodings: read alike in whatever pieces they come, and never more of them than allowed."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_sentry_capture._server import limits
from pytest_sentry_capture._server.content_encodings import decoded
from pytest_sentry_capture._server.envelopes import Envelope, EnvelopeReader
from pytest_sentry_capture._server.reasons import NotAcceptedError, Reason

MIB = 1024 * 1024

ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def read(*pieces: bytes) -> Envelope:
    envelope = Envelope()
    EnvelopeReader(envelope).read(pieces)
    return envelope


def reason_of(call: Callable[..., object], *args: Any) -> Reason:
    with pytest.raises(NotAcceptedError) as caught:
        call(*args)
    return caught.value.reason


items = st.lists(
    st.one_of(
        st.tuples(st.just("attachment"), st.binary(max_size=300), st.just(True)),
        st.tuples(st.just("new"), st.binary(max_size=50).map(lambda data: data.replace(b"\n", b"")), st.booleans()),
        st.tuples(
            st.just("event"), st.dictionaries(st.text(), st.text()).map(lambda v: json.dumps(v).encode()), st.booleans()
        ),
    ),
    max_size=5,
)


def serialized(parts: Iterable[tuple[str, bytes, bool]], ends_with_newline: bool) -> bytes:
    lines = [b'{"sent_at":"now"}']
    for item_type, payload, has_length in parts:
        headers = {"type": item_type, **({"length": len(payload)} if has_length else {})}
        lines += [json.dumps(headers).encode(), payload]
    return b"\n".join(lines) + b"\n" * ends_with_newline


@settings(max_examples=60, deadline=None)
@given(items, st.lists(st.integers(min_value=0, max_value=2000)), st.booleans())
def test_the_pieces_make_no_difference(
    parts: list[tuple[str, bytes, bool]], cuts: list[int], ends_with_newline: bool
) -> None:
    has_end = ends_with_newline or bool(parts and not parts[-1][2] and not parts[-1][1])
    data = serialized(parts, has_end)
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]

    envelope = read(*(data[start:end] for start, end in pairwise(places)))

    assert envelope.headers == {"sent_at": "now"}
    assert [(item.type, item.payload) for item in envelope.items] == [part[:2] for part in parts]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY_BODY),
        (b"\n", Reason.ENVELOPE_HEADERS),
        (b"[]", Reason.ENVELOPE_HEADERS),
        (b"{}\r{}", Reason.ENVELOPE_HEADERS),
        (b'{"event_id":"x"}', Reason.EVENT_ID),
        (b'{"event_id":7}', Reason.EVENT_ID),
        (b"{}\n{", Reason.ITEM_HEADERS),
        (b"{}\nevent\n{}", Reason.ITEM_HEADERS),
        (b"{}\n{}\n{}", Reason.ITEM_TYPE),
        (b'{}\n{"type":null}\n{}', Reason.ITEM_TYPE),
        (b'{}\n{"type":"new","length":true}\n{}', Reason.ITEM_LENGTH),
        (b'{}\n{"type":"new","length":1.5}\n{}', Reason.ITEM_LENGTH),
        (b'{}\n{"type":"new","length":-2}\n{}', Reason.ITEM_LENGTH),
        (b'{}\n{"type":"new"}', Reason.TRUNCATED_ITEM),
        (b'{}\n{"type":"new","length":3}\n{}', Reason.TRUNCATED_ITEM),
        (b'{}\n{"type":"new","length":1}\n{}', Reason.UNTERMINATED_ITEM),
        (b'{}\n{"type":"event"}\n{"a":NaN}', Reason.PAYLOAD),
        (b'{}\n{"type":"event"}\n{"a":"\xff"}', Reason.PAYLOAD),
        (b'{}\n{"type":"event"}\n{"a":"\\udc00"}', Reason.PAYLOAD),
        (b'{}\n{"type":"event"}\n' + b"[" * 100_000, Reason.PAYLOAD),
        (b'{}\n{"type":"event"}\n{"a":' + b"9" * 5000 + b"}", Reason.PAYLOAD),
        (b'{}\n{"type":"session"}\n[]', Reason.PAYLOAD),
    ],
)
def test_malformed_envelopes(data: bytes, reason: Reason) -> None:
    assert reason_of(read, data) is reason
    assert reason_of(read, *(data[n : n + 1] for n in range(len(data)))) is reason


@pytest.mark.parametrize(
    ("item_type", "limit"),
    [
        ("event", MIB),
        ("transaction", MIB),
        ("log", MIB),
        ("span", MIB),
        ("trace_metric", 2048),
        ("check_in", 100 * 1024),
        ("client_report", 4096),
        ("replay_recording", 10 * MIB),
    ],
)
def test_sizes_of_items(item_type: str, limit: int) -> None:
    """https://develop.sentry.dev/sdk/foundations/transport/envelopes/#size-limits."""
    if item_type == "trace_metric":
        metric = b'{"name":"%b"}' % (b"x" * (limit - len('{"name":""}')))
        payload, larger = b'{"items":[%b]}' % metric, b'{"items":[%b]}' % metric.replace(b"x", b"xx", 1)
    else:
        payload = b'{"a":"%b"}' % (b"x" * (limit - len('{"a":""}')))
        larger = payload + b" "
    head = b'{}\n{"type":"%b"}\n' % item_type.encode()

    assert read(head + payload).items[0].payload == payload
    assert reason_of(read, head + larger) is Reason.ITEM_TOO_LARGE
    with_length = b'{}\n{"type":"%b","length":%d}\n' % (item_type.encode(), len(larger))
    assert reason_of(read, with_length + larger) is Reason.ITEM_TOO_LARGE


def test_numbers_of_sessions() -> None:
    session = b'{"type":"session"}\n{}\n'
    assert len(read(b"{}\n" + session * 100).items) == 100
    assert reason_of(read, b"{}\n" + session * 101) is Reason.TOO_MANY_ITEMS
    for number, is_accepted in ((100, True), (101, False)):
        data = b'{}\n{"type":"sessions"}\n{"aggregates":[%b]}' % b",".join([b"{}"] * number)
        if is_accepted:
            assert len(read(data).items) == 1
        else:
            assert reason_of(read, data) is Reason.TOO_MANY_ITEMS


def test_a_whole_envelope_is_limited() -> None:
    head, attachment = b"{}\n", b'{"type":"attachment","length":%d}\n%b\n' % (MIB, bytes(MIB))
    assert reason_of(read, head, *([attachment] * 200)) is Reason.BODY_TOO_LARGE


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(encoding: str) -> None:
    for plain in (b"", b"x", bytes(range(256)) * 5000):
        assert b"".join(decoded(ENCODINGS[encoding](plain), encoding)) == plain


def test_deflate_without_a_container() -> None:
    compressor = zlib.compressobj(wbits=-15)
    assert b"".join(decoded(compressor.compress(b"hello") + compressor.flush(), "deflate")) == b"hello"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_broken_encodings(encoding: str) -> None:
    body = ENCODINGS[encoding](bytes(range(256)) * 50)
    broken = [b"", b"not compressed", body[:-1], body[: len(body) // 2], body + b"rest"]
    if encoding != "br":  # whose decoder takes what comes after the end for a mistake of its own accord
        broken.append(body + body)
    for each in broken:
        assert reason_of(lambda data=each: list(decoded(data, encoding))) is Reason.BROKEN_ENCODING


def test_unknown_encodings() -> None:
    with pytest.raises(NotAcceptedError, match="valid: identity, gzip, x-gzip, deflate, br, zstd"):
        decoded(b"", "compress")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_bombs(encoding: str) -> None:
    """What a small body unfolds into is not in memory as a whole, not even where it has no end of line."""
    bombs = {
        b'{}\n{"type":"event"}\n' + bytes(24 * MIB): Reason.ITEM_TOO_LARGE,
        bytes(24 * MIB): Reason.ENVELOPE_HEADERS,
        b"{}\n" + b'{"type":"new"}\n\n' * 500_000: Reason.TOO_MANY_ITEMS,
    }
    for plain, reason in bombs.items():
        body = ENCODINGS[encoding](plain) if encoding != "br" else brotli.compress(plain, quality=1)
        assert len(body) < MIB
        tracemalloc.start()
        with pytest.raises(NotAcceptedError) as caught:
            EnvelopeReader(Envelope()).read(decoded(body, encoding))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert caught.value.reason is reason
        assert peak < limits.EVENT * 16
