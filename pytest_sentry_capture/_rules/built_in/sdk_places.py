"""The places of events and transactions that the SDK and its integrations write: an application cannot fix them.

Measured on sentry-sdk 1.40 to 3.0: ``sentry_sdk.integrations`` and ``sentry_sdk.utils``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pytest_sentry_capture._recording import at

_STACK: Final = re.compile(
    r"(?:(?:exception|threads)(?:\.values)?\.\d+\.)?(?:raw_)?stacktrace(?:\.|$)|exception(?:\.values)?\.\d+\.mechanism(?:\.|$)"
)
_ROOTS: Final = frozenset(("debug_meta", "modules", "platform", "request", "sdk", "server_name"))
_CONTEXTS: Final = frozenset(
    (
        "cloud_resource", "device", "dramatiq", "os", "profile", "response", "runtime", "rust_tracing_fields",
        "rust_tracing_location",
    )
)  # fmt: skip
_EXTRA: Final = frozenset(
    (
        "arq-job", "celery-job", "cloudwatch logs", "dramatiq_message_id", "google cloud functions",
        "google cloud logs", "huey-job", "lambda", "rq-job", "sys.argv", "web_url",
    )
)  # fmt: skip
_USER: Final = frozenset(("ip_address",))
_BREADCRUMB: Final = re.compile(r"(?P<place>breadcrumbs(?:\.values)?\.\d+)(?:\.|$)")
_TYPES_OF_BREADCRUMBS: Final = frozenset(("http", "query", "redis", "subprocess"))
_CATEGORIES_OF_BREADCRUMBS: Final = frozenset(("httplib", "query", "redis", "subprocess", "aiohttp"))
_SPAN: Final = re.compile(r"(?P<place>spans\.\d+)(?:\.|$)")
_OF_TRACE: Final = "contexts.trace."
_DATA_OF_TRACE: Final = "contexts.trace.data."
_AUTOMATIC: Final = "auto."


def is_written_by_sdk(payload: Mapping[str, Any], path: str) -> bool:
    """Whether what stands at a dotted path of an event or transaction was written by the SDK, not by the application.

    A transaction's own data are written by both: only those of an integration's transaction are the SDK's.
    """
    root, _, rest = path.partition(".")
    if root in _ROOTS or _STACK.match(path):
        return True
    first = rest.partition(".")[0]
    if (root == "contexts" and first in _CONTEXTS) or (root == "user" and first in _USER):
        return True
    if root == "extra":
        return any(rest == name or rest.startswith(f"{name}.") for name in _EXTRA)
    if root == "transaction":
        info = payload.get("transaction_info")
        return isinstance(info, Mapping) and info.get("source") not in (None, "custom")
    return _is_of_integration(payload, path)


def _is_of_integration(payload: Mapping[str, Any], path: str) -> bool:
    if path.startswith(_OF_TRACE):
        trace = at(payload, ("contexts", "trace"))
        return not path.startswith(_DATA_OF_TRACE) or _is_automatic(trace)
    if found := _SPAN.match(path):
        return _is_automatic(at(payload, found["place"].split(".")))
    if found := _BREADCRUMB.match(path):
        breadcrumb = at(payload, found["place"].split("."))
        return isinstance(breadcrumb, Mapping) and (
            breadcrumb.get("type") in _TYPES_OF_BREADCRUMBS or breadcrumb.get("category") in _CATEGORIES_OF_BREADCRUMBS
        )
    return False


def _is_automatic(span: Any) -> bool:
    return isinstance(span, Mapping) and str(span.get("origin")).startswith(_AUTOMATIC)
