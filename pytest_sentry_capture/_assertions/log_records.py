"""What was logged, as far as handlers of the root logger keep it, which pytest's do during a test."""

from __future__ import annotations

import json
import logging
from typing import Final

from pytest_sentry_capture._recording import Capture, CaptureContext, ExceptionChain, log_payload
from pytest_sentry_capture._recording.kinds import CapturedEvent

_OF_THE_SDK: Final = "sentry_sdk"


def logged_errors() -> list[CapturedEvent] | None:
    """The errors that were logged, as the events that sentry-sdk 2 makes of them, or None if nobody has kept any.

    Nothing of the application's is run for it: messages are those that a handler has formatted already.
    """
    kept = [records for handler in logging.getLogger().handlers if (records := _records_of(handler)) is not None]
    if not kept:
        return None
    return [_as_event(record) for record in kept[0] if record.levelno >= logging.ERROR and not _is_of_sdk(record)]


def _records_of(handler: logging.Handler) -> list[logging.LogRecord] | None:
    records = vars(handler).get("records")
    is_kept = isinstance(records, list) and all(isinstance(each, logging.LogRecord) for each in records)
    return [*records] if is_kept and isinstance(records, list) else None


def _is_of_sdk(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == _OF_THE_SDK


def _as_event(record: logging.LogRecord) -> CapturedEvent:
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    payload = log_payload(
        logger=record.name,
        level=record.levelno,
        level_name=str(record.levelname),
        template=_text(record.msg),
        args=None,
        formatted=_text(vars(record).get("message")),
        error=error,
    )
    if error is None:
        return CapturedEvent(payload)
    chain = ExceptionChain.of(error, live=True)
    return CapturedEvent(payload, Capture("event", json.dumps(payload).encode(), context=CaptureContext(chain)))


def _text(value: object) -> str | None:
    return value if type(value) is str else None
