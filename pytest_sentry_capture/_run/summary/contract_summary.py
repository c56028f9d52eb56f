"""What the terminal summary says of a contract: how the run compares with it, or what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from pytest_sentry_capture._reports import (
    STATES,
    Contract,
    ContractComparison,
    ContractError,
    Difference,
    Row,
    Tally,
    difference_lines,
    difference_summary,
    differences_text,
    pinned,
    replace_file,
)
from pytest_sentry_capture._rules import Waiver, expired_waiver_text
from pytest_sentry_capture._run.contract_check import missing_contract
from pytest_sentry_capture._run.findings import CONTRACT
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.settings.options import ContractMode
from pytest_sentry_capture._run.summary.summary_lines import FailedCheck, SummaryPart
from pytest_sentry_capture._text import counted

DONE: Final = {"check": "checked", "update": "updated"}


class ContractSummary(SummaryPart):
    """What became of one contract.

    Args:
        judged: the configuration whose contract it is.
        mode: what must be done with it.
        today: the day, in UTC, on which the run started (ISO 8601).

    Attributes:
        comparison: how the run compares with it, or None if it was not compared.
        told_waivers: the expired waivers that it names.
    """

    def __init__(self, judged: JudgedConfiguration, mode: ContractMode, today: str = "") -> None:
        super().__init__()
        self._judged = judged
        self._mode = mode
        self._today = today
        self._file = judged.contract_file
        self.comparison: ContractComparison | None = None
        self.told_waivers: list[Waiver] = []

    @property
    def is_asked(self) -> bool:
        """Whether anything must be done with the contract."""
        return self._mode != "off" and self._judged.is_asked

    def compare(self, *, was_inactive: bool) -> None:
        """Compare the run with the contract, or write the contract again.

        Args:
            was_inactive: whether no client was active in the whole run.
        """
        if not self.is_asked:
            return
        try:
            contract = self._file.read()
        except FileNotFoundError:
            contract = Contract()
            if self._mode == "check":
                self.fail(missing_contract(self._file))
                return
        except ContractError as error:
            self.fail(*str(error).splitlines())
            return
        if was_inactive:
            self._leave_alone()
        elif self._mode == "update":
            self._update(contract)
        else:
            self._check(contract)

    @property
    def failed_checks(self) -> Iterator[FailedCheck]:
        """The rows in which the run differs, where that fails it."""
        if self.comparison is None or self._mode != "check":
            return
        for each in self.comparison.differences:
            message = "\n".join(difference_lines(each))
            name = f"{each.state} {difference_summary(each)}"
            yield FailedCheck(self._file.name, name, message, each.test)

    def _check(self, contract: Contract) -> None:
        rows = self._judged.totals.table.rows_of_all_projects()
        partial = bool(self._judged.partial)
        found = _with_tests(contract.differences(contract.comparable(rows), partial=partial), rows)
        self.comparison = ContractComparison(found, self._file.name)
        if found:
            self.fail(*differences_text(found, file=self._file.name).splitlines())
            self.told_waivers = self._expired_waivers()
            self.say(*map(expired_waiver_text, self.told_waivers))
        else:
            number = counted(len(contract.rows), "row")
            self.say(f"The contract matches: {number} in {self._file.name}.{self._partial_note()}")

    def _expired_waivers(self) -> list[Waiver]:
        """The waivers of the contract that would have kept rows out of it, and count no more."""
        waivers = (each for each in self._judged.totals.waivers if each.rule == CONTRACT)
        expired = (each for each in waivers if each.has_expired(self._today))
        return sorted(expired, key=lambda each: (each.place, each.until))

    def _update(self, contract: Contract) -> None:
        rows = self._judged.totals.table.rows_of_all_projects()
        found, partial = pinned(rows), bool(self._judged.partial)
        differences = _with_tests(contract.differences(found, partial=partial), rows)
        text = contract.updated(found, partial=partial)
        self.comparison = ContractComparison(differences, self._file.name)
        if text == contract.text and contract.rows:
            self.say(f"{self._file.name} is up to date.{self._partial_note()}")
        elif self._write(text):
            self.comparison = replace(self.comparison, was_updated=True)
            states = [difference.state for difference in differences]
            counts = [f"{states.count(state)} {state}" for state in STATES if state in states]
            changes = f": {', '.join(counts)}" if counts else ""
            self.say(f"{self._file.name} was updated{changes}.{self._partial_note()}")

    def _leave_alone(self) -> None:
        """Nothing of what it is about could be seen. In a partial run, this may be right."""
        line = f"{self._file.name} was not {DONE[self._mode]}: nothing could be captured in this"
        if self._mode == "check" and self._judged.partial:
            self.say(f"{line} partial run ({'; '.join(self._judged.partial)}).")
        else:
            self.fail(f"{line} run.")

    def _partial_note(self) -> str:
        partial = self._judged.partial
        return (
            f" This was a partial run ({'; '.join(partial)}): missing rows were not treated as removed."
            if partial
            else ""
        )

    def _write(self, text: str) -> bool:
        try:
            self._file.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._file.path, text)
        except OSError as error:
            self.fail(f"{self._file.name} could not be written: {error.strerror}")
            return False
        return True


def _with_tests(differences: Iterable[Difference], rows: Iterable[tuple[Row, Tally]]) -> list[Difference]:
    """The same, with a test that has seen each row of the run."""
    examples: dict[Row | None, str] = {row: tally.example for row, tally in rows}
    return [replace(each, test=examples.get(each.after, "")) for each in differences]
