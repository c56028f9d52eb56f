"""The Django application, called as a server of ASGI applications does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
from django.core.asgi import get_asgi_application
from django_shop import ROUTES as ROUTES
from django_shop import SAYS_OF_SILENCE as SAYS_OF_SILENCE
from web import Answer

app = get_asgi_application()


def get(path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What a client of a server would see."""

    async def request() -> Answer:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            response = await client.get(path, headers=headers)
        return Answer(response.status_code, response.text)

    return asyncio.run(request())
