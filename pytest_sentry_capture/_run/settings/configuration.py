"""One configuration: ``[tool.sentry_capture]`` of ``pyproject.toml``, or ``sentry_capture.toml``, in one folder.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_sentry_capture._run.settings.options import SettingsError

if TYPE_CHECKING:
    from pytest_sentry_capture._recording import Masks
    from pytest_sentry_capture._relay import ServerScrubbing
    from pytest_sentry_capture._rules import EnforcedRule
    from pytest_sentry_capture._run.settings.rule_tables import OwnRuleSettings
    from pytest_sentry_capture._run.settings.source import Source

_PYPROJECT: Final = "pyproject.toml"
_OWN_FILE: Final = "sentry_capture.toml"
_TABLE: Final = ("tool", "sentry_capture")
_MISNAMED: Final = (
    rb"(?m)^\s*\[\[?\s*((?:tool\.(?!sentry_capture\b))?(?:pytest[-_])?sentry[-_](?:capture|contract))\s*[].]"
)


class Configuration:
    """What the tests of one folder, and of all below it that have no other configuration, are judged by.

    Attributes:
        file: the file that it stands in, relative to pytest's rootdir, empty if there is none.
        folder: the folder of the tests, relative to the rootdir and with slashes: empty for the rootdir, or None for
            tests outside of it, which no configuration is about.
        home: the folder that the contract and the files that it names start from.
        rules: the rules that are on.
        switched_off: the names of rules that are off by name.
        scrubbing: the project's settings for data scrubbing on Sentry's servers, or None if it has none.
        masks: what stands in place of values that were taken out, or None for the usual masks.
        settles_sampling: whether all is sampled that chance would decide about (``sampling = "all"``).
        own_rules: what is said of the project's own rules, by name: of those that its conftest files register.
        policies: what messages call the files that it extends.
        has_rules_of_its_own: whether it has a table of rules itself, and not only a policy that it extends.
    """

    def __init__(
        self,
        folder: str | None = "",
        home: Path | None = None,
        file: str = "",
        rules: tuple[EnforcedRule, ...] = (),
        switched_off: frozenset[str] = frozenset(),
        scrubbing: ServerScrubbing | None = None,
        masks: Masks | None = None,
        settles_sampling: bool = False,
        own_rules: Mapping[str, OwnRuleSettings] | None = None,
        policies: Sequence[str] = (),
        *,
        content: Mapping[str, Any] | None = None,
        has_rules_of_its_own: bool = False,
    ) -> None:
        self.folder = folder
        self.home = home
        self.file = file
        self.rules = rules
        self.switched_off = switched_off
        self.scrubbing = scrubbing
        self.masks = masks
        self.settles_sampling = settles_sampling
        self.own_rules = own_rules or {}
        self.policies = policies
        self.has_rules_of_its_own = has_rules_of_its_own
        self._content = content

    @property
    def digest(self) -> str | None:
        """The SHA-256 of what it says, with what it extends, or None if there is no configuration."""
        if self._content is None:
            return None
        import hashlib  # which only reports for programs need
        import json

        return hashlib.sha256(json.dumps(self._content, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def place_of_keys(self) -> str:
        """Where its own key is written, as advice says it: in which table of which file, or above its tables."""
        if not self.file or Path(self.file).name == _PYPROJECT:
            return f"in [{'.'.join(_TABLE)}] of {self.file or _PYPROJECT}"
        return f"above the tables of {self.file}"

    @classmethod
    def of(cls, source: Source, folder: str, root: Path) -> Configuration:
        """The configuration that stands in a file and in those that it extends, for the tests of a folder.

        Args:
            root: the rootdir, which the names of files in messages start from.

        Raises:
            SettingsError: something in it is not valid. The message names every mistake with its place, and what is
                valid.
        """
        # Here, because a project without a configuration has no need of cattrs and of the rules.
        from pytest_sentry_capture._run.settings.rule_tables import structured

        home, name, has_rules = source.file.parent, source.name, "rules" in source.content
        if "extends" not in source.content:
            settings = structured(source, folder)
            return cls(folder, home, name, *settings, content=source.content, has_rules_of_its_own=has_rules)
        from pytest_sentry_capture._run.settings.policies import extended

        whole = extended(source, root, _source)
        settings, policies = structured(whole, folder), whole.policies
        return cls(
            *(folder, home, name, *settings),
            policies=policies,
            content=whole.content,
            has_rules_of_its_own=has_rules,
        )


def read_configuration(root: Path) -> Configuration:
    """The configuration in pytest's rootdir.

    Raises:
        SettingsError: see ``source_in`` and ``Configuration.of``.
    """
    source = source_in(root, root)
    return Configuration("", root) if source is None else Configuration.of(source, "", root)


def source_in(folder: Path, root: Path) -> Source | None:
    """The configuration in a folder as it was written, or None if there is none.

    Args:
        root: the rootdir, which the names of files in messages start from.

    Raises:
        SettingsError: a file can't be read, a table is misnamed, or a configuration stands in both files.
    """
    own, shared = folder / _OWN_FILE, folder / _PYPROJECT
    found = (_source(file, name_of_file(file, root)) for file in (own, shared))
    sources = [source for source in found if source is not None]
    if len(sources) > 1:
        both = f"{name_of_file(own, root)} and in {name_of_file(shared, root)}"
        raise SettingsError(f"there are two configurations, in {both}. Delete one of them")
    return sources[0] if sources else None


def source_of(file: Path, root: Path) -> Source:
    """The configuration in this file, whatever it is called.

    Raises:
        SettingsError: there is none in it, or see ``source_in``.
    """
    name = name_of_file(file, root)
    source = _source(file, name)
    if source is not None:
        return source
    what = f"{name} has no table [{'.'.join(_TABLE)}]" if file.is_file() else f"there is no file {name}"
    raise SettingsError(f"sentry_configuration_file: {what}")


def name_of_file(file: Path, root: Path) -> str:
    """A file as messages name it: relative to the rootdir where it is below that."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _source(file: Path, name: str) -> Source | None:
    content = _content(file, name)
    if content is None:
        return None
    is_shared = file.name == _PYPROJECT
    if is_shared and b"sentry" in content and (misnamed := re.search(_MISNAMED, content)):
        _check_misnamed(misnamed, content, file, name)
    if is_shared and _TABLE[-1].encode() not in content:
        return None
    from pytest_sentry_capture._run.settings.source import parsed  # TOML, which few folders have a need of

    return parsed(name, content, _TABLE if is_shared else (), file)


def _check_misnamed(found: re.Match[bytes], content: bytes, file: Path, name: str) -> None:
    """Raise ``SettingsError`` for a table that looks like the configuration. A text may look like one too."""
    from pytest_sentry_capture._run.settings.source import parsed  # which few projects need

    table = found[1].decode()
    if parsed(name, content, tuple(table.split(".")), file) is not None:
        line = content.count(b"\n", 0, found.start(1)) + 1
        raise SettingsError(f"{name}:{line}: [{table}] is not read. Use [{'.'.join(_TABLE)}]")


def _content(file: Path, name: str) -> bytes | None:
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # no file has a null character in its name
        return None
    except OSError as error:
        raise SettingsError(f"{name} can't be read: {error.strerror}") from None
