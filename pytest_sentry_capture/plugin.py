"""The door between pytest and the plugin: options, markers, fixtures and hooks.

PYTEST_DONT_REWRITE: there are no assertions to rewrite here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_sentry_capture.recording import Recorder, Recording
from pytest_sentry_capture.sdk.access import SdkAccess
from pytest_sentry_capture.settings import Settings, SettingsError, read_settings
from pytest_sentry_capture.suggestions import unknown

if TYPE_CHECKING:
    from pytest_sentry_capture.capture import SentryCapture, SentryInit
    from pytest_sentry_capture.exchanges import StarletteExchanges
    from pytest_sentry_capture.reports.table import CaptureTable
    from pytest_sentry_capture.sdk.lifetimes import Lifetime

_WORKER_OUTPUT: Final = "sentry_capture"
_OPTIONS_MARKER: Final = (
    "sentry_options(**options): SDK options for one test, applied to the live client and to those made during the test."
)
_ALLOW_MARKER: Final = "sentry_allow(rule, *, reason): waives a rule for one test, for a stated reason."
_NO_CALLBACK_ERRORS: Final = "no-callback-errors"
_RULES: Final = (_NO_CALLBACK_ERRORS,)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sentry capture")
    group.addoption(
        "--sentry-network",
        dest="sentry_network",
        metavar="MODE",
        help="'block' (the default): nothing leaves this machine; 'allow': events are sent as in production.",
    )
    group.addoption(
        "--sentry-network-hosts",
        dest="sentry_network_hosts",
        action="append",
        metavar="HOST[,HOST]",
        help="Hosts that events may be sent to while the network is blocked.",
    )
    group.addoption(
        "--sentry-report",
        dest="sentry_report",
        action="append",
        metavar="PATH",
        help="Write the table of what was captured and what was not to a file (.txt).",
    )
    group.addoption(
        "--sentry-show",
        dest="sentry_show",
        metavar="MODE",
        help="What the report of a failed test shows of what was captured: 'no', 'short' (the default) or 'full'.",
    )
    parser.addini("sentry_network", "The same as --sentry-network.", default="")
    parser.addini("sentry_network_hosts", "The same as --sentry-network-hosts.", type="args", default=[])
    parser.addini("sentry_show", "The same as --sentry-show.", default="")


class _Run:
    """One pytest run: the parts of the plugin, and the attempt at a test that is under way.

    What a run without Sentry does not need is imported when it is first needed.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.recorder = Recorder()
        self.sdk = SdkAccess(self.recorder, settings.network, settings.network_hosts, self._see_exchanges)
        self.sdk.imports.watch("starlette.applications", self._see_exchanges)
        self.messages: list[str] = []
        self.waived: set[str] = set()
        self._lifetime: Lifetime | None = None
        self._exchanges: StarletteExchanges | None = None
        self._latest: tuple[str, CaptureTable] | None = None
        self._settled: CaptureTable | None = None

    def start(self) -> None:
        self.sdk.activate()

    def stop(self) -> None:
        self.end_test()
        if self._exchanges is not None:
            self._exchanges.unwrap()
        self.sdk.deactivate()

    def begin_recording(self, nodeid: str, *, detailed: bool) -> None:
        self.end_test()
        self._settle_latest(nodeid)
        recording = self.recorder.begin(nodeid)
        recording.phase = "setup"
        recording.detailed = detailed
        self.waived.clear()

    def begin_test(self, nodeid: str, options: dict[str, Any]) -> None:
        self._lifetime = self.sdk.begin_test(nodeid, options)

    def end_test(self) -> None:
        if self._lifetime is not None:
            self.sdk.end_test(self._lifetime)
            self._lifetime = None
            self.recorder.current.release_exceptions()

    def release_recording(self) -> None:
        """The test's last report is made: what it recorded is counted and let go."""
        if self.settings.reports:
            from pytest_sentry_capture.reports.table import CaptureTable

            table = CaptureTable()
            table.add(self.recorder.current)
            self._latest = self.recorder.current.label, table
        self.recorder.finish()

    @property
    def table(self) -> CaptureTable:
        """The rows of the whole run so far."""
        if self._settled is None:
            from pytest_sentry_capture.reports.table import CaptureTable

            self._settled = CaptureTable()
        self._settle_latest(None)
        return self._settled

    def _settle_latest(self, next_nodeid: str | None) -> None:
        """Only the last attempt at a test counts: the one before is dropped when the same test begins again."""
        latest, self._latest = self._latest, None
        if latest is not None and latest[0] != next_nodeid:
            self.table.merge(latest[1].export())

    def _see_exchanges(self) -> None:
        """The SDK or Starlette has been imported, or a client has been made, on which the SDK wraps Starlette."""
        if not self.sdk.is_observed:
            return
        if self._exchanges is None:
            from pytest_sentry_capture.exchanges import StarletteExchanges

            self._exchanges = StarletteExchanges(self.recorder)
        self._exchanges.wrap()


