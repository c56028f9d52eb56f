"""A Sentry of the test's own: a real HTTP endpoint on loopback, for what runs in other processes and other languages.

``ingest_handler`` decides about requests and records them, without any input or output; ``connections`` speak HTTP with
clients; ``server_thread`` runs that in a thread; ``server_run`` is all of it in one run, and needs the extra;
``sentry_server`` is what users see, and can be imported without it. Not here: assertions, which are those of
``_assertions``.
"""
