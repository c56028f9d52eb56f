"""In which rows a run differs from the contract, and how that is put in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final, Literal, NamedTuple, get_args

from pytest_sentry_capture._reports.table import CAPTURED, SILENT, Row

State = Literal["new", "gone", "changed"]
STATES: Final = get_args(State)

FILE: Final = "sentry-contract.toml"
UPDATE: Final = "pytest --sentry-contract=update"
"""The command that writes the contract."""
_MARKS: Final = {"new": "+", "gone": "-", "changed": "!"}
DETAILS: Final = ("by", "level", "tags", "user")
_STATE_WIDTH: Final = max(map(len, _MARKS))


class Key(NamedTuple):
    """What says that two rows mean the same. Several rows may share it, such as with and without a signed-in user."""

    kind: str
    request_or_origin: str
    status: int | str | None
    exception: str


@dataclass(frozen=True)
class Difference:
    """A row that the run has and the contract has not, or the other way round, or has otherwise.

    Attributes:
        before: the contract's row, or None if it is new.
        after: the run's row, or None if it is gone.
        test: the node id of a test that has seen the run's row, empty if that is not known, or no test has.
    """

    before: Row | None
    after: Row | None
    test: str = field(default="", compare=False)

    @property
    def state(self) -> State:
        if self.before is None:
            return "new"
        return "gone" if self.after is None else "changed"

    @property
    def row(self) -> Row:
        """The run's row, else the contract's."""
        row = self.after or self.before
        assert row is not None  # noqa: S101  (one of both is always given)
        return row


def differences(contract: Iterable[Row], found: Iterable[Row], *, partial: bool = False) -> list[Difference]:
    """How the rows of a run differ from those of the contract, sorted by what they are about.

    Args:
        contract: the contract's rows.
        found: the run's rows that the contract is about.
        partial: whether not everything was run, so that nothing can be said to be gone.
    """
    before, after = _by_key(contract), _by_key(found)
    result = [
        Difference(old, new)
        for key in {**before, **after}
        for old, new in _pairs(before.get(key, set()), after.get(key, set()), partial)
    ]
    return sorted(result, key=lambda difference: (difference.row.sort_key, difference.state))


def key_of(row: Row) -> Key:
    """What the row is about."""
    return Key(row.kind, row.request_or_origin, row.status, row.exception)


def differences_text(found: Sequence[Difference], *, updated: bool = False, file: str = FILE) -> str:
    """All differences, in the style of a diff, or that there are none. ``updated`` and ``file`` as in ``headline``."""
    if not found:
        return f"{headline(found, file=file)}\n"
    shown = [f"  {line}" for difference in found for line in difference_lines(difference)]
    what_to_do = [] if updated else [*_about_names(found), f"If this is intended, run `{UPDATE}`.", ""]
    return "\n".join([headline(found, updated=updated, file=file), "", *shown, "", *what_to_do])


def _about_names(found: Sequence[Difference]) -> Iterator[str]:
    """That a contract names requests after functions, as the SDK does for some frameworks, and the run after routes."""
    named = [each.row for each in found if each.after is None and each.row.method and each.row.origin[:1] not in "/("]
    routed = {each.row.method for each in found if each.before is None and each.row.origin.startswith("/")}
    if example := next((row for row in named if row.method in routed), None):
        name = example.request_or_origin
        yield f'"{name}" names a request after its function. Requests are named after their routes now.'
        yield ""


def headline(found: Sequence[Difference], *, updated: bool = False, file: str = FILE) -> str:
    """How much differs.

    Args:
        updated: whether the contract was updated.
        file: the contract's. It is named where it is not the rootdir's.
    """
    contract = "contract" if file == FILE else f"contract {file}"
    if not found:
        return f"The {contract} matches."
    if updated:
        return f"{len(found)} row{' was' if len(found) == 1 else 's were'} updated in the {contract}."
    return f"{len(found)} row{' differs' if len(found) == 1 else 's differ'} from the {contract}."


def difference_lines(difference: Difference, *, details: Sequence[str] = DETAILS) -> Iterator[str]:
    """What differs, with the test that saw it: one line, and one for each of these details."""
    test = f" [{difference.test}]" if difference.test else ""
    yield f"{difference.state:{_STATE_WIDTH}}  {difference_summary(difference)}{test}"
    for detail in _details(difference, details):
        yield f"{'':{_STATE_WIDTH}}    {detail}"


def diff_lines(difference: Difference) -> Iterator[str]:
    """The lines with the marks by which tools color a diff."""
    for line in difference_lines(difference):
        yield f"{_MARKS[difference.state]} {line}"


def difference_summary(difference: Difference) -> str:
    """The row, and what became of it: ``event KeyError, GET /orders 500: was captured``."""
    row, before, after = difference.row, difference.before, difference.after
    what = " ".join(part for part in (row.kind, row.exception) if part)
    where = " ".join(part for part in (row.request_or_origin, str(row.status or "")) if part)
    subject = f"{what}, {where}" if what else where
    if before is None or after is None:
        return f"{subject}: {result(row) if before is None else f'was {result(row)}'}"
    if before.result == after.result:
        return f"{subject}: {result(row)}"
    return f"{subject}: was {result(before)}, is {result(after)} now"


def result(row: Row) -> str:
    """What became of a row, in words."""
    return row.result if row.result in (CAPTURED, SILENT) else f"discarded by {row.result}"


def _details(difference: Difference, names: Sequence[str]) -> Iterator[str]:
    before, after = difference.before, difference.after
    if after is None:
        return
    for name in names:
        old = getattr(before, name) if before is not None else ()
        new = getattr(after, name)
        if old == new or not (old or new):
            continue
        if before is None:
            yield f"{name}: {new if isinstance(new, str) else ', '.join(new)}"
        elif isinstance(new, str):
            yield f"{name}: was {old or 'none'}, is {new or 'none'} now"
        else:
            yield f"{name}: {_changed_names(old, new)}"


def _changed_names(old: Sequence[str], new: Sequence[str]) -> str:
    changes = {"new": sorted(set(new) - set(old)), "gone": sorted(set(old) - set(new))}
    return "; ".join(f"{state} {', '.join(names)}" for state, names in changes.items() if names)


def _by_key(rows: Iterable[Row]) -> dict[Key, set[Row]]:
    result: defaultdict[Key, set[Row]] = defaultdict(set)
    for row in rows:
        result[key_of(row)].add(row)
    return result


def _pairs(before: set[Row], after: set[Row], partial: bool) -> Iterator[tuple[Row | None, Row | None]]:
    """The variants of one key that differ: those that are most alike are the same row, changed."""
    missing = dict.fromkeys(sorted(before - after, key=_order))
    added = dict.fromkeys(sorted(after - before, key=_order))
    if partial and (len(before), len(after)) != (1, 1):
        missing = {}
    for old, new in sorted(product(missing, added), key=lambda pair: _distance(*pair)):
        if old in missing and new in added:
            del missing[old], added[new]
            yield old, new
    yield from ((old, None) for old in missing)
    yield from ((None, new) for new in added)


def _order(row: Row) -> tuple[object, ...]:
    return row.sort_key


def _distance(one: Row, other: Row) -> int:
    """How many columns and names differ."""
    plain = [one.result != other.result, one.by != other.by, one.level != other.level]
    return sum(plain) + len(set(one.tags) ^ set(other.tags)) + len(set(one.user) ^ set(other.user))
