"""The door between pytest and the plugin: options, markers, fixtures and hooks.

PYTEST_DONT_REWRITE: there are no assertions to rewrite here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

from pytest_sentry_capture import hookspecs
from pytest_sentry_capture._public import export
from pytest_sentry_capture._reports import FORMATS
from pytest_sentry_capture._run import (
    Configurations,
    Run,
    Settings,
    SettingsError,
    on_demand,
    read_settings,
)
from pytest_sentry_capture._sdk import invisible

if TYPE_CHECKING:
    from pluggy import HookImpl

    from pytest_sentry_capture._assertions import SentryCapture, SentryInit
    from pytest_sentry_capture._operations import JobSystem
    from pytest_sentry_capture._reports import Detail
    from pytest_sentry_capture._run import Conclusion, CurrentTest, FailedCheck, Invocation
    from pytest_sentry_capture._server import SentryServer

_VIEWS: Final = "sentry_capture_views"
_SPLITTING_OPTIONS: Final = (
    ("group", "splits", 1),
    ("test_group", "test_group_count", 1),
    ("shard_id", "num_shards", 0),
)
"""Which group of how many, and the number of the first, as pytest-split, pytest-test-groups and pytest-shard say it."""
_OPTIONS_NAME: Final = "sentry_options"
_OPTIONS_MARKER: Final = (
    "sentry_options(**options): SDK options for one test, applied to the live client and to those made during the test."
)
_ALLOW_MARKER: Final = (
    "sentry_allow(rule, *, reason, until=None, ticket=None): waives a rule for one test, for a stated reason, until the"
    " end of a day."
)
_SERVER_EXTRA: Final = "sentry_server needs the extra: pip install 'pytest-sentry-contract[server]'"
_RUN_PARALLEL: Final = "run-parallel"
"""The plugin that runs one test in several threads."""
_OF_THE_PROCESS: Final = ("sentry_capture", "sentry_init")
_OF_ONE_THREAD: Final = (*_OF_THE_PROCESS, "sentry_server")
_ONE_THREAD: Final = "records what the whole process captures, so the test runs once, in one thread"
_NAME_IT: Final = "name it among the arguments of the test, which then runs in one thread where that matters"
_TOO_LATE: Final = (
    "SDK options are applied before the first fixture of a test is set up."
    " Mark the test itself, or change them inside it:"
)
_RESULTS: Final = "sentry_capture"
"""The attribute of a test's last report that carries what the test adds to the results of the run."""


_GROUP: Final = "sentry capture"


def pytest_addoption(parser: pytest.Parser) -> None:
    _add(
        parser,
        "sentry_network",
        "'block' (the default): nothing is sent over the network; 'allow': events are sent as in production.",
        ini_default="block",
        metavar="MODE",
    )
    _add(
        parser,
        "sentry_network_hosts",
        "Hosts that events may be sent to while the network is blocked.",
        ini_type="args",
        ini_default=[],
        action="append",
        metavar="HOST[,HOST]",
    )
    _add(
        parser,
        "sentry_report",
        f"Write a report of captured and discarded items to a file ({', '.join(FORMATS)}). Can be repeated.",
        ini_type="args",
        ini_default=[],
        action="append",
        metavar="PATH",
    )
    parser.getgroup(_GROUP).addoption(
        "--sentry-report-since",
        dest="sentry_report_since",
        metavar="OLD.json",
        help="An older JSON report: the page (--sentry-report=PATH.html) shows the changes since then.",
    )
    _add(
        parser,
        "sentry_report_traces",
        "Add a row for each segment, span and profile to .txt and .md reports, which otherwise show only their"
        " numbers.",
        ini_type="bool",
        ini_default=False,
        action="store_true",
        default=None,
    )
    _add(
        parser,
        "sentry_contract",
        "'update': write the captured and discarded items to sentry-contract.toml; 'check': fail if the run"
        " differs from it; 'off' (the default).",
        ini_default="off",
        metavar="MODE",
    )
    _add(
        parser,
        "sentry_strict",
        "Fail the run for rules that were not judged or not exercised, for unused waivers and allow entries, and"
        " if Sentry was never on.",
        ini_type="bool",
        ini_default=False,
        action="store_true",
        default=None,
    )
    _add(
        parser,
        "sentry_show",
        "What a failed test shows of its captured items: 'no'; 'short' (the default), a line for each event; 'full',"
        " every item with names but without values; 'values', the masked payloads too, only on a terminal and not in"
        " CI.",
        ini_default="short",
        metavar="MODE",
    )
    _add(
        parser,
        "sentry_configuration_file",
        "The file with the rootdir's rules, instead of its pyproject.toml or sentry_capture.toml.",
        ini_default="",
        metavar="FILE",
    )
    _add(
        parser,
        "sentry_contract_file",
        "The rootdir's contract, instead of sentry-contract.toml beside its rules.",
        ini_default="",
        metavar="FILE",
    )
    _add(
        parser,
        "sentry_django_client",
        "'production' (the default): requests of Django's test client are reported like those of a server, in"
        " tests with a fixture or rules; 'plain': as Django's test client does by itself.",
        ini_default="production",
        metavar="MODE",
    )
    _add(
        parser,
        "sentry_grace",
        "How long assertions and rules wait for an application that has answered in another thread but not"
        " returned (1.0 by default). A crash in a live server is captured after its answer.",
        ini_default="1.0",
        metavar="SECONDS",
    )
    parser.getgroup(_GROUP).addoption(
        "--sentry-suggest",
        dest="sentry_suggest",
        metavar="FILE",
        nargs="?",
        const="",
        help="Print rules that the configuration lacks, suggested from this run; with =FILE, write a new"
        " configuration file.",
    )


