"""What a run leaves behind: the table of captured and discarded items, its formats, the contract, and differences.

Not here: rules and their states (``_rules``, summed up by ``_run``), and what single tests print when they fail, except
for their section "Captured by Sentry".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._reports.callbacks import Callback as Callback
    from pytest_sentry_capture._reports.callbacks import CallbackCounts as CallbackCounts
    from pytest_sentry_capture._reports.callbacks import CallbackTally as CallbackTally
    from pytest_sentry_capture._reports.contract.contract_file import Contract as Contract
    from pytest_sentry_capture._reports.contract.contract_file import ContractError as ContractError
    from pytest_sentry_capture._reports.contract.contract_file import pinned as pinned
    from pytest_sentry_capture._reports.contract.contract_file import read_contract as read_contract
    from pytest_sentry_capture._reports.contract.differences import FILE as FILE
    from pytest_sentry_capture._reports.contract.differences import STATES as STATES
    from pytest_sentry_capture._reports.contract.differences import Difference as Difference
    from pytest_sentry_capture._reports.contract.differences import difference_lines as difference_lines
    from pytest_sentry_capture._reports.contract.differences import difference_summary as difference_summary
    from pytest_sentry_capture._reports.contract.differences import differences_text as differences_text
    from pytest_sentry_capture._reports.diff.comparing import compare as compare
    from pytest_sentry_capture._reports.diff.parts import DamagedError as DamagedError
    from pytest_sentry_capture._reports.diff.reading import DamagedReportError as DamagedReportError
    from pytest_sentry_capture._reports.diff.reading import ReportedRow as ReportedRow
    from pytest_sentry_capture._reports.diff.reading import ReportError as ReportError
    from pytest_sentry_capture._reports.diff.reading import load_report as load_report
    from pytest_sentry_capture._reports.diff.reading import read_report as read_report
    from pytest_sentry_capture._reports.diff.reading import read_rows as read_rows
    from pytest_sentry_capture._reports.diff.reading import report_content as report_content
    from pytest_sentry_capture._reports.diff.rendering import RENDERINGS as RENDERINGS
    from pytest_sentry_capture._reports.diff.schema_check import check_by_schema as check_by_schema
    from pytest_sentry_capture._reports.example_items import ExampleItem as ExampleItem
    from pytest_sentry_capture._reports.example_items import ExampleItems as ExampleItems
    from pytest_sentry_capture._reports.fields import Fields as Fields
    from pytest_sentry_capture._reports.formats import FORMATS as FORMATS
    from pytest_sentry_capture._reports.formats import MARKDOWN as MARKDOWN
    from pytest_sentry_capture._reports.formats import format_of as format_of
    from pytest_sentry_capture._reports.github_annotations import GITHUB_SUMMARY_VARIABLE as GITHUB_SUMMARY_VARIABLE
    from pytest_sentry_capture._reports.github_annotations import GithubLevel as GithubLevel
    from pytest_sentry_capture._reports.github_annotations import append_to_github_summary as append_to_github_summary
    from pytest_sentry_capture._reports.github_annotations import github_annotation as github_annotation
    from pytest_sentry_capture._reports.github_annotations import path_in_repository as path_in_repository
    from pytest_sentry_capture._reports.names import ShownNames as ShownNames
    from pytest_sentry_capture._reports.names import shown_sentence as shown_sentence
    from pytest_sentry_capture._reports.names import shown_test as shown_test
    from pytest_sentry_capture._reports.names import shown_text as shown_text
    from pytest_sentry_capture._reports.page.of_files import page_of as page_of
    from pytest_sentry_capture._reports.personal_data import PersonalData as PersonalData
    from pytest_sentry_capture._reports.report import RULE_STATES as RULE_STATES
    from pytest_sentry_capture._reports.report import ContractComparison as ContractComparison
    from pytest_sentry_capture._reports.report import FindingGroup as FindingGroup
    from pytest_sentry_capture._reports.report import RuleState as RuleState
    from pytest_sentry_capture._reports.report import RuleSummary as RuleSummary
    from pytest_sentry_capture._reports.report import RunFacts as RunFacts
    from pytest_sentry_capture._reports.report import RunReport as RunReport
    from pytest_sentry_capture._reports.report import RunStatus as RunStatus
    from pytest_sentry_capture._reports.report import ShardConfiguration as ShardConfiguration
    from pytest_sentry_capture._reports.report import ShardFacts as ShardFacts
    from pytest_sentry_capture._reports.report import ShownWaiver as ShownWaiver
    from pytest_sentry_capture._reports.section import SECTION_TITLE as SECTION_TITLE
    from pytest_sentry_capture._reports.section import SERVER_SECTION_TITLE as SERVER_SECTION_TITLE
    from pytest_sentry_capture._reports.section import Detail as Detail
    from pytest_sentry_capture._reports.section import section_text as section_text
    from pytest_sentry_capture._reports.table import CaptureTable as CaptureTable
    from pytest_sentry_capture._reports.table import Row as Row
    from pytest_sentry_capture._reports.table import Tally as Tally
    from pytest_sentry_capture._reports.table import row_of_columns as row_of_columns
    from pytest_sentry_capture._reports.writing import replace_file as replace_file
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "Callback": "_reports.callbacks:Callback",
            "CallbackCounts": "_reports.callbacks:CallbackCounts",
            "CallbackTally": "_reports.callbacks:CallbackTally",
            "CaptureTable": "_reports.table:CaptureTable",
            "Contract": "_reports.contract.contract_file:Contract",
            "ContractComparison": "_reports.report:ContractComparison",
            "ContractError": "_reports.contract.contract_file:ContractError",
            "DamagedError": "_reports.diff.parts:DamagedError",
            "DamagedReportError": "_reports.diff.reading:DamagedReportError",
            "Detail": "_reports.section:Detail",
            "Difference": "_reports.contract.differences:Difference",
            "ExampleItem": "_reports.example_items:ExampleItem",
            "ExampleItems": "_reports.example_items:ExampleItems",
            "FILE": "_reports.contract.differences:FILE",
            "FORMATS": "_reports.formats:FORMATS",
            "Fields": "_reports.fields:Fields",
            "FindingGroup": "_reports.report:FindingGroup",
            "GITHUB_SUMMARY_VARIABLE": "_reports.github_annotations:GITHUB_SUMMARY_VARIABLE",
            "GithubLevel": "_reports.github_annotations:GithubLevel",
            "MARKDOWN": "_reports.formats:MARKDOWN",
            "PersonalData": "_reports.personal_data:PersonalData",
            "RENDERINGS": "_reports.diff.rendering:RENDERINGS",
            "RULE_STATES": "_reports.report:RULE_STATES",
            "ReportError": "_reports.diff.reading:ReportError",
            "ReportedRow": "_reports.diff.reading:ReportedRow",
            "Row": "_reports.table:Row",
            "RuleState": "_reports.report:RuleState",
            "RuleSummary": "_reports.report:RuleSummary",
            "RunFacts": "_reports.report:RunFacts",
            "RunReport": "_reports.report:RunReport",
            "RunStatus": "_reports.report:RunStatus",
            "SECTION_TITLE": "_reports.section:SECTION_TITLE",
            "SERVER_SECTION_TITLE": "_reports.section:SERVER_SECTION_TITLE",
            "STATES": "_reports.contract.differences:STATES",
            "ShardConfiguration": "_reports.report:ShardConfiguration",
            "ShardFacts": "_reports.report:ShardFacts",
            "ShownNames": "_reports.names:ShownNames",
            "ShownWaiver": "_reports.report:ShownWaiver",
            "Tally": "_reports.table:Tally",
            "append_to_github_summary": "_reports.github_annotations:append_to_github_summary",
            "check_by_schema": "_reports.diff.schema_check:check_by_schema",
            "compare": "_reports.diff.comparing:compare",
            "difference_lines": "_reports.contract.differences:difference_lines",
            "difference_summary": "_reports.contract.differences:difference_summary",
            "differences_text": "_reports.contract.differences:differences_text",
            "format_of": "_reports.formats:format_of",
            "github_annotation": "_reports.github_annotations:github_annotation",
            "load_report": "_reports.diff.reading:load_report",
            "page_of": "_reports.page.of_files:page_of",
            "path_in_repository": "_reports.github_annotations:path_in_repository",
            "pinned": "_reports.contract.contract_file:pinned",
            "read_contract": "_reports.contract.contract_file:read_contract",
            "read_report": "_reports.diff.reading:read_report",
            "read_rows": "_reports.diff.reading:read_rows",
            "replace_file": "_reports.writing:replace_file",
            "report_content": "_reports.diff.reading:report_content",
            "row_of_columns": "_reports.table:row_of_columns",
            "section_text": "_reports.section:section_text",
            "shown_sentence": "_reports.names:shown_sentence",
            "shown_test": "_reports.names:shown_test",
            "shown_text": "_reports.names:shown_text",
        },
    )
