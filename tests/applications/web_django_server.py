"""The Django application behind the server that Django starts for ``live_server``."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from django_shop import ROUTES as ROUTES
from django_shop import SAYS_OF_SILENCE as SAYS_OF_SILENCE
from web import Answer

server = LiveServerThread("127.0.0.1", _StaticFilesHandler, connections_override={})


def get(path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What a client of a server sees."""
    if server.ident is None:
        server.daemon = True
        server.start()
        server.is_ready.wait()
    response = httpx.get(f"http://127.0.0.1:{server.port}{path}", headers=headers, timeout=60)
    return Answer(response.status_code, response.text)
