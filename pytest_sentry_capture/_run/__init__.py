"""One pytest run in one process: settings, the test that runs, the rules that are on, results, and the summary.

It puts the other rooms together, and imports what a run without Sentry does not need when it is first needed. Not here:
pytest itself, which the module ``plugin`` alone knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._run.combining.combined_run import CombinedRun as CombinedRun
    from pytest_sentry_capture._run.combining.combined_run import combine as combine
    from pytest_sentry_capture._run.current_test import CurrentTest as CurrentTest
    from pytest_sentry_capture._run.partial_run import Invocation as Invocation
    from pytest_sentry_capture._run.run import Run as Run
    from pytest_sentry_capture._run.settings.configurations import Configurations as Configurations
    from pytest_sentry_capture._run.settings.options import Settings as Settings
    from pytest_sentry_capture._run.settings.options import SettingsError as SettingsError
    from pytest_sentry_capture._run.settings.options import ShowMode as ShowMode
    from pytest_sentry_capture._run.settings.options import read_settings as read_settings
    from pytest_sentry_capture._run.summary.summary_lines import Conclusion as Conclusion
    from pytest_sentry_capture._run.summary.summary_lines import FailedCheck as FailedCheck
    from pytest_sentry_capture._run.summary.summary_lines import SummaryLine as SummaryLine
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "CombinedRun": "_run.combining.combined_run:CombinedRun",
            "Configurations": "_run.settings.configurations:Configurations",
            "CurrentTest": "_run.current_test:CurrentTest",
            "Conclusion": "_run.summary.summary_lines:Conclusion",
            "FailedCheck": "_run.summary.summary_lines:FailedCheck",
            "Invocation": "_run.partial_run:Invocation",
            "Run": "_run.run:Run",
            "Settings": "_run.settings.options:Settings",
            "SettingsError": "_run.settings.options:SettingsError",
            "ShowMode": "_run.settings.options:ShowMode",
            "SummaryLine": "_run.summary.summary_lines:SummaryLine",
            "combine": "_run.combining.combined_run:combine",
            "read_settings": "_run.settings.options:read_settings",
        },
    )