def _add(
    parser: pytest.Parser,
    name: str,
    about: str,
    *,
    ini_default: object,
    ini_type: Literal["args", "bool"] | None = None,
    **of_option: Any,
) -> None:
    """Add an option for the command line and the same for the configuration file, which says the same about it."""
    parser.getgroup(_GROUP).addoption(f"--{name.replace('_', '-')}", dest=name, help=about, **of_option)
    parser.addini(name, about, type=ini_type, default=ini_default)


_RUN: Final = pytest.StashKey[Run]()
_RULES_HOOK: Final = "pytest_sentry_capture_rules"
_RULES_HOOKS: Final = pytest.StashKey["list[HookImpl]"]()
"""The implementations of the hook that were there when it was called."""


def _start(config: pytest.Config, option: Any) -> None:
    mistakes: list[str] = []
    settings, root = Settings(), config.rootpath
    try:
        settings = read_settings(
            lambda name: getattr(option, name, None), config.getini, root=root, folder=config.invocation_params.dir
        )
    except SettingsError as error:
        mistakes.append(str(error))
    try:
        configurations = Configurations(root, settings.configuration_file)
    except SettingsError as error:
        mistakes.append(str(error))
    else:
        if settings.suggestion_file is not None and configurations.of_rootdir.file:
            mistakes.append(
                f"sentry_suggest: the configuration is in {configurations.of_rootdir.file};"
                " use --sentry-suggest without a file to print the missing rules"
            )
    if mistakes:
        raise pytest.UsageError("\n".join(mistakes))
    run = config.stash[_RUN] = Run(settings, configurations)
    config.add_cleanup(run.stop)  # pytest_unconfigure is not called where the command line turns out to be wrong
    run.start()


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Ask for the project's own rules and job systems, now that its conftest files are there, and look at the rules."""
    config = session.config
    config.stash[_RUN].add_job_systems(_job_systems(config))
    given = config.stash[_RULES_HOOKS] = [*config.hook.pytest_sentry_capture_rules.get_hookimpls()]
    rule_sets = config.stash[_RUN].rule_sets
    for implementation in reversed(given):  # as pytest would call them
        if _is_wrapper(implementation):
            continue
        mistake = rule_sets.add_own(
            _conftest_of(implementation.plugin),
            _place_of(implementation.function, config.rootpath),
            partial(_rules_of, implementation, config),
        )
        if mistake is not None:
            raise pytest.UsageError(f"{_RULES_HOOK}{mistake}")
    mistake = rule_sets.begin()
    if mistake is not None:
        raise pytest.UsageError(mistake)


