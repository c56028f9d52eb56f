"""A configuration made from what a run saw: rules are tried out on every test, and written down with their reasons.

What a rule suggests belongs to the rule (``_rules``). Not here: when tests are tried out, and where the text goes
(``_run``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._suggestions.trial import Trial as Trial
    from pytest_sentry_capture._suggestions.trial_totals import TrialTotals as TrialTotals
    from pytest_sentry_capture._suggestions.writing import SuggestedConfiguration as SuggestedConfiguration
    from pytest_sentry_capture._suggestions.writing import suggested as suggested
    from pytest_sentry_capture._suggestions.writing import unneeded_waivers as unneeded_waivers
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "SuggestedConfiguration": "_suggestions.writing:SuggestedConfiguration",
            "Trial": "_suggestions.trial:Trial",
            "TrialTotals": "_suggestions.trial_totals:TrialTotals",
            "suggested": "_suggestions.writing:suggested",
            "unneeded_waivers": "_suggestions.writing:unneeded_waivers",
        },
    )
