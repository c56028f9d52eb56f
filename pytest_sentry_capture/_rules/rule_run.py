"""Judges recordings by rules: what was kept, what is broken, what was waived, and what never came up."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, get_args

import pluggy

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Capture, CapturedItem, Discard, Entry, Recording, unreadable_items
from pytest_sentry_capture._rules.built_in import BUILT_IN_RULES
from pytest_sentry_capture._rules.rule import Judgement, Rule, RuleViews, Severity
from pytest_sentry_capture._text import did_you_mean

_OUR_PACKAGE: Final = f"{__name__.partition('.')[0]}."
_WITH_FIELDS: Final = ("event", "transaction", "span")
"""The types of items that rules look into."""
_LEFT_OUT: Final = (str(Path(__file__).parents[1]), str(Path(pluggy.__file__).parent))
"""Folders whose frames tell nothing about an error in the code of users."""


class UnusableRulesError(Exception):
    """Why a project's own rules can't be used, in words for users."""


@dataclass(frozen=True)
class EnforcedRule:
    """A rule that is on.

    Attributes:
        rule: the rule.
        place: where it is configured, such as ``"pyproject.toml:12"``. How it came to be on where it is not.
        only_with_fixture: whether it applies only to tests that use the fixture.
        beside: the same rule as it is configured, beside which this one applies to the tests that it leaves out.
        folder: the folder that the rule's ``paths`` start from, relative to the rootdir and with slashes.
    """

    rule: Rule
    place: str
    only_with_fixture: bool = False
    beside: EnforcedRule | None = None
    folder: str = ""

    def applies_to(self, recording: Recording) -> bool:
        """Whether the rule judges this test, or items from outside of tests."""
        if self.only_with_fixture and not recording.detailed:
            return False
        if self.beside is not None and self.beside.applies_to(recording):
            return False
        file = recording.label.partition("::")[0]
        return not self.rule.paths or any(self.covers(path, file) for path in self.rule.paths)

    def covers(self, path: str, file: str) -> bool:
        """Whether one of the rule's ``paths`` is this test file, a folder that it is in, or a pattern that it fits.

        Args:
            file: relative to the rootdir, with slashes.
        """
        file = file.removeprefix(f"{self.folder}/") if self.folder else file
        path = path.removeprefix("./").rstrip("/")
        return path in ("", ".") or file == path or file.startswith(f"{path}/") or fnmatchcase(file, path)


@dataclass(frozen=True)
class Waiver:
    """A test's stated exception to a rule.

    Attributes:
        rule: the name of the rule.
        place: the node id of what is marked: a test without its parameters, a class or a module.
        reason: why, as the marker says.
        until: the last day, in UTC, on which it counts (ISO 8601), empty if it has no end.
        ticket: where it is followed up, empty if that is not said.
    """

    rule: str
    place: str
    reason: str = ""
    until: str = ""
    ticket: str = ""

    def has_expired(self, today: str) -> bool:
        """Whether its last day is over on this one."""
        return bool(self.until) and self.until < today


@dataclass
class RuleTally:
    """In how many tests a rule was kept, broken and waived, and how often each ``allow`` entry of it allowed something.

    A test that breaks a rule, or waives a break, does not count as one that keeps it. A test in which something could
    not be judged counts as such too, for ``reasons``.
    """

    kept: int = 0
    broken: int = 0
    waived: int = 0
    not_judged: int = 0
    allowed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> RuleTally:
        """The tally with these values, which JSON has brought."""
        return cls(**{**values, "allowed": Counter(values["allowed"]), "reasons": Counter(values["reasons"])})

    def shown(self, formatter: Formatter) -> RuleTally:
        """The same, with the reasons as they may be shown."""
        reasons = Counter({formatter.redacted(reason): times for reason, times in self.reasons.items()})
        return replace(self, reasons=reasons)

    def add(self, other: RuleTally) -> None:
        """Count in other tests."""
        self.kept += other.kept
        self.broken += other.broken
        self.waived += other.waived
        self.not_judged += other.not_judged
        if other.allowed:
            self.allowed.update(other.allowed)
        if other.reasons:
            self.reasons.update(other.reasons)

    def widen(self, other: RuleTally) -> None:
        """Count in what another process may have seen as well."""
        self.kept, self.broken = max(self.kept, other.kept), max(self.broken, other.broken)
        self.waived, self.allowed = max(self.waived, other.waived), self.allowed | other.allowed
        self.not_judged, self.reasons = max(self.not_judged, other.not_judged), self.reasons | other.reasons

    def note(self, judgement: Judgement, *, is_waived: bool) -> None:
        """Count in a judgement of the one test that this tally is about."""
        if judgement.allowed is not None:
            self.allowed[judgement.allowed] += 1
        if judgement.obstacle is not None:
            self.not_judged = 1
            self.reasons[judgement.obstacle] = 1
            return
        self.broken |= judgement.problem is not None and not is_waived
        self.waived |= judgement.problem is not None and is_waived and not self.broken
        self.kept = int(not self.broken and not self.waived)


@dataclass(frozen=True)
class BrokenRule:
    """A rule that a recording breaks.

    Attributes:
        problems: what is wrong. A rule that raised has one, with the traceback in its details.
        has_raised: whether the rule could not be judged, because its own code raised.
        is_own: whether it is a rule of the project, whose problems do not say which item they are about.
    """

    name: str
    place: str
    severity: Severity
    problems: tuple[Judgement, ...]
    has_raised: bool = False
    is_own: bool = False


def default_rules(configured: Iterable[EnforcedRule], switched_off: Iterable[str]) -> list[EnforcedRule]:
    """The rules that are on by themselves in tests that use the fixture, unless they are configured otherwise."""
    known = {each.rule.name: each for each in configured}
    off = {*switched_off}
    place = "on in tests that use sentry_capture or sentry_server"
    return [
        EnforcedRule(rule_class(), place, only_with_fixture=True, beside=known.get(name))
        for name, rule_class in BUILT_IN_RULES.items()
        if rule_class._built_in_needs.on_with_fixture_if is not None
        and name not in off
        and (name not in known or (rule_class._built_in_needs.is_on_beside_paths and known[name].rule.paths))
    ]


class RuleRun:
    """One test's recordings judged, in one step or two: first the entries until its call ended, then all others.

    Args:
        rules: the rules that are on.
        recording: what was seen in this process.
        waivers: the test's.
        received: items received by ``sentry_server``, or None if the test does not use it.

    Attributes:
        tallies: how often each rule was kept, broken and waived.
        used_waivers: the waivers that were needed.
        personal_data: the judgements of places that hold personal data, of those that the rule allows too.
    """

    def __init__(
        self,
        rules: Sequence[EnforcedRule],
        recording: Recording,
        waivers: Iterable[Waiver] = (),
        received: Recording | None = None,
    ) -> None:
        self._recordings = [recording] if received is None else [recording, received]
        self._judged = [0] * len(self._recordings)
        self._is_first = True
        of_test = self._holding([])
        applying = [rule for rule in rules if rule.applies_to(of_test)]
        self._rules = sorted(applying, key=lambda each: each.rule._built_in_needs.is_last)
        self._waivers = tuple(waivers)
        self.tallies: dict[str, RuleTally] = {}
        self.used_waivers: set[Waiver] = set()
        self.personal_data: list[Judgement] = []

    def judge_new(self) -> list[BrokenRule]:
        """Judge what has been recorded since the last time."""
        new = [each.entries_since(judged) for each, judged in zip(self._recordings, self._judged, strict=True)]
        if not self._is_first and not any(new):
            return []
        self._is_first = False
        self._judged = [judged + len(entries) for judged, entries in zip(self._judged, new, strict=True)]
        return self._broken(RuleViews(self._holding(self._once(new))), at_teardown=False)

    def judge_rest(self) -> list[BrokenRule]:
        """Judge what has been recorded since the last time, and by the rules that want the whole recording."""
        broken = self.judge_new()
        whole = self._holding(self._once([each.entries for each in self._recordings]))
        return [*broken, *self._broken(RuleViews(whole), at_teardown=True)]

    @property
    def whole(self) -> RuleViews:
        """What was recorded so far, in this process and by ``sentry_server``."""
        return RuleViews(self._holding(self._once([each.entries for each in self._recordings])))

    def judging(self, kind: str) -> list[str]:
        """The names of the project's rules, configured and registered, that judge things of a kind."""
        judging = (each.rule for each in self._rules if not each.only_with_fixture)
        return [rule.name for rule in judging if kind in rule._judged_by_chance]

    def _holding(self, entries: list[Entry]) -> Recording:
        part = self._recordings[0].holding(entries)
        part.client_was_active = any(each.client_was_active for each in self._recordings)
        part.detailed = part.detailed or len(self._recordings) > 1
        return part

    def _once(self, entries: list[list[Entry]]) -> list[Entry]:
        """The entries of all recordings, without what was received though it was seen in this process already."""
        seen, *received = entries
        if not received:
            return seen
        known = {
            event_id: capture for capture in self._recordings[0].entries_of(Capture) for event_id in _event_ids(capture)
        }
        once = [*seen]
        for entry in (each for part in received for each in part):
            same = [known[event_id] for event_id in _event_ids(entry) if event_id in known]
            for capture in same:
                capture.seen = capture.seen or (isinstance(entry, Capture) and entry.seen)
            if not same:
                once.append(entry)
        return once

    def _broken(self, views: RuleViews, *, at_teardown: bool) -> list[BrokenRule]:
        judged = (self._judge(each, views) for each in self._rules if each.rule.at_teardown is at_teardown)
        return [broken for broken in judged if broken is not None]

    def _judge(self, enforced: EnforcedRule, views: RuleViews) -> BrokenRule | None:
        rule = enforced.rule
        has_raised = False
        judgements: list[Judgement] = []
        try:
            judgements += _checked(rule.judge(views))
            judgements = [*_certain(rule, judgements, views), *_of_unreadable(rule, views)]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # pytest.fail() and pytest.skip() are not an Exception
            has_raised = True
            judgements = [_raised(rule, error)]
        waivers = [waiver for waiver in self._waivers if waiver.rule == rule.name and not has_raised]
        for judgement in judgements:
            self.tallies.setdefault(rule.name, RuleTally()).note(judgement, is_waived=bool(waivers))
            if judgement.detector is not None:
                self.personal_data.append(judgement)
        problems = tuple(judgement for judgement in judgements if judgement.problem is not None)
        if problems:
            self.used_waivers.update(waivers)
        if waivers or not problems:
            return None
        is_own = not type(rule).__module__.startswith(_OUR_PACKAGE)
        return BrokenRule(rule.name, enforced.place, rule.severity, problems, has_raised, is_own)


