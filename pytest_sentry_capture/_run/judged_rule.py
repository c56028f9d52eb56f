"""A rule as the end of a run asks of it: in plain data, so that a report can tell it as well as the run itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from pytest_sentry_capture._rules import EnforcedRule, Severity


class JudgedRule:
    """A rule of a configuration, and how it is configured.

    Args:
        paths_without_files: says which of its ``paths`` match no file, which may need a walk through the project.

    Attributes:
        name: the rule's name.
        severity: what a broken rule does to its test.
        place: where it is configured, such as ``"pyproject.toml:12"``.
        allow_list: the entries that allow what it would break on.
        obstacle: why it can't be judged in this environment, in words for users, or None if it can.
        nothing_to_look_for: why it finds nothing to judge by as it is configured, in words for users, or None if
            it may.
        judges_exchanges: whether it says nothing of requests that are not observed.
    """

    def __init__(
        self,
        name: str,
        severity: Severity,
        place: str,
        *,
        allow_list: Sequence[str] = (),
        obstacle: str | None = None,
        nothing_to_look_for: str | None = None,
        judges_exchanges: bool = False,
        paths_without_files: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self.name = name
        self.severity: Severity = severity
        self.place = place
        self.allow_list = tuple(allow_list)
        self.obstacle = obstacle
        self.nothing_to_look_for = nothing_to_look_for
        self.judges_exchanges = judges_exchanges
        self._paths_without_files = paths_without_files

    @classmethod
    def of(cls, enforced: EnforcedRule, paths_without_files: Callable[[], Sequence[str]]) -> JudgedRule:
        """The rule that this run has enforced."""
        rule = enforced.rule
        return cls(
            rule.name,
            rule.severity,
            enforced.place,
            allow_list=rule.allow_list,
            obstacle=rule._obstacle,
            nothing_to_look_for=rule._nothing_to_look_for,
            judges_exchanges=rule._judges_exchanges,
            paths_without_files=paths_without_files,
        )

    @cached_property
    def paths_without_files(self) -> Sequence[str]:
        """The entries of its ``paths`` that match no file."""
        return self._paths_without_files()
