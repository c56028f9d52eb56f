"""Management commands of Django, and commands of Click through their runner: jobs of the system ``command``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from pytest_sentry_capture._operations.jobs import JobAdapter, JobObservation, text_of
from pytest_sentry_capture._recording import Job

SYSTEM: Final = "command"
_ABOUT_REPORT: Final = "in production sys.excepthook reports exceptions of a command, but here the test caught it"
_HINT: Final = (
    "A command was called in the test's process and raised. In production sys.excepthook reports that. To test it, run"
    " the command in a subprocess with env=sentry_server.env."
)
_OF_DJANGO: Final = "django."


class DjangoCommandAdapter(JobAdapter):
    """Observes ``call_command`` and what command lines run: not Django's own commands."""

    package = "django"

    def install(self) -> None:
        place = "django.core.management.base:BaseCommand.execute"
        self._wrap(place, self._executing, "Management commands are not observed.")

    def _executing(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def execute(command: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            module = type(command).__module__
            if module.startswith(_OF_DJANGO) or not self._is_new(command):
                return inner(command, *args, **kwargs)
            with self._observing(_job(module.rpartition(".")[2]), command) as observation:
                try:
                    result = inner(command, *args, **kwargs)
                except BaseException as error:
                    _raised(observation, error)
                    observation.job.expected = any(
                        (base.__module__, base.__name__) == ("django.core.management.base", "CommandError")
                        for base in type(error).__mro__
                    )
                    raise
                observation.has_status("succeeded")
                return result

        return execute


class ClickAdapter(JobAdapter):
    """Observes commands that a ``CliRunner`` invokes, Typer's included."""

    package = "click"

    def install(self) -> None:
        self._wrap("click.testing:CliRunner.invoke", self._invoking, "Commands of Click are not observed.")
        self._wrap("click.core:Command.invoke", self._naming, "Sub-commands of Click are named after their group.")

    def _invoking(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def invoke(runner: Any, cli: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not self._is_new(runner):
                return inner(runner, cli, *args, **kwargs)
            with self._observing(_job(text_of(getattr(cli, "name", None)) or "root"), runner) as observation:
                try:
                    result = inner(runner, cli, *args, **kwargs)
                except BaseException as error:
                    _raised(observation, error)
                    raise
                _returned(observation, result)
                return result

        return invoke

    def _naming(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def invoke(command: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            observation = JobObservation.current()
            if self._is_active and observation is not None and observation.job.system == SYSTEM:
                observation.job.name = text_of(getattr(context, "command_path", None)) or observation.job.name
            return inner(command, context, *args, **kwargs)

        return invoke


def _job(name: str) -> Job:
    return Job(name, SYSTEM, _about_report=_ABOUT_REPORT)


def _returned(observation: JobObservation, result: Any) -> None:
    """What a runner returns: it has caught the exception, if there was one."""
    error = getattr(result, "exception", None)
    if isinstance(error, BaseException):
        _raised(observation, error)
    else:
        observation.has_status("succeeded" if not getattr(result, "exit_code", 0) else "failed")


def _raised(observation: JobObservation, error: BaseException) -> None:
    if isinstance(error, SystemExit):
        observation.has_status("failed" if error.code else "succeeded")
        if error.code:
            observation.raises(error)
        return
    observation.raises(error)
    if isinstance(error, Exception):
        observation.job._hint = _HINT
        observation.has_status("failed")