def _event_ids(entry: Entry) -> list[str]:
    items = entry.items if isinstance(entry, Capture) else ()
    return [item["event_id"] for item in items if isinstance(item.get("event_id"), str)]


def own_rules(
    given: Iterable[tuple[object, str]], others: Iterable[EnforcedRule], *, folder: str = ""
) -> Iterator[EnforcedRule]:
    """A project's own rules, of what each implementation of the hook has given.

    Args:
        given: what each has given, and where it stands.
        others: the rules that are on beside them.
        folder: the folder that their ``paths`` start from, relative to the rootdir.

    Raises:
        UnusableRulesError: what is given are not rules, or a rule has no name, one that is taken, or an invalid value
            elsewhere.
    """
    taken = {*BUILT_IN_RULES, *(each.rule.name for each in others)}
    for rules, place in given:
        if not isinstance(rules, Iterable) or isinstance(rules, (str, Mapping)):
            raise UnusableRulesError(f"must return a list of rules, not {rules!r}")
        for rule in rules:
            if not isinstance(rule, Rule):
                hint = ". Return an instance of it" if isinstance(rule, type) and issubclass(rule, Rule) else ""
                raise UnusableRulesError(
                    f"{rule!r} is not a rule: it does not derive from pytest_sentry_capture.Rule{hint}"
                )
            _check_own(rule)
            if rule.name in taken:
                raise UnusableRulesError(f"there are two rules named {rule.name!r}: give this one another name")
            taken.add(rule.name)
            yield EnforcedRule(rule, f"registered at {place}", folder=folder)


