"""The text of a suggested configuration, as people write one."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._rules import (
    BUILT_IN_RULES,
    EXPECT,
    EnforcedRule,
    ExpectRule,
    Pattern,
    Rule,
    SuggestedEntry,
    Suggestion,
    Waiver,
    pattern_in_toml,
    suggested_entries,
)
from pytest_sentry_capture._suggestions.trial_totals import TrialTotals

_CHANCE: Final = "but too few items were seen without the sampled ones"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


class SuggestedConfiguration(NamedTuple):
    """What a configuration lacks.

    Attributes:
        rules: the rules, by name.
        entries: the ``expect`` entries.
    """

    rules: Mapping[str, Suggestion]
    entries: Sequence[SuggestedEntry]

    def lines(self, table: Sequence[str] = (), *, has_rules: bool = False) -> list[str]:
        """The lines to write, empty if the configuration lacks nothing.

        Args:
            table: the table of the file that the configuration is. Empty for its own file.
            has_rules: whether the file has the table of rules, which TOML does not take twice.
        """
        header = f"[{'.'.join([*table, 'rules'])}]"
        lines = [*_of_rules(self.rules, f"# Add to {header}:" if has_rules else header)]
        for entry in self.entries:
            lines += ["", *_of_entry(entry, ".".join([*table, "expect"]))]
        return lines if lines[:1] != [""] else lines[1:]


def suggested(
    totals: TrialTotals, rules: Iterable[EnforcedRule], switched_off: Collection[str]
) -> SuggestedConfiguration:
    """What a configuration lacks, without rules that it has and entries about what its entries name.

    Args:
        totals: what the tests of the configuration saw.
        rules: those that it has.
        switched_off: the names of rules that it has switched off.
    """
    rules = [*rules]
    known = {*switched_off, *(each.rule.name for each in rules)}
    missing = {name: rule for name, rule in BUILT_IN_RULES.items() if name not in known}
    expected = [each.rule for each in rules if isinstance(each.rule, ExpectRule)]
    certain = {json.dumps(each.keys) for each in suggested_entries(totals.certain.seen(EXPECT), expected) if each.holds}
    entries = suggested_entries(totals.seen(EXPECT), expected)
    return SuggestedConfiguration(
        {name: _suggestion(rule, totals) for name, rule in missing.items()},
        [each if not each.holds or json.dumps(each.keys) in certain else _by_chance(each) for each in entries],
    )


def _suggestion(rule: type[Rule], totals: TrialTotals) -> Suggestion:
    """What is suggested of a rule. It holds only if it does so without what chance decided about."""
    suggestion = rule._suggestion(totals.seen(rule.name))
    if not suggestion.holds or rule._suggestion(totals.certain.seen(rule.name)).holds:
        return suggestion
    return suggestion._replace(why=f"{suggestion.why}, {_CHANCE}", holds=False)


def _by_chance(entry: SuggestedEntry) -> SuggestedEntry:
    return replace(entry, why=f"{entry.why}, {_CHANCE}", holds=False)


def unneeded_waivers(
    totals: TrialTotals, rules: Mapping[str, Suggestion], waivers: Mapping[Waiver, bool]
) -> Iterator[Waiver]:
    """The waivers that waive nothing, of the rules that are on and of those that are suggested.

    Args:
        rules: those that are suggested.
        waivers: all waivers, and whether they waived something in the run.
    """
    for waiver, is_used in waivers.items():
        rule, suggestion = BUILT_IN_RULES.get(waiver.rule), rules.get(waiver.rule)
        if is_used or rule is None:
            continue
        if suggestion is None or not suggestion.holds:
            yield waiver
            continue
        seen = totals.seen_where_waived(waiver.rule, waiver.place)
        if not (seen.was_unjudged or rule._breaks_suggestion(suggestion.value, seen)):
            yield waiver


def _of_rules(suggestions: Mapping[str, Suggestion], header: str) -> Iterator[str]:
    if not suggestions:
        return
    yield header
    for name, each in suggestions.items():
        if each.holds:
            yield f"{name} = {_value(each.value)}  # {_comment(each.why)}"
    left = {name: each for name, each in suggestions.items() if not each.holds}
    if left:
        yield "# Not kept, not exercised or not judged in this run:"
    for name, each in left.items():
        yield f"# {name} = {_value(each.value)}  # {_comment(each.why)}"


def _of_entry(entry: SuggestedEntry, header: str) -> Iterator[str]:
    mark = "" if entry.holds else "# "
    yield f"{mark}[[{header}]]  # {_comment(entry.why)}"
    for key, value in entry.keys.items():
        why = entry.reasons.get(key)
        yield f"{mark}{key} = {_value(value)}" + (f"  # {_comment(why)}" if why else "")


def _comment(text: str) -> str:
    return " ".join(text.split())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}"
    if isinstance(value, Pattern):
        return pattern_in_toml(value.regex)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
