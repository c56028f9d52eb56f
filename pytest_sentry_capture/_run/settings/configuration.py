"""What a project has configured: the rules that are on, and its settings for scrubbing on Sentry's servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_sentry_capture._relay.ingestion import ServerScrubbing
    from pytest_sentry_capture._rules.rule_run import EnforcedRule


class Configuration:
    """A project's configuration.

    Attributes:
        file: the name of the file that it stands in; empty where there is none.
        rules: the rules that are on.
        switched_off: the names of built-in rules that are off by name.
        scrubbing: the project's settings for data scrubbing on Sentry's servers; None where it has none.
    """

    def __init__(
        self,
        file: str = "",
        rules: tuple[EnforcedRule, ...] = (),
        switched_off: frozenset[str] = frozenset(),
        scrubbing: ServerScrubbing | None = None,
    ) -> None:
        self.file = file
        self.rules = rules
        self.switched_off = switched_off
        self.scrubbing = scrubbing
