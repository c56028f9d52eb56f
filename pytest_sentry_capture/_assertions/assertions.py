"""The assertions about a recording, for applications in this process and in others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from pytest_sentry_capture._assertions import failure_messages
from pytest_sentry_capture._assertions.doubts import Doubts, UnlikelyValue, items_of_kind
from pytest_sentry_capture._assertions.endings import await_endings
from pytest_sentry_capture._assertions.formatting import Formatter
from pytest_sentry_capture._assertions.hints import Evidence
from pytest_sentry_capture._assertions.log_records import logged_errors
from pytest_sentry_capture._assertions.matching import Matcher
from pytest_sentry_capture._assertions.typed_calls import TypedCalls
from pytest_sentry_capture._assertions.views import RecordingViews
from pytest_sentry_capture._assertions.waiting import is_in_event_loop, until, wait_until
from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording import (
    CapturedEnvelope,
    CapturedItem,
    Discard,
    Entry,
    Operation,
    Recording,
    is_callable_at,
    mark_seen,
    unreadable_items,
    unseen_failures,
)
from pytest_sentry_capture._recording.kinds import FACTS, CapturedTransaction, counts_of
from pytest_sentry_capture._relay import require_engine

if TYPE_CHECKING:
    from pytest_sentry_capture._relay import AnyEvent, PiiFinding, RelayProject

AnyItem = TypeVar("AnyItem", bound=CapturedItem, covariant=True)

_NO_CLIENT = "no_client"
_SHORTEST_SECRET = 4
"""Characters below which a text is found in ids, clocks and addresses."""


class ImpossibleCriterionError(AssertionError, ValueError):
    """An asserted absence proves nothing, because no item can have this value and no item in the test has it.

    It is a failed assertion and also a mistake in the call, so it derives from both errors.
    """


class ObservedSdk(Protocol):
    """What assertions ask about the SDK, beside what it has been recorded to do."""

    @property
    def client(self) -> Any: ...
    @property
    def options(self) -> Mapping[str, Any]: ...
    @property
    def scope_values(self) -> Mapping[str, Mapping[str, Any]]: ...
    @property
    def kinds_from_logging(self) -> frozenset[str] | None: ...
    @property
    def about_loop(self) -> str | None:
        """Why exceptions of tasks of the event loop that runs now are not captured, or None if they are."""

    @property
    def without_transactions(self) -> str | None:
        """Why there are no transactions, in words, or None if there may be some."""

    def drain(self) -> None: ...


class Expected(Generic[AnyItem]):
    """The result of an ``expect`` block."""

    _item: AnyItem | None = None

    @property
    def item(self) -> AnyItem:
        """The one item that was captured inside the block.

        Raises:
            LookupError: the block has not ended yet.
        """
        __tracebackhide__ = True
        if self._item is None:
            raise LookupError("read expected.item after the expect block, not inside it")
        return self._item


class AnyAssertions(RecordingViews):
    """The implementation of the assertions, for any kind and criteria."""

    def __init__(self, recording: Recording, sdk: ObservedSdk, relay_project: Callable[[], RelayProject]) -> None:
        super().__init__(recording, self._have_handed_over)
        self._sdk = sdk
        self._relay_project = relay_project
        self._waits = 0

    def _have_handed_over(self) -> None:
        __tracebackhide__ = True
        self._recording.receive()
        if not self._waits and (self._recording.under_way or self._recording.waits_for_children):
            await_endings(self._recording)
        self._sdk.drain()  # asked for again each time: after an import of the SDK another object answers

    def clear(self) -> None:
        """Forget everything seen so far: views and assertions start empty.

        The rule ``no-unexpected-events`` treats the forgotten events as expected.
        """
        self._handed_out(self._all_items())
        self._start_here()

    def secret(self, value: str) -> None:
        """Declare a value that must not appear in any captured item, and that no message of this plugin shows.

        The test fails if it is found, as it is or escaped or encoded, in JSON, URLs, HTML, base64, hexadecimal, and in
        the encodings that files have (rule ``forbidden-data``).

        Raises:
            TypeError: the value is not a string.
            ValueError: the value is empty, a mask such as ``"***"``, or shorter than 4 characters.
        """
        __tracebackhide__ = True
        if not isinstance(value, str):
            raise TypeError(f"a secret must be a string, not {type(value).__name__}")
        if not value.strip():
            raise ValueError("a secret can't be empty")
        if self._recording.masks.says_nothing(value):
            raise ValueError(f"{value!r} is a mask, which matches any value. Declare the value that it hides")
        if len(value) < _SHORTEST_SECRET:
            raise ValueError(
                f"a secret must have at least {_SHORTEST_SECRET} characters: shorter ones appear everywhere"
            )
        self._recording.secrets.append(value)

    def pii(self, item: CapturedItem | None = None) -> list[PiiFinding]:
        """Return the personal data and secrets that Sentry's own engine finds in one item, or in all captured items.

        Findings that the rule ``no-pii`` allows are included.
        Needs the extra: ``pip install 'pytest-sentry-contract[relay]'``.

        Raises:
            TypeError: ``item`` is not a captured item.
            ModuleNotFoundError: the extra is not installed.
        """
        __tracebackhide__ = True
        require_engine()
        if item is not None and not isinstance(item, CapturedItem):
            raise TypeError(f"pii takes a captured item, not {type(item).__name__}")
        test_file = self._recording.label.partition("::")[0]
        items = self._all_items() if item is None else [item]
        search = self._relay_project().search
        findings = [found for each in items for found in search.findings(each, test_file, self._recording.masks)]
        if item is None and not findings:
            self._check_seen(failure_messages.NO_PERSONAL_DATA, *FACTS)
        return findings

    def as_stored(self, event: AnyEvent) -> AnyEvent:
        """Return an event or transaction as Sentry would store it: normalized, trimmed and scrubbed.

        The scrubbing settings are those of ``[tool.sentry_capture.relay]``, by default those of new projects.
        Needs the extra: ``pip install 'pytest-sentry-contract[relay]'``.

        Raises:
            TypeError: ``event`` is neither an event nor a transaction.
            ValueError: Sentry would refuse it.
            ModuleNotFoundError: the extra is not installed.
        """
        __tracebackhide__ = True
        require_engine()
        return self._relay_project().scrubbing.stored(event)

    def find(self, kind: str = "event", **criteria: object) -> Any:
        """Return the captured items of a kind that match all criteria, as the kind's class (``CapturedEvent``, …).

        Raises:
            AssertionError: none matches, but this proves nothing: see ``assert_not_captured``.
            ImpossibleCriterionError: none could match, such as for ``level="warn"`` or a misspelled exception class.
        """
        __tracebackhide__ = True
        matcher = _matcher(kind, criteria)
        found = self._asked_for(matcher)
        if not found:
            self._nothing_seen(kind, kind)
            searched = failure_messages.what_was_searched(self._formatter, matcher)
            self._assert_proven(matcher, self._items_of(matcher.item_class), self._entries, searched)
        return found

    def assert_captured(self, kind: str = "event", **criteria: object) -> Any:
        """Assert that exactly one item of the kind matches all criteria, and return it as the kind's class.

        Raises:
            AssertionError: none matches, or several do.
        """
        __tracebackhide__ = True
        matcher = self._matcher("assert_captured", {}, kind, criteria)
        return self._assert_count(1, matcher)[0]

    def assert_count(self, n: int, kind: str = "event", **criteria: object) -> Any:
        """Assert that exactly ``n`` items of the kind match all criteria, and return them.

        With ``n=0`` it also fails when ``assert_not_captured`` fails.

        Raises:
            AssertionError: more or fewer match.
            TypeError: ``n`` is not a whole number.
        """
        __tracebackhide__ = True
        _check_count("n", n, least=0)
        return self._assert_count(n, self._matcher("assert_count", {"n": n}, kind, criteria))

    def assert_not_captured(self, kind: str = "event", **criteria: object) -> None:
        """Assert that no item of the kind matches all criteria.

        It also fails when no client was active, and when the answer cannot be determined. For example, the route of an
        item is unknown if its request was not observed, and often so are its status code, method and path.

        Raises:
            AssertionError: one matches, no client was active, or it cannot be determined.
            ImpossibleCriterionError: none could match, such as for ``level="warn"`` or a misspelled exception class.
        """
        __tracebackhide__ = True
        self._assert_count(0, self._matcher("assert_not_captured", {}, kind, criteria))

    def assert_nothing_captured(self, traces: bool = False) -> None:
        """Assert that nothing was captured, except for sessions and client reports.

        Transactions, spans and profiles count only with ``traces=True``. It also fails when no client was active.

        Raises:
            AssertionError: something was captured, no client was active, or it cannot be determined.
        """
        __tracebackhide__ = True
        self._assert_was_active(None)
        counted = ("always", "as trace") if traces else ("always",)
        items = self._all_items()
        self._handed_out(items)
        if found := [item for item in items if counts_of(item.kind) in counted]:
            raise AssertionError(failure_messages.unexpected(self._evidence(None), failure_messages.NOTHING, found))
        kinds = (kind for kind in FACTS if counts_of(kind) in counted)
        self._check_seen(failure_messages.undetermined(failure_messages.NOTHING), *kinds)

    def assert_discarded(
        self,
        kind: str = "event",
        *,
        reason: str | None = None,
        by: str | Callable[..., object] | None = None,
        **criteria: object,
    ) -> list[Discard]:
        """Assert that at least one such item was discarded and none was captured, and return the discards.

        Without an active client everything is discarded. Then it fails, unless you pass ``reason="no_client"``. To find
        a log record that did not become an event, pass its ``logger``, ``level`` or ``message``, or its ``reason``.

        Args:
            kind: the kind of item that was discarded.
            reason: Sentry's discard reason, or one that the plugin adds (see ``Discard``).
            by: the callable that discarded it, the function it wraps, or its dotted or bare name.
            criteria: fields of the discarded item, as far as the SDK had built it.

        Raises:
            AssertionError: no such item was discarded, one was captured or may have been, or no client was active.
            TypeError: the reason is not a string, or ``by`` is neither a callable nor a name.
        """
        __tracebackhide__ = True
        _check_discard(reason, by)
        self._check_callables_are_known(by)
        discard = {name: value for name, value in (("reason", reason), ("by", by)) if value is not None}
        matcher = self._matcher("assert_discarded", discard, kind, criteria)
        if reason != _NO_CLIENT and not self._client_was_active:
            raise AssertionError(failure_messages.discarded_without_client(self._evidence(matcher), matcher))
        self._drain()
        matching = [each for each in self._entries_of(Discard) if matcher.matches_discard(each)]
        alike = [each for each in matching if matcher.means(each) or each.reason == reason]
        found = [each for each in alike if reason in (None, each.reason) and _is_by(each, by)]
        captured = self._find(matcher)
        if captured or not found:
            evidence = self._evidence(matcher)
            raise AssertionError(failure_messages.not_discarded(evidence, matcher, reason, by, captured, alike))
        self._assert_proven(matcher, self._items_of(matcher.item_class), self._entries)
        self._check_seen(failure_messages.undetermined_if_captured(self._formatter, matcher), matcher.kind)
        self._recording.accounted_for += found
        return found

    def assert_inactive(self) -> None:
        """Assert that no Sentry client was active during the test. A client without a DSN counts as active.

        Raises:
            AssertionError: a client was active.
        """
        __tracebackhide__ = True
        if self._client_was_active:
            raise AssertionError(failure_messages.was_active(self._evidence(None)))

    def expect(self, kind: str = "event", **criteria: object) -> Any:
        """Return a context manager that asserts that exactly one new item matches inside its block.

        After the block, its ``item`` is that item. An exception that leaves the block is re-raised without a check.

        Raises:
            AssertionError: at the end of the block, none or several match.
        """
        __tracebackhide__ = True
        return _ExpectBlock(self, self._matcher("expect", {}, kind, criteria))

    def expect_nothing(self, kind: str = "event", **criteria: object) -> AbstractContextManager[object]:
        """Return a context manager that asserts that no new item matches inside its block.

        It also fails when ``assert_not_captured`` fails. An exception that leaves the block is re-raised without a
        check.

        Raises:
            AssertionError: at the end of the block, one matches, no client was active, or it cannot be determined.
        """
        __tracebackhide__ = True
        return _ExpectNothingBlock(self, self._matcher("expect_nothing", {}, kind, criteria))

    def wait_for(self, kind: str = "event", *, count: int = 1, timeout: float = 5.0, **criteria: object) -> Any:
        """Block until ``count`` items match, and return all that do.

        Args:
            kind: the kind of items.
            count: the minimum number of items.
            timeout: seconds to wait before it fails.
            criteria: fields of the items.

        Raises:
            AssertionError: fewer items match after ``timeout`` seconds.
            TypeError: ``count`` or ``timeout`` is not a number.
            ValueError: ``count`` is below 1, or ``timeout`` negative or longer than Python can wait.
        """
        __tracebackhide__ = True
        _check_wait(count, timeout)
        matcher = self._matcher("wait_for", {"count": count} if count != 1 else {}, kind, criteria)
        self._waits += 1  # it has its own timeout
        try:
            if not wait_until(lambda: len(self._find(matcher)) >= count, self._recording, timeout):
                raise AssertionError(self._timed_out(count, timeout, matcher, blocked_loop=is_in_event_loop()))
            return self._asked_for(matcher)
        finally:
            self._waits -= 1

    async def await_for(
        self,
        kind: str = "event",
        *,
        count: int = 1,
        timeout: float = 5.0,
        **criteria: object,
    ) -> Any:
        """Do the same as ``wait_for`` in tasks of asyncio and trio, without blocking the event loop."""
        __tracebackhide__ = True
        _check_wait(count, timeout)
        matcher = self._matcher("await_for", {"count": count} if count != 1 else {}, kind, criteria)
        self._waits += 1
        try:
            if not await until(lambda: len(self._find(matcher)) >= count, self._recording, timeout):
                raise AssertionError(self._timed_out(count, timeout, matcher, blocked_loop=False))
            return self._asked_for(matcher)
        finally:
            self._waits -= 1

    def _matcher(
        self, call: str, arguments: Mapping[str, object], kind: str, criteria: Mapping[str, object]
    ) -> Matcher:
        """The compiled criteria of an assertion, which fails at once where it asks for what can't be."""
        __tracebackhide__ = True
        matcher = _matcher(kind, criteria)
        why = self._sdk.without_transactions if matcher.item_class is CapturedTransaction else None
        if why is not None and not self._items_of(CapturedTransaction):
            message = failure_messages.without_transactions(self._evidence(None), matcher, why, call, arguments)
            raise AssertionError(message)
        return matcher

    def _check_callables_are_known(self, by: object) -> None:
        """Fail where nothing can be said of callables."""

    @property
    def _client_was_active(self) -> bool:
        if self._recording.waits_for_children:  # one of which may have made a client
            self._have_handed_over()
        return self._recording.client_was_active or self._sdk.client is not None

    def _assert_was_active(self, absent: Matcher | None) -> None:
        __tracebackhide__ = True
        if not self._client_was_active:
            raise AssertionError(failure_messages.without_client(self._evidence(None), absent))

    def _assert_count(self, n: int, matcher: Matcher) -> list[CapturedItem]:
        __tracebackhide__ = True
        if n == 0:
            self._assert_was_active(matcher)
        matching = self._find(matcher)
        if len(matching) != n:
            raise AssertionError(failure_messages.wrong_count(self._evidence(matcher), n, matcher, matching))
        if n == 0:
            self._assert_proven(matcher, self._items_of(matcher.item_class), self._entries)
            self._assert_seen(matcher)
        mark_seen(matching)
        return matching

    def _assert_proven(
        self,
        matcher: Matcher,
        items: Sequence[CapturedItem],
        entries: Sequence[Entry],
        what: str | None = None,
    ) -> None:
        """Fail where that nothing matches proves nothing: because of what is asked for, or of what is unknown.

        Args:
            matcher: what is absent.
            items: the captured items of the kind, of which none matches.
            entries: what was seen meanwhile.
            what: the absence in words, or None if it was expected.
        """
        __tracebackhide__ = True
        absent = what or f"Expected {failure_messages.what_is_absent(self._formatter, matcher)}"
        doubts = Doubts(matcher)
        self._assert_possible(matcher, doubts, absent)
        uncertain = [(item, why) for item in items if (why := doubts.about(item))]
        unreadable = unreadable_items(entries, matcher.facts.carriers)
        if uncertain or unreadable:
            message = failure_messages.undecided(self._formatter, absent, matcher.kind, uncertain, unreadable)
            raise AssertionError(message)

    def _assert_possible(self, matcher: Matcher, doubts: Doubts, absent: str) -> None:
        """Fail where values or names of exceptions are asked for that can't be, and that are nowhere in the test."""
        __tracebackhide__ = True
        impossible, unknown = self._impossible(matcher, doubts)
        misspelled = {name: nearest for name, nearest in unknown.items() if nearest is not None}
        if impossible or misspelled:
            message = failure_messages.impossible(self._formatter, absent, matcher.kind, impossible, misspelled)
            raise ImpossibleCriterionError(message)
        self._recording.unknown_exceptions.update(dict.fromkeys(unknown))

    def _impossible(self, matcher: Matcher, doubts: Doubts) -> tuple[list[UnlikelyValue], dict[str, str | None]]:
        if not (doubts.unlikely_values or doubts.exception_names):
            return [], {}
        entries = self._recording.entries  # those too that the test has dismissed, or that came before a block
        items = items_of_kind(matcher, entries)
        operations = [entry for entry in entries if isinstance(entry, Operation)]
        return doubts.impossible_values(items, operations), doubts.unknown_exceptions(items, operations)

    def _assert_seen(self, matcher: Matcher) -> None:
        """Fail where items of the kind may have been passed to what replaced the SDK's own functions."""
        __tracebackhide__ = True
        absent = failure_messages.what_is_absent(self._formatter, matcher)
        self._check_seen(failure_messages.undetermined(absent), matcher.kind)

    def _check_seen(self, heading: str, *kinds: str) -> None:
        __tracebackhide__ = True
        if hiding := self._recording.hiding(*kinds):
            raise AssertionError(failure_messages.hidden(self._formatter, heading, hiding))
        if unseen := unseen_failures(self._entries):
            raise AssertionError(failure_messages.not_instrumented(self._formatter, heading, unseen))
        if elsewhere := self._recording.unseen:
            raise AssertionError(failure_messages.in_other_processes(self._formatter, heading, elsewhere))

    def _nothing_seen(self, noun: str, *kinds: str) -> None:
        __tracebackhide__ = True
        self._check_seen(failure_messages.none_seen(noun), *kinds)
        carriers = FACTS[noun].carriers if noun in FACTS else ()
        if unreadable := unreadable_items(self._entries, carriers):
            raise AssertionError(failure_messages.unreadable(self._formatter, noun, unreadable))

    def _assert_new(self, n: int, matcher: Matcher, before: _Before) -> list[CapturedItem]:
        __tracebackhide__ = True
        items = [item for item in self._items_of(matcher.item_class) if id(item) not in before.items]
        matching = [item for item in items if matcher.matches(item)]
        entries = [entry for entry in self._entries if id(entry) not in before.entries]
        if len(matching) != n:
            evidence = replace(self._evidence(matcher), items=items, entries=entries)
            like_these = sum(map(matcher.matches, before.items.values()))
            raise AssertionError(failure_messages.wrong_count_inside(evidence, n, matcher, matching, like_these))
        if n == 0:
            self._assert_proven(matcher, items, entries)
            self._assert_seen(matcher)
        mark_seen(matching)
        return matching

    def _before(self, matcher: Matcher) -> _Before:
        items = {id(item): item for item in self._items_of(matcher.item_class)}
        return _Before(items, {id(entry): entry for entry in self._entries})

    def _handed_out(self, view: Iterable[CapturedItem | CapturedEnvelope]) -> None:
        mark_seen(view)

    def _asked_for(self, matcher: Matcher) -> list[CapturedItem]:
        found = self._find(matcher)
        mark_seen(found)
        return found

    def _find(self, matcher: Matcher) -> list[CapturedItem]:
        matches = matcher.matches
        return [item for item in self._items_of(matcher.item_class) if matches(item)]

    def _timed_out(self, count: int, timeout: float, matcher: Matcher, *, blocked_loop: bool) -> str:
        matching = self._find(matcher)
        return failure_messages.timed_out(self._evidence(matcher), count, timeout, matcher, matching, blocked_loop)

    @property
    def _formatter(self) -> Formatter:
        return Formatter.for_assertions(self._recording)

    def _evidence(self, matcher: Matcher | None) -> Evidence:
        return Evidence(
            items=self._items_of(matcher.item_class) if matcher is not None else (),
            entries=self._entries,
            client_was_active=self._client_was_active,
            options=self._sdk.options,
            scopes=self._sdk.scope_values,
            kinds_from_logging=self._sdk.kinds_from_logging,
            about_loop=self._sdk.about_loop,
            logged=logged_errors(),
            left_out_of_spans=self._recording.left_out_of_spans,
            replacements=self._recording.replacements,
            formatter=self._formatter,
        )


