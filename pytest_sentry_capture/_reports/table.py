"""The capture table: captured and discarded items, one row for each distinct way, counted over the run.

Nothing in it is a value of the application's: names of tags and user fields, never what they hold.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple, cast

from pytest_sentry_capture._assertions import Formatter, exception_names
from pytest_sentry_capture._recording import (
    BETWEEN_TESTS,
    COLLECTION,
    LEAST_FAILURE,
    MANUAL,
    Capture,
    CapturedItem,
    Discard,
    Entry,
    Exchange,
    Job,
    Operation,
    Recording,
    leaves_it_to_chance,
    sample_rate_of,
    with_event,
)
from pytest_sentry_capture._recording.kinds import (
    CapturedAttachment,
    CapturedEvent,
    CapturedLog,
    CapturedSegment,
    CapturedSpan,
    CapturedTransaction,
    counts_of,
)
from pytest_sentry_capture._reports.example_items import ExampleItem, ExampleItems, tells_of_callback
from pytest_sentry_capture._reports.fields import Fields, fields_of, merge
from pytest_sentry_capture._reports.names import ROUTE_SOURCES, ShownNames, shown_test

State = Literal["captured", "discarded", "silent", "nothing", "Sentry was off", "sampled by chance", "waived"]
CAPTURED: Final = "captured"
SILENT: Final = "silent"
"""The result of a failure during which no event was captured or discarded."""
NOTHING: Final = "nothing"
"""The result of another answer, during which nothing at all was captured or discarded."""
OFF: Final = "Sentry was off"
"""The result in place of both where no client was active."""
WITHOUT_ITEM: Final = (SILENT, NOTHING, OFF)
"""The results of operations, which have no item and no discard."""
JOB: Final = "job"
"""What rows of jobs have in place of a method, which is in upper case."""
NO_ROUTE: Final = "(no route)"
STATUSES: Final = range(100, 1000)
"""What an HTTP status can be (RFC 9110, 15)."""
UNSAMPLED: Final = "sample_rate"
"""The discard reason of what was not sampled."""
DIRECT: Final = "direct"
"""The origin of what the application hands to the SDK by itself, outside of any operation."""
_LOGGING: Final = "logging"
_THREADING: Final = "threading"
_UNSPECIFIC_MECHANISM: Final = "generic"
_OF_APPLICATION: Final = (None, MANUAL)
"""The origins of segments that an application started itself. Old SDKs, which make no others, tell none."""
_OUTSIDE_TESTS: Final = (COLLECTION, BETWEEN_TESTS)
_ENCLOSING_FUNCTION: Final = re.compile(r"[^.]+\.<locals>\.")


class Row(NamedTuple):
    """One distinct way in which something was captured, was discarded, or an operation ended without an event.

    Attributes:
        origin: the route of the request, the name of the job, or what else it came from: ``logging``, ``threading``,
            ``direct``, or the integration that made a segment (``auto.db.sqlalchemy``), …
        method: the method of the request, or ``JOB``. Empty outside of operations.
        status: the status of the answer or of the job.
        kind: the kind of the item. Empty for the operation itself.
        exception: the bare name of the outermost exception's class.
        result: ``captured``, the discard reason, or one of ``WITHOUT_ITEM`` for the operation itself.
        by: the callable that discarded it.
        level: the level of an event or log.
        tags: the sorted names of the tags.
        user: the sorted names of the user's fields.
        project: of the DSN that it was sent to, in a run of several projects. Empty in others, and in contracts.
    """

    origin: str
    method: str = ""
    status: int | str | None = None
    kind: str = ""
    exception: str = ""
    result: str = CAPTURED
    by: str = ""
    level: str = ""
    tags: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    project: str = ""

    @property
    def request_or_origin(self) -> str:
        """The method and route of the request, the job, or what else it came from."""
        return f"{self.method} {self.origin}" if self.method else self.origin

    @property
    def is_failure(self) -> bool:
        """Whether the request was answered with 400 or more, an exception left the application, or the job failed."""
        if self.method == JOB:
            return self.status == "failed"
        return bool(self.exception) or (isinstance(self.status, int) and self.status >= LEAST_FAILURE)

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """What rows are sorted by, the same on every machine. A row that is captured now stays where it was."""
        status = "" if self.status is None else str(self.status)  # all numbers have three digits
        what = (self.request_or_origin, status, self.kind, self.exception)
        return (*what, self.user, self.tags, self.level, self.result, self.by, self.method, self.project)


@dataclass
class Tally:
    """How often a row was seen, and one test in which it was.

    Attributes:
        example: the node id of a test, without its parameters, or ``(collection)`` or ``(between tests)``.
        in_contract: whether it was seen where the contract applies: not only in tests that waive it.
        by_chance: whether a random number had a say in it each time that it was seen.
        is_waived: whether it was seen only in tests that waive the contract.
        has_others: whether, each time that an operation was silent, something else than events was captured or
            discarded meanwhile.
        in_tests: how often it was seen while tests were running, or between them.
        in_collection: how often a process saw it while a module was imported, which each process does once that
            imports it, by the file of the module: relative to the rootdir. Empty for others.
        fields: which fields its items have, and in which state, where that was asked for.
        shown: an example of its items, where that was asked for.
    """

    example: str
    in_contract: bool = False
    in_tests: int = 0
    in_collection: dict[str, int] = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)
    by_chance: bool = False
    is_waived: bool = False
    has_others: bool = False
    shown: ExampleItem | None = None

    @property
    def count(self) -> int:
        return self.in_tests + sum(self.in_collection.values())

    def add(self, other: Tally) -> None:
        """Count in another row that is shown as this one."""
        self.join(other)
        self.in_tests += other.in_tests
        for module, times in other.in_collection.items():
            self.in_collection[module] = self.in_collection.get(module, 0) + times
        merge(self.fields, other.fields)

    def join(self, other: Tally) -> None:
        """Take over what another sighting of the row says, except for how often it was seen."""
        self.by_chance &= other.by_chance
        self.is_waived &= other.is_waived
        self.has_others &= other.has_others
        self.example = min(self.example, other.example, key=lambda label: (label in _OUTSIDE_TESTS, label))
        self.in_contract |= other.in_contract
        if other.shown is not None:
            self.show(other.shown)

    def show(self, example: ExampleItem) -> None:
        """Take an example of the items, where it is a better one than that which is there."""
        if self.shown is None or example.rank < self.shown.rank:
            self.shown = example


def state_of(row: Row, tally: Tally) -> State:
    """What became of a row, with the reason for which no contract holds it before everything else."""
    if row.result in (OFF, NOTHING):
        return cast("State", row.result)
    if tally.by_chance:
        return "sampled by chance"
    if tally.is_waived:
        return "waived"
    return cast("State", row.result) if row.result in (CAPTURED, SILENT) else "discarded"


class CaptureTable:
    """The rows of a run, built recording by recording, and merged from parallel workers.

    Args:
        with_fields: look at the fields of items and count items too, which takes time.
        examples: makes examples of items, or None if none are wanted.

    Attributes:
        counts: how many items were captured of each kind, spans included, where that was asked for.
        counts_of_modules: the same for items captured while modules were imported, by their files.
    """

    def __init__(self, *, with_fields: bool = False, examples: ExampleItems | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self.counts_of_modules: dict[str, Counter[str]] = {}
        self._with_fields = with_fields
        self._examples = examples
        self._rows: dict[Row, Tally] = {}

    def add(self, *recordings: Recording, in_contract: bool = True, client_was_active: bool = True) -> None:
        """Count what the recordings of one test hold.

        Args:
            recordings: the one that knows most first. What a later one has seen too (an event that was captured in
                process and was received by a server) counts once.
            in_contract: whether the test does not waive the contract.
            client_was_active: whether a Sentry client was active at any time of the test: without one, no
                operation is silent.
        """
        known: set[Hashable] = set()
        by_chance = _traces_sampled_by_chance(recordings)
        names = ShownNames(Formatter.for_reports(*recordings))
        for recording in recordings:
            entries = recording.entries
            reported = with_event(entries)
            for entry in entries:
                if isinstance(entry, Operation):
                    is_silent = entry not in reported and not entry._is_unfinished
                    rows = _of_operation(names, entry, client_was_active=client_was_active) if is_silent else ()
                else:
                    rows = _rows_of(names, entry, known, by_chance)
                for found in rows:
                    tally = self._count(found, recording.label, self._module_of(entry), is_waived=not in_contract)
                    if self._with_fields and found.item is not None:
                        merge(tally.fields, fields_of(names, recording.masks, found.item))
                    self._show(names, recording, found, tally)
                if self._with_fields and isinstance(entry, Capture):
                    self._counts_for(recording.label, entry).update(_counted(entry, known))
            if len(recordings) > 1:
                known.update(_identity(item) for entry in entries for item in _items_of(entry))

    def merge(self, exported: Iterable[Sequence[Any]]) -> None:
        """Add the rows that another process, or another table, has exported."""
        for values, in_tests, in_collection, example, in_contract, always, fields, shown in exported:
            tally = self._tally(row_of_columns(values), example, in_contract, *always)
            tally.in_tests += in_tests
            for module, times in (in_collection or {}).items():
                tally.in_collection[module] = max(tally.in_collection.get(module, 0), times)
            merge(tally.fields, fields)
            if shown is not None:
                tally.show(ExampleItem(*shown))

    def export(self) -> list[list[Any]]:
        """The rows as lists of what JSON can say, for another process."""
        return [
            [
                [list(value) if isinstance(value, tuple) else value for value in _columns(row)],
                tally.in_tests,
                tally.in_collection or 0,  # shorter than an object, in rows of tests
                tally.example,
                tally.in_contract,
                [tally.by_chance, tally.is_waived, tally.has_others],
                tally.fields,
                tally.shown,
            ]
            for row, tally in self._rows.items()
        ]

    def rows(self) -> list[tuple[Row, Tally]]:
        """All rows, sorted by what they say. Where there is one project alone, none is named."""
        names_projects = len({row.project for row in self._rows} - {""}) > 1
        return _sorted(self._rows.items()) if names_projects else self.rows_of_all_projects()

    def rows_of_all_projects(self) -> list[tuple[Row, Tally]]:
        """All rows, sorted by what they say. Those that differ in their projects alone are one."""
        together: dict[Row, Tally] = {}
        for row, tally in self._rows.items():
            of_all = row._replace(project="")
            if of_all in together:
                together[of_all].add(tally)
            else:
                together[of_all] = replace(tally, fields={**tally.fields}, in_collection={**tally.in_collection})
        return _sorted(together.items())

    def _show(self, names: ShownNames, recording: Recording, found: _Found, tally: Tally) -> None:
        """Have an example of a row made, in the first test of the process that can describe it."""
        item = found.item or found.lost
        if self._examples is None or item is None:
            return
        if tally.shown is not None and (tally.shown.before is not None or not tells_of_callback(item)):
            return
        example = self._examples.example(names, recording, found.row, item)
        if example is not None:
            tally.show(example)

    def _module_of(self, entry: Entry) -> str:
        """The file of the module that was being imported, relative to the rootdir, empty if there was none."""
        file = self._examples.file(entry._module_file) if self._examples is not None else None
        return file or ""

    def _counts_for(self, label: str, entry: Entry) -> Counter[str]:
        if label != COLLECTION:
            return self.counts
        return self.counts_of_modules.setdefault(self._module_of(entry), Counter())

    def _count(self, found: _Found, label: str, module: str, *, is_waived: bool) -> Tally:
        example = label if label in _OUTSIDE_TESTS else shown_test(label)
        in_contract = found.is_pinned and not is_waived
        tally = self._tally(found.row, example, in_contract, found.is_by_chance, is_waived, found.has_others)
        if label == COLLECTION:
            tally.in_collection[module] = tally.in_collection.get(module, 0) + found.quantity
        else:
            tally.in_tests += found.quantity
        return tally

    def _tally(
        self, row: Row, example: str, in_contract: bool, by_chance: bool, is_waived: bool, has_others: bool
    ) -> Tally:
        new = Tally(example, in_contract, by_chance=by_chance, is_waived=is_waived, has_others=has_others)
        tally = self._rows.setdefault(row, new)
        if tally is not new:
            tally.join(new)
        return tally


def row_of_columns(values: Sequence[Any]) -> Row:
    """The row that was exported as these values, or that is one already."""
    if isinstance(values, Row):
        return values
    columns: list[Any] = [tuple(value) if isinstance(value, list) else value for value in values]
    return Row(*columns)


def _columns(row: Row) -> tuple[Any, ...]:
    """The row's values, without the last, the project, where it has none: exported rows are many."""
    return row if row.project else row[:-1]


