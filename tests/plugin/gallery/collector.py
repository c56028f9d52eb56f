"""A pytest plugin that writes what users see of each failure to a file."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from pytest_sentry_capture import JobSystem

_CARETS = re.compile(r"^[E ]*[ ~]*\^+[ ~^]*\n", re.MULTILINE)  # from Python 3.11 on
_WORKER = re.compile(r"^\[gw\d+\] .*\n", re.MULTILINE)
_LINE_NUMBER = re.compile(r"(\.py:|\.py\", line )\d+")
_SDK_VERSION = re.compile(r"(sentry-sdk \d+\.)[\w.]*\w")
_PROCESS = re.compile(r"(\bpid )\d+")
_SECTION = "Captured by Sentry"

failures: dict[str, str] = {}


def pytest_sentry_capture_job_systems(config: pytest.Config) -> list[JobSystem]:
    return [JobSystem("queue", runs="situations:run_job", job=_described)]


def _described(name: str, attempt: int, work: object) -> dict[str, object]:
    return {"name": name, "attempt": attempt}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        text = report.longreprtext
        shown = [f"--- {title} ---\n{content}" for title, content in report.sections if title == _SECTION]
        text = "\n".join([text, *shown]).replace(f"{Path.cwd()}{os.sep}", "")
        numbers = (_LINE_NUMBER, _SDK_VERSION, _PROCESS)
        for pattern, replacement in ((_CARETS, ""), (_WORKER, ""), *((pattern, r"\1…") for pattern in numbers)):
            text = pattern.sub(replacement, text)
        failures[report.nodeid.split("::")[-1]] = text.rstrip()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        Path("failures.json").write_text(json.dumps(failures))
