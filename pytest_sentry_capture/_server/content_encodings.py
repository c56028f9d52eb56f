"""Content encodings, undone piece by piece, so that what a small body unfolds into never is in memory as a whole."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from pytest_sentry_capture._server.reasons import NotAcceptedError, Reason

PIECE: Final = 256 * 1024
"""Bytes that are decoded at once."""

_ZSTD_WINDOW: Final = 23
"""The binary logarithm of the largest window, whose memory the sender chooses: 8 MiB, as browsers allow (RFC 9659)."""

Decoding = Callable[[bytes], Iterator[bytes]]


def decoded(body: bytes, encoding: str) -> Iterator[bytes]:
    """The body without its content encoding, in pieces.

    Raises:
        NotAcceptedError: the encoding is not known, or the body is not in it or not complete.
    """
    decoding = _DECODINGS.get(encoding.strip().lower())
    if decoding is None:
        raise NotAcceptedError(Reason.UNKNOWN_ENCODING, f"valid: {', '.join(filter(None, _DECODINGS))}")
    return decoding(body)


def _identity(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def _gzip(body: bytes) -> Iterator[bytes]:
    return _inflated(body, zlib.MAX_WBITS | 16)


def _deflate(body: bytes) -> Iterator[bytes]:
    """Deflated in a zlib container, as it should be, or bare, as some clients send it."""
    has_container = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflated(body, zlib.MAX_WBITS if has_container else -zlib.MAX_WBITS)


def _inflated(body: bytes, window_bits: int) -> Iterator[bytes]:
    decompressor = zlib.decompressobj(window_bits)
    rest = body
    while not decompressor.eof:
        try:
            piece = decompressor.decompress(rest, PIECE)
        except zlib.error:
            raise NotAcceptedError(Reason.BROKEN_ENCODING) from None
        yield piece
        rest = decompressor.unconsumed_tail
        if not rest and len(piece) < PIECE:  # everything is decoded, and this was not the end
            break
    _check_end(decompressor.eof, decompressor.unused_data)


def _brotli(body: bytes) -> Iterator[bytes]:
    import brotli  # type: ignore[import-untyped]

    decompressor = brotli.Decompressor()
    rest = body
    try:
        while not decompressor.is_finished():
            piece = decompressor.process(rest, output_buffer_limit=PIECE)
            yield piece
            rest = b""
            if not piece and decompressor.can_accept_more_data():
                break
    except brotli.error:
        raise NotAcceptedError(Reason.BROKEN_ENCODING) from None
    _check_end(decompressor.is_finished(), b"")


def _zstd(body: bytes) -> Iterator[bytes]:
    zstd = _zstd_module()
    decompressor = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW})
    rest = body
    while not decompressor.eof:
        try:
            yield decompressor.decompress(rest, PIECE)
        except zstd.ZstdError:
            raise NotAcceptedError(Reason.BROKEN_ENCODING) from None
        rest = b""
        if decompressor.needs_input:
            break
    _check_end(decompressor.eof, decompressor.unused_data)


def _zstd_module() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _check_end(is_complete: bool, rest: bytes) -> None:
    if not is_complete or rest:
        raise NotAcceptedError(Reason.BROKEN_ENCODING, "it goes on after its end" if rest else "it is not complete")


_DECODINGS: Final[dict[str, Decoding]] = {
    "": _identity,
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