def _sorted(rows: Iterable[tuple[Row, Tally]]) -> list[tuple[Row, Tally]]:
    return sorted(rows, key=lambda pair: pair[0].sort_key)


def row_of(names: ShownNames, item: CapturedItem) -> Row:
    """The row of a captured item. Spans that are not segments, which the table leaves out, have one too."""
    item = CapturedSegment.of(item) or item
    return _row(names, item, item.kind or item.type_header, CAPTURED, "")


def _traces_sampled_by_chance(recordings: Iterable[Recording]) -> set[str]:
    """The ids of the traces that a random number let be captured, wherever in the trace it was drawn."""
    return {
        item.trace_id
        for recording in recordings
        for capture in recording.entries_of(Capture)
        if _is_chance(capture)
        for item in capture.items
        if isinstance(item, (CapturedSpan, CapturedTransaction)) and item.trace_id is not None
    }


def _is_chance(capture: Capture) -> bool:
    return leaves_it_to_chance(capture.sample_rate)


class _Found(NamedTuple):
    """What a row is about.

    Attributes:
        quantity: how often it must be counted.
        is_pinned: whether a contract may hold it.
        is_by_chance: whether a random number had a say in it.
        has_others: whether an operation is silent although something else than events was captured or discarded.
        item: captured items, or None if nothing was.
        lost: discarded items, as far as it got, or None if nothing is known of it.
    """

    row: Row
    quantity: int = 1
    is_pinned: bool = True
    is_by_chance: bool = False
    has_others: bool = False
    item: CapturedItem | None = None
    lost: CapturedItem | None = None


