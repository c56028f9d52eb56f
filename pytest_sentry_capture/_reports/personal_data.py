"""Where the rule ``no-pii`` found personal data: in which items, and at which places, never what it found."""

from __future__ import annotations

from typing import NamedTuple

from pytest_sentry_capture._recording import CapturedItem
from pytest_sentry_capture._reports.fields import place_of
from pytest_sentry_capture._reports.names import ShownNames
from pytest_sentry_capture._reports.table import row_of


class PersonalData(NamedTuple):
    """A place in items of a sort, and what found personal data there.

    Attributes:
        kind: the kind of the items, as rows have it. Spans that are not segments are of the kind ``span``.
        method: the method of the request, or ``JOB``. Empty outside of operations.
        origin: the route of the request, the name of the job, or what else the items came from.
        status: the status of the answer or of the job.
        place: the path of the field, such as ``user.email``.
        rule: the rule of Sentry's engine, such as ``@email``.
        allowed_by: the entry of the ``allow`` list that allows it, empty if none does.
    """

    kind: str
    method: str
    origin: str
    status: int | str | None
    place: str
    rule: str
    allowed_by: str = ""

    @classmethod
    def of(cls, names: ShownNames, item: CapturedItem, path: str, rule: str, allowed_by: str = "") -> PersonalData:
        """What was found at a dotted path of an item."""
        row = row_of(names, item)
        place = place_of(names, path)
        return cls(row.kind, row.method, row.origin, row.status, place, rule, names.entry(allowed_by))

    @property
    def sort_key(self) -> tuple[str, str, str, str, str, str, str]:
        """What findings are sorted by, the same on every machine."""
        return self.place, self.rule, self.kind, self.origin, self.method, str(self.status or ""), self.allowed_by
