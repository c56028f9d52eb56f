"""An application whose jobs are management commands of Django, which report the exceptions that leave them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import django
import sentry_sdk
import work
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

SYSTEM: Final = "command"
QUEUE: Final = None
EVENTS_OF_RETRIES: Final = None
KNOWS_EXPECTED: Final = True

settings.configure(SECRET_KEY="x", INSTALLED_APPS=[], DATABASES={}, USE_TZ=True)
work.init()
django.setup()


class Command(BaseCommand):
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("job")
        parser.add_argument("arguments", nargs="*")

    def handle(self, **options: Any) -> None:
        job = options["job"]
        if job == "fail_as_expected":
            raise CommandError("no such tenant")
        with work.isolated():
            try:
                getattr(work, job)(*options["arguments"])
            except Exception as error:
                sentry_sdk.capture_exception(error)
                raise


def name_of(job: str) -> str:
    del job
    return "shop"


def perform(*calls: tuple[Any, ...]) -> None:
    for job, *args in calls:
        with suppress(ZeroDivisionError, ConnectionError, CommandError, work.RefusedError, work.ExpectedError):
            call_command(Command(), job, *args)
