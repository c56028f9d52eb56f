"""What a rule is, and what it says of each thing that it looks at."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NewType

from pytest_sentry_capture._assertions import ApplicationViews, Formatter, Matcher, TypedFind
from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording import CallableLocation, CapturedItem, Discard, Operation, Recording
from pytest_sentry_capture._rules.suggestion import Seen, Sighting, Suggestion, from_trial

if TYPE_CHECKING:
    from pytest_sentry_capture._relay import PiiSearch, ServerScrubbing

_OUR_PACKAGE: Final = f"{__name__.partition('.')[0]}."
Severity = Literal["fail", "warn"]
Regex = NewType("Regex", str)
"""A text that is a regex."""


@dataclass(frozen=True)
class Pattern:
    """A regex that is searched in a value. In TOML ``{ regex = "…" }``."""

    regex: Regex


def pattern_in_toml(regex: str) -> str:
    """A pattern as it is written in a configuration."""
    is_literal = "'" not in regex and regex.isprintable()
    quoted = f"'{regex}'" if is_literal else json.dumps(regex, ensure_ascii=False)
    return f"{{ regex = {quoted} }}"


Subject = CapturedItem | Discard | Operation | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of a rule for one item, request or job.

    Create it with ``Rule.kept``, ``Rule.broken`` or ``Rule.not_judged``.

    Attributes:
        subject: the item, discard, exchange or job, or None if it is something else.
        problem: what is wrong, in one line and without values of the application, or None if the rule is kept.
        path: the dotted place in the item, as in the criterion ``where``.
        by: the callable that caused the problem.
        details: further lines, for the test's own report.
        allowed: the entry of the rule's ``allow`` list that allowed the finding.
        obstacle: why the rule could not judge it, in words for users.
        detector: the rule of Relay that found personal data at ``path``, such as ``"@email"``.
    """

    subject: Subject = None
    problem: str | None = None
    path: str | None = None
    by: CallableLocation | None = None
    details: tuple[str, ...] = ()
    allowed: str | None = None
    obstacle: str | None = None
    detector: str | None = None


def unfinished(formatter: Formatter, operation: Operation) -> str:
    """The obstacle of rules that ask for a report, where the application may still make one."""
    return f"{formatter.operation_summary(operation)}, but the application had not returned when it was judged"


WITHOUT_CLIENT: Final = "no Sentry client was active"
"""The obstacle of rules that ask for a report where there can be none."""


class _Search(ApplicationViews):
    def find(self, kind: str = "event", **criteria: Any) -> Any:
        """Return the captured items of a kind that match all criteria. Raises like ``SentryCapture.find``."""
        return self._matching(Matcher(kind, criteria))

    def _matching(self, matcher: Matcher) -> list[CapturedItem]:
        """The captured items that match."""
        return [item for item in self._items_of(matcher.item_class) if matcher.matches(item)]


class RuleViews(TypedFind, _Search):  # type: ignore[misc]  # the typed search takes less
    """The views of a finished recording, or of its new part, for a rule to judge."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording, _nothing_is_buffered)

    @property
    def discarded(self) -> list[Discard]:
        """The discards, without log records that did not become events, because not all tests record these."""
        return [discard for discard in super().discarded if not discard._is_of_logging]

    @property
    def test(self) -> str:
        """The test's node id. ``(collection)`` or ``(between tests)`` for items from outside any test."""
        return self._recording.label


@dataclass(frozen=True)
class Needs:
    """What a built-in rule needs of the run: nobody else knows a rule by its name.

    Attributes:
        shorthand: the option that a bare value in the configuration stands for, or None if none does.
        on_with_fixture_if: whether what a test recorded has something for it: then it is on without configuration in
            tests that use the fixture. None where it never is.
        is_on_beside_paths: whether it is so in tests too that its ``paths`` leave out, because it looks for what these
            tests have declared themselves.
        is_last: whether it is judged after the others, because it looks at what they have asked for.
        scope_writes: whether it must be noted which operation writes what on scopes, which costs time.
        is_settled_by_assertions: whether an ``assert_discarded`` accounts for what it breaks on.
        exchanges: whether it says nothing of requests that are not observed.
        judges_traces: whether it judges segments too, and not events alone.
        breaks_on_what_was_seen: whether what breaks it was seen, though it names no item, and not missed.
        is_tried_out: whether it can be suggested by how it does without options.
        reads_fields: whether it asks for what stands in the fields of items, which cannot be determined of unreadable
            ones.
    """

    shorthand: str | None = None
    on_with_fixture_if: Callable[[Recording], bool] | None = None
    is_on_beside_paths: bool = False
    is_last: bool = False
    scope_writes: bool = False
    is_settled_by_assertions: bool = False
    exchanges: bool = False
    breaks_on_what_was_seen: bool = False
    judges_traces: bool = True
    reads_fields: bool = True
    is_tried_out: bool = True


