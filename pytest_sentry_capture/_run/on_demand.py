"""The door to what a run without Sentry and without rules does not need: a module is imported when it is first used.

What every run needs is imported directly, and stands above this module in the order of the room. Write
``on_demand.rule_run.RuleRun(…)``: to import a name from here would import its module at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._assertions import failure_messages as failure_messages
    from pytest_sentry_capture._assertions import formatting as formatting
    from pytest_sentry_capture._assertions import sentry_capture as sentry_capture
    from pytest_sentry_capture._operations import registry as registry
    from pytest_sentry_capture._relay import ingestion as ingestion
    from pytest_sentry_capture._relay import privacy as privacy
    from pytest_sentry_capture._relay import relay_project as relay_project
    from pytest_sentry_capture._reports import section as section
    from pytest_sentry_capture._rules import messages as messages
    from pytest_sentry_capture._rules import rule_run as rule_run
    from pytest_sentry_capture._run import findings as findings
    from pytest_sentry_capture._run import internal_error as internal_error
    from pytest_sentry_capture._run import partial_run as partial_run
    from pytest_sentry_capture._run import run_summary as run_summary
    from pytest_sentry_capture._run import totals as totals
    from pytest_sentry_capture._server import server_run as server_run
    from pytest_sentry_capture._server import sockets as sockets
    from pytest_sentry_capture._text import did_you_mean as did_you_mean
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "did_you_mean": "_text.did_you_mean",
            "failure_messages": "_assertions.failure_messages",
            "findings": "_run.findings",
            "formatting": "_assertions.formatting",
            "ingestion": "_relay.ingestion",
            "internal_error": "_run.internal_error",
            "messages": "_rules.messages",
            "partial_run": "_run.partial_run",
            "privacy": "_relay.privacy",
            "registry": "_operations.registry",
            "relay_project": "_relay.relay_project",
            "rule_run": "_rules.rule_run",
            "run_summary": "_run.run_summary",
            "section": "_reports.section",
            "sentry_capture": "_assertions.sentry_capture",
            "server_run": "_server.server_run",
            "sockets": "_server.sockets",
            "totals": "_run.totals",
        },
    )