def _job_systems(config: pytest.Config) -> list[JobSystem]:
    """What all implementations of the hook give."""
    if not config.hook.pytest_sentry_capture_job_systems.get_hookimpls():
        return []
    from pytest_sentry_capture._operations import JobSystem

    given = config.hook.pytest_sentry_capture_job_systems(config=config)
    systems: list[JobSystem] = []
    for several in reversed(given):
        if not isinstance(several, Iterable):
            raise _not_systems(several)
        for each in several:
            if not isinstance(each, JobSystem):
                raise _not_systems(each)
            systems.append(each)
    return systems


def _not_systems(found: object) -> pytest.UsageError:
    problem = f"must return a list of JobSystem objects, found {type(found).__name__}"
    return pytest.UsageError(f"pytest_sentry_capture_job_systems {problem}")


def _rules_of(implementation: HookImpl, config: pytest.Config) -> Sequence[object]:
    """What one implementation of the hook gives, with what wraps it."""
    others = [
        each.plugin for each in config.stash[_RULES_HOOKS] if each is not implementation and not _is_wrapper(each)
    ]
    rules: Sequence[object] = config.pluginmanager.subset_hook_caller(_RULES_HOOK, others)(config=config)
    return rules


def _is_wrapper(implementation: HookImpl) -> bool:
    return implementation.hookwrapper or getattr(implementation, "wrapper", False)


def _conftest_of(plugin: object) -> Path | None:
    """The file of a conftest module, or None for other plugins."""
    file = getattr(plugin, "__file__", None) if isinstance(plugin, ModuleType) else None
    return Path(file) if file is not None and Path(file).name == "conftest.py" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Look at the configurations of all tests, and at contracts, before the first test runs."""
    config = session.config
    run = config.stash[_RUN]
    run.late_hooks += _late_hooks(config)
    tests = [(item.nodeid, item.path) for item in session.items]
    if hasattr(config, "workerinput"):
        with suppress(SettingsError):  # the process that has the workers ends the run
            run.collected(run.take_tests(tests))
        return
    _take_collected(config, tests)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """pytest-xdist: a worker has collected, and waits for what it is to run."""
    root = node.config.rootpath
    _take_collected(node.config, [(nodeid, root / nodeid.partition("::")[0]) for nodeid in ids])


def _take_collected(config: pytest.Config, tests: Sequence[tuple[str, Path]]) -> None:
    run = config.stash[_RUN]
    folders = run.take_tests(tests)
    try:
        run.collected(folders)
        if not config.getoption("collectonly"):
            run.check_contracts(folders)
    except SettingsError as error:
        run.results.is_refused = True
        raise pytest.UsageError(str(error)) from None


def _late_hooks(config: pytest.Config) -> Iterator[str]:
    """The files of the rules that nobody asked for, because they were registered after the session had started."""
    for implementation in config.hook.pytest_sentry_capture_rules.get_hookimpls():
        if all(implementation is not each for each in config.stash.get(_RULES_HOOKS, [])):
            file = getattr(implementation.plugin, "__file__", None)
            path = Path(os.path.relpath(file, config.rootpath)) if file is not None else None
            yield path.as_posix() if path is not None else implementation.plugin_name


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    return config.stash[_RUN].lines_after_collection


def _place_of(function: object, root: Path) -> str:
    """Where an implementation of a hook stands, such as ``"conftest.py:9"``, relative to the rootdir."""
    location = on_demand.location_of(function)
    if location.file is None:
        return location.name
    file = Path(location.file)
    return f"{file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name}:{location.line}"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Observe the SDK before a conftest can import it."""
    _start(early_config, early_config.known_args_namespace)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if _RUN not in config.stash:
        _start(config, config.option)
    config.pluginmanager.register(_Fixtures(config.stash[_RUN], config.pluginmanager), "sentry_capture_fixtures")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_ResultsOfTests(config.stash[_RUN]), "sentry_capture_results")
    if config.pluginmanager.hasplugin(_RUN_PARALLEL):
        config.pluginmanager.register(_OneThread(), "sentry_capture_one_thread")
    config.addinivalue_line("markers", _OPTIONS_MARKER)
    config.addinivalue_line("markers", _ALLOW_MARKER)


def pytest_report_header(config: pytest.Config) -> list[str]:
    return config.stash[_RUN].header()