class SentryAssertions(TypedCalls, AnyAssertions):  # type: ignore[misc]  # which the typed calls take less than
    """Views, searches and assertions of ``sentry_capture`` and ``sentry_server``.

    Assertions fail with ``AssertionError``. Each message names the captured items, or what discarded the expected one.
    Assertions of absence also fail if a function of the SDK was replaced, for example by a mock of
    ``sentry_sdk.capture_exception``, because its arguments are unknown. So do ``find``, ``pii`` and views that would be
    empty.

    They take a kind (``"event"``, ``"segment"``, ``"transaction"``, ``"span"``, ``"log"``, ``"metric"``,
    ``"check_in"``, ``"session"``, ``"profile"``, ``"attachment"``, ``"feedback"``, ``"client_report"``) and its
    criteria. All raise

    - ``ValueError`` for an unknown kind, a path in ``where`` that the kind does not have, a negative number.
    - ``TypeError`` for an unknown criterion, for an invalid ``exception``, for a class anywhere else, and for
      a value that the field never has, such as a string for a mapping.

    Assertions of absence raise ``ImpossibleCriterionError`` for a value that cannot occur, unless something in the
    test has it.
    """


def _matcher(kind: str, criteria: Mapping[str, object]) -> Matcher:
    __tracebackhide__ = True
    try:
        return Matcher(kind, criteria)
    except (TypeError, ValueError) as error:
        mistake = type(error)(str(error))
    raise mistake


