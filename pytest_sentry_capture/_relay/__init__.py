"""Sentry's own engine, Relay: what Sentry's servers would store of an item, and the personal data that they find in it.

``engine`` alone imports ``sentry_relay``, when it is used. ``relay_project`` is what the project has configured. Not
here: the rules that ask for it (``_rules``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._relay.engine import RelayError as RelayError
    from pytest_sentry_capture._relay.engine import engine_is_usable as engine_is_usable
    from pytest_sentry_capture._relay.engine import engine_obstacle as engine_obstacle
    from pytest_sentry_capture._relay.engine import require_engine as require_engine
    from pytest_sentry_capture._relay.ingestion import AnyEvent as AnyEvent
    from pytest_sentry_capture._relay.ingestion import Ingestion as Ingestion
    from pytest_sentry_capture._relay.ingestion import Objection as Objection
    from pytest_sentry_capture._relay.ingestion import ServerScrubbing as ServerScrubbing
    from pytest_sentry_capture._relay.ingestion import scrubbed_places as scrubbed_places
    from pytest_sentry_capture._relay.privacy import IP as IP
    from pytest_sentry_capture._relay.privacy import REFUSED as REFUSED
    from pytest_sentry_capture._relay.privacy import RELAY_RULES as RELAY_RULES
    from pytest_sentry_capture._relay.privacy import Found as Found
    from pytest_sentry_capture._relay.privacy import PiiFinding as PiiFinding
    from pytest_sentry_capture._relay.privacy import PiiSearch as PiiSearch
    from pytest_sentry_capture._relay.privacy import digest_of as digest_of
    from pytest_sentry_capture._relay.relay_project import RelayProject as RelayProject
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "AnyEvent": "_relay.ingestion:AnyEvent",
            "Found": "_relay.privacy:Found",
            "IP": "_relay.privacy:IP",
            "Ingestion": "_relay.ingestion:Ingestion",
            "Objection": "_relay.ingestion:Objection",
            "RELAY_RULES": "_relay.privacy:RELAY_RULES",
            "PiiFinding": "_relay.privacy:PiiFinding",
            "PiiSearch": "_relay.privacy:PiiSearch",
            "REFUSED": "_relay.privacy:REFUSED",
            "RelayError": "_relay.engine:RelayError",
            "RelayProject": "_relay.relay_project:RelayProject",
            "ServerScrubbing": "_relay.ingestion:ServerScrubbing",
            "digest_of": "_relay.privacy:digest_of",
            "engine_is_usable": "_relay.engine:engine_is_usable",
            "engine_obstacle": "_relay.engine:engine_obstacle",
            "require_engine": "_relay.engine:require_engine",
            "scrubbed_places": "_relay.ingestion:scrubbed_places",
        },
    )
