"""The rules of each configuration of the run, and by which of them a test is judged.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sentry_capture._run import on_demand
from pytest_sentry_capture._run.rule_set import RuleSet
from pytest_sentry_capture._run.settings.options import SettingsError

if TYPE_CHECKING:
    from pytest_sentry_capture._reports import ExampleItems
    from pytest_sentry_capture._rules import EnforcedRule
    from pytest_sentry_capture._run.settings.configuration import Configuration
    from pytest_sentry_capture._run.settings.configurations import Configurations

_HOOK = "pytest_sentry_capture_rules"


class RuleSets:
    """The rules of each configuration.

    Rules that a conftest file adds belong to the configuration of its folder, and those of other plugins to every one:
    then a run in the folder of a configuration has the same rules as one that starts above it.

    Attributes:
        configurations: which configuration each test has.
        wants_table: whether the capture table is written or compared with a contract.
        wants_fields: whether a report describes the fields of items, and of all that programs may ask.
    """

    def __init__(
        self, configurations: Configurations, *, wants_table: bool, wants_fields: bool, suggests: bool, today: str = ""
    ) -> None:
        self.configurations = configurations
        self.wants_table = wants_table
        self.wants_fields = wants_fields
        self._suggests = suggests
        self._today = today
        self._own: list[tuple[str | None, str, Sequence[object]]] = []
        self._sets: dict[str | None, RuleSet] = {}
        self._has_begun = False

    @property
    def of_rootdir(self) -> RuleSet:
        """The rules that what comes outside of tests is judged by too."""
        return self.at("")

    @property
    def are_own(self) -> bool:
        """Whether the project has its own rules."""
        return any(rules for _, _, rules in self._own)

    def of_file(self, test_file: Path | str) -> RuleSet:
        """The rules of a test by its file. Raises like ``at``."""
        return self.at(self.configurations.folder_of(test_file))

    def at(self, folder: str | None) -> RuleSet:
        """The rules of the configuration of a folder, as ``Configurations.folder_of`` names it.

        Raises:
            SettingsError: the configuration has mistakes, or one of the project's own rules has the name of a
                configured one. Once all of those are there, it names one that does not exist too.
        """
        if folder not in self._sets:
            configuration = self.configurations.at(folder)
            try:
                own = self._own_rules(folder, configuration)
            except on_demand.UnusableRulesError as error:
                raise SettingsError(f"{_HOOK}: {error}") from None
            self._sets[folder] = RuleSet(
                configuration,
                own,
                wants_table=self.wants_table,
                wants_fields=self.wants_fields,
                suggests=self._suggests,
                examples=self._examples,
                today=self._today,
            )
        return self._sets[folder]

    def add_own(self, conftest: Path | None, place: str, given: Callable[[], Sequence[object]]) -> str | None:
        """Judge by the rules too which the project has written itself: what an implementation of the hook gives.

        Args:
            conftest: the conftest file that the implementation is in, or None for one of another plugin.
            place: where it stands, for users.
            given: asks it.

        Returns:
            What is wrong with them, in words for users, or None if nothing is.
        """
        folder = self.configurations.folder_of(conftest) or "" if conftest is not None else None
        try:
            rules = [*map(_listed, given())]
            [*on_demand.own_rules([(each, place) for each in rules], ())]
        except on_demand.UnusableRulesError as error:
            return f": {error}"
        except Exception as error:
            return "\n".join([f" raised {type(error).__name__}:", *on_demand.traceback_of(error)])
        self._own.append((folder, place, rules))
        return None

    def begin(self) -> str | None:
        """All the project's own rules are there.

        Returns:
            What is wrong with the rules of the rootdir, in words for users, or None if nothing is.
        """
        self._sets.clear()
        self._has_begun = True
        try:
            self.at("")
        except SettingsError as error:
            return str(error)
        return None

    @cached_property
    def _examples(self) -> ExampleItems | None:
        return on_demand.ExampleItems(self.configurations.root) if self.wants_fields else None

    def _own_rules(self, folder: str | None, configuration: Configuration) -> list[EnforcedRule]:
        own: list[EnforcedRule] = []
        if folder is not None and self._own:
            given = [(each, place) for owner, place, rules in self._own if owner in (None, folder) for each in rules]
            own += on_demand.own_rules(given, configuration.rules, folder=folder)
        if not (configuration.own_rules and self._has_begun):
            return own
        on_demand.check_own_rules(configuration, own, self.configurations.root)
        return on_demand.configured_rules(configuration, own)


def _listed(rules: object) -> object:
    """What a generator gives can be asked for once only."""
    return [*rules] if isinstance(rules, Iterable) and not isinstance(rules, (str, Mapping)) else rules
