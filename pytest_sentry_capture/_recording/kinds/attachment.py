"""Attachments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import Capture, CapturedItem, Words
from pytest_sentry_capture._recording.facts import MIB, TEXT_OF_PAYLOAD, WHERE, Field, ItemType, KindFacts
from pytest_sentry_capture._recording.fields import joined, text_at
from pytest_sentry_capture._recording.known_values import ATTACHMENT_TYPES, MEDIA_TYPES

_FIELDS: Final = {
    "filename": TEXT_OF_PAYLOAD,
    "content_type": Field(is_of_payload=True, known=MEDIA_TYPES, default="application/octet-stream"),
    "attachment_type": Field(is_of_payload=True, known=ATTACHMENT_TYPES, default="event.attachment"),
}


class CapturedAttachment(CapturedItem):
    """An attachment: the mapping is its item headers, its content is in ``payload``.

    Headers: https://develop.sentry.dev/sdk/telemetry/attachments/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "attachment"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={**_FIELDS, "where": WHERE},
        paths=(*_FIELDS, "length", "type"),
        item_types=(ItemType("attachment", "attachment", 100 * MIB, is_json=False),),
    )

    @classmethod
    def _items_of(cls, capture: Capture) -> list[CapturedItem]:
        return [cls(capture.headers, capture)]

    @property
    def filename(self) -> str | None:
        """The name that the attachment has in Sentry."""
        return text_at(self, "filename")

    @property
    def content_type(self) -> str | None:
        """The media type, such as ``"text/plain"``."""
        return text_at(self, "content_type")

    def _title(self, words: Words) -> Iterable[str | None]:
        return (joined("attachment", words.text(self.filename)),)


export(CapturedAttachment)