def _rows_of(names: ShownNames, entry: Entry, known: set[Hashable], by_chance: set[str]) -> Iterator[_Found]:
    if isinstance(entry, Capture):
        for item in _items_of(entry):
            if not known or _identity(item) not in known:
                row = row_of(names, item)
                if isinstance(item, CapturedSegment):
                    is_by_chance = _is_chance(entry) or item.trace_id in by_chance
                    yield _Found(row, 1, not is_by_chance and _is_of_application(item), is_by_chance, item=item)
                else:
                    yield _Found(row, item=item)
    elif isinstance(entry, Discard) and _is_counted(entry) and not entry._of_lost_segment:
        yield _of_discard(names, entry)


def _of_operation(names: ShownNames, operation: Operation, *, client_was_active: bool) -> Iterator[_Found]:
    """The row of an operation without an event: of each that failed, of others where there was nothing else either."""
    has_others = _has_items(operation)
    if has_others and not operation._has_failed:
        return
    exception = names.class_name(operation.exception_type.__name__) if operation.exception_type is not None else ""
    method, origin, status = _place(names, operation)
    row = Row(origin, method, status, exception=exception, result=NOTHING)
    if not client_was_active:
        yield _Found(row._replace(result=OFF), is_pinned=False)
    else:
        yield _Found(row._replace(result=SILENT) if row.is_failure else row, has_others=has_others)


