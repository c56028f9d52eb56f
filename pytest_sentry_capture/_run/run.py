"""One pytest run, in one process of it: the parts of the plugin put together.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from pytest_sentry_capture._recording import Recorder, Recording
from pytest_sentry_capture._reports import format_of
from pytest_sentry_capture._run import on_demand
from pytest_sentry_capture._run.activity import Activity
from pytest_sentry_capture._run.current_test import CurrentTest
from pytest_sentry_capture._run.late_events import LateEvents
from pytest_sentry_capture._run.rule_sets import RuleSets
from pytest_sentry_capture._run.run_results import RunResults
from pytest_sentry_capture._run.settings.options import SettingsError
from pytest_sentry_capture._sdk import SdkWatch

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_sentry_capture._forks import ForkedChildren
    from pytest_sentry_capture._operations import JobSystem, Operations
    from pytest_sentry_capture._run.rule_set import RuleSet
    from pytest_sentry_capture._run.run_results import ProcessFindings
    from pytest_sentry_capture._run.settings.configuration import Configuration
    from pytest_sentry_capture._run.settings.configurations import Configurations
    from pytest_sentry_capture._run.settings.options import Settings
    from pytest_sentry_capture._sdk import AbsentSdk, DjangoMiddleware, Lifetime, Sdk
    from pytest_sentry_capture._server import SentryServer, ServerRun

_NOTHING_LEAVES: Final = "sentry: network blocked"


class Run:
    """One pytest run, in one process of it.

    Attributes:
        settings: the ini options and the command line.
        rule_sets: the rules that tests are judged by, of each configuration.
        sdk_watch: waits for the SDK's import, and knows whose set-up code is running.
        recorder: knows the recording that is the current one.
        started: when the run started, in seconds since the epoch.
        deselected: how many tests of each configuration were left out of the run.
        deselected_tests: their node ids, where a report asks for them.
        late_hooks: the files whose rules came too late, relative to the rootdir.
        lines_after_collection: which rules there are beside those of the rootdir, which pytest's header names.
    """

    def __init__(self, settings: Settings, configurations: Configurations) -> None:
        self.settings = settings
        self.started, self._began = time.time(), time.monotonic()
        self.rule_sets = RuleSets(
            configurations,
            wants_table=bool(settings.reports or settings.contract != "off"),
            wants_fields=any(format_of(path).shows_fields for path in settings.reports),
            suggests=settings.suggests,
            today=time.strftime("%Y-%m-%d", time.gmtime(self.started)),
        )
        of_rootdir = configurations.of_rootdir
        self.recorder = Recorder(of_rootdir.masks, settings.grace, settles_sampling=of_rootdir.settles_sampling)
        self.sdk_watch = SdkWatch(
            self.recorder,
            settings.network,
            settings.network_hosts,
            self._observe_operations,
        )
        self.deselected: Counter[str | None] = Counter()
        self.deselected_tests: list[str] = []
        self.late_hooks: list[str] = []
        self.lines_after_collection: list[str] = []
        self._outside: set[str] = set()
        self._between_tests = self._test_of(self.recorder.current)
        self._under_way: dict[Recording, CurrentTest] = {}
        self._lifetime: Lifetime | None = None
        self._operations: Operations | None = None
        self._job_systems: list[JobSystem] = []
        self._children: ForkedChildren | None = None
        self._server: ServerRun | None = None
        self._server_of_parent: ServerRun | None = None
        self._reported: ProcessFindings | None = None
        self._activity = Activity()
        self._late = LateEvents(self.recorder)
        self._process_id = os.getpid()
        self._is_forked = False

    def start(self) -> None:
        if _needs_scope_writes(self.rule_sets.of_rootdir):
            self.sdk_watch.watch_scopes()
        self.sdk_watch.activate()

    def stop(self) -> None:
        self.end_test()
        if self._operations is not None:
            self._operations.uninstall()
        if self._children is not None:
            self._children.stop()
        if self._server is not None:
            self._server.stop()
        self.sdk_watch.deactivate()

    def header(self) -> list[str]:
        """What pytest's header says: whether something leaves the machine, and which rules there are."""
        hosts = f", except to {', '.join(self.settings.network_hosts)}" if self.settings.network_hosts else ""
        is_allowed = self.settings.network == "allow"
        line = "sentry: events are sent (sentry_network = allow)" if is_allowed else f"{_NOTHING_LEAVES}{hosts}"
        return [line, *_header_of(self.rule_sets.configurations.of_rootdir)]

    def take_tests(self, tests: Iterable[tuple[str, Path]]) -> list[str | None]:
        """Take the tests that were collected and will run, here or in a worker.

        Args:
            tests: the node id and the file of each. A file that is not there stands for one outside of the rootdir,
                of which pytest's node ids tell no folder.

        Returns:
            The folders of their configurations.
        """
        configurations = self.rule_sets.configurations
        tests = [*tests]
        if self.rule_sets.wants_fields:
            self.results.selected.update(nodeid for nodeid, _ in tests)
        files = {file: nodeid.partition("::")[0] for nodeid, file in tests}
        found: dict[str | None, set[str]] = {}
        for file, name in files.items():
            folder = configurations.folder_of(file) if file.exists() else None
            found.setdefault(folder, set()).add(name)
            if folder is None and file.exists():
                self._outside.add(configurations.relative_path(file))
        self.results.take_test_files(found)
        return [*found]

    def collected(self, folders: Iterable[str | None]) -> None:
        """Get ready for the tests of these configurations.

        Args:
            folders: those of the configurations of the tests that will run.

        Raises:
            SettingsError: a configuration has mistakes. The message names every one, in all of them, with its place.
        """
        mistakes: list[str] = []
        self.lines_after_collection = []
        for folder in sorted(folders, key=lambda each: each or ""):
            try:
                rule_set = self.rule_sets.at(folder)
            except SettingsError as error:
                mistakes.append(str(error))
                continue
            if _needs_scope_writes(rule_set):
                self.sdk_watch.watch_scopes()
            self.lines_after_collection += _header_of(rule_set.configuration) if folder else []
        if mistakes:
            raise SettingsError("\n".join(mistakes))

    def check_contracts(self, folders: Iterable[str | None]) -> None:
        """Refuse to run where a contract that the run must be compared with is missing or damaged.

        Raises:
            SettingsError: with every mistake in every contract, in words for users.
        """
        if self.settings.contract != "check":
            return
        root = self.rule_sets.configurations.root
        mistakes = [
            mistake
            for folder in sorted(folder for folder in folders if folder is not None)
            for mistake in on_demand.mistakes_in_contract(
                on_demand.ContractFile.of(self.rule_sets.at(folder).configuration, self.settings, root)
            )
        ]
        if mistakes:
            raise SettingsError("\n".join(mistakes))

    @property
    def sdk(self) -> Sdk | AbsentSdk:
        """What answers for the SDK, whether it has been imported or not."""
        return self.sdk_watch.sdk

    @property
    def test(self) -> CurrentTest:
        """The attempt at a test that is under way. Between tests one that has nothing to do with any."""
        return self._under_way.get(self.recorder.current, self._between_tests)

    def begin_recording(self, nodeid: str, file: Path, *, detailed: bool) -> None:
        """Record what comes now for an attempt at a test, which stands in this file."""
        if self._process_id != os.getpid():
            self._begin_in_child()
        self.end_test()
        recording = self.recorder.begin(nodeid)
        rule_set = self.rule_sets.of_file(file)
        recording.phase = "setup"
        if detailed:
            self.show_details(recording)
        recording.own_masks = rule_set.configuration.masks
        recording.settles_sampling = rule_set.configuration.settles_sampling
        others = self.recorder.others
        self._under_way = {each: test for each, test in tuple(self._under_way.items()) if each in others}
        self._under_way[recording] = self._test_of(recording, rule_set)
        self._activity.has_tests = True

    def show_details(self, recording: Recording) -> None:
        """The test looks at what it has recorded, through the fixture."""
        recording.detailed = True
        self.recorder.publish()

    def begin_test(self, options: dict[str, Any]) -> None:
        """Isolate what the test does to the SDK.

        Tests that several threads run at the same time share the SDK, and are isolated from other tests together.

        Raises:
            ValueError: options of the SDK are asked for while another thread runs a test.
            Exception: what ``SdkWatch.begin_test`` raises.
        """
        if self._lifetime is None:
            self._lifetime = self.sdk_watch.begin_test(options)
        elif options:
            raise ValueError(self.test.why_not_alone("the SDK's options"))
        if options:
            self.note_use()

    def change_options(self, options: dict[str, Any]) -> None:
        """Apply other options of the SDK than the test that is under way has begun with.

        Raises:
            ValueError: another thread runs a test.
            Exception: what ``SdkWatch.change_options`` raises.
        """
        if self.recorder.others:
            raise ValueError(self.test.why_not_alone("the SDK's options"))
        self.sdk_watch.change_options(options)

    def end_test(self) -> None:
        """Undo what the test, and those that ran at the same time, did to the SDK."""
        if self._lifetime is None:
            return
        recording = self.recorder.current
        if not self.recorder.others:
            self.test.await_endings()
            lifetime, self._lifetime = self._lifetime, None
            self.sdk_watch.end_test(lifetime)
        recording.release_exceptions()

    def note_use(self) -> None:
        """Say that a test asks for something of the plugin, by a fixture or a marker."""
        self._activity.is_used = True

    def serve(self) -> SentryServer:
        """Give the current test its own project on the run's server, which starts when it is first needed.

        Raises:
            ImportError: the extra is not installed.
            SocketsBlockedError: something keeps tests from making sockets.
        """
        on_demand.check_sockets()
        self.note_use()
        if self._server is None:
            self._server = on_demand.ServerRun()
        recording = self.test.recording
        received = self.test.received = Recording(recording.label)
        received.phase = recording.phase
        received.secrets = recording.secrets
        received.own_masks = recording.own_masks
        received.personal_data = recording.personal_data
        return self._server.begin_test(received, self.test.rule_set.relay_project)

    def end_serving(self, server: SentryServer) -> None:
        """The test that has this project on the server is over."""
        if self._server is not None:
            self._server.end_test(server)

    def release_test(self, *, of_process: bool) -> dict[str, Any]:
        """Let go of what the attempt has recorded.

        Args:
            of_process: whether to report too what this process has found beside its tests, if it is news.

        Returns:
            What the attempt adds to the results of the run, for ``RunResults``, empty if that is nothing.
        """
        test = self.test
        findings = test.export()
        values = self._values_of(test)
        self._activity.note(*test.recordings)
        if test.is_of_interest or self.settings.strict:
            self._late.watch(test.recording)
        self._under_way.pop(self.recorder.current, None)
        self.recorder.finish()
        self._between_tests = self._test_of(self.recorder.current)
        if not self.recorder.current.client_was_active:
            self.sdk.note_active()
        results: dict[str, Any] = {"test": findings} if findings is not None else {}
        if values is not None:
            results["values"] = values
        if self._is_forked:
            results["child"] = self._process_id
        if (of_process or self._is_forked) and (found := self.process_findings()) != self._reported:
            self._reported = results["process"] = found
        return results

    def _values_of(self, test: CurrentTest) -> tuple[str, str] | None:
        """The node id and captured items with their values, of a failed test, where that was asked for."""
        if self.settings.show != "values" or not test.is_reported_failed:
            return None
        try:
            text = test.values_text()
        except Exception as error:
            text = on_demand.internal_error_text(on_demand.Formatter.for_reports(test.recording), error)
        return test.recording.label, text

    def process_findings(self) -> ProcessFindings:
        """What this process has found beside its tests."""
        outside_tests = map(self.rule_sets.of_rootdir.findings_outside_tests, self.recorder.of_run)
        self._activity.note(*self.recorder.of_run)
        return {
            "blocked": [(*what, count) for what, count in self.sdk_watch.blocked.items()],
            "problem": self.sdk.problem,
            "gaps": [*self.sdk.gaps, *(self._operations.gaps if self._operations is not None else ())],
            "sdk": self.sdk.version,
            "integrations": [*self.sdk.integrations],
            "ignored_errors": dict(self.sdk_watch.ignored_errors),
            "ignored_loggers": dict(self.sdk_watch.ignored_loggers),
            "deselected": [*self.deselected.items()],
            "deselected_tests": [*self.deselected_tests],
            "late_hooks": self.late_hooks,
            "outside": sorted(self._outside),
            "server": list(self._server.messages) if self._server is not None else [],
            "findings": [text for text in outside_tests if text],
            "activity": self._activity.to_plain_data(),
            "late": self._late.to_plain_data(),
        }

    @cached_property
    def results(self) -> RunResults:
        """The results of the whole run, in the process that makes its reports."""
        return RunResults(self.rule_sets, self.settings, self.started, lambda: time.monotonic() - self._began)

    def _begin_in_child(self) -> None:
        """A plugin has forked for the tests to come: what was found so far, the parent reports itself."""
        self._process_id, self._is_forked = os.getpid(), True
        if self._children is not None:
            self._children.become_test_process()
        self._server_of_parent, self._server = self._server, None  # whose thread is not here. Closing it would warn
        self._reported = None
        self._activity = Activity()
        self._late.forget()
        self._under_way.clear()
        self.recorder.forget_run()
        self.sdk_watch.forget_counts()

    def _test_of(self, recording: Recording, rule_set: RuleSet | None = None) -> CurrentTest:
        return CurrentTest(recording, rule_set or self.rule_sets.of_rootdir, self._drain)

    def _drain(self) -> None:
        self.sdk.drain()

    def _is_asked_for(self) -> bool:
        """Whether the current test, or the run, asks what is captured."""
        return self.recorder.current.detailed or self.test.rule_set.is_asked_for

    def _django_middleware(self) -> DjangoMiddleware | None:
        """What requests of Django's test clients go through."""
        return self.sdk.django_middleware if self.settings.django_client == "production" else None

    def add_job_systems(self, systems: Sequence[JobSystem]) -> None:
        """Observe the jobs of workers that the project describes itself."""
        self._job_systems += systems
        for system in systems:  # the import of its module may be the first to import the SDK
            self.sdk_watch.imports.watch(system.module, partial(self._imported, system.module))
        if self._operations is not None:
            self._operations.add(systems)
            self._operations.install()

    def _imported(self, module: str) -> None:
        if self._operations is not None:
            self._operations.module_imported(module)

    def _observe_operations(self) -> None:
        """The SDK has been imported, or a client has been made, on which the SDK wraps frameworks."""
        self._observe_children()
        if self._operations is None:
            self._operations = on_demand.Operations(
                self.recorder,
                lambda: self.sdk.about_loop,
                self.sdk_watch.imports.watch,
                self._is_asked_for,
                self._django_middleware,
            )
            self._operations.add(self._job_systems)
        self._operations.install()

    def _observe_children(self) -> None:
        if self._children is not None:
            self._children.note_client()
            return
        watch = self.sdk_watch
        self._children = on_demand.ForkedChildren(
            self.recorder,
            blocked=watch.blocked,
            ignored_errors=watch.ignored_errors,
            ignored_loggers=watch.ignored_loggers,
        )
        self._children.watch(watch.imports.watch)


def _header_of(configuration: Configuration) -> list[str]:
    if not configuration.file:
        return []
    number = len(configuration.rules)
    policies = f", which extends {', '.join(configuration.policies)}" if configuration.policies else ""
    return [f"sentry: {number} rule{'' if number == 1 else 's'} from {configuration.file}{policies}"]


def _needs_scope_writes(rule_set: RuleSet) -> bool:
    return rule_set.suggests or any(each.rule._built_in_needs.scope_writes for each in rule_set.rules)
