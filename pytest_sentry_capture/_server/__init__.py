"""A Sentry of the test's own: a real HTTP endpoint on loopback, for what runs in other processes and other languages.

``ingest_handler`` decides about requests and records them, without any input or output; ``connections`` speak HTTP with
clients; ``server_thread`` runs that in a thread; ``sockets`` says whether that is possible; ``sentry_server`` is what
users see. Imported when it is used. Not here: assertions, which are those of ``_assertions``.
"""
