"""Fields of payloads, which may be missing, or something else than Sentry's documentation says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from pytest_sentry_capture._recording.changes import MISSING
from pytest_sentry_capture._recording.scope_origin import KEYED_SECTIONS, PLAIN_SECTIONS
from pytest_sentry_capture._text import did_you_mean

_MOVED_TO_HEADERS: Final = "dynamic_sampling_context"
"""What the SDK moves from an event's trace context to the envelope's headers after ``before_send``."""


def mapping_of(value: object) -> dict[str, Any]:
    """A mapping. An empty one where it is something else."""
    return value if isinstance(value, dict) else {}


def text_at(values: Mapping[str, Any], key: str, default: str | None = None) -> str | None:
    """A text. The default where there is none."""
    value = values.get(key)
    return value if isinstance(value, str) else default


def interfaces_of(value: object) -> list[dict[str, Any]]:
    """A list of interfaces, which Sentry accepts bare or under ``values``."""
    values = value.get("values") if isinstance(value, dict) else value
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def tags_of(value: object) -> dict[str, Any]:
    """Tags, which Sentry accepts as a mapping or as a list of pairs."""
    if isinstance(value, list):
        return {str(pair[0]): pair[1] for pair in value if isinstance(pair, list) and len(pair) == 2}
    return mapping_of(value)


def formatted(template: str | None, params: object) -> str | None:
    """A log message as Sentry's servers format it where the SDK (up to 2.34 or so) leaves this to them."""
    try:
        return template % (tuple(params) if isinstance(params, list) else params) if template and params else template
    except (TypeError, ValueError, KeyError):
        return template


def unwrapped(value: object) -> object:
    """The plain value of an attribute."""
    return value["value"] if isinstance(value, dict) and value.keys() >= {"value", "type"} else value


def path_of_url(url: str) -> str | None:
    """The path, or None if it is not a URL."""
    try:
        return urlsplit(url).path
    except ValueError:
        return None


def without_moved(payload: Any) -> Any:
    """The payload without what the SDK moves out of it."""
    trace = mapping_of(mapping_of(mapping_of(payload).get("contexts")).get("trace"))
    if _MOVED_TO_HEADERS not in trace:
        return payload
    trace = {name: value for name, value in trace.items() if name != _MOVED_TO_HEADERS}
    return {**payload, "contexts": {**payload["contexts"], "trace": trace}}


def check_section(section: str, key: str | None) -> None:
    """Raises ``ValueError`` for a section that values have no origins in, and for a key too many or too few."""
    __tracebackhide__ = True
    if section not in (*KEYED_SECTIONS, *PLAIN_SECTIONS):
        raise ValueError(did_you_mean("section", section, (*KEYED_SECTIONS, *PLAIN_SECTIONS)))
    if (section in KEYED_SECTIONS) != (key is not None):
        raise ValueError(f"section {section!r} {'needs a key' if key is None else 'takes no key'}")


def value_at(payload: Mapping[str, Any], section: str, key: str | None) -> Any:
    """The value of a section, or of a key in it. ``MISSING`` where there is none."""
    value = payload.get(section)
    if key is None:
        return MISSING if value is None else value
    return (tags_of(value) if section == "tags" else mapping_of(value)).get(key, MISSING)


def joined(*parts: str | None) -> str:
    """The parts that there are, as one phrase."""
    return " ".join(part for part in parts if part)
