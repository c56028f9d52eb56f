"""What a configuration says of the rules that a project registers itself, in the hook of a conftest file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pytest_sentry_capture._rules import EnforcedRule, rule_names
from pytest_sentry_capture._run.settings.configuration import Configuration
from pytest_sentry_capture._run.settings.options import SettingsError
from pytest_sentry_capture._text import did_you_mean

_CONFTEST: Final = "conftest.py"
_NOT_SEARCHED: Final = ("node_modules", "__pycache__", "venv")


def configured_rules(configuration: Configuration, own: Sequence[EnforcedRule]) -> list[EnforcedRule]:
    """A project's own rules with the options that its configuration gives them.

    Raises:
        SettingsError: an option is not valid. The message names every mistake with its place.
    """
    rules: list[EnforcedRule] = []
    mistakes: list[str] = []
    for each in own:
        settings = configuration.own_rules.get(each.rule.name)
        try:
            rule = each.rule if settings is None else settings.applied_to(each.rule)
        except SettingsError as error:
            mistakes.append(str(error))
            continue
        if rule is not None:
            place = each.place if settings is None else f"{each.place}, configured at {settings.place}"
            rules.append(replace(each, rule=rule, place=place))
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return rules


def check_own_rules(configuration: Configuration, own: Iterable[EnforcedRule], root: Path) -> None:
    """Look for names in a configuration that no rule has.

    A name that stands in a conftest file is that of a rule which this run has not asked for: pytest loads the conftest
    files of the folders that it is called with.

    Raises:
        SettingsError: there are such names. The message names each with its place.
    """
    names = {each.rule.name for each in own}
    unknown = [name for name in configuration.own_rules if name not in names]
    if not unknown:
        return
    conftests = [*_texts(root / (configuration.folder or ""), root)]
    valid = rule_names([*configuration.rules, *own])
    mistakes = [
        f"{configuration.own_rules[name].place}: {did_you_mean('rule', name, valid)}"
        for name in unknown
        if not any(name in text for text in conftests)
    ]
    if mistakes:
        raise SettingsError("\n".join(mistakes))


def _texts(folder: Path, root: Path) -> Iterator[str]:
    """The texts of the conftest files in a folder, below it, and above it up to the rootdir."""
    for above in folder.parents:
        if above == root or root in above.parents:
            yield from _text(above / _CONFTEST)
    for parent, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".") and each not in _NOT_SEARCHED]
        if _CONFTEST in files:
            yield from _text(Path(parent) / _CONFTEST)


def _text(file: Path) -> Iterator[str]:
    try:
        yield file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return
