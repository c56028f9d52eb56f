"""Sentry's own engine, Relay, as a library: the one place that imports ``sentry_relay``, and only when it is used.

Relay is what Sentry's servers run on everything that they are sent (https://docs.sentry.io/product/relay/).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Container, Iterable, Mapping
from functools import cache
from importlib.metadata import version as distribution_version
from importlib.util import find_spec
from typing import Any, Final

NOT_INSTALLED: Final = "Sentry's own engine is not installed: pip install 'pytest-sentry-contract[relay]'"
_OLDEST: Final = [0, 10, 1]
_PROBE: Final = "xyzzy"
_SAMPLES: Final = {
    "text": "jane@example.com 10.0.0.1 4242424242424242 DE89370400440532013000 078-05-1120 Bearer abcdefgh"
    " https://user:word@example.com/ /home/jane/ 00:0a:95:9d:68:16 2dd9a7c2-7a80-4b9e-8f37-6cb2ad2d4b5e"
    " 356938035643809\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "password": "word",
    "cookies": "session=abcdef; csrf=abcdef",
    "cookie": "session=abcdef; csrf=abcdef",
}
"""What each of Relay's own rules finds something in."""


class RelayError(ValueError):
    """Relay has refused a payload or a configuration. The message is Relay's own."""


@cache
def engine_obstacle() -> str | None:
    """Why Relay can't be used here, with the way to install it, or None if it can."""
    if find_spec("sentry_relay") is None:
        return NOT_INSTALLED
    if [int(number) for number in re.findall(r"\d+", version())[:3]] < _OLDEST:
        return f"sentry-relay {version()} is too old: pip install 'pytest-sentry-contract[relay]'"
    return None


def engine_is_usable() -> bool:
    """Whether the extra is there."""
    return engine_obstacle() is None


def require_engine() -> None:
    """Make sure that the extra is there.

    Raises:
        ModuleNotFoundError: it is not. The message says how to install it.
    """
    __tracebackhide__ = True
    if (reason := engine_obstacle()) is not None:
        raise ModuleNotFoundError(reason, name="sentry_relay")


def stripped(config: str, event: str) -> str:
    """What scrubbing rules leave of an event, with ``_meta`` where they have removed something.

    Args:
        config: the rules, as JSON in Relay's format
            (https://docs.sentry.io/security-legal-pii/scrubbing/advanced-datascrubbing/).
        event: the event as JSON.

    Returns:
        JSON.

    Raises:
        RelayError: Relay refuses the event.
    """
    relay = _engine()
    try:
        result: str = relay.processing.pii_strip_event(config, event, json_dumps=str, json_loads=str)
    except relay.RelayError as error:
        raise RelayError(_first_line(error)) from None
    return result


def normalized(event: str) -> str:
    """What ingestion makes of an event, with ``errors`` and ``_meta`` where it has altered something.

    The clock is not judged, because tests may set it.

    Args:
        event: the event as JSON.

    Returns:
        JSON.

    Raises:
        RelayError: Sentry would refuse the event.
    """
    relay = _engine()
    try:
        result: str = _normalizer().normalize_event(raw_event=event, json_loads=str)
    except relay.RelayError as error:
        raise RelayError(_first_line(error)) from None
    return result


def check_pii_config(text: str) -> None:
    """Check scrubbing rules, in JSON.

    Raises:
        RelayError: they are not valid. Relay's message names the line and column.
    """
    try:
        _engine().processing.validate_pii_config(text)
    except ValueError as error:
        raise RelayError(str(error)) from None


def broken_pattern(rule: Mapping[str, Any]) -> str | None:
    """The regex of a rule, if Relay can't compile it: it accepts such a rule, and never applies it."""
    pattern = rule.get("pattern", rule.get("keyPattern"))
    if not isinstance(pattern, str):
        return None
    probe = {"type": "pattern", "pattern": f"(?:{pattern}\n)|{_PROBE}"}  # the line break ends a comment under (?x)
    config = {"rules": {"probe": probe}, "applications": {"$string": ["probe"]}}
    return None if "_meta" in stripped(json.dumps(config), json.dumps({"extra": {"text": _PROBE}})) else pattern


def check_names(names: Iterable[str], own: Container[str]) -> None:
    """Check that there are rules of these names: Relay skips those that it does not have silently.

    Args:
        names: as configurations name rules.
        own: the names of the configuration's own rules.

    Raises:
        RelayError: there is no such rule.
    """
    for name in sorted({*names}):
        if name not in own and not is_known_rule(name):
            raise RelayError(f"there is no rule {name!r}, or Relay {version()} does not know it")


def rules_in(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """The rules that a rule stands for: those of a ``multiple``, that of an ``alias``."""
    return (*rule.get("rules", ()), *([rule["rule"]] if rule.get("type") == "alias" else ()))


def is_known_rule(name: str) -> bool:
    """Whether Relay has a rule of this name."""
    config = {"applications": {"$string || $array || $object": [name]}}
    return "_meta" in stripped(json.dumps(config), json.dumps({"extra": _SAMPLES}))


def version() -> str:
    """The version of the package ``sentry-relay``."""
    return distribution_version("sentry-relay")


def rules_of_switches(switches: Mapping[str, Any]) -> str:
    """The scrubbing rules, as JSON, that the switches of a project's settings stand for.

    Args:
        switches: ``scrubData`` and its like, as in a project's configuration for Relay.

    Raises:
        RelayError: Relay refuses them.
    """
    relay = _engine()
    try:
        rules: str = relay.processing.convert_datascrubbing_config(dict(switches), json_loads=str)
    except relay.RelayError as error:
        raise RelayError(_first_line(error)) from None
    if not rules.startswith("{"):
        raise RelayError(rules)
    return rules


@cache
def _engine() -> Any:
    require_engine()
    backtrace = os.environ.get("RUST_BACKTRACE")
    import sentry_relay
    import sentry_relay.processing

    if backtrace is None:  # the import sets it, and the application under test may look at its environment
        os.environ.pop("RUST_BACKTRACE", None)
    return sentry_relay


@cache
def _normalizer() -> Any:
    return _engine().processing.StoreNormalizer(
        project_id=1, remove_other=True, normalize_user_agent=True, enable_trimming=True
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
