"""Relay's own scrubbing rules, as far as every search for personal data applies them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Final

from pytest_sentry_capture._relay import engine

RELAY_RULES: Final[Mapping[str, str]] = {
    "@email": "an email address",
    "@ip": "an IP address",
    "@creditcard": "a card number",
    "@iban": "an IBAN",
    "@usssn": "a social security number",
    "@bearer": "a bearer token",
    "@password": "a password, token or key",
    "@pemkey": "a key in PEM format",
    "@urlauth": "credentials in a URL",
    "@userpath": "a user name in a path",
}
"""The built-in rules, and what each of them finds. What they are: https://docs.sentry.io/security-legal-pii/scrubbing/."""
_TYPES: Final[Mapping[str, str]] = {"@usssn": "us_ssn", "@urlauth": "url_auth"}
"""The types of the rules that are not called like them."""
IN_ORDER: Final = (
    "@pemkey", "@urlauth", "@bearer", "@creditcard", "@iban", "@usssn", "@email", "@ip", "@userpath", "@password",
)  # fmt: skip
"""Relay applies rules in the order of their names, and hides earlier finds from the next: ``user:word@host`` is not
an email address."""
CARDS_OF_RELAY: Final = r"(?:3[47]\d|4\d{3}|5[1-5]\d\d|65\d\d|6011)(?:[-\s]?\d){12}"
"""The card numbers that Relay knows (``CREDITCARD_REGEX`` in ``relay-pii``)."""
PASSWORD: Final = "@password"  # noqa: S105
USER_PATH: Final = "@userpath"
IP: Final = "@ip"


@cache
def known_types() -> Mapping[str, str]:
    """The types of the built-in rules that the installed Relay knows: old ones took bearer tokens for passwords."""
    types = {name: _TYPES.get(name, name[1:]) for name in RELAY_RULES}
    return {name: type_of for name, type_of in types.items() if _is_known(type_of)}


def _is_known(type_of: str) -> bool:
    try:
        engine.check_pii_config(json.dumps({"rules": {"probe": {"type": type_of}}}))
    except engine.RelayError:
        return False
    return True


def ordered(rule: str) -> str:
    """The name under which Relay applies a built-in rule in its turn."""
    return f"{IN_ORDER.index(rule)}{rule}"


def rule_of(name: str) -> str:
    """The rule that goes by such a name, or by its own."""
    return name[1:] if name[1:] in RELAY_RULES else name