def _check_own(rule: Rule) -> None:
    name = type(rule).__qualname__
    if not rule.name:
        raise UnusableRulesError(f"{name} has no name")
    for attribute in "paths", "allow_list":
        value = getattr(rule, attribute)
        if not isinstance(value, (tuple, list)) or not all(isinstance(each, str) for each in value):
            raise UnusableRulesError(f"{name}: {attribute} must be a tuple of strings, not {value!r}")
    if not isinstance(rule.name, str):
        raise UnusableRulesError(f"{name}: name must be a string, not {rule.name!r}")
    if rule.severity not in get_args(Severity):
        raise UnusableRulesError(f"{name}: {did_you_mean('severity', str(rule.severity), get_args(Severity))}")


def rule_names(rules: Iterable[EnforcedRule]) -> list[str]:
    """What a waiver may name: the built-in rules, and the others that are on."""
    return [*dict.fromkeys([*BUILT_IN_RULES, *(each.rule.name for each in rules)])]


def _checked(judgements: object) -> Iterator[Judgement]:
    if not isinstance(judgements, Iterable):
        raise TypeError(f"judge() must return results of kept(), broken() and not_judged(), not {judgements!r}")
    for judgement in judgements:
        if not isinstance(judgement, Judgement):
            raise TypeError(f"judge() must return results of kept(), broken() and not_judged(), not {judgement!r}")
        yield judgement


