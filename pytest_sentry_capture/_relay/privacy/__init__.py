"""Personal data and secrets in what is captured, as Sentry's own engine finds them.

``search`` is what others ask. It puts a payload into a ``probe_event`` that Relay's rules reach all of, and ``remarks``
reads what Relay says of that. ``false_alarms`` knows what is not a finding, and ``findings`` what may be shown of one.
"""

from pytest_sentry_capture._relay.privacy.built_in_rules import IP, RELAY_RULES
from pytest_sentry_capture._relay.privacy.findings import REFUSED, Found, PiiFinding
from pytest_sentry_capture._relay.privacy.search import PiiSearch, digest_of

__all__ = ["IP", "REFUSED", "RELAY_RULES", "Found", "PiiFinding", "PiiSearch", "digest_of"]
