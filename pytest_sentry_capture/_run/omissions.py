"""What a run left out of the tests of a configuration, and how that is put in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Omissions:
    """What a run, or several together, left out of the tests of a configuration.

    Attributes:
        only_some: whether only some of the tests were selected.
        has_ended: whether it ran to its end.
        options: the options given that leave tests out before they are collected, or run them in part.
        ignored: the files and folders that were ignored for this run alone, relative to the rootdir.
        deselected: how many tests were deselected.
        not_collected: the node ids of what could not be collected.
        lost_workers: the names of the workers that died.
        failed_tests: how many tests failed, and so may not have done all that they do.
        others: what else is missing, in words for users.
    """

    only_some: bool = False
    has_ended: bool = True
    options: Sequence[str] = ()
    ignored: Sequence[str] = ()
    deselected: int = 0
    not_collected: Sequence[str] = ()
    lost_workers: Sequence[str] = ()
    failed_tests: int = 0
    others: Sequence[str] = ()

    @cached_property
    def reasons(self) -> list[str]:
        """Why the run was partial, in words for users. Empty for a whole one."""
        options = [*self.options, *(["--ignore"] if self.ignored else [])]
        return [
            *self.others,
            *(["only some of the tests were selected"] if self.only_some else []),
            *(f"{option} was given" for option in options),
            *(["it did not run to its end"] if not self.has_ended else []),
            *([f"{_tests(self.deselected)} deselected"] if self.deselected else []),
            *(f"{nodeid} could not be collected" for nodeid in sorted(self.not_collected)),
            *(f"worker {name} crashed" for name in self.lost_workers),
            *([f"{_tests(self.failed_tests)} failed"] if self.failed_tests else []),
        ]


def _tests(number: int) -> str:
    return f"{number} test{'' if number == 1 else 's'}"
