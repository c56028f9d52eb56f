"""The run's settings from ini options and the command line, checked whole: every mistake is reported at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

from pytest_sentry_capture.suggestions import unknown

if TYPE_CHECKING:
    from pytest_sentry_capture.sdk.network import NetworkMode

ShowMode = Literal["no", "short", "full"]

_NETWORK_MODES: Final = ("block", "allow")
_SHOW_MODES: Final = ("no", "short", "full")
_REPORT_SUFFIXES: Final = (".txt",)
_HOST: Final = r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?"


class SettingsError(Exception):
    """All mistakes in the settings, one a line, in words for users."""


class Settings(NamedTuple):
    """What was asked for this run.

    Attributes:
        network: whether events may be sent to other hosts than this machine.
        network_hosts: hosts that they may be sent to all the same.
        reports: the files that the capture table is written to.
        show: how much of what was captured the report of a failed test shows.
    """

    network: NetworkMode = "block"
    network_hosts: tuple[str, ...] = ()
    reports: tuple[Path, ...] = ()
    show: ShowMode = "short"


def read_settings(option: Callable[[str], Any], ini: Callable[[str], Any]) -> Settings:
    """Settings from the command line, else from ini options.

    Raises:
        SettingsError: a value is not valid; the message names every such value and what is valid.
    """
    mistakes: list[str] = []
    network = option("sentry_network") or ini("sentry_network") or "block"
    if network not in _NETWORK_MODES:
        mistakes.append(f"sentry_network: {unknown('value', network, _NETWORK_MODES)}")
    hosts = _hosts(option("sentry_network_hosts")) or tuple(ini("sentry_network_hosts"))
    mistakes += [
        f"sentry_network_hosts: {host!r} is no host name; write it without scheme, port and path: o1.ingest.sentry.io"
        for host in hosts
        if not re.fullmatch(_HOST, host)
    ]
    show = option("sentry_show") or ini("sentry_show") or "short"
    if show not in _SHOW_MODES:
        mistakes.append(f"sentry_show: {unknown('value', show, _SHOW_MODES)}")
    reports = tuple(Path(path) for path in option("sentry_report") or ())
    mistakes += [
        f"sentry_report: {str(path)!r} has an unknown suffix; valid are: {', '.join(_REPORT_SUFFIXES)}"
        for path in reports
        if path.suffix not in _REPORT_SUFFIXES
    ]
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return Settings(
        network=cast("NetworkMode", network),
        network_hosts=tuple(host.lower().rstrip(".") for host in hosts),
        reports=reports,
        show=cast("ShowMode", show),
    )


def _hosts(values: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(host.strip() for value in values or () for host in value.split(","))
