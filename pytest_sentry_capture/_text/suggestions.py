"""Telling users which name they may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(what: str, name: str, valid: Iterable[str], *, meant: str | None = None) -> str:
    """A message about an unknown name: the one that must be ``meant``, else the nearest valid one, and all valid ones.

    >>> did_you_mean("option", "trace_rate", ["trace_rates", "release"])
    "unknown option 'trace_rate'; did you mean 'trace_rates'? Valid: release, trace_rates"
    """
    from difflib import get_close_matches  # 1 ms, which only a mistake should cost

    known = sorted(valid)
    by_lower_case = {each.lower(): each for each in known}
    nearest = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.5)
    suggested = meant or (by_lower_case[nearest[0]] if nearest else None)
    hint = f"; did you mean {suggested!r}?" if suggested is not None else "."
    return f"unknown {what} {name!r}{hint} Valid: {', '.join(known)}"
