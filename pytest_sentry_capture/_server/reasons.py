"""Every reason for which a request is not accepted, with the status that Sentry's Relay answers then."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class Reason(Enum):
    """Why a request is not accepted: the HTTP status of the answer (None: no answer can reach the client), and why.

    Statuses: Relay's endpoints (https://getsentry.github.io/relay/), and
    https://develop.sentry.dev/sdk/foundations/transport/envelopes/.
    """

    EMPTY_BODY = 400, "the body is empty"
    BROKEN_ENCODING = 400, "the body is not in the encoding that its content-encoding names"
    ENVELOPE_HEADERS = 400, "the envelope's headers are not a JSON object in one line"
    EVENT_ID = 400, "the event_id is not a UUID"
    ITEM_HEADERS = 400, "an item's headers are not a JSON object in one line"
    ITEM_TYPE = 400, "an item has no type"
    ITEM_LENGTH = 400, "an item's length is not a whole number of 0 or more"
    TRUNCATED_ITEM = 400, "the envelope ends before an item does"
    UNTERMINATED_ITEM = 400, "an item goes on after its length"
    PAYLOAD = 400, "an item's payload is not a JSON object"
    PROJECT = 400, "the project in the path is not a number"
    MALFORMED_HTTP = 400, "this is not HTTP"
    MISSING_KEY = 401, "there is no public key: neither in X-Sentry-Auth nor in the query nor in the envelope's dsn"
    CONTRADICTING_KEYS = 401, "there are several public keys, and they differ"
    ENVELOPE_DSN = 401, "the envelope's dsn is not a DSN"
    UNKNOWN_KEY = 403, "no test of this run has this public key"
    WRONG_PROJECT = 403, "the public key is that of another project"
    PATH = 404, "there is nothing at this path"
    METHOD = 405, "this path does not take this method"
    TIMEOUT = 408, "the request was not complete in time"
    BODY_TOO_LARGE = 413, "the request is larger than Sentry's size limit"
    ITEM_TOO_LARGE = 413, "an item is larger than Sentry's size limit"
    TOO_MANY_ITEMS = 413, "the envelope has more items than Sentry's limit"
    MEDIA_TYPE = 415, "a report of this content-type is not known"
    UNKNOWN_ENCODING = 415, "the content-encoding is not known"
    RATE_LIMITED = 429, "a rate limit of the test was in force"
    OUTAGE = 503, "an outage is simulated"
    HEAD_TOO_LARGE = 431, "the request's headers are too large"
    ABANDONED = None, "the client closed the connection before its request was complete"

    def __init__(self, status: int | None, text: str) -> None:
        self.status = status
        self.text = text


class NotAcceptedError(Exception):
    """A request is not accepted.

    Attributes:
        reason: why, as an answer's status and in general.
        detail: why, in words, the reason's included.
        headers: what the answer says beside that.
    """

    def __init__(self, reason: Reason, detail: str = "", headers: Sequence[tuple[str, str]] = ()) -> None:
        self.reason = reason
        self.headers = headers
        self.detail = f"{reason.text}: {detail}" if detail else reason.text
        super().__init__(self.detail)
