"""IP addresses: which of them belong to nobody, which are of a private network, and what only looks like one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network
from typing import Final

_NOBODYS: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/32", "127.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
            "240.0.0.0/4", "::/128", "::1/128", "::ffff:127.0.0.0/104", "2001:db8::/32", "3fff::/20", "ff00::/8",
        ),
    )
)  # fmt: skip
"""Unspecified, loopback, for documentation, for groups, and reserved, netmasks among them
(https://www.iana.org/assignments/iana-ipv4-special-registry,
https://www.iana.org/assignments/iana-ipv6-special-registry).
"""
_PRIVATE: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")))
_OF_VERSIONS: Final = re.compile(r"(?:version|versions|release|build|firmware|modules)$", re.IGNORECASE)
"""Keys of versions."""
_BEFORE_VERSION: Final = re.compile(
    r"(?:(?i:(?:\b|_)(?:v|ver|versions?|release|build|firmware))[\"']?\s*[:=]?\s*[\"']?"
    r"|(?:^|[\s(;,\"'])(?:[A-Z][\w.+-]*|curl|wget|okhttp|python-\w+|aiohttp|httpx)/"
    r"|[\w\])](?<!ip)(?<!host)(?<!addr)(?<!address)(?:==|>=|<=|~=|!=))$"
)
"""What stands before a version: ``v1.2.3.4``, ``version 1.2.3.4``, ``Chrome/1.2.3.4``, ``opencv==1.2.3.4``."""
_NAME_BEFORE: Final = re.compile(r"(?:^|[\s(;,\"'])(?P<name>[A-Za-z][\w.+-]*) $")
_BEFORE_ADDRESS: Final = frozenset(
    (
        "address", "addr", "at", "by", "client", "connect", "connected", "connecting", "connection", "dns", "for",
        "forwarded", "from", "gateway", "host", "ip", "ipv4", "is", "listening", "node", "of", "on", "peer", "proxy",
        "remote", "server", "source", "the", "to", "user", "via", "with",
    )
)  # fmt: skip
_END_OF_ADDRESS: Final = re.compile(r"[0-9a-fA-F:]*$")
_START_OF_ADDRESS: Final = re.compile(r"[0-9a-fA-F:.]*(?<!\.)")
_LONGEST_NAME: Final = 60
_LARGEST_MAJOR: Final = 31
_SHORTEST_ADDRESS: Final = 12
"""Letters of an IPv6 address without a digit."""
_OF_SLICE: Final = re.compile(r"[0-9]{0,4}::[0-9]{0,4}")
_IN_CODE: Final = re.compile(r"[\w\])\"']\[$")


def is_nobodys(value: str) -> bool:
    """Whether an address belongs to no person and no machine of a network."""
    address = _address(value)
    return address is not None and any(address in network for network in _NOBODYS if network.version == address.version)


def is_private(value: str) -> bool:
    """Whether an address is one of a private network."""
    address = _address(value)
    return address is not None and any(address in network for network in _PRIVATE if network.version == address.version)


def whole_address(value: str, before: str, after: str) -> str:
    """The address of which something may be a part: Relay finds ``db8::17`` in ``2001:db8::17``."""
    if ":" not in value:
        return value
    start, end = _END_OF_ADDRESS.search(before), _START_OF_ADDRESS.match(after)
    whole = f"{start[0] if start else ''}{value}{end[0] if end else ''}"
    return whole if _address(whole) is not None else value


def is_no_address(value: str, before: str, after: str, names: Sequence[str]) -> bool:
    """Whether what looks like an address is a version, a slice, or a name with ``::`` in it.

    Args:
        value: what looks like one.
        before: the text before it.
        after: the text after it.
        names: the keys to the whole value.
    """
    if ":" in value:
        return _is_of_code(value, before, after)
    if re.match(r"\.?\d", after) or re.search(r"\d\.$", before):
        return True  # a part of a longer number
    if any(map(_OF_VERSIONS.search, names)) or _BEFORE_VERSION.search(before[-_LONGEST_NAME:]):
        return True
    return _is_version_of_name(value, before)


def _address(value: str) -> IPv4Address | IPv6Address | None:
    text = value.partition("%")[0]
    try:
        return IPv6Address(text) if ":" in text else IPv4Address(text)
    except (AddressValueError, ValueError):
        return None


def _is_version_of_name(value: str, before: str) -> bool:
    """Whether a small number with a zero in it follows on a name: ``opencv 4.8.0.74``."""
    parts = [int(part) for part in value.split(".")]
    named = _NAME_BEFORE.search(before[-_LONGEST_NAME:])
    if named is None or named["name"].lower() in _BEFORE_ADDRESS or is_private(value):
        return False
    return parts[0] <= _LARGEST_MAJOR and 0 in parts[:3]


def _is_of_code(value: str, before: str, after: str) -> bool:
    """Whether ``::`` is that of a slice, of a cast in SQL, or of names: no short part of an address is like it."""
    digits = value.replace(":", "")
    if _OF_SLICE.fullmatch(value) and _IN_CODE.search(before):
        return True
    is_in_name = re.match(r"\w", after) is not None or re.search(r"\w$", before) is not None
    return not digits or is_in_name or (digits.isalpha() and len(digits) < _SHORTEST_ADDRESS)