@dataclass(kw_only=True)
class Rule(ABC):
    """A condition that is checked in each test of a run. It is kept, broken, not judged or not exercised.

    To write your own rule, derive from this class, give it a ``name``, and yield judgements in ``judge``. Return it
    from the hook ``pytest_sentry_capture_rules``.

    Attributes:
        name: its name in waivers and reports, such as ``"no-french-messages"``.
        severity: ``"fail"``: a test that breaks it fails. ``"warn"``: the summary reports the broken rule.
        paths: the test files that it applies to: files, folders, or patterns with ``*``, relative to the folder of the
            configuration, usually pytest's rootdir. If empty, it applies to all tests and to captures outside of
            tests.
        at_teardown: if true, it judges the whole recording once, after the test's teardown. Otherwise, it
            judges the recording when the test's call has ended, and later items after the teardown.
    """

    name: str = field(default="", init=False)
    severity: Severity = "fail"
    paths: tuple[str, ...] = ()
    at_teardown: ClassVar[bool] = False
    _built_in_needs: ClassVar[Needs] = Needs()

    @abstractmethod
    def judge(self, views: RuleViews) -> Iterable[Judgement]:
        """Yield a judgement for each item, request or job that the rule is about. Yield nothing if there was none."""

    @property
    def allow_list(self) -> tuple[str, ...]:
        """The entries that allow findings. Entries that never allowed one are reported as unused."""
        return ()

    @property
    def _obstacle(self) -> str | None:
        """Why the rule can't be judged in this environment, in words for users, or None if it can."""
        return None

    @property
    def _judges_exchanges(self) -> bool:
        """Whether it says nothing of requests that are not observed."""
        return self._built_in_needs.exchanges

    @property
    def _nothing_to_look_for(self) -> str | None:
        """Why the rule found nothing to judge by as it is configured, in words for users, or None if that is enough."""
        return None

    @property
    def _judged_by_chance(self) -> tuple[str, ...]:
        """Of what kinds the things are that it judges, and that may be sampled."""
        is_built_in = type(self).__module__.startswith(_OUR_PACKAGE)
        kinds = getattr(self, "kinds", None) if is_built_in else None
        if isinstance(kinds, tuple):
            return tuple("segment" if kind == "transaction" else kind for kind in kinds)
        return ("event", "segment") if self._built_in_needs.judges_traces else ("event",)

    @property
    def _pii_search(self) -> PiiSearch | None:
        """What looks for personal data as the rule is configured, which ``pii()`` does too, or None if nothing does."""
        return None

    def _take_scrubbing(self, scrubbing: ServerScrubbing) -> None:  # noqa: B027  (most rules have no use for them)
        """Learn the project's settings for data scrubbing on Sentry's servers, where there are any."""

    @classmethod
    def _sightings(cls, views: RuleViews) -> Iterable[Sighting]:  # noqa: ARG003
        """What a whole recording has that options of the rule can be suggested from."""
        return ()

    @classmethod
    def _suggestion(cls, seen: Seen) -> Suggestion:
        """What is suggested of the rule after a run."""
        return from_trial(seen)

    @classmethod
    def _breaks_suggestion(cls, value: Any, seen: Seen) -> bool:  # noqa: ARG003
        """Whether the rule with a suggested value would have been broken by what tests saw that waive it."""
        return bool(seen.waived)

    @staticmethod
    def kept(subject: Subject = None, *, allowed: str | None = None) -> Judgement:
        """Return the judgement that the rule was exercised and kept."""
        return Judgement(subject, allowed=allowed)

    @staticmethod
    def broken(
        subject: Subject,
        problem: str,
        *,
        path: str | None = None,
        by: CallableLocation | None = None,
        details: Iterable[str] = (),
    ) -> Judgement:
        """Return the judgement that the rule is broken. See ``Judgement`` for the arguments.

        Raises:
            TypeError: there is no problem, or the details are one text.
        """
        if not problem or isinstance(details, str):
            raise TypeError("broken() needs a string as problem and a list of strings as details")
        return Judgement(subject, problem, path, by, tuple(details))

    @staticmethod
    def not_judged(subject: Subject, obstacle: str) -> Judgement:
        """Return the judgement that the rule cannot judge this, with the reason in words for users.

        Raises:
            TypeError: there is no reason.
        """
        if not obstacle or type(obstacle) is not str:
            raise TypeError("not_judged() needs a string that says why")
        return Judgement(subject, obstacle=obstacle)


def _nothing_is_buffered() -> None:
    """A finished recording is complete."""


export(Judgement, RuleViews, Rule)
