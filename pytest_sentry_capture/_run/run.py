"""One pytest run, in one process of it: the parts of the plugin put together.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pytest_sentry_capture._recording import Recorder, Recording
from pytest_sentry_capture._reports import format_of
from pytest_sentry_capture._run import on_demand
from pytest_sentry_capture._run.activity import Activity
from pytest_sentry_capture._run.current_test import CurrentTest
from pytest_sentry_capture._run.rule_set import RuleSet
from pytest_sentry_capture._run.run_results import RunResults
from pytest_sentry_capture._sdk import SdkWatch

if TYPE_CHECKING:
    from pytest_sentry_capture._operations import Operations
    from pytest_sentry_capture._relay import RelayProject
    from pytest_sentry_capture._run.run_results import ProcessFindings
    from pytest_sentry_capture._run.settings.configuration import Configuration
    from pytest_sentry_capture._run.settings.options import Settings
    from pytest_sentry_capture._sdk import AbsentSdk, Lifetime, Sdk
    from pytest_sentry_capture._server import SentryServer, ServerRun

_NOTHING_LEAVES: Final = "sentry: nothing leaves this machine"


class Run:
    """One pytest run, in one process of it.

    Attributes:
        settings: the ini options and the command line.
        configuration: the project's configuration.
        rule_set: the rules that tests are judged by.
        sdk_watch: waits for the SDK's import, and knows whose set-up code is running.
        recorder: knows the recording that is the current one.
        deselected: how many tests were left out of the run.
    """

    def __init__(self, settings: Settings, configuration: Configuration) -> None:
        self.settings = settings
        self.configuration = configuration
        self.rule_set = RuleSet(
            configuration,
            wants_table=bool(settings.reports or settings.contract != "off"),
            wants_fields=any(format_of(path).shows_fields for path in settings.reports),
        )
        self.recorder = Recorder(configuration.masks, settles_sampling=configuration.settles_sampling)
        self.sdk_watch = SdkWatch(
            self.recorder,
            settings.network,
            settings.network_hosts,
            self._observe_operations,
            watch_scopes=any(each.rule._built_in_needs.scope_writes for each in configuration.rules),
        )
        self.deselected = 0
        self._between_tests = self._test_of(self.recorder.current)
        self._under_way: dict[Recording, CurrentTest] = {}
        self._lifetime: Lifetime | None = None
        self._operations: Operations | None = None
        self._server: ServerRun | None = None
        self._server_of_parent: ServerRun | None = None
        self._reported: ProcessFindings | None = None
        self._activity = Activity()
        self._process_id = os.getpid()
        self._is_forked = False

    def start(self) -> None:
        self.sdk_watch.activate()

    def stop(self) -> None:
        self.end_test()
        if self._operations is not None:
            self._operations.uninstall()
        if self._server is not None:
            self._server.stop()
        self.sdk_watch.deactivate()

    def header(self) -> list[str]:
        """What pytest's header says: whether something leaves the machine, and which rules there are."""
        hosts = f", except to {', '.join(self.settings.network_hosts)}" if self.settings.network_hosts else ""
        is_allowed = self.settings.network == "allow"
        lines = ["sentry: events are sent (sentry_network = allow)" if is_allowed else f"{_NOTHING_LEAVES}{hosts}"]
        if self.configuration.file:
            number = len(self.configuration.rules)
            lines.append(f"sentry: {number} rule{'' if number == 1 else 's'} from {self.configuration.file}")
        return lines

    @property
    def sdk(self) -> Sdk | AbsentSdk:
        """What answers for the SDK, whether it has been imported or not."""
        return self.sdk_watch.sdk

    @property
    def test(self) -> CurrentTest:
        """The attempt at a test that is under way; between tests one that has nothing to do with any."""
        return self._under_way.get(self.recorder.current, self._between_tests)

    def begin_recording(self, nodeid: str, *, detailed: bool) -> None:
        """Record what comes now for an attempt at a test."""
        if self._process_id != os.getpid():
            self._begin_in_child()
        self.end_test()
        recording = self.recorder.begin(nodeid)
        recording.phase = "setup"
        recording.detailed = detailed
        others = self.recorder.others
        self._under_way = {each: test for each, test in tuple(self._under_way.items()) if each in others}
        self._under_way[recording] = self._test_of(recording)
        self._activity.has_tests = True

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
            lifetime, self._lifetime = self._lifetime, None
            self.sdk_watch.end_test(lifetime)
        recording.release_exceptions()

    def note_use(self) -> None:
        """Say that a test asks for something of the plugin, by a fixture or a marker."""
        self._activity.is_used = True

    def serve(self) -> SentryServer:
        """Give the current test a project of its own on the run's server, which starts when it is first needed.

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
        return self._server.begin_test(received, self.relay_project)

    def end_serving(self, server: SentryServer) -> None:
        """The test that has this project on the server is over."""
        if self._server is not None:
            self._server.end_test(server)

    def release_test(self, *, of_process: bool) -> dict[str, Any]:
        """Let go of what the attempt has recorded.

        Args:
            of_process: whether to report too what this process has found beside its tests, if it is news.

        Returns:
            What the attempt adds to the results of the run, for ``RunResults``; empty where that is nothing.
        """
        findings = self.test.export()
        values = self._values_of(self.test)
        self._activity.note(*self.test.recordings)
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

    def describe(self, recording: Recording) -> str:
        """What a recording holds, in words: with its values or, in CI, with names alone."""
        return on_demand.described(recording, self.rule_set.rules, self._relay_project.search)

    def _values_of(self, test: CurrentTest) -> tuple[str, str] | None:
        """The node id and what was captured with its values, of a failed test, where that was asked for."""
        if self.settings.show != "values" or not test.is_reported_failed:
            return None
        try:
            search, rules = self._relay_project.search, self.rule_set.rules
            text = "\n".join(on_demand.values_text(each, rules, search) for each in test.recordings)
        except Exception as error:
            text = on_demand.internal_error_text(on_demand.Formatter.for_reports(test.recording), error)
        return test.recording.label, text

    def process_findings(self) -> ProcessFindings:
        """What this process has found beside its tests."""
        outside_tests = map(self.rule_set.findings_outside_tests, self.recorder.of_run)
        self._activity.note(*self.recorder.of_run)
        return {
            "blocked": [(*what, count) for what, count in self.sdk_watch.blocked.items()],
            "problem": self.sdk.problem,
            "gaps": [*self.sdk.gaps],
            "sdk": self.sdk.version,
            "integrations": [*self.sdk.integrations],
            "ignored_errors": dict(self.sdk_watch.ignored_errors),
            "ignored_loggers": dict(self.sdk_watch.ignored_loggers),
            "deselected": self.deselected,
            "server": list(self._server.messages) if self._server is not None else [],
            "findings": [text for text in outside_tests if text],
            "activity": self._activity.to_plain_data(),
        }

    @cached_property
    def results(self) -> RunResults:
        """The results of the whole run, in the process that makes its reports."""
        return RunResults(self.rule_set, self.settings)

    def relay_project(self) -> RelayProject:
        """Sentry's own engine, as the project has configured it."""
        return self._relay_project

    @cached_property
    def _relay_project(self) -> RelayProject:
        searches = (each.rule._pii_search for each in self.configuration.rules)
        search = next((each for each in searches if each is not None), None) or on_demand.PiiSearch()
        scrubbing = self.configuration.scrubbing or on_demand.ServerScrubbing()
        return on_demand.RelayProject(search, scrubbing)

    def _begin_in_child(self) -> None:
        """A plugin has forked for the tests to come: what was found so far, the parent reports itself."""
        self._process_id, self._is_forked = os.getpid(), True
        self._server_of_parent, self._server = self._server, None  # whose thread is not here; closing it would warn
        self._reported = None
        self._activity = Activity()
        self._under_way.clear()
        self.recorder.forget_run()
        self.sdk_watch.forget_counts()

    def _test_of(self, recording: Recording) -> CurrentTest:
        return CurrentTest(recording, self.rule_set, self._drain)

    def _drain(self) -> None:
        self.sdk.drain()

    def _observe_operations(self) -> None:
        """The SDK has been imported, or a client has been made, on which the SDK wraps frameworks."""
        if self._operations is None:
            self._operations = on_demand.Operations(self.recorder, self.sdk_watch.imports.watch)
        self._operations.install()