def _of_discard(names: ShownNames, discard: Discard) -> _Found:
    """A sampler that always says the same is recognized by its name. Without one a random number may have decided."""
    item = discard._item_as(CapturedSegment.kind) or discard.item
    kind = item.kind if isinstance(item, CapturedSegment) else discard.kind
    by = short_name(names, discard.by.name) if discard.by is not None else ""
    is_by_chance = (discard.reason == UNSAMPLED and discard.by is None) or _is_sampled_by_chance(discard, item)
    is_pinned = not is_by_chance and (not isinstance(item, CapturedSegment) or _is_of_application(item))
    row = _row(names, item, kind, discard.reason, by)
    lost = item if discard.payload is not None else None
    return _Found(row, discard.quantity, is_pinned, _was_left_to_chance(discard, item), lost=lost)


def _was_left_to_chance(discard: Discard, item: CapturedItem) -> bool:
    """Whether a random number had a say: where the rate is not known, as with sentry-sdk 3, it is taken for that."""
    if discard.reason != UNSAMPLED:
        return _is_sampled_by_chance(discard, item)
    sampling, rate = discard._context.sampling, discard._context.sample_rate
    if sampling is not None:
        rate = sampling.rate if rate is None else rate
    return discard.by is None if rate is None else leaves_it_to_chance(rate)


def _is_sampled_by_chance(discard: Discard, item: CapturedItem) -> bool:
    """Whether chance let a transaction through that was dropped after that."""
    sampling = discard._context.sampling
    if sampling is not None and sampling.is_settled:
        return False
    trace = _mapping(_mapping(item.get("contexts")).get("trace"))
    rate = sample_rate_of(_mapping(trace.get("dynamic_sampling_context")))
    return isinstance(item, CapturedSegment) and leaves_it_to_chance(rate)


def _is_of_application(segment: CapturedSegment) -> bool:
    """Whether it is the work of an operation, or the application started it itself.

    With sentry-sdk 3 every query outside of requests is a segment.
    """
    is_of_operation = segment._capture.operation is not None or _request_of(segment) is not None
    return is_of_operation or segment.origin in _OF_APPLICATION


def _items_of(entry: Entry) -> list[CapturedItem]:
    """What has its own rows: of spans only segments."""
    items: list[CapturedItem] = []
    for item in entry.items if isinstance(entry, Capture) else ():
        if isinstance(item, (CapturedSpan, CapturedTransaction)):
            segment = CapturedSegment.of(item)
            items += [segment] if segment is not None else []
        elif counts_of(item.kind) != "never":
            items.append(item)
    return items


