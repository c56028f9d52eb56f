"""The text of a suggested configuration, as people write one."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_sentry_capture._rules import (
    BUILT_IN_RULES,
    EXPECT,
    EnforcedRule,
    ExpectRule,
    Pattern,
    SuggestedEntry,
    Suggestion,
    pattern_in_toml,
    suggested_entries,
)
from pytest_sentry_capture._suggestions.trial_totals import TrialTotals

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def suggested_lines(
    totals: TrialTotals, rules: Iterable[EnforcedRule], switched_off: Collection[str], *, table: Sequence[str] = ()
) -> list[str]:
    """The lines of what a configuration lacks, without those of rules that it has; empty where it lacks nothing.

    Args:
        totals: what the tests of the configuration saw.
        rules: those that it has.
        switched_off: the names of rules that it has switched off.
        table: the table of the file that the configuration is; empty for a file of its own.
    """
    rules = [*rules]
    known = {*switched_off, *(each.rule.name for each in rules)}
    suggestions = {
        name: rule._suggestion(totals.seen(name)) for name, rule in BUILT_IN_RULES.items() if name not in known
    }
    entries = suggested_entries(totals.seen(EXPECT), [each.rule for each in rules if isinstance(each.rule, ExpectRule)])
    lines = [*_of_rules(suggestions, ".".join([*table, "rules"]))]
    for entry in entries:
        lines += ["", *_of_entry(entry, ".".join([*table, "expect"]))]
    return lines if lines[:1] != [""] else lines[1:]


def _of_rules(suggestions: Mapping[str, Suggestion], header: str) -> Iterator[str]:
    if not suggestions:
        return
    yield f"[{header}]"
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
