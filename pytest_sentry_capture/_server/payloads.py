"""What Sentry demands of the JSON in envelopes and items."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from pytest_sentry_capture._recording.kinds import ITEM_TYPES
from pytest_sentry_capture._server import limits
from pytest_sentry_capture._server.reasons import NotAcceptedError, Reason


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)
"""Made once: for an item's headers ``json.loads(…, parse_constant=…)``, which makes one, takes 3 times as long."""


def json_object(data: bytes) -> dict[str, Any]:
    """A JSON object, by the letter: no NaN, and text that has an encoding in UTF-8.

    Raises:
        ValueError: the data is not JSON object.
    """
    try:
        value = _DECODER.decode(data.decode())
        if rb"\u" in data:  # only escapes bring halves of surrogate pairs. To check all data takes twice as long
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("it is not an object")  # noqa: TRY004  (what json raises for anything else too)
    return value


def check_payload(item_type: str, payload: bytes) -> dict[str, Any]:
    """The payload's JSON. Empty for items that are not JSON or not known.

    Raises:
        NotAcceptedError: it is not what an item of this type holds.
    """
    known = ITEM_TYPES.get(item_type)
    if known is None or not known.is_json:
        return {}
    try:
        content = json_object(payload)
    except ValueError as error:
        raise NotAcceptedError(Reason.PAYLOAD, f"{item_type}: {_without_values(error)}") from None
    if item_type == "sessions" and _length(content.get("aggregates")) > limits.SESSIONS:
        raise NotAcceptedError(Reason.TOO_MANY_ITEMS, f"{limits.SESSIONS} aggregates of sessions")
    if item_type == "trace_metric" and len(payload) > limits.METRIC:
        metrics = content.get("items")
        for metric in metrics if isinstance(metrics, list) else ():
            if len(json.dumps(metric, separators=(",", ":"), ensure_ascii=False).encode()) > limits.METRIC:
                raise NotAcceptedError(Reason.ITEM_TOO_LARGE, f"a metric has {limits.METRIC} bytes at most")
    return content


def _without_values(error: ValueError) -> str:
    """What is wrong, without what the payload holds, which may be personal."""
    if isinstance(error, UnicodeError):
        return "it is not UTF-8"
    return f"{error.msg} at byte {error.pos}" if isinstance(error, json.JSONDecodeError) else str(error)


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0
