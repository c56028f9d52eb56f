"""Sentry's own engine, Relay: what Sentry's servers would store of an item, and the personal data that they find in it.

``engine`` alone imports ``sentry_relay``, when it is used; ``relay_project`` is what the project has configured. Not
here: the rules that ask for it (``_rules``).
"""
