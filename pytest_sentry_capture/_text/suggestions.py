"""Telling users which name they may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_MOST_NAMES: Final = 10


def did_you_mean(what: str, name: str, valid: Iterable[str], *, meant: str | None = None) -> str:
    """A message about an unknown name: the one that must be ``meant``, else the nearest valid one, and valid ones.

    >>> did_you_mean("option", "trace_rate", ["trace_rates", "release"])
    "unknown option 'trace_rate'; did you mean 'trace_rates'? Valid: release, trace_rates"
    """
    known = [*valid]
    suggested = meant or nearest(name, sorted(known))
    hint = f"; did you mean {suggested!r}?" if suggested is not None else "."
    return f"unknown {what} {name!r}{hint} Valid: {listed(known, near=suggested or name)}"


def listed(names: Iterable[str], *, near: str = "") -> str:
    """Valid names for a message: at most ten, of more those most like ``near`` first.

    >>> listed(["release", "dist"]), listed(map(str, range(12)), near="11")
    ('dist, release', '11, 1, 10, 0, 2, 3, 4, 5, 6, 7 and 2 more')
    """
    known = sorted(names)
    if len(known) <= _MOST_NAMES:
        return ", ".join(known)
    from difflib import get_close_matches  # 1 ms, which only a mistake should cost

    close = get_close_matches(near.lower(), known, n=_MOST_NAMES, cutoff=0.5)
    shown = [*close, *(each for each in known if each not in close)][:_MOST_NAMES]
    return f"{', '.join(shown)} and {len(known) - _MOST_NAMES} more"


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that is most like a name, whatever their case, or None if none is like it.

    >>> nearest("ERR", ["error", "fatal"]), nearest("x", ["error"])
    ('error', None)
    """
    from difflib import get_close_matches  # 1 ms, which only a mistake should cost

    by_lower_case = {each.lower(): each for each in valid}
    found = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.5)
    return by_lower_case[found[0]] if found else None


def edits_between(one: str, other: str, *, most: int) -> int | None:
    """How many letters must be added, removed, replaced or swapped with the next, or None for more than ``most``.

    >>> edits_between("ZeroDivisonEror", "ZeroDivisionError", most=2), edits_between("Error", "Warning", most=2)
    (2, None)
    """
    if abs(len(one) - len(other)) > most or len({*one} ^ {*other}) > 2 * most:  # which is found out fast
        return None
    before: list[int] = []
    row = [*range(len(other) + 1)]
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return None
    return row[-1] if row[-1] <= most else None
