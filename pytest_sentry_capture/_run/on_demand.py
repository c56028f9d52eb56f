"""The door to what a run without Sentry and without rules does not need: it is imported when it is first used.

What every run needs is imported directly, and stands above this module in the order of the room. Write
``on_demand.RuleRun(…)``: to import a name from here would import its module at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._assertions import Formatter as Formatter
    from pytest_sentry_capture._assertions import SentryCapture as SentryCapture
    from pytest_sentry_capture._assertions import SentryInit as SentryInit
    from pytest_sentry_capture._assertions import about_view as about_view
    from pytest_sentry_capture._assertions import await_endings as await_endings
    from pytest_sentry_capture._forks import ForkedChildren as ForkedChildren
    from pytest_sentry_capture._operations import Operations as Operations
    from pytest_sentry_capture._recording import hints_of as hints_of
    from pytest_sentry_capture._recording import location_of as location_of
    from pytest_sentry_capture._relay import PiiSearch as PiiSearch
    from pytest_sentry_capture._relay import RelayProject as RelayProject
    from pytest_sentry_capture._relay import ServerScrubbing as ServerScrubbing
    from pytest_sentry_capture._reports import SECTION_TITLE as SECTION_TITLE
    from pytest_sentry_capture._reports import SERVER_SECTION_TITLE as SERVER_SECTION_TITLE
    from pytest_sentry_capture._reports import ExampleItems as ExampleItems
    from pytest_sentry_capture._reports import section_text as section_text
    from pytest_sentry_capture._rules import RuleRun as RuleRun
    from pytest_sentry_capture._rules import UnusableRulesError as UnusableRulesError
    from pytest_sentry_capture._rules import Waiver as Waiver
    from pytest_sentry_capture._rules import broken_rules_message as broken_rules_message
    from pytest_sentry_capture._rules import default_rules as default_rules
    from pytest_sentry_capture._rules import own_rules as own_rules
    from pytest_sentry_capture._rules import rule_names as rule_names
    from pytest_sentry_capture._rules import traceback_of as traceback_of
    from pytest_sentry_capture._run.contract_check import ContractFile as ContractFile
    from pytest_sentry_capture._run.contract_check import mistakes_in_contract as mistakes_in_contract
    from pytest_sentry_capture._run.findings import CONTRACT as CONTRACT
    from pytest_sentry_capture._run.findings import Findings as Findings
    from pytest_sentry_capture._run.findings import counts_of as counts_of
    from pytest_sentry_capture._run.findings import late_summary as late_summary
    from pytest_sentry_capture._run.internal_error import internal_error_text as internal_error_text
    from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration as JudgedConfiguration
    from pytest_sentry_capture._run.own_rules import check_own_rules as check_own_rules
    from pytest_sentry_capture._run.own_rules import configured_rules as configured_rules
    from pytest_sentry_capture._run.own_shard import OfProcesses as OfProcesses
    from pytest_sentry_capture._run.own_shard import shard_of as shard_of
    from pytest_sentry_capture._run.partial_run import Invocation as Invocation
    from pytest_sentry_capture._run.partial_run import omissions_of as omissions_of
    from pytest_sentry_capture._run.shown_values import described as described
    from pytest_sentry_capture._run.shown_values import values_text as values_text
    from pytest_sentry_capture._run.summary.notes import late_hook_warnings as late_hook_warnings
    from pytest_sentry_capture._run.summary.notes import outside_notes as outside_notes
    from pytest_sentry_capture._run.summary.run_facts import RunDescription as RunDescription
    from pytest_sentry_capture._run.summary.run_facts import moment as moment
    from pytest_sentry_capture._run.summary.run_facts import versions_of as versions_of
    from pytest_sentry_capture._run.summary.run_summary import conclude as conclude
    from pytest_sentry_capture._run.summary.summary_lines import Conclusion as Conclusion
    from pytest_sentry_capture._run.summary.summary_lines import SummaryLine as SummaryLine
    from pytest_sentry_capture._run.summary.verdict import without_client as without_client
    from pytest_sentry_capture._run.totals import Totals as Totals
    from pytest_sentry_capture._server import ServerRun as ServerRun
    from pytest_sentry_capture._server import SocketsBlockedError as SocketsBlockedError
    from pytest_sentry_capture._server import check_sockets as check_sockets
    from pytest_sentry_capture._suggestions import Trial as Trial
    from pytest_sentry_capture._text import did_you_mean as did_you_mean
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "CONTRACT": "_run.findings:CONTRACT",
            "Conclusion": "_run.summary.summary_lines:Conclusion",
            "ContractFile": "_run.contract_check:ContractFile",
            "ExampleItems": "_reports:ExampleItems",
            "Findings": "_run.findings:Findings",
            "ForkedChildren": "_forks:ForkedChildren",
            "Formatter": "_assertions:Formatter",
            "Invocation": "_run.partial_run:Invocation",
            "JudgedConfiguration": "_run.judged_configuration:JudgedConfiguration",
            "OfProcesses": "_run.own_shard:OfProcesses",
            "Operations": "_operations:Operations",
            "PiiSearch": "_relay:PiiSearch",
            "RelayProject": "_relay:RelayProject",
            "RuleRun": "_rules:RuleRun",
            "RunDescription": "_run.summary.run_facts:RunDescription",
            "SECTION_TITLE": "_reports:SECTION_TITLE",
            "SERVER_SECTION_TITLE": "_reports:SERVER_SECTION_TITLE",
            "SentryCapture": "_assertions:SentryCapture",
            "SentryInit": "_assertions:SentryInit",
            "ServerRun": "_server:ServerRun",
            "ServerScrubbing": "_relay:ServerScrubbing",
            "SocketsBlockedError": "_server:SocketsBlockedError",
            "SummaryLine": "_run.summary.summary_lines:SummaryLine",
            "Totals": "_run.totals:Totals",
            "Trial": "_suggestions:Trial",
            "UnusableRulesError": "_rules:UnusableRulesError",
            "Waiver": "_rules:Waiver",
            "about_view": "_assertions:about_view",
            "await_endings": "_assertions:await_endings",
            "broken_rules_message": "_rules:broken_rules_message",
            "check_own_rules": "_run.own_rules:check_own_rules",
            "check_sockets": "_server:check_sockets",
            "conclude": "_run.summary.run_summary:conclude",
            "configured_rules": "_run.own_rules:configured_rules",
            "counts_of": "_run.findings:counts_of",
            "default_rules": "_rules:default_rules",
            "described": "_run.shown_values:described",
            "did_you_mean": "_text:did_you_mean",
            "hints_of": "_recording:hints_of",
            "internal_error_text": "_run.internal_error:internal_error_text",
            "late_hook_warnings": "_run.summary.notes:late_hook_warnings",
            "late_summary": "_run.findings:late_summary",
            "location_of": "_recording:location_of",
            "mistakes_in_contract": "_run.contract_check:mistakes_in_contract",
            "moment": "_run.summary.run_facts:moment",
            "omissions_of": "_run.partial_run:omissions_of",
            "outside_notes": "_run.summary.notes:outside_notes",
            "own_rules": "_rules:own_rules",
            "rule_names": "_rules:rule_names",
            "section_text": "_reports:section_text",
            "shard_of": "_run.own_shard:shard_of",
            "traceback_of": "_rules:traceback_of",
            "values_text": "_run.shown_values:values_text",
            "versions_of": "_run.summary.run_facts:versions_of",
            "without_client": "_run.summary.verdict:without_client",
        },
    )
