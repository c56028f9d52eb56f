"""The event that the SDK makes of a log record, as far as it is known without running code of the application."""

from __future__ import annotations

from typing import Any, Final

_LEVELS: Final = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "fatal"}
"""Sentry's words for the levels of Python's logging."""
_PLAIN: Final = frozenset((str, int, float, bool, type(None)))


def log_payload(
    *,
    logger: str,
    level: int,
    level_name: str,
    template: str | None,
    args: object,
    formatted: str | None,
    error: BaseException | None,
) -> dict[str, Any]:
    """The payload of an event that came through logging.

    Args:
        logger: the logger's name.
        level: the record's level as a number.
        level_name: what logging calls that level.
        template: what was logged, without its arguments, or None if it is not a text.
        args: the arguments of the template: they are kept where all of them are plain values.
        formatted: the message, where a handler has formatted it.
        error: the exception that was logged with it.
    """
    entry = {"message": template, "formatted": formatted, "params": _plain(args)}
    payload: dict[str, Any] = {
        "level": _LEVELS.get(level, level_name.lower()),
        "logger": logger,
        "logentry": {name: value for name, value in entry.items() if value is not None},
    }
    if error is not None:
        mechanism = {"type": "logging", "handled": True}
        outermost = {"type": type(error).__name__, "module": type(error).__module__, "mechanism": mechanism}
        payload["exception"] = {"values": [outermost]}
    return payload


def _plain(args: object) -> list[Any] | dict[str, Any] | None:
    """A template's arguments as JSON has them, or None if there are none, or one has a text of its own making."""
    if type(args) is tuple and len(args) == 1 and type(args[0]) is dict:
        [args] = args  # which logging takes for the values of a template with names
    if type(args) is tuple and args and all(type(each) in _PLAIN for each in args):
        return [*args]
    is_plain = type(args) is dict and all(type(key) is str and type(args[key]) in _PLAIN for key in args)
    return {**args} if is_plain and args else None  # type: ignore[dict-item]
