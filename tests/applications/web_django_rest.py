"""The Django application, called by the test client of Django REST framework."""

from __future__ import annotations

from collections.abc import Mapping

from django_shop import ROUTES as ROUTES
from django_shop import SAYS_OF_SILENCE as SAYS_OF_SILENCE
from web import Answer


def get(path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What a client of a server would see."""
    from rest_framework.test import APIClient  # which needs Django's settings

    client = APIClient(raise_request_exception=False)
    try:
        response = client.get(path, headers=dict(headers or {}))
    except ZeroDivisionError:  # when the answer was closed
        return Answer(200, "ok")
    try:
        return Answer(response.status_code, response.getvalue().decode())
    except ZeroDivisionError:
        return Answer(response.status_code, None)
