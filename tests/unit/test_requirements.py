"""What the rules about requirements take for missing."""

from __future__ import annotations

import pytest

from pytest_sentry_capture import Rule, RuleViews
from pytest_sentry_capture._rules.built_in.requirements import RequiredContext, RequiredTags
from recordings import capture, recording


@pytest.mark.parametrize("rule", [RequiredTags(tags=("plan",)), RequiredContext(always=("tags.plan",))])
@pytest.mark.parametrize(("value", "is_missing"), [("", True), (None, True), ([], True), ({}, True), (0, False)])
def test_what_is_empty_is_missing(rule: Rule, value: object, is_missing: bool) -> None:
    [judgement] = rule.judge(RuleViews(recording(capture({"tags": {"plan": value}}))))

    assert (judgement.problem is not None) is is_missing