def _certain(rule: Rule, judgements: list[Judgement], views: RuleViews) -> list[Judgement]:
    """The judgements, of which few hold where captures may have been missed: what was seen to be wrong stays wrong."""
    hiding = views._recording.hiding()
    if not hiding:
        return judgements
    why = Formatter.for_reports(views._recording).replaced(hiding[0])
    certain = [each if _was_seen(rule, each) else replace(each, problem=None, obstacle=why) for each in judgements]
    return [*certain, rule.not_judged(None, why)]


def _of_unreadable(rule: Rule, views: RuleViews) -> Iterator[Judgement]:
    """What is said of items that the views of their kinds leave out, because nothing can be read in them."""
    if rule._built_in_needs.reads_fields:
        for item in unreadable_items(views._recording.entries, _WITH_FIELDS):
            yield rule.not_judged(item, f"the payload of {item.type_header} items can't be read")


def _was_seen(rule: Rule, judgement: Judgement) -> bool:
    subject = judgement.subject
    is_seen = isinstance(subject, (CapturedItem, Discard))
    is_of_sort = subject is None and rule._built_in_needs.breaks_on_what_was_seen
    return judgement.problem is not None and (is_seen or is_of_sort)


def traceback_of(error: BaseException, *, ours: bool = False) -> list[str]:
    """The lines of an error's traceback. ``ours`` says whether this package's own frames are of interest."""
    rendered = traceback.TracebackException.from_exception(error)
    if not ours:
        rendered.stack[:] = [frame for frame in rendered.stack if not frame.filename.startswith(_LEFT_OUT)]
    return "".join(rendered.format()).rstrip().splitlines()


def _raised(rule: Rule, error: BaseException) -> Judgement:
    is_ours = type(rule).__module__.startswith(_OUR_PACKAGE)
    whose = ", an internal error of pytest-sentry-contract. Please report it." if is_ours else "."
    problem = f"the rule itself raised {type(error).__name__}{whose}"
    return rule.broken(None, problem, details=traceback_of(error, ours=is_ours))