_RUN: Final = pytest.StashKey[_Run]()


def _start(config: pytest.Config, option: Any) -> None:
    try:
        settings = read_settings(lambda name: getattr(option, name, None), config.getini)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    run = config.stash[_RUN] = _Run(settings)
    run.start()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Observe the SDK before a conftest can import it."""
    _start(early_config, early_config.known_args_namespace)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if _RUN not in config.stash:
        _start(config, config.option)
    config.pluginmanager.register(_Fixtures(config.stash[_RUN]), "sentry_capture_fixtures")
    config.addinivalue_line("markers", _OPTIONS_MARKER)
    config.addinivalue_line("markers", _ALLOW_MARKER)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUN in config.stash:
        config.stash[_RUN].stop()
        del config.stash[_RUN]


def pytest_report_header(config: pytest.Config) -> str:
    settings = config.stash[_RUN].settings
    if settings.network == "allow":
        return "sentry: network allowed, events are really sent"
    hosts = f" and to {', '.join(settings.network_hosts)}" if settings.network_hosts else ""
    return f"sentry: network blocked, events are sent to this machine{hosts} only"


@pytest.hookimpl(wrapper=True, tryfirst=True, specname="pytest_runtest_setup")
def pytest_runtest_setup_recorded(item: pytest.Item) -> Generator[None, object, object]:
    run = item.config.stash[_RUN]
    run.begin_recording(item.nodeid, detailed="sentry_capture" in getattr(item, "fixturenames", ()))
    result = yield
    _fail_on_mistakes("sentry_options", run.sdk.check_test)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Not in the wrapper: one that raises early keeps other plugins from what their teardown relies on."""
    run = item.config.stash[_RUN]
    _fail_on_mistakes("sentry_allow", lambda: run.waived.update(_waived_rules(item)))
    _fail_on_mistakes("sentry_options", lambda: run.begin_test(item.nodeid, _marked_options(item)))


