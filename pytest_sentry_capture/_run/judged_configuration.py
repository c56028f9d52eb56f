"""A configuration of which tests were collected, with what they found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property, partial
from pathlib import Path

from pytest_sentry_capture._rules import EnforcedRule
from pytest_sentry_capture._run.contract_check import AnyContract
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._run.omissions import Omissions
from pytest_sentry_capture._run.rule_paths import paths_without_files
from pytest_sentry_capture._run.settings.configuration import Configuration
from pytest_sentry_capture._run.totals import ConfigurationTotals


class JudgedConfiguration:
    """A configuration, its rules, and the findings of its tests.

    Args:
        omissions: says what the run left out of its tests.

    Attributes:
        configuration: what stands in its file.
        enforced: the rules that are on, where this is the run that has judged by them.
        rules: what the end of the run asks of them.
        totals: what its tests found.
        contract_file: its contract.
        root: the rootdir.
        is_asked: whether its contract and what is unused of it are asked for: not where no test of it was collected.
        digest: of the content of its files, or None if there are none.
    """

    def __init__(
        self,
        configuration: Configuration,
        rules: Sequence[JudgedRule],
        totals: ConfigurationTotals,
        omissions: Callable[[], Omissions],
        *,
        contract_file: AnyContract,
        root: Path,
        is_asked: bool,
        enforced: Sequence[EnforcedRule] = (),
        digest: str | None = None,
    ) -> None:
        self.configuration = configuration
        self.enforced = enforced
        self.rules = rules
        self.totals = totals
        self.contract_file = contract_file
        self.root = root
        self.is_asked = is_asked
        self.digest = digest
        self._omissions = omissions

    @classmethod
    def of_run(
        cls,
        configuration: Configuration,
        enforced: Sequence[EnforcedRule],
        totals: ConfigurationTotals,
        omissions: Callable[[], Omissions],
        *,
        contract_file: AnyContract,
        root: Path,
        test_files: Collection[str],
        is_asked: bool,
    ) -> JudgedConfiguration:
        """The configuration as this run has judged by it.

        Args:
            enforced: the rules that are on.
            test_files: the files of its tests that were collected, relative to the rootdir and with slashes.
        """
        rules = [JudgedRule.of(each, partial(paths_without_files, each, root, test_files)) for each in enforced]
        return cls(
            configuration,
            rules,
            totals,
            omissions,
            contract_file=contract_file,
            root=root,
            is_asked=is_asked,
            enforced=enforced,
            digest=configuration.digest,
        )

    @cached_property
    def omissions(self) -> Omissions:
        """What the run left out: asked where it matters, for the answer may need a walk through the project."""
        return self._omissions() if self.is_asked else Omissions()

    @property
    def partial(self) -> Sequence[str]:
        """Why the run was partial for its tests. Empty for a whole one."""
        return self.omissions.reasons
