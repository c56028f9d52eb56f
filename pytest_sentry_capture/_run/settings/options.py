"""The run's settings from ini options and the command line, checked whole."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from pytest_sentry_capture._reports import format_of

if TYPE_CHECKING:
    from pytest_sentry_capture._sdk import NetworkMode

ShowMode = Literal["no", "short", "full", "values"]
ContractMode = Literal["off", "check", "update"]
DjangoClientMode = Literal["production", "plain"]

_CHOICES: Final = {
    "sentry_network": ("block", "allow"),
    "sentry_show": ("no", "short", "full", "values"),
    "sentry_contract": ("off", "check", "update"),
    "sentry_django_client": ("production", "plain"),
}
_LONGEST_GRACE: Final = 3600.0
GRACE: Final = 1.0
"""Seconds: several times what a crash took to be reported where that was measured."""
_VALUES_IN_CI: Final = (
    "sentry_show: 'values' prints captured values, which must not be stored in CI logs (the environment variable"
    " CI is set). Use 'full', which prints names only."
)
_HOST: Final = r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?"
_IPV6: Final = r"(?i)[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*"


class SettingsError(Exception):
    """All mistakes in the settings, one a line, in words for users."""


class Settings:
    """What was asked for this run.

    Attributes:
        network: whether events may be sent to other hosts than this machine.
        network_hosts: hosts that they may be sent to anyway.
        reports: the files that the capture table is written to.
        report_since: what an older report holds as JSON, to be compared with this run, or None for none.
        show: how much of captured items the report of a failed test shows.
        strict: whether rules that were not judged or not exercised, unused exceptions, and that Sentry was never on
            fail the run.
        contract: whether the committed contract is compared with the run, or written again.
        django_client: whether requests of Django's test client go through the SDK's middleware, as in production.
        grace: how many seconds are waited for an application that has answered and has not returned.
        configuration_file: the file of the rootdir's configuration, or None for the one that stands in the rootdir.
        contract_file: the contract of the rootdir's configuration, or None for the one beside the configuration.
        report_traces: whether the text formats of reports have a row for each segment, span and profile.
        suggests: whether a configuration is suggested.
        suggestion_file: the file that it is written to, or None if it is printed.
    """

    def __init__(
        self,
        network: NetworkMode = "block",
        network_hosts: tuple[str, ...] = (),
        reports: tuple[Path, ...] = (),
        show: ShowMode = "short",
        strict: bool = False,
        contract: ContractMode = "off",
        django_client: DjangoClientMode = "production",
        grace: float = GRACE,
        configuration_file: Path | None = None,
        contract_file: Path | None = None,
        report_since: Mapping[str, Any] | None = None,
        report_traces: bool = False,
        suggests: bool = False,
        suggestion_file: Path | None = None,
    ) -> None:
        self.network = network
        self.network_hosts = network_hosts
        self.reports = reports
        self.show = show
        self.strict = strict
        self.contract = contract
        self.django_client = django_client
        self.grace = grace
        self.configuration_file = configuration_file
        self.contract_file = contract_file
        self.report_since = report_since
        self.report_traces = report_traces
        self.suggests = suggests
        self.suggestion_file = suggestion_file


def read_settings(option: Callable[[str], Any], ini: Callable[[str], Any], *, root: Path, folder: Path) -> Settings:
    """Settings from the command line, else from ini options.

    Args:
        root: the rootdir, which files of ini options start from.
        folder: the folder that files of the command line start from.

    Raises:
        SettingsError: a value is not valid. The message names every such value and what is valid.
    """
    chosen = {name: _first_given(option, ini, name) for name in _CHOICES}
    mistakes = [_wrong(name, value) for name, value in chosen.items() if value not in _CHOICES[name]]
    if chosen["sentry_show"] == "values" and os.environ.get("CI"):
        mistakes.append(_VALUES_IN_CI)
    hosts = _hosts(option("sentry_network_hosts")) or tuple(ini("sentry_network_hosts"))
    mistakes += [
        f"sentry_network_hosts: {host!r} is not a host name. Write it without scheme, port and path:"
        " o1.ingest.sentry.io"
        for host in hosts
        if not (re.fullmatch(_HOST, host) or _is_ipv6(host))
    ]
    reports = tuple(Path(path) for path in option("sentry_report") or ini("sentry_report"))
    mistakes += [f"sentry_report: {mistake}" for mistake in map(_without_format, reports) if mistake]
    switches = {name: option(name) or _truth(ini, name) for name in ("sentry_strict", "sentry_report_traces")}
    mistakes += [f"{name} must be true or false" for name, value in switches.items() if value is None]
    grace = _grace(_first_given(option, ini, "sentry_grace"))
    if grace is None:
        mistakes.append(
            "sentry_grace must be a number of seconds from 0 to 3600, such as 1.0, not"
            f" {_first_given(option, ini, 'sentry_grace')!r}"
        )
    older, mistake = _older_report(option("sentry_report_since"), folder, reports)
    mistakes += [f"sentry_report_since: {mistake}"] if mistake else []
    suggested = option("sentry_suggest")
    suggestion_file = Path(os.path.normpath(folder / suggested)) if suggested else None
    if suggestion_file is not None and (mistake := _mistake_in_suggestion(suggestion_file, suggested)):
        mistakes.append(f"sentry_suggest: {mistake}")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return Settings(
        network=cast("NetworkMode", chosen["sentry_network"]),
        network_hosts=tuple(host.strip("[]").lower().rstrip(".") for host in hosts),
        reports=reports,
        show=cast("ShowMode", chosen["sentry_show"]),
        strict=bool(switches["sentry_strict"]),
        report_traces=bool(switches["sentry_report_traces"]),
        contract=cast("ContractMode", chosen["sentry_contract"]),
        django_client=cast("DjangoClientMode", chosen["sentry_django_client"]),
        grace=GRACE if grace is None else grace,
        configuration_file=_file(option, ini, "sentry_configuration_file", root, folder),
        contract_file=_file(option, ini, "sentry_contract_file", root, folder),
        report_since=older,
        suggests=suggested is not None,
        suggestion_file=suggestion_file,
    )


def _is_ipv6(host: str) -> bool:
    """Whether a host is an IPv6 address, with brackets around it, as in a URL, or without."""
    if not re.fullmatch(_IPV6, host.strip("[]")):
        return False
    from ipaddress import IPv6Address  # which few runs need

    try:
        IPv6Address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    except ValueError:
        return False
    return True


def _mistake_in_suggestion(file: Path, given: str) -> str | None:
    """What is wrong with the file that a suggestion must be written to: no other file is ever changed."""
    if file.suffix != ".toml":
        return f"{given} is not a .toml file. Write --sentry-suggest=sentry_capture.toml, or put the option last"
    if file.exists():
        return f"{given} already exists. Use --sentry-suggest without a file to print the missing rules"
    return None


def _without_format(report: Path) -> str | None:
    try:
        format_of(report)
    except ValueError as error:
        return str(error)
    return None


def _older_report(
    given: str | None, folder: Path, reports: Sequence[Path]
) -> tuple[Mapping[str, Any] | None, str | None]:
    """What the older report holds, or what is wrong with it.

    It is read before the run, which may write another report in its place.
    """
    if given is None:
        return None, None
    if not any(report.suffix == ".html" for report in reports):
        return None, "only a page shows changes. Add --sentry-report=monitoring.html"
    from pytest_sentry_capture._reports import ReportError, load_report  # which few runs need

    try:
        return load_report(folder / given), None
    except ReportError as error:
        return None, str(error)


def _truth(ini: Callable[[str], Any], name: str) -> bool | None:
    """An ini option, or None if it is neither true nor false, which pytest says without its name."""
    try:
        return bool(ini(name))
    except Exception:  # a ValueError. Since pytest 9 a UsageError
        return None


def _grace(given: str) -> float | None:
    """The seconds that a text names, or None if it names none that can be waited."""
    try:
        grace = float(given)
    except ValueError:
        return None
    return grace if 0 <= grace <= _LONGEST_GRACE else None


def _first_given(option: Callable[[str], Any], ini: Callable[[str], Any], name: str) -> Any:
    """The command line's value, else that of the ini option. An empty one is given too, and wrong."""
    given = option(name)
    return ini(name) if given is None else given


def _file(option: Callable[[str], Any], ini: Callable[[str], Any], name: str, root: Path, folder: Path) -> Path | None:
    if given := option(name):
        return Path(os.path.normpath(folder / given))
    configured = ini(name)
    return Path(os.path.normpath(root / configured)) if configured else None


def _wrong(name: str, value: str) -> str:
    from pytest_sentry_capture._text import did_you_mean  # which a run without mistakes never needs

    return f"{name}: {did_you_mean('value', value, _CHOICES[name])}"


def _hosts(values: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(host.strip() for value in values or () for host in value.split(","))