@pytest.hookimpl(wrapper=True, tryfirst=True, specname="pytest_runtest_setup")
@invisible
def pytest_runtest_setup_recorded(item: pytest.Item) -> Generator[None, object, object]:
    __tracebackhide__ = True
    run = item.config.stash[_RUN]
    run.begin_recording(item.nodeid, item.path, detailed="sentry_capture" in getattr(item, "fixturenames", ()))
    result = yield
    _fail_on_mistakes("sentry_options", lambda: _check_options(item, run))
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Not in the wrapper: one that raises early keeps other plugins from what their teardown relies on."""
    run = item.config.stash[_RUN]
    if run.test.recording.beside is not None:
        _fail_if_not_alone(item, run.test)
    _fail_on_mistakes("sentry_allow", lambda: _take_waivers(item, run))
    item.stash[_OPTIONS] = options = _MarkedOptions(item, run)
    _fail_on_mistakes("sentry_options", options.begin_test)


def _fail_if_not_alone(item: pytest.Item, test: CurrentTest) -> None:
    """Not in the fixtures: pytest would give the test those of the other thread's test."""
    for fixture in _OF_THE_PROCESS:
        if fixture in getattr(item, "fixturenames", ()):
            pytest.fail(str(test.why_not_alone(fixture)), pytrace=False)


def _fail_on_mistakes(marker: str, check: Callable[[], object]) -> None:
    if (message := _mistake(marker, check)) is not None:
        pytest.fail(message, pytrace=False)


def _mistake(marker: str, check: Callable[[], object]) -> str | None:
    """What is wrong with the test's markers of this name, in words for users, or None if nothing is."""
    try:
        check()
    except (TypeError, ValueError) as error:
        return f"{marker}: {error}"
    return None


def _check_options(item: pytest.Item, run: Run) -> None:
    run.test.begin_fixtures()  # a test without fixtures has come to where they would begin
    run.sdk.check_test()
    item.stash[_OPTIONS].check("setup")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Not a wrapper, whose frame would be in the traceback of whatever a test raises."""
    item.config.stash[_RUN].test.begin_call(sys._getframe(1))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    item.config.stash[_RUN].test.enter_phase("teardown")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    run = item.config.stash[_RUN]
    if call.when == "teardown":
        run.end_test()
    report = yield
    try:
        _complete(report, item, run)
    except Exception as error:
        report.outcome = "failed"
        report.longrepr = run.test.give_up(error)
    except pytest.fail.Exception as failure:  # by a signal, such as pytest-timeout's, during a wait
        _fail(report, str(failure))
        run.test.has_failed = True
    if report.when == "teardown":
        results = run.release_test(of_process=hasattr(item.config, "workerinput"))
        if results:
            setattr(report, _RESULTS, results)
    return report


def _complete(report: pytest.TestReport, item: pytest.Item, run: Run) -> None:
    test, show = run.test, run.settings.show
    if not test.call_is_under_way:
        _take_late_markers(report, item, run)
    _note_how_it_went(report, test)
    if report.when != "setup" and not test.call_is_under_way:
        _judge(report, item, test)
    if report.when == "call" and not test.call_is_under_way:
        _fail_if_shared(report, test)
    test.is_reported_failed = test.is_reported_failed or report.failed
    if report.failed and show != "no":
        _show_captured(report, test, "full" if show == "values" else show)
    if report.when == "teardown":
        if item.config.getoption("xmlpath", None):
            report.user_properties += test.counts()
        test.sum_up()


def _take_late_markers(report: pytest.TestReport, item: pytest.Item, run: Run) -> None:
    """Waivers count that were added until the call has ended. Options that were added meanwhile are a mistake."""
    phase, options = report.when, item.stash.get(_OPTIONS, None)
    mistakes: list[str | None] = []
    if phase != "teardown":
        mistakes.append(_mistake("sentry_allow", lambda: _take_waivers(item, run)))
    if options is not None:
        mistakes.append(_mistake("sentry_options", lambda: options.check(phase)))
    told = str(report.longrepr)
    if report.skipped and not hasattr(report, "wasxfail"):
        return
    for mistake in mistakes:
        if mistake is None or mistake == told:
            continue
        if report.failed:
            report.sections.append(("sentry_capture", mistake))
        else:
            _fail(report, mistake)


def _fail(report: pytest.TestReport, reason: str) -> None:
    """Fail a test whatever mark it has."""
    report.outcome = "failed"
    report.longrepr = reason
    if hasattr(report, "wasxfail"):
        del report.wasxfail


def _note_how_it_went(report: pytest.TestReport, test: CurrentTest) -> None:
    """Of the reports of subtests, which come while the test's call is under way, only failures concern the test."""
    is_failure = report.failed and not hasattr(report, "wasxfail")
    test.has_failed = test.has_failed or is_failure
    test.rules_decide = test.rules_decide and (report.passed or (test.call_is_under_way and not report.failed))


