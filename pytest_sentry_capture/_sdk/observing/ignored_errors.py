"""Which entries of the applications' ``ignore_errors`` have ever ignored an error: the others may be out of date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any


def note_entries(options: Mapping[str, Any], counts: Counter[str]) -> None:
    """Count an application's entries in, each as not yet used."""
    for entry in _entries(options):
        counts[_name(entry)] += 0


def note_use(options: Mapping[str, Any], hint: Mapping[str, Any], counts: Counter[str]) -> None:
    """Count the entry that made the SDK ignore an error (by the rules of ``_Client._is_ignored_error``)."""
    error_type = hint["exc_info"][0]
    names = (error_type.__name__, f"{error_type.__module__}.{error_type.__name__}")
    for entry in _entries(options):
        if entry in names if isinstance(entry, str) else issubclass(error_type, entry):
            counts[_name(entry)] += 1
            return


def _entries(options: Mapping[str, Any]) -> list[Any]:
    entries = options.get("ignore_errors")
    return (
        [each for each in entries if isinstance(each, (str, type))] if isinstance(entries, (list, tuple, set)) else []
    )


def _name(entry: str | type) -> str:
    if isinstance(entry, str):
        return entry
    return entry.__qualname__ if entry.__module__ == "builtins" else f"{entry.__module__}.{entry.__qualname__}"
