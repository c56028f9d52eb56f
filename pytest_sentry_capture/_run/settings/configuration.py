"""A project's configuration: ``[tool.sentry_capture]`` of ``pyproject.toml``, or ``sentry_capture.toml``.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_sentry_capture._run.settings.options import SettingsError

if TYPE_CHECKING:
    from pytest_sentry_capture._recording import Masks
    from pytest_sentry_capture._relay import ServerScrubbing
    from pytest_sentry_capture._rules import EnforcedRule

_PYPROJECT: Final = "pyproject.toml"
_OWN_FILE: Final = "sentry_capture.toml"
_TABLE: Final = ("tool", "sentry_capture")
_MISNAMED: Final = (
    rb"(?m)^\s*\[\[?\s*((?:tool\.(?!sentry_capture\b))?(?:pytest[-_])?sentry[-_](?:capture|contract))\s*[].]"
)


class Configuration:
    """A project's configuration.

    Attributes:
        file: the name of the file that it stands in; empty where there is none.
        rules: the rules that are on.
        switched_off: the names of built-in rules that are off by name.
        scrubbing: the project's settings for data scrubbing on Sentry's servers; None where it has none.
        masks: what stands in place of values that were taken out; None for the usual masks.
        settles_sampling: whether all is sampled that chance would decide about (``sampling = "all"``).
    """

    def __init__(
        self,
        file: str = "",
        rules: tuple[EnforcedRule, ...] = (),
        switched_off: frozenset[str] = frozenset(),
        scrubbing: ServerScrubbing | None = None,
        masks: Masks | None = None,
        settles_sampling: bool = False,
    ) -> None:
        self.file = file
        self.rules = rules
        self.switched_off = switched_off
        self.scrubbing = scrubbing
        self.masks = masks
        self.settles_sampling = settles_sampling


def read_configuration(root: Path) -> Configuration:
    """The configuration in pytest's rootdir.

    Raises:
        SettingsError: something in it is not valid, or it stands in both files; the message names every mistake with
            its place, and what is valid.
    """
    own, shared = _content(root / _OWN_FILE), _content(root / _PYPROJECT)
    if shared is not None and b"sentry" in shared and (misnamed := re.search(_MISNAMED, shared)):
        _check_misnamed(misnamed, shared)
    if shared is not None and _TABLE[-1].encode() not in shared:
        shared = None
    if own is None and shared is None:
        return Configuration()
    # Here, because a project without a configuration has no need of TOML, of cattrs and of the rules.
    from pytest_sentry_capture._run.settings.rule_tables import structured
    from pytest_sentry_capture._run.settings.source import parsed

    sources = [
        source
        for name, content, table in ((_OWN_FILE, own, ()), (_PYPROJECT, shared, _TABLE))
        if content is not None and (source := parsed(name, content, table)) is not None
    ]
    if len(sources) > 1:
        raise SettingsError(f"the configuration stands in {_OWN_FILE} and in {_PYPROJECT}; valid is one of them")
    if not sources:
        return Configuration()
    [source] = sources
    return Configuration(source.name, *structured(source, root))


def _check_misnamed(found: re.Match[bytes], content: bytes) -> None:
    """Raise ``SettingsError`` for a table that looks like the configuration; a text may look like one too."""
    from pytest_sentry_capture._run.settings.source import parsed  # which few projects need

    table = found[1].decode()
    if parsed(_PYPROJECT, content, tuple(table.split("."))) is not None:
        line = content.count(b"\n", 0, found.start(1)) + 1
        raise SettingsError(f"{_PYPROJECT}:{line}: [{table}] is not read; valid is [{'.'.join(_TABLE)}]")


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{file.name} can't be read: {error.strerror}") from None
