"""Where sentry-sdk 3 puts, in a streamed span's attributes, what sentry-sdk 2 has in a transaction's payload.

Measured on sentry-sdk 2.75.0 and 3.0.0b2, with FastAPI and Flask. The names of attributes are Sentry's conventions
(https://getsentry.github.io/sentry-conventions/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_NAMES: Final[Mapping[str, str]] = {
    "contexts.profile.profiler_id": "sentry.profiler_id",
    "contexts.response.status_code": "http.response.status_code",
    "contexts.runtime.name": "process.runtime.name",
    "contexts.runtime.version": "process.runtime.version",
    "contexts.trace.op": "sentry.op",
    "contexts.trace.origin": "sentry.origin",
    "dist": "sentry.dist",
    "environment": "sentry.environment",
    "extra.sys.argv": "process.command_args",
    "platform": "sentry.platform",
    "release": "sentry.release",
    "request.env.REMOTE_ADDR": "client.address",
    "request.method": "http.request.method",
    "request.query_string": "http.query",
    "request.url": "url.full",
    "server_name": "server.address",
    "transaction_info.source": "sentry.segment.name.source",
    "user.email": "user.email",
    "user.id": "user.id",
    "user.ip_address": "user.ip_address",
    "user.username": "user.name",
}
_FIELDS: Final[Mapping[str, str]] = {
    "contexts.trace.parent_span_id": "parent_span_id",
    "contexts.trace.span_id": "span_id",
    "contexts.trace.status": "status",
    "contexts.trace.trace_id": "trace_id",
    "start_timestamp": "start_timestamp",
    "timestamp": "end_timestamp",
    "transaction": "name",
}
"""What stands in a span beside its attributes."""
_BODY: Final = "request.data"
_HEADERS: Final = "request.headers"
_FAMILIES: Final[Mapping[str, str]] = {
    "contexts.trace.data": "",
    _BODY: "http.request.body.data",
    _HEADERS: "http.request.header",
}
"""Paths below which every key is renamed. Names of headers are in lower case."""

_COOKIES: Final[Mapping[str, str]] = {"http.request.header.cookie": "request.cookies"}
"""What a span has as one text where a transaction has a key for each."""
_PLACE_OF_ATTRIBUTE: Final = re.compile(r"attributes\.(?P<name>.+?)(?:\.(?:value(?:\.\d+)*|type))?")


def field_name(path: str) -> str | None:
    """The field beside a span's attributes that has what a transaction has at a dotted path, or None if none has."""
    return _FIELDS.get(path)


def attribute_name(path: str) -> str | None:
    """The attribute that has what a transaction has at a dotted path, or None if a span has none.

    A body, ``request.data`` with all in it, is one text in a span: the name is that of the text, with the rest of the
    path after it.
    """
    if path in _NAMES:
        return _NAMES[path]
    if path == _BODY:
        return _FAMILIES[_BODY]
    for family, prefix in _FAMILIES.items():
        if path.startswith(f"{family}."):
            rest = path[len(family) + 1 :]
            return ".".join(filter(None, (prefix, rest.lower() if family == _HEADERS else rest)))
    return None


def attributes_below(path: str) -> tuple[str, ...]:
    """What a span's attributes begin with, or are called, that have what a transaction has below a dotted path."""
    names = [name for each, name in _NAMES.items() if each.startswith(f"{path}.")]
    families = [f"{prefix}." for family, prefix in _FAMILIES.items() if f"{family}.".startswith(f"{path}.") and prefix]
    return (*names, *families)


def span_path(path: str) -> str | None:
    """Where in a span's payload stands what a transaction has at a dotted path, or None if nothing of it does."""
    if path in _FIELDS:
        return _FIELDS[path]
    name = None if path.startswith(f"{_BODY}.") else attribute_name(path)
    return None if name is None else f"attributes.{name}.value"


@lru_cache(maxsize=1024)
def transaction_paths(name: str) -> tuple[str, ...]:
    """The dotted paths at which a transaction has what a span has in an attribute, empty if it has no such thing.

    What both call alike, in ``contexts.trace.data``, is left out.
    """
    paths = [path for path, each in _NAMES.items() if each == name]
    for family, prefix in _FAMILIES.items():
        if prefix and (name == prefix or name.startswith(f"{prefix}.")):
            paths.append(f"{family}{name[len(prefix) :]}")
    return (*paths, *(path for each, path in _COOKIES.items() if each == name))


def paths_in_transaction(place: str) -> tuple[str, ...]:
    """The dotted paths at which a transaction has what stands at a place of a span, as ``attributes.user.id.value``."""
    attribute = _PLACE_OF_ATTRIBUTE.fullmatch(place)
    if attribute is None:
        return ()
    return *transaction_paths(attribute["name"]), f"contexts.trace.data.{attribute['name']}"