def _fail_on_mistakes(marker: str, check: Callable[[], object]) -> None:
    try:
        check()
    except (TypeError, ValueError) as error:
        message = f"{marker}: {error}"
    else:
        return
    pytest.fail(message, pytrace=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    item.config.stash[_RUN].recorder.current.phase = "call"
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    run = item.config.stash[_RUN]
    run.recorder.current.phase = "teardown"
    try:
        return (yield)
    finally:
        run.end_test()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    run = item.config.stash[_RUN]
    if report.passed and call.when != "setup" and _NO_CALLBACK_ERRORS not in run.waived:
        _fail_on_callback_errors(report, run.recorder.current)
    if report.failed:
        _show_captured(report, run)
    if call.when == "teardown":
        run.release_recording()
    return report


def _fail_on_callback_errors(report: pytest.TestReport, recording: Recording) -> None:
    """A callback that crashes has lost an event of the application, and nobody else would tell."""
    if not recording.detailed or not recording.has_callback_errors:
        return
    from pytest_sentry_capture import explain
    from pytest_sentry_capture.hints import Evidence
    from pytest_sentry_capture.items import CallbackError

    accounted_for = [discard.by for discard in recording.accounted_for if discard.reason == "callback_error"]
    errors = [
        error
        for error in recording.entries_of(CallbackError)
        if (error.phase == "teardown") == (report.when == "teardown") and error.by not in accounted_for
    ]
    if not errors:
        return
    evidence = Evidence(entries=recording.entries, secrets=tuple(recording.secrets))
    report.outcome = "failed"
    report.longrepr = explain.crashed_callbacks(evidence, errors)
    if hasattr(report, "wasxfail"):
        del report.wasxfail


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """A view that was expected to be empty: pytest would print whole payloads."""
    views = [side for side in (left, right) if isinstance(side, list) and side]
    if op != "==" or len(views) != 1 or [] not in (left, right) or "pytest_sentry_capture.items" not in sys.modules:
        return None
    from pytest_sentry_capture import explain

    return explain.not_empty(views[0])


def _show_captured(report: pytest.TestReport, run: _Run) -> None:
    recording = run.recorder.current
    is_of_interest = recording.entries or (recording.detailed and report.when == "call")
    if run.settings.show == "no" or not is_of_interest:
        return
    from pytest_sentry_capture.reports import section

    report.sections.append((section.TITLE, section.render(recording.entries, run.settings.show)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    if fixturedef.scope == "function":
        return (yield)
    with request.config.stash[_RUN].sdk.fixture_set_up(fixturedef, fixturedef.argname):
        return (yield)


def pytest_fixture_post_finalizer(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
    request.config.stash[_RUN].sdk.fixture_finished(fixturedef)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    run = session.config.stash[_RUN]
    run.end_test()
    worker_output = getattr(session.config, "workeroutput", None)
    if worker_output is not None:
        worker_output[_WORKER_OUTPUT] = {
            "blocked": [[*what, count] for what, count in run.sdk.blocked.items()],
            "problem": run.sdk.problem,
            "table": run.table.export() if run.settings.reports else [],
        }
    elif run.settings.reports:
        _write_reports(run, session)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """pytest-xdist: a worker has finished."""
    run = node.config.stash[_RUN]
    output = getattr(node, "workeroutput", {}).get(_WORKER_OUTPUT, {})
    for host, sort, count in output.get("blocked", ()):
        run.sdk.blocked[host, sort] += count
    run.sdk.problem = run.sdk.problem or output.get("problem")
    if output.get("table"):
        run.table.merge(output["table"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    run = config.stash[_RUN]
    lines = [*([run.sdk.problem] if run.sdk.problem else []), *_blocked_lines(run.sdk.blocked), *run.messages]
    if lines:
        terminalreporter.section("sentry")
        for line in lines:
            terminalreporter.line(line)


def _blocked_lines(blocked: Mapping[tuple[str, str], int]) -> list[str]:
    return [
        f"{count} {sort}{' was' if count == 1 else 's were'} kept from {host}."
        f" To let them go there: sentry_network_hosts = {host}"
        for (host, sort), count in sorted(blocked.items())
    ]


def _write_reports(run: _Run, session: pytest.Session) -> None:
    from pytest_sentry_capture.reports.text import render

    text = render(run.table.rows())
    for path in run.settings.reports:
        target = session.config.invocation_params.dir / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            run.messages.append(f"The report could not be written to {path}: {error.strerror}")
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        else:
            run.messages.append(f"What was captured and what was not: {path}")


def _marked_options(item: pytest.Item) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("sentry_options"))):
        if marker.args:
            raise TypeError("takes keyword arguments only, such as sentry_options(traces_sample_rate=1.0)")
        options.update(marker.kwargs)
    return options


def _waived_rules(item: pytest.Item) -> set[str]:
    waived = set()
    for marker in item.iter_markers("sentry_allow"):
        [rule] = marker.args if len(marker.args) == 1 else [None]
        if not isinstance(rule, str) or marker.kwargs.keys() - {"reason"}:
            raise TypeError('takes a rule and a reason, such as sentry_allow("no-callback-errors", reason="…")')
        if rule not in _RULES:
            raise ValueError(unknown("rule", rule, _RULES))
        if not isinstance(reason := marker.kwargs.get("reason"), str) or not reason.strip():
            raise ValueError(f'a waiver needs a reason: sentry_allow({rule!r}, reason="…")')
        waived.add(rule)
    return waived


class _Fixtures:
    """A run's fixtures: methods, because fixtures that ask for ``request`` cost every test a signature more."""

    def __init__(self, run: _Run) -> None:
        self._run = run

    @pytest.fixture
    def sentry_capture(self) -> SentryCapture:
        """What the application tells Sentry during this test, and what it keeps from Sentry."""
        from pytest_sentry_capture.capture import SentryCapture

        self._fail_if_unsupported()
        recording = self._run.recorder.current
        recording.detailed = True
        return SentryCapture(recording, self._run.sdk)

    @pytest.fixture
    def sentry_init(self) -> SentryInit:
        """Initialises a client for this test alone, and returns it: ``sentry_init(before_send=drop_expected)``."""
        from pytest_sentry_capture.capture import SentryInit

        self._fail_if_unsupported()
        return SentryInit(self._run.sdk)

    def _fail_if_unsupported(self) -> None:
        if self._run.sdk.problem is not None:
            pytest.fail(self._run.sdk.problem, pytrace=False)


class SentryCaptureMixin:
    """Gives the tests of a ``unittest.TestCase`` the fixture as ``self.sentry_capture``."""

    sentry_capture: SentryCapture

    @pytest.fixture(autouse=True)
    def _give_sentry_capture(self, sentry_capture: SentryCapture) -> None:
        self.sentry_capture = sentry_capture
