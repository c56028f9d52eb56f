"""A configuration of which tests were collected, with what they found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path

from pytest_sentry_capture._rules import EnforcedRule
from pytest_sentry_capture._run.contract_check import ContractFile
from pytest_sentry_capture._run.settings.configuration import Configuration
from pytest_sentry_capture._run.totals import ConfigurationTotals


class JudgedConfiguration:
    """A configuration, its rules, and the findings of its tests.

    Args:
        why_partial: says why the run was partial for its tests; empty for a whole one.

    Attributes:
        configuration: what stands in its file.
        rules: those that are on.
        totals: what its tests found.
        contract_file: its contract.
        root: the rootdir.
        test_files: the files of its tests that were collected, relative to the rootdir and with slashes.
        is_asked: whether its contract and what is unused of it are asked for: not where no test of it was collected.
    """

    def __init__(
        self,
        configuration: Configuration,
        rules: Sequence[EnforcedRule],
        totals: ConfigurationTotals,
        why_partial: Callable[[], Sequence[str]],
        *,
        contract_file: ContractFile,
        root: Path,
        test_files: Collection[str],
        is_asked: bool,
    ) -> None:
        self.configuration = configuration
        self.rules = rules
        self.totals = totals
        self.contract_file = contract_file
        self.root = root
        self.test_files = test_files
        self.is_asked = is_asked
        self._why_partial = why_partial

    @cached_property
    def partial(self) -> Sequence[str]:
        """Why the run was partial: asked where it matters, for the answer may need a walk through the project."""
        return self._why_partial() if self.is_asked else ()