def _has_items(operation: Operation) -> bool:
    is_discarded = any(map(_is_counted, operation.discarded))
    return is_discarded or any(counts_of(capture.kind) != "never" for capture in operation._captures)


def _is_counted(discard: Discard) -> bool:
    return counts_of(discard.kind) != "never" and not discard._is_of_logging


def _counted(capture: Capture, known: set[Hashable]) -> Iterator[str]:
    """The kind of each item, as rows have it, and of each span that is not a segment."""
    for item in capture.items:
        if counts_of(item.kind) == "never" or (known and _identity(item) in known):
            continue
        segment = CapturedSegment.of(item)
        yield item.kind or item.type_header if segment is None else segment.kind
        yield from (CapturedSpan.kind for _ in (item.spans if isinstance(item, CapturedTransaction) else ()))


def _identity(item: CapturedItem) -> Hashable:
    """What is the same wherever an item is seen: its event id, or all of it for kinds that have none."""
    if isinstance(item.get("event_id"), str):
        return item.type_header, item["event_id"]
    content = item.payload if isinstance(item, CapturedAttachment) else b""
    headers = {name: value for name, value in item.items() if name != "length"}
    return item.type_header, json.dumps(headers, sort_keys=True), content


def _row(names: ShownNames, item: CapturedItem, kind: str, result: str, by: str) -> Row:
    exceptions, operation = exception_names(item), item._capture.operation
    if operation is not None:
        method, origin, status = _place(names, operation)
    else:
        method, origin = _origin(names, item)
        status = _status(_answered(item))
    return Row(
        origin=origin,
        method=method,
        status=status,
        kind=names.key(kind),
        exception=names.class_name(exceptions[0]) if exceptions else "",
        result=names.key(result),
        by=by,
        level=names.key(item.level) if isinstance(item, (CapturedEvent, CapturedLog)) and item.level else "",
        tags=_keys(names, item.tags) if isinstance(item, CapturedEvent) else (),
        user=_keys(names, item.user) if isinstance(item, CapturedEvent) else (),
        project=item._capture.context.project,
    )


def _place(names: ShownNames, operation: Operation) -> tuple[str, str, int | str | None]:
    """The method and route of a request, or the name of a job, and the status."""
    if isinstance(operation, Job):
        return JOB, names.route(operation.name), operation.status
    if not isinstance(operation, Exchange):
        return "", DIRECT, None
    route = names.route(operation.route) if operation.route else NO_ROUTE
    return names.method(operation.method), route, _status(operation.status)


def _origin(names: ShownNames, item: CapturedItem) -> tuple[str, str]:
    """The method and route where no operation was seen but the item describes a request, else what it came from."""
    if isinstance(item, (CapturedEvent, CapturedSegment)) and (request := _request_of(item)):
        method, name = request
        return names.method(method), names.route(name)
    if isinstance(item, CapturedLog):
        return "", _LOGGING if "logger.name" in item.attributes else DIRECT
    if isinstance(item, CapturedSegment) and item.origin not in _OF_APPLICATION:
        return "", names.key(item.origin or "")
    if not isinstance(item, CapturedEvent):
        return "", DIRECT
    if item.get("logentry"):
        return "", _LOGGING
    return "", DIRECT if item.mechanism in (None, _UNSPECIFIC_MECHANISM) else names.key(item.mechanism)


def _request_of(item: CapturedEvent | CapturedSegment) -> tuple[str, str] | None:
    """The method and route that an item describes by itself, as the item has them."""
    if isinstance(item, CapturedSegment):
        name, source = item.name, item.source
    elif item.mechanism == _THREADING:
        return None
    else:
        name, source = item.transaction, _mapping(item.get("transaction_info")).get("source")
    if not item.method or not name or source not in ROUTE_SOURCES:
        return None
    return item.method, name


def _answered(item: CapturedItem) -> object:
    if isinstance(item, CapturedSegment):
        return item.status_code
    return _mapping(item.contexts.get("response")).get("status_code") if isinstance(item, CapturedEvent) else None


def _status(value: object) -> int | None:
    return value if isinstance(value, int) and value in STATUSES else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _keys(names: ShownNames, values: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted({names.key(str(name)) for name in values}))


def short_name(names: ShownNames, name: str) -> str:
    """A callable within its class or module. Which function has made it does not matter."""
    return names.dotted(".".join(_ENCLOSING_FUNCTION.sub("", name).split(".")[-2:]))
