"""Rules: invariants that every recording of a run is judged by, with or without the fixture.

``rule`` is what users derive from, ``built_in`` has a file for each sort of rule, ``rule_run`` judges. Not here: which
rules a project has turned on (``_run/settings``), and when a test is judged (``_run``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._rules.built_in import BUILT_IN_RULES as BUILT_IN_RULES
    from pytest_sentry_capture._rules.expect_rule import ExpectRule as ExpectRule
    from pytest_sentry_capture._rules.expect_suggestions import EXPECT as EXPECT
    from pytest_sentry_capture._rules.expect_suggestions import SuggestedEntry as SuggestedEntry
    from pytest_sentry_capture._rules.expect_suggestions import expectations_seen as expectations_seen
    from pytest_sentry_capture._rules.expect_suggestions import suggested_entries as suggested_entries
    from pytest_sentry_capture._rules.messages import broken_rules_message as broken_rules_message
    from pytest_sentry_capture._rules.messages import expired_waiver_text as expired_waiver_text
    from pytest_sentry_capture._rules.messages import rule_problems as rule_problems
    from pytest_sentry_capture._rules.rule import Pattern as Pattern
    from pytest_sentry_capture._rules.rule import Regex as Regex
    from pytest_sentry_capture._rules.rule import Rule as Rule
    from pytest_sentry_capture._rules.rule import RuleViews as RuleViews
    from pytest_sentry_capture._rules.rule import Severity as Severity
    from pytest_sentry_capture._rules.rule import pattern_in_toml as pattern_in_toml
    from pytest_sentry_capture._rules.rule_run import BrokenRule as BrokenRule
    from pytest_sentry_capture._rules.rule_run import EnforcedRule as EnforcedRule
    from pytest_sentry_capture._rules.rule_run import RuleRun as RuleRun
    from pytest_sentry_capture._rules.rule_run import RuleTally as RuleTally
    from pytest_sentry_capture._rules.rule_run import UnusableRulesError as UnusableRulesError
    from pytest_sentry_capture._rules.rule_run import Waiver as Waiver
    from pytest_sentry_capture._rules.rule_run import default_rules as default_rules
    from pytest_sentry_capture._rules.rule_run import own_rules as own_rules
    from pytest_sentry_capture._rules.rule_run import rule_names as rule_names
    from pytest_sentry_capture._rules.rule_run import traceback_of as traceback_of
    from pytest_sentry_capture._rules.sensitive import SensitivePlaces as SensitivePlaces
    from pytest_sentry_capture._rules.suggestion import UNJUDGED as UNJUDGED
    from pytest_sentry_capture._rules.suggestion import Seen as Seen
    from pytest_sentry_capture._rules.suggestion import Sighting as Sighting
    from pytest_sentry_capture._rules.suggestion import Suggestion as Suggestion
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "BUILT_IN_RULES": "_rules.built_in:BUILT_IN_RULES",
            "BrokenRule": "_rules.rule_run:BrokenRule",
            "EXPECT": "_rules.expect_suggestions:EXPECT",
            "EnforcedRule": "_rules.rule_run:EnforcedRule",
            "ExpectRule": "_rules.expect_rule:ExpectRule",
            "Pattern": "_rules.rule:Pattern",
            "Regex": "_rules.rule:Regex",
            "Rule": "_rules.rule:Rule",
            "RuleRun": "_rules.rule_run:RuleRun",
            "RuleTally": "_rules.rule_run:RuleTally",
            "RuleViews": "_rules.rule:RuleViews",
            "Seen": "_rules.suggestion:Seen",
            "SensitivePlaces": "_rules.sensitive:SensitivePlaces",
            "Severity": "_rules.rule:Severity",
            "Sighting": "_rules.suggestion:Sighting",
            "SuggestedEntry": "_rules.expect_suggestions:SuggestedEntry",
            "Suggestion": "_rules.suggestion:Suggestion",
            "UNJUDGED": "_rules.suggestion:UNJUDGED",
            "UnusableRulesError": "_rules.rule_run:UnusableRulesError",
            "Waiver": "_rules.rule_run:Waiver",
            "broken_rules_message": "_rules.messages:broken_rules_message",
            "default_rules": "_rules.rule_run:default_rules",
            "expectations_seen": "_rules.expect_suggestions:expectations_seen",
            "expired_waiver_text": "_rules.messages:expired_waiver_text",
            "own_rules": "_rules.rule_run:own_rules",
            "pattern_in_toml": "_rules.rule:pattern_in_toml",
            "rule_problems": "_rules.messages:rule_problems",
            "rule_names": "_rules.rule_run:rule_names",
            "suggested_entries": "_rules.expect_suggestions:suggested_entries",
            "traceback_of": "_rules.rule_run:traceback_of",
        },
    )
