"""What is printed and written of a suggested configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

from pytest_sentry_capture._recording import Chance
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.settings.configuration import name_of_file
from pytest_sentry_capture._run.totals import Drawn
from pytest_sentry_capture._suggestions import SuggestedConfiguration, suggested, unneeded_waivers
from pytest_sentry_capture._text import counted

NOTHING_TO_SUGGEST: Final = "Nothing to suggest: Sentry was never on in this run."
_OWN_FILE: Final = "sentry_capture.toml"
_PYPROJECT: Final = "pyproject.toml"
_TABLE: Final = ("tool", "sentry_capture")
_UNUSED: Final = "Unused in this run, which fails with --sentry-strict. Delete these first:"


class SuggestionText:
    """The text of what a configuration lacks.

    Args:
        judged: the configuration, with what its tests saw.
        by_chance: what random numbers decided about.
        ignored_errors: the entries of the application's ``ignore_errors`` that were unused.
        today: the day, in UTC, on which the run started (ISO 8601).
    """

    def __init__(
        self,
        judged: JudgedConfiguration,
        by_chance: Mapping[Chance, Drawn],
        ignored_errors: Iterable[str],
        today: str,
    ) -> None:
        self._judged = judged
        self._by_chance = by_chance
        self._ignored_errors = ignored_errors
        self._today = today

    @property
    def root(self) -> Path:
        """The rootdir."""
        return self._judged.root

    @property
    def is_of_rootdir(self) -> bool:
        """Whether it is about the tests of the rootdir, for which a file is written."""
        return self._judged.configuration.folder == ""

    def written_to(self, file: Path) -> str:
        """That it stands in a file, and how that is read where pytest does not find it by itself."""
        name = name_of_file(file, self.root)
        is_found = file.name in (_OWN_FILE, _PYPROJECT)
        return f"The suggested configuration: {name}" + (
            "" if is_found else f" (pass --sentry-configuration-file={name})"
        )

    def lacking(self) -> Iterator[str]:
        """Lines for the terminal: what a configuration lacks, as it would stand in its file."""
        file = self._judged.configuration.file
        table = _TABLE if Path(file).name == _PYPROJECT else ()
        lines = self._suggested.lines(table, has_rules=self._judged.configuration.has_rules_of_its_own)
        if not lines:
            yield f"Nothing to suggest: {file} has every rule." if file else "Nothing to suggest."
            return
        new = "for a new sentry_capture.toml (to write it: --sentry-suggest=sentry_capture.toml)"
        yield f"Suggested {f'for {file}' if file else new}:"
        yield ""
        head = [f"# {each}" for each in [*self._doubts(), *self._about_chance()]]
        yield from [*head, ""] if head else []
        yield from lines
        yield ""

    def whole(self, file: Path) -> str:
        """The text of a new file with a configuration."""
        table = _TABLE if file.name == _PYPROJECT else ()
        head = [
            "# Suggested by pytest --sentry-suggest from one run. Read it, and delete the rules that you do not want."
        ]
        head += [f"# {each}" for each in self._doubts()]
        if self._by_chance:
            prefix = [f"[{'.'.join(table)}]"] if table else []
            head += ["", *prefix, *(f"# {each}" for each in self._about_chance())]
        return "\n".join([*head, "", *self._suggested.lines(table), ""])

    @cached_property
    def _suggested(self) -> SuggestedConfiguration:
        judged = self._judged
        return suggested(judged.totals.trials, judged.enforced, judged.configuration.switched_off)

    def _doubts(self) -> Iterator[str]:
        """Why the run may tell too little, else what a strict run with this configuration would fail for."""
        if self._judged.partial:
            yield from (f"This run was partial: {reason}." for reason in self._judged.partial)
            return
        unused = [*self._unused()]
        if unused:
            yield _UNUSED
            yield from (f"  {each}" for each in unused)

    def _unused(self) -> Iterator[str]:
        totals = self._judged.totals
        for waiver in unneeded_waivers(totals.trials, self._suggested.rules, totals.waivers):
            ended = f", which ended on {waiver.until}" if waiver.has_expired(self._today) else ""
            yield f"sentry_allow({waiver.rule!r}) of {waiver.place or 'the session'}{ended}"
        yield from (f"{entry!r} in the application's ignore_errors" for entry in self._ignored_errors)

    def _about_chance(self) -> Iterator[str]:
        number = sum(each.number for each in self._by_chance.values())
        tests = len({test for each in self._by_chance.values() for test in each.tests})
        if number:
            what = f"{counted(number, 'item')} in {counted(tests, 'test')}"
            yield f'sampling = "all"  # chance decided about {what}: with this line, all are judged'