def _check_count(name: str, count: object, *, least: int) -> None:
    __tracebackhide__ = True
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError(f"{name} must be a whole number, not {count!r}")
    if count < least:
        raise ValueError(f"{name} must be {least} or more, not {count}")


def _check_wait(count: object, timeout: object) -> None:
    __tracebackhide__ = True
    _check_count("count", count, least=1)
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool):
        raise TypeError(f"timeout must be a number of seconds, not {timeout!r}")
    if not 0 <= timeout <= TIMEOUT_MAX:
        raise ValueError(f"timeout must be a number of seconds from 0 to {TIMEOUT_MAX:.0f}, not {timeout}")


def _check_discard(reason: object, by: object) -> None:
    __tracebackhide__ = True
    if not isinstance(reason, (str, type(None))):
        raise TypeError(f"reason must be a discard reason such as 'before_send', not {reason!r}")
    if not isinstance(by, (str, type(None))) and not callable(by):
        raise TypeError(f"by must be the callable that discarded it, or its name, not {by!r}")


def _is_by(discard: Discard, by: object) -> bool:
    if by is None or discard.by is None:
        return by is None
    if isinstance(by, str):
        return discard.by.name == by or discard.by.name.endswith(f".{by}")
    return is_callable_at(discard.by, by)


class _Before(NamedTuple):
    """What was there before a block, by identity. Kept, so that no identity is given twice."""

    items: Mapping[int, CapturedItem]
    entries: Mapping[int, Entry]


class _ExpectBlock:
    """The context manager of ``expect``: its own class, so that no frame but the test's is shown."""

    def __init__(self, capture: AnyAssertions, matcher: Matcher) -> None:
        self._capture = capture
        self._matcher = matcher

    def __enter__(self) -> Expected[CapturedItem]:
        self._before = self._capture._before(self._matcher)
        self._expected = Expected[CapturedItem]()
        return self._expected

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        __tracebackhide__ = True
        if error_type is None:
            [self._expected._item] = self._capture._assert_new(1, self._matcher, self._before)


class _ExpectNothingBlock(_ExpectBlock):
    """The context manager of ``expect_nothing``."""

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        __tracebackhide__ = True
        if error_type is None:
            self._capture._assert_was_active(self._matcher)
            self._capture._assert_new(0, self._matcher, self._before)


export(Expected, ImpossibleCriterionError, SentryAssertions)
