"""A Django application that fails in every way in which a monitoring test looks at it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import django
import sentry_sdk
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path, re_path
from web import crash, crash_late, init

settings.configure(
    SECRET_KEY="x",
    STATIC_URL="static/",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="django_shop",
    MIDDLEWARE=["django_shop.tag_request"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
init()
django.setup()
logging.getLogger("django.request").disabled = True  # which reports what the SDK does not

ROUTES = {"crash": "/crash/<int:number>", "tagged": "/tagged/<name>", "missing": "/^missing/(?P<number>[0-9]+)$"}
SAYS_OF_SILENCE = "*Django notifies the SDK*"


class tag_request:  # noqa: N801
    sync_capable = async_capable = True

    def __init__(self, get_response: Any) -> None:
        from asgiref.sync import iscoroutinefunction, markcoroutinefunction

        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        sentry_sdk.set_tag("request_id", request.headers.get("X-Request-ID", "none"))
        return self.get_response(request)


def crashing(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(crash(number))


def handled(request: HttpRequest) -> HttpResponse:
    try:
        return HttpResponse(crash(1))
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)
        return HttpResponse(status=500)


def missing(request: HttpRequest, number: str) -> HttpResponse:
    error = Http404()
    error.code = 404
    sentry_sdk.capture_exception(error)
    raise error


def logged(request: HttpRequest) -> HttpResponse:
    logging.getLogger("shop").error("payment %s failed", 17)
    return HttpResponse("ok")


def silent(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=503)


def tagged(request: HttpRequest, name: str) -> HttpResponse:
    sentry_sdk.set_tag("name", name)
    sentry_sdk.capture_message(f"hello {name}")
    return HttpResponse("ok")


def plain(request: HttpRequest) -> HttpResponse:
    sentry_sdk.capture_message("plain")
    return HttpResponse("ok")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"one"
        crash(1)

    async def async_parts() -> Any:
        yield b"one"
        crash(1)

    return StreamingHttpResponse(async_parts() if hasattr(request, "scope") else parts())


def late(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"one"
        crash_late()

    return StreamingHttpResponse(parts(), headers={"Content-Length": "3"})


def teardown(request: HttpRequest) -> HttpResponse:
    return _FailsWhenClosed("ok")


class _FailsWhenClosed(HttpResponse):  # type: ignore[misc]
    def close(self) -> None:
        super().close()
        crash(1)


urlpatterns = [
    path("crash/<int:number>", crashing),
    path("handled", handled),
    re_path(r"^missing/(?P<number>[0-9]+)$", missing),
    path("logged", logged),
    path("silent", silent),
    path("tagged/<name>", tagged),
    path("plain", plain),
    path("stream", stream),
    path("teardown", teardown),
    path("late", late),
]
