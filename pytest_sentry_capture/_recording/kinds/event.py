"""Error and message events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.chains_in_words import exception_words
from pytest_sentry_capture._recording.entries import Unknown, Words
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from pytest_sentry_capture._recording.facts import (
    BREADCRUMBS,
    EXCEPTION,
    EXCEPTION_MESSAGE,
    FINGERPRINT,
    KNOWN_OF_EVENTS,
    OF_OPERATION,
    PATHS_OF_EVENTS,
    SECTION,
    TEXT,
    TRACE_ID,
    TRUTH,
    WHERE,
    Field,
    ItemType,
    KindFacts,
    Sort,
)
from pytest_sentry_capture._recording.fields import formatted, interfaces_of, joined, mapping_of, text_at
from pytest_sentry_capture._recording.kinds.sentry_event import SentryEvent
from pytest_sentry_capture._recording.known_values import LEVELS

if TYPE_CHECKING:
    from pytest_sentry_capture._recording.payload_types import Breadcrumb, ExceptionPayload


class CapturedEvent(SentryEvent):
    """A captured error or message event.

    Payload: https://develop.sentry.dev/sdk/data-model/event-payloads/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "event"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            "exception": EXCEPTION,
            "exception_message": EXCEPTION_MESSAGE,
            "message": TEXT,
            "level": Field(Sort.TEXT, known=LEVELS, default="error"),
            "logger": TEXT,
            "handled": TRUTH,
            **dict.fromkeys(("mechanism", "transaction"), TEXT),
            **dict.fromkeys(("tags", "user", "contexts", "extra", "request"), SECTION),
            "breadcrumbs": BREADCRUMBS,
            "fingerprint": FINGERPRINT,
            **dict.fromkeys(("release", "environment"), TEXT),
            "trace_id": TRACE_ID,
            **OF_OPERATION,
            "where": WHERE,
        },
        paths=PATHS_OF_EVENTS,
        known=KNOWN_OF_EVENTS,
        text="message",
        item_types=(ItemType("event", "error", makes_event=True),),
        further_categories=("default", "security"),
        meant={"body": "message", "name": "transaction"},
        sampled_by=("sample_rate", "error_sampler"),
        callback="before_send",
        is_shown_short=True,
    )

    @property
    def exceptions(self) -> list[ExceptionPayload]:
        """The exceptions of the payload, as Sentry orders them: the outermost one last."""
        return cast("list[ExceptionPayload]", interfaces_of(self.get("exception")))

    @property
    def _outermost_first(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.exceptions[::-1])

    @property
    def _related_exceptions(self) -> list[dict[str, Any]]:
        """The exceptions, the outermost first, with how they belong together.

        Payloads don't tell it right, and up to sentry-sdk 2 not of the members of a group that something came from.
        """
        in_payload, chain = self._outermost_first, self._exception_chain
        if chain is None or not in_payload:
            return in_payload
        described = chain.described()
        others = Counter(map(_type_of, in_payload)) - Counter(map(_type_of, described))
        return in_payload if others else described

    @property
    def exception_message(self) -> list[str]:
        """The messages of all exceptions of the chain and its groups, the outermost first."""
        return [text for each in self._outermost_first if (text := text_at(each, "value")) is not None]

    @property
    def original_exception(self) -> BaseException | None:
        """The live exception, kept until the teardown of the test that uses the fixture ends."""
        chain = self._capture.context.chain
        return chain.original if chain is not None else None

    def _unknown(self, name: str) -> Unknown | None:
        if name == "handled" and self.exceptions:
            return Unknown("its payload does not say whether the exception was handled")
        return super()._unknown(name)

    def _title(self, words: Words) -> Iterable[str | None]:
        what = exception_words(self._related_exceptions, _type_of) or "message"
        yield joined(words.name(joined(self.level, what)), self._title_of_sentry(words))
        yield {True: "handled", False: "unhandled", None: None}[self.handled]
        yield words.name(f"logger {self.logger}") if self.logger and self.exception is None else None

    def _details(self, words: Words) -> tuple[str | None, ...]:
        source = mapping_of(self.get("transaction_info")).get("source")
        segment = words.text(self.transaction, is_personal=source == "url")
        frames = [mapping_of(each) for each in _frames_of(self._outermost)]
        frame = next((each for each in reversed(frames) if each.get("in_app")), frames[-1] if frames else {})
        file, function = text_at(frame, "filename"), text_at(frame, "function")
        place = f"at {file}:{frame.get('lineno')}{f' in {function}' if function else ''}"
        return (
            f"segment {segment}" if segment else None,
            words.name(f"logger {self.logger}") if self.logger else None,
            words.name(f"by {self.mechanism}") if self.mechanism else None,
            words.name(place) if file else None,
        )

    def _title_of_sentry(self, words: Words) -> str | None:
        """What Sentry would show as the event's title. Masked, the template of a log message, which is source code."""
        entry = self.get("logentry")
        if words.masked and isinstance(entry, dict) and entry.get("params") and isinstance(entry.get("message"), str):
            return words.text(entry["message"], is_personal=False)
        return words.text(self.message)

    @property
    def _exception_chain(self) -> ExceptionChain | None:
        """The classes of the exceptions behind the event. None when it was captured without one."""
        return self._capture.context.chain

    @property
    def exception(self) -> str | None:
        """The type of the outermost exception, as in the payload."""
        return text_at(self._outermost, "type")

    @property
    def message(self) -> str | None:
        """The formatted log message, else the message, else the outermost exception's value."""
        entry = mapping_of(self.get("logentry")) or mapping_of(self.get("message"))
        text = text_at(entry, "formatted")
        text = text or formatted(text_at(entry, "message", text), entry.get("params"))
        text = text or text_at(self, "message", text)
        return text or text_at(self._outermost, "value", text)

    @property
    def level(self) -> str | None:
        """``"fatal"``, ``"error"``, ``"warning"``, ``"info"`` or ``"debug"``."""
        return text_at(self, "level")

    @property
    def logger(self) -> str | None:
        """The name of the logger through which the event came, if any."""
        return text_at(self, "logger")

    @property
    def mechanism(self) -> str | None:
        """The type of the mechanism that caught the outermost exception, such as ``"starlette"`` or ``"logging"``."""
        return text_at(mapping_of(self._outermost.get("mechanism")), "type")

    @property
    def handled(self) -> bool | None:
        """Whether the application handled the outermost exception, or None if the payload does not say."""
        handled = mapping_of(self._outermost.get("mechanism")).get("handled")
        return handled if isinstance(handled, bool) else None

    @property
    def extra(self) -> dict[str, Any]:
        """Further data by name, empty if there is none."""
        return mapping_of(self.get("extra"))

    @property
    def breadcrumbs(self) -> list[Breadcrumb]:
        """The breadcrumbs that led to the event, the oldest first."""
        return cast("list[Breadcrumb]", interfaces_of(self.get("breadcrumbs")))

    @property
    def fingerprint(self) -> list[str]:
        """The fingerprint that the application set for grouping, or empty if it set none."""
        fingerprint = self.get("fingerprint")
        return fingerprint if isinstance(fingerprint, list) else []

    @property
    def _outermost(self) -> dict[str, Any]:
        exceptions = self.exceptions
        return cast("dict[str, Any]", exceptions[-1]) if exceptions else {}


def _frames_of(exception: Mapping[str, Any]) -> list[Any]:
    frames = mapping_of(exception.get("stacktrace")).get("frames")
    return frames if isinstance(frames, list) else []


def _type_of(exception: Mapping[str, Any]) -> str:
    name = exception.get("type")
    return name if isinstance(name, str) and name else "(no type)"


export(CapturedEvent)
