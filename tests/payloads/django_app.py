# mypy: ignore-errors
"""Crashes of Django applications."""

from __future__ import annotations

import json
from typing import Any

import django
from django.conf import settings

from tests.payloads.recorder import record

if not settings.configured:
    settings.configure(
        DEBUG=False,
        SECRET_KEY="[Filtered]",
        ROOT_URLCONF="tests.payloads.django_app",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "HOST": "127.0.0.1"}},
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {}}],
    )  # fmt: skip
    django.setup()

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.test import Client
from django.urls import include, path
from django.views import View


class LoginForm(forms.Form):
    """A form that nobody has filled in."""

    username = forms.CharField()
    password = forms.CharField(widget=forms.PasswordInput)


class ItemView(View):
    """Items."""

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        return HttpResponse(1 / number)


def model(request: HttpRequest) -> HttpResponse:
    from django.contrib.auth.models import User

    return HttpResponse(User.objects.get(pk=1))


def raw_sql(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT token, password FROM auth_tokens WHERE author = %s AND created > %s", ["me", "2024-01-31"]
        )
    return HttpResponse("")


def form(request: HttpRequest) -> HttpResponse:
    form = LoginForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors.as_json())
    return HttpResponse("")


def template(request: HttpRequest) -> HttpResponse:
    text = "{% for each in orders %}{{ each.author|add:1|divisibleby:0 }}{% endfor %}"
    return HttpResponse(engines["django"].from_string(text).render({"orders": [{"author": 3}]}))


def csrf(request: HttpRequest) -> HttpResponse:
    from django.middleware.csrf import get_token

    csrf_cookie_needs_update = bool(get_token)
    return HttpResponse(1 // (not csrf_cookie_needs_update))


def login(request: HttpRequest) -> HttpResponse:
    user = authenticate(request, username=None, password=None)
    return HttpResponse(user.last_login)  # type: ignore[union-attr]


def body(request: HttpRequest) -> JsonResponse:
    data = json.loads(request.body)
    return JsonResponse(data["lines"][3])


async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse(1 / 0)


def pagination(request: HttpRequest) -> HttpResponse:
    page, token_page = int(request.GET["page"]), None
    next_page_token: str | None = token_page
    return HttpResponse(next_page_token[page])  # type: ignore[index]


def session(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.session["cart"])


def headers(request: HttpRequest) -> HttpResponse:
    meta = {key: value for key, value in request.META.items() if key.startswith(("HTTP_", "REMOTE_", "SERVER_"))}
    return HttpResponse(meta["HTTP_X_AUTH"])


patterns = [
    path("items/<int:number>/", ItemView.as_view()), path("model/", model), path("sql/", raw_sql), path("form/", form),
    path("template/", template), path("csrf/", csrf), path("login/", login), path("body/", body),
    path("async/", asynchronous), path("pages/", pagination), path("session/", session), path("headers/", headers),
]  # fmt: skip
urlpatterns = [*patterns, path("api/v1/", include(patterns))]

REQUESTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/items/0/", {}),
    ("GET", "/api/v1/items/0/", {}),
    ("GET", "/model/", {}),
    ("GET", "/sql/", {}),
    ("POST", "/form/", {"data": "username=", "content_type": "application/x-www-form-urlencoded"}),
    ("GET", "/template/", {}),
    ("GET", "/csrf/", {}),
    ("GET", "/login/", {}),
    ("POST", "/body/", {"data": '{"lines": []}', "content_type": "application/json"}),
    ("GET", "/async/", {}),
    ("GET", "/pages/?page=2&next_token=", {}),
    ("GET", "/session/", {}),
    ("GET", "/headers/", {"headers": {"User-Agent": "curl/8.5.0", "X-Forwarded-Proto": "https"}}),
)


def payloads() -> Any:
    """What the SDK would have sent."""

    def request(method: str, path: str, arguments: dict[str, Any]) -> Any:
        return lambda: Client(raise_request_exception=False).generic(method, path, **arguments)

    programs = {f"django {method} {path}": request(method, path, arguments) for method, path, arguments in REQUESTS}
    programs["django command"] = lambda: call_command("loaddata", "missing")
    programs["django migrate"] = lambda: call_command("migrate", "nothing")
    yield from record(programs, send_default_pii=True)