def _fail_if_shared(report: pytest.TestReport, test: CurrentTest) -> None:
    """Another thread began a test after this one had been given ``sentry_capture``, which tells them apart no more."""
    if not test.recording.detailed or (reason := test.why_not_alone("sentry_capture")) is None or report.skipped:
        return
    if report.failed:
        report.sections.append(("sentry_capture", reason))
        return
    report.outcome = "failed"
    report.longrepr = reason
    test.has_failed = True


def _judge(report: pytest.TestReport, item: pytest.Item, test: CurrentTest) -> None:
    """A test that breaks a rule fails, whatever mark it has, unless it has failed already or was skipped."""
    file, line, _ = item.location
    what_fails = test.judge(is_over=report.when == "teardown", file=file, line=None if line is None else line + 1)
    if what_fails is None or not test.rules_decide:
        return
    _fail(report, what_fails)


def _show_captured(report: pytest.TestReport, test: CurrentTest, show: Detail) -> None:
    recording, received = test.recording, test.received
    if recording.entries or (recording.detailed and report.when == "call"):
        report.sections.append((on_demand.SECTION_TITLE, on_demand.section_text(recording, show)))
    if received is not None and (received.entries or report.when == "call"):
        report.sections.append((on_demand.SERVER_SECTION_TITLE, on_demand.section_text(received, show)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
@invisible
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    __tracebackhide__ = True
    run = request.config.stash[_RUN]
    run.test.begin_fixtures()
    if fixturedef.scope == "function":
        return (yield)
    with run.sdk_watch.fixture_set_up(fixturedef):
        return (yield)


def pytest_fixture_post_finalizer(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
    request.config.stash[_RUN].sdk_watch.fixture_finished(fixturedef)


class _OneThread:
    """Tells pytest-run-parallel which tests have to run in one thread. Registered where it is installed."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        fixture = next((name for name in _OF_ONE_THREAD if name in getattr(item, "fixturenames", ())), None)
        if fixture is None:
            return
        item.add_marker(pytest.mark.iterations(1))
        if item.get_closest_marker("thread_unsafe") is None:
            item.add_marker(pytest.mark.thread_unsafe(reason=f"{fixture} {_ONE_THREAD}"))


class _EmptyViews:
    """Explains why a view is not empty. Registered once a test has views, for the objects of others are not ours."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """Explain a view that was expected to be empty: pytest would print whole payloads.

        The compared objects are the user's: nothing is asked of them but what they are.
        """
        if op != "==" or type(left) is not list or type(right) is not list or bool(left) == bool(right):
            return None
        formatter = on_demand.Formatter.for_assertions(self._run.recorder.current)
        return on_demand.about_view(formatter, left or right)


class _ResultsOfTests:
    """Takes the results of tests, in a process that makes reports: the only one, or the one that has workers."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Before all who write reports to files: what tests captured with its values is in no file."""
        results = report.__dict__.pop(_RESULTS, None)
        if results is not None:
            self._take(results, process=getattr(report, "worker_id", ""))

    def _take(self, results: dict[str, Any], process: str) -> None:
        if "test" in results:
            self._run.results.take_test(results["test"], process)
        if "values" in results:
            label, text = results["values"]
            self._run.results.values[label] = text
        if "process" in results:
            child = results.get("child")
            self._run.results.take_process(results["process"], process if child is None else f"{process}/{child}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._run.results.not_collected.add(report.nodeid)


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        run = item.config.stash[_RUN]
        run.deselected[run.rule_sets.configurations.folder_of(item.path)] += 1
        if run.rule_sets.wants_fields:
            run.deselected_tests.append(item.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    run = session.config.stash[_RUN]
    run.end_test()
    worker_output = getattr(session.config, "workeroutput", None)
    if worker_output is not None:
        worker_output[_RESULTS] = run.process_findings()
        return
    results = run.results
    results.take_process(run.process_findings(), process="")
    if session.config.getoption("collectonly") or results.is_refused:
        return
    try:
        results.conclude(partial(_invocation, session))
        if results.conclusion is not None:
            _add_to_junit(session.config, results.conclusion)
    except Exception as error:
        results.give_up(error)
    if results.conclusion is not None and results.conclusion.fails and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    """pytest-xdist: a worker has finished, or has died."""
    results = node.config.stash[_RUN].results
    found = getattr(node, "workeroutput", {}).get(_RESULTS)
    if found is not None:
        results.take_process(found, process=node.gateway.id)
    if error is not None:
        results.lost_worker(node.gateway.id)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    results = config.stash[_RUN].results
    for label, text in results.values.items():
        terminalreporter.section(f"sentry: values of {label}")
        for of_text in text.split("\n"):
            terminalreporter.line(of_text)
    headline, lines = results.headline, results.summary(is_verbose=config.getoption("verbose") > 0)
    if headline is not None or lines:
        terminalreporter.section("sentry")
    if headline is not None:
        terminalreporter.line(headline.text, **{headline.color: True})
    annotations = results.conclusion.annotations if results.conclusion is not None else ()
    for line in lines:
        if isinstance(line, str):
            terminalreporter.line(line)
        else:
            terminalreporter.line(line.text, red=line.is_failure)
    for annotation in annotations if os.environ.get("GITHUB_ACTIONS") == "true" else ():
        terminalreporter.line(annotation)


def _add_to_junit(config: pytest.Config, conclusion: Conclusion) -> None:
    """Write pytest's JUnit XML once more, with the rows in which the run differs from a contract as failed tests.

    The verdict and the broken rules, each with the first test, are properties of the suite.
    That is what its plugin does where its hooks are called: the file was written before the contract was compared.
    """
    junit = next((each for each in config.pluginmanager.get_plugins() if type(each).__name__ == "LogXML"), None)
    if junit is None or (conclusion.headline is None and not conclusion.failed_checks):
        return
    if conclusion.headline is not None:
        junit.add_global_property("sentry_verdict", conclusion.headline.text)
    for broken in conclusion.broken:
        junit.add_global_property("sentry_broken_rule", broken)
    for check in conclusion.failed_checks:
        for report in _reports_of(check):
            junit.pytest_runtest_logreport(report)
    junit.pytest_sessionfinish()


def _reports_of(check: FailedCheck) -> Iterator[pytest.TestReport]:
    nodeid = f"{check.file}::{check.name.replace('[', '(').replace(']', ')')}"  # brackets begin parameters
    for when, outcome in ("call", "failed"), ("teardown", "passed"):
        longrepr = check.message if outcome == "failed" else None
        yield pytest.TestReport(
            nodeid,
            (check.file, None, check.name),
            {},
            outcome,  # type: ignore[arg-type]
            longrepr,
            when,  # type: ignore[arg-type]
        )


def _invocation(session: pytest.Session) -> Invocation:
    config = session.config
    stopped = session.shouldfail or session.shouldstop
    return on_demand.Invocation(
        root=config.rootpath,
        folder=config.invocation_params.dir,
        arguments=config.args,
        are_test_paths=config.args_source == config.ArgsSource.TESTPATHS,
        test_paths=config.getini("testpaths"),
        test_files=config.getini("python_files"),
        ignored_folders=config.getini("norecursedirs"),
        options=[*_leaving_out(config)],
        ignored=[*_ignored(config)],
        has_ended=not stopped and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED),
        pytest_version=pytest.__version__,
        had_no_tests=session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED,
        split=_split(config),
    )


def _split(config: pytest.Config) -> tuple[int, int] | None:
    """The group of tests that a plugin has chosen, counted from 1, and how many there are, or None if none has."""
    for group, groups, first in _SPLITTING_OPTIONS:
        number, of = config.getoption(group, default=None), config.getoption(groups, default=None)
        if isinstance(number, int) and isinstance(of, int) and of > 0:
            return number - first + 1, of
    return None


def _leaving_out(config: pytest.Config) -> Iterator[str]:
    """The options that leave tests out before they are there to be deselected, or run them in part."""
    for destination, option in ("lf", "--last-failed"), ("setuponly", "--setup-only"), ("setupplan", "--setup-plan"):
        if config.getoption(destination, default=False):
            yield option
    if any(str(arg).partition("=")[0] == "--ignore-glob" for arg in config.invocation_params.args):
        yield "--ignore-glob"


def _ignored(config: pytest.Config) -> Iterator[Path]:
    """What the command line says to ignore. What an ini file does is always left out."""
    args = [*map(str, config.invocation_params.args)]
    for index, arg in enumerate(args):
        option, is_whole, value = arg.partition("=")
        if option == "--ignore":
            yield Path(value if is_whole else "".join(args[index + 1 : index + 2]))


class _MarkedOptions:
    """The SDK options that markers ask for: those of a test as its first fixture begins. No later ones are taken."""

    def __init__(self, item: pytest.Item, run: Run) -> None:
        self._item = item
        self._run = run
        self._taken: list[pytest.Mark] = []
        self._mistakes: list[Exception] = []

    def begin_test(self) -> None:
        """Isolate the test. See ``Run.begin_test`` for what is raised."""
        self._taken = self._markers()
        self._run.begin_test(_merged(self._taken))
        self._run.test.before_fixtures = self._take_those_of_hooks

    def check(self, phase: str) -> None:
        """Look at the markers that have been added since the test began, the latest of them in this phase of the test.

        Raises:
            TypeError: a hook has asked for an option that the SDK does not have.
            ValueError: a hook has asked for an option in vain, or a marker came too late.
        """
        if self._mistakes:
            raise self._mistakes.pop()
        late = [
            (node, marker) for node, marker in self._item.iter_markers_with_node(_OPTIONS_NAME) if self._is_new(marker)
        ]
        if not late:
            return
        [(node, _), *_] = late
        self._taken += [marker for _, marker in late]  # it is reported once
        names = dict.fromkeys(name for _, marker in late for name in marker.kwargs)
        what = f"the marker with {', '.join(names)}" if names else "the marker"
        given = ", ".join(f"{name}=..." for name in names)
        raise ValueError(
            f"{what} was added to {node.nodeid} during the test's {phase}, too late to have an effect.\n"
            f"{_TOO_LATE}\n  with sentry_capture.override({given}):"
        )

    def _take_those_of_hooks(self) -> None:
        """Other hooks for the setup of tests have run after ours. Nothing may be raised where a fixture begins."""
        markers = self._markers()
        if not any(map(self._is_new, markers)):
            return
        self._taken = markers
        try:
            self._run.change_options(_merged(markers))
        except (TypeError, ValueError) as error:
            self._mistakes.append(error)

    def _markers(self) -> list[pytest.Mark]:
        return [*self._item.iter_markers(_OPTIONS_NAME)]

    def _is_new(self, marker: pytest.Mark) -> bool:
        return all(marker is not each for each in self._taken)  # not equality, which is that of what users give


_OPTIONS: Final = pytest.StashKey[_MarkedOptions]()


def _merged(markers: Sequence[pytest.Mark]) -> dict[str, Any]:
    """The options of markers, the nearest of which comes first."""
    options: dict[str, Any] = {}
    for marker in reversed(markers):
        if marker.args:
            raise TypeError("takes keyword arguments only, such as sentry_options(traces_sample_rate=1.0)")
        options.update(marker.kwargs)
    return options


_OF_WAIVERS: Final = ("reason", "until", "ticket")


def _take_waivers(item: pytest.Item, run: Run) -> None:
    """Let the rules be waived that the test's markers name now."""
    waivers = []
    for node, marker in item.iter_markers_with_node("sentry_allow"):
        [rule] = marker.args if len(marker.args) == 1 else [None]
        if not isinstance(rule, str):
            raise TypeError('takes a rule and a reason, such as sentry_allow("no-callback-errors", reason="…")')
        if unknown := [name for name in marker.kwargs if name not in _OF_WAIVERS]:
            from pytest_sentry_capture._text import did_you_mean  # which few runs need

            raise TypeError(did_you_mean("argument", unknown[0], _OF_WAIVERS))
        if not isinstance(reason := marker.kwargs.get("reason"), str) or not reason.strip():
            raise ValueError(f'a waiver needs a reason: sentry_allow({rule!r}, reason="…")')
        ticket = marker.kwargs.get("ticket")
        if ticket is not None and (not isinstance(ticket, str) or not ticket.strip()):
            raise TypeError(f'ticket must be a string, such as "SHOP-12", not {ticket!r}')
        until = _last_day(marker.kwargs.get("until"))
        waivers.append((rule, node.nodeid.partition("[")[0], reason.strip(), until, (ticket or "").strip()))
    run.test.waive(waivers)


def _last_day(until: object) -> str:
    """The last day on which a waiver counts (ISO 8601), empty if it has no end.

    Raises:
        ValueError: it is not a day.
    """
    if until is None:
        return ""
    from datetime import date, datetime  # which few tests need

    if isinstance(until, date) and not isinstance(until, datetime):
        return until.isoformat()
    with suppress(TypeError, ValueError):
        if isinstance(until, str) and date.fromisoformat(until).isoformat() == until:
            return until
    raise ValueError(f'until must be the last day on which the waiver counts, such as "2027-03-01", not {until!r}')


class _Fixtures:
    """A run's fixtures: methods, because fixtures that ask for ``request`` cost every test a signature more."""

    def __init__(self, run: Run, plugins: pytest.PytestPluginManager) -> None:
        self._run = run
        self._plugins = plugins

    @pytest.fixture
    def sentry_capture(self) -> SentryCapture:
        """What the application sends to Sentry during this test, and what it filters out."""
        self._fail_if_unsupported()
        self._fail_if_shared("sentry_capture")
        self._explain_views()
        self._run.note_use()
        recording = self._run.recorder.current
        self._run.show_details(recording)
        self._run.sdk.watch_loggers()
        test = self._run.test
        return on_demand.SentryCapture(recording, self._run.sdk, test.rule_set.relay_project, test.describe)

    @pytest.fixture
    def sentry_init(self) -> SentryInit:
        """Initializes a client for this test alone, and returns it: ``sentry_init(before_send=drop_expected)``."""
        self._fail_if_unsupported()
        self._fail_if_shared("sentry_init")
        self._run.note_use()
        return on_demand.SentryInit(self._run.sdk)

    @pytest.fixture
    def sentry_server(self) -> Iterator[SentryServer]:
        """A Sentry of this test's own on loopback: for what runs in another process or another language."""
        server = self._serve()
        self._explain_views()
        yield server
        self._run.end_serving(server)

    def _explain_views(self) -> None:
        if not self._plugins.hasplugin(_VIEWS):
            self._plugins.register(_EmptyViews(self._run), _VIEWS)

    def _serve(self) -> SentryServer:
        try:
            return self._run.serve()
        except ImportError as error:
            problem = f"{_SERVER_EXTRA}; {error.name} is missing"
        except on_demand.SocketsBlockedError as error:
            problem = str(error)
        pytest.fail(problem, pytrace=False)

    def _fail_if_unsupported(self) -> None:
        if self._run.sdk.problem is not None:
            pytest.fail(self._run.sdk.problem, pytrace=False)

    def _fail_if_shared(self, fixture: str) -> None:
        reason = self._run.test.why_not_alone(fixture)
        if reason is not None:
            pytest.fail(reason, pytrace=False)
        if not self._run.recorder.runs_in_this_thread:
            pytest.fail(f"{fixture} can't be requested in a thread of the test: {_NAME_IT}", pytrace=False)


class SentryCaptureMixin:
    """Gives the tests of a ``unittest.TestCase`` the fixture as ``self.sentry_capture``."""

    sentry_capture: SentryCapture

    @pytest.fixture(autouse=True)
    def _give_sentry_capture(self, sentry_capture: SentryCapture) -> None:
        self.sentry_capture = sentry_capture


export(SentryCaptureMixin)
