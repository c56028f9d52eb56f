"""The built-in rules, each off unless configured: they are the keys of ``[tool.sentry_capture.rules]``."""

from __future__ import annotations

from typing import Final

from pytest_sentry_capture._rules.built_in.failed_jobs import FailedJobsCaptured
from pytest_sentry_capture._rules.built_in.forbidden_data import ForbiddenData
from pytest_sentry_capture._rules.built_in.ingestion import AcceptedBySentry
from pytest_sentry_capture._rules.built_in.losses import NoCallbackErrors, NoSilentLoss
from pytest_sentry_capture._rules.built_in.personal_data import NoPii
from pytest_sentry_capture._rules.built_in.requirements import RequiredContext, RequiredTags
from pytest_sentry_capture._rules.built_in.scope_bleed import NoScopeBleed
from pytest_sentry_capture._rules.built_in.server_errors import ServerErrorsCaptured
from pytest_sentry_capture._rules.built_in.unexpected_events import NoUnexpectedEvents
from pytest_sentry_capture._rules.built_in.values import MaxBreadcrumbs, MaxEventBytes, TagValues
from pytest_sentry_capture._rules.rule import Rule

BUILT_IN_RULES: Final[dict[str, type[Rule]]] = {
    rule.name: rule
    for rule in (
        ServerErrorsCaptured,
        FailedJobsCaptured,
        NoCallbackErrors,
        NoSilentLoss,
        RequiredTags,
        RequiredContext,
        TagValues,
        MaxEventBytes,
        MaxBreadcrumbs,
        ForbiddenData,
        NoPii,
        AcceptedBySentry,
        NoScopeBleed,
        NoUnexpectedEvents,
    )
}
"""The built-in rules by name."""
