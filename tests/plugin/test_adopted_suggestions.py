"""A suggested configuration that is adopted holds: for generated projects, and for one of each sort of application."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

pytestmark = pytest.mark.slow

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE: Final = "sentry_capture.toml"
SHUFFLED: Final = """
import random


def pytest_collection_modifyitems(items):
    random.Random({seed}).shuffle(items)
"""
SHOP: Final = """
import logging

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration

TAGS = {"shop": "berlin"}


class Declined(Exception):
    pass


class ConnectionError(Exception):
    "Named like a built-in class, from which it does not derive."


class Broken(Exception):
    pass


def filtered(event, hint):
    error = hint.get("exc_info", (None, None))[1]
    if isinstance(error, Broken):
        raise error
    return None if isinstance(error, LookupError) else event


sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    release="1.0",
    before_send=filtered,
    traces_sample_rate=0.5,
    integrations=[LoggingIntegration(event_level=logging.ERROR)],
)


def fail(error, cause=None):
    for name, value in TAGS.items():
        sentry_sdk.set_tag(name, value)
    try:
        raise error from cause
    except Exception:
        sentry_sdk.capture_exception()


def log(text):
    for name, value in TAGS.items():
        sentry_sdk.set_tag(name, value)
    logging.getLogger("shop").error(text)


def trace(size):
    start = getattr(sentry_sdk, "start_transaction", None) or sentry_sdk.start_span
    with start(name="x" * size):
        pass


def crumbs(number):
    for index in range(number):
        sentry_sdk.add_breadcrumb(message=f"step {index}")
"""
STEPS: Final = (
    'shop.fail(shop.Declined("card"))',
    'shop.fail(ValueError("jane@example.com"))',
    "shop.fail(KeyError())",
    'shop.fail(shop.ConnectionError("no bank"))',
    "shop.fail(ConnectionError())",
    "shop.fail(shop.Declined(), KeyError())",
    "shop.fail(ValueError(), shop.Declined())",
    'shop.log("late")',
    "shop.crumbs(3)",
    "shop.trace(20)",
)
BROKEN: Final = "shop.fail(shop.Broken())"
WAIVER: Final = '@pytest.mark.sentry_allow("no-callback-errors", reason="the gateway is old")'
MARKERS: Final = ("@pytest.mark.skip", "@pytest.mark.xfail", '@pytest.mark.parametrize("_", range(2))')


@dataclass(frozen=True)
class Project:
    """A project.

    Attributes:
        files: the texts of its modules, by their names.
        rules: rules that must be suggested, with their values.
        change: what is replaced in ``shop``, and by what, so that one of them is broken.
        broken: that rule.
        entries: the names of ``expect`` entries that must be suggested.
    """

    files: Mapping[str, str]
    rules: Mapping[str, Any]
    change: tuple[str, str]
    broken: str
    entries: Sequence[str] = field(default_factory=tuple)


def generated(seed: int) -> Project:
    """A project of some tests with some steps each, the first two of which capture enough for tags to be required."""
    chosen = random.Random(seed)
    are_waived = chosen.random() < 0.5
    tests = [*_tests(chosen, are_waived=are_waived)]
    text = "\n\n".join(["import pytest\nimport shop\n", *tests])
    return Project(
        {"shop": SHOP, "test_shop": text},
        {"required-tags": ["shop"], "required-context": ["release", "environment"]},
        ('{"shop": "berlin"}', "{}"),
        "required-tags",
    )


def _tests(chosen: random.Random, *, are_waived: bool) -> Iterator[str]:
    for number in range(chosen.randint(3, 8)):
        steps = chosen.choices(STEPS, k=chosen.randint(1, 4))
        markers = [] if number < 2 else [each for each in MARKERS if chosen.random() < 0.3]
        signature = "_" if any("parametrize" in each for each in markers) else ""
        if number < 2:
            steps += [STEPS[0], STEPS[1]]
        if chosen.random() < 0.3:
            steps.append(BROKEN)
            markers += [WAIVER] if are_waived else []
        if any("xfail" in each for each in markers):
            steps.append("assert False")
        lines = [*markers, f"def test_{number}({signature}):", *(f"    {step}" for step in steps)]
        yield "\n".join(lines) + "\n"


WEB: Final = Project(
    {
        "shop": """
import sentry_sdk
from fastapi import FastAPI, HTTPException, Request

sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=0.5)
app = FastAPI()


class Down(Exception):
    pass


@app.middleware("http")
async def tag(request: Request, call_next):
    sentry_sdk.set_tag("request_id", request.headers.get("x-request-id", "none"))
    return await call_next(request)


@app.get("/orders/{number}")
def order(number: int):
    return number


@app.get("/crash/{number}")
def crash(number: int):
    try:
        raise KeyError(number)
    except KeyError as error:
        raise Down(number) from error
""",
        "test_shop": """
import pytest
import sentry_sdk
from fastapi.testclient import TestClient
from shop import app


@pytest.fixture
def client():
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("number", range(3))
def test_crash(client, number):
    assert client.get(f"/crash/{number}").status_code == 500


@pytest.mark.parametrize("number", range(3))
def test_order(client, number):
    assert client.get(f"/orders/{number}").json() == number


def test_client_errors(client):
    assert client.get("/none").status_code == 404
    assert client.get("/orders/x").status_code == 422


@pytest.mark.skip
def test_skipped(client):
    client.get("/crash/1")


@pytest.mark.xfail
def test_expected_to_fail(client):
    assert client.get("/crash/1").status_code == 200


@pytest.mark.sentry_allow("required-tags", reason="no request is made")
def test_without_a_request():
    sentry_sdk.capture_message("cleaned")
""",
    },
    {"server-errors-captured": True, "required-tags": ["request_id"]},
    ('"request_id"', '"id"'),
    "required-tags",
    ("answers of 404 and 422 are not captured", "shop.Down is captured"),
)
JOBS: Final = Project(
    {
        "shop": """
import sentry_sdk
from celery import Celery
from celery.exceptions import Ignore, Reject

app = Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True
sentry_sdk.init(dsn="https://key@sentry.invalid/1")


class Down(Exception):
    pass


@app.task
def pay(number):
    raise Down(number)


@app.task(bind=True, max_retries=2)
def ship(self, retries):
    # reported
    if self.request.retries < retries:
        raise self.retry(exc=LookupError("again"), countdown=0)


@app.task
def ignore():
    raise Ignore


@app.task
def reject():
    raise Reject("no")


@app.task(throws=(KeyError,))
def ask():
    raise KeyError
""",
        "test_shop": """
import pytest
import shop


@pytest.mark.parametrize("number", range(3))
def test_pay(number):
    shop.pay.apply((number,))


@pytest.mark.parametrize("retries", range(4))
def test_ship(retries):
    shop.ship.apply((retries,))


def test_ignore():
    shop.ignore.apply()


def test_reject():
    shop.reject.apply()


def test_ask():
    shop.ask.apply()
""",
    },
    {"failed-jobs-captured": {"retries": "silent"}},
    ("# reported", "self.request.retries < retries and sentry_sdk.capture_exception(LookupError())"),
    "failed-jobs-captured",
    ("ignored, rejected and retried jobs capture nothing", "shop.Down is captured"),
)
PROJECTS: Final = [
    *(pytest.param(generated(seed), id=f"generated {seed}") for seed in range(4)),
    pytest.param(WEB, id="web"),
    pytest.param(JOBS, id="jobs", marks=pytest.mark.needs("Celery")),
]


@pytest.mark.parametrize("project", PROJECTS)
def test_adopted_suggestion_holds_until_a_promise_is_broken(pytester: pytest.Pytester, project: Project) -> None:
    pytester.makepyfile(**project.files)

    suggested = pytester.runpytest_subprocess("-q", f"--sentry-suggest={FILE}")
    text = (pytester.path / FILE).read_text(encoding="utf-8")
    content = tomllib.loads(text)
    orders = []
    for seed in (1, 2):
        pytester.makeconftest(SHUFFLED.format(seed=seed))
        orders.append(pytester.runpytest_subprocess("-q", "--sentry-strict"))
    shop = pytester.path / "shop.py"
    assert project.change[0] in shop.read_text()
    shop.write_text(shop.read_text().replace(*project.change))
    broken = pytester.runpytest_subprocess("-q", "--sentry-strict")

    assert [suggested.ret, *(each.ret for each in orders)] == [0, 0, 0], text
    assert content["rules"].items() >= project.rules.items()
    assert {each["name"] for each in content.get("expect", [])} >= {*project.entries}
    assert broken.ret == 1
    broken.stdout.fnmatch_lines([f"Rule '{project.broken}' is broken ({FILE}:*"])


def test_what_chance_decided_about_is_counted_until_it_is_settled(pytester: pytest.Pytester) -> None:
    tests = "\n\n".join(f"def test_{number}():\n    shop.trace(20)" for number in range(40))
    certain = "def test_log():\n    shop.log('late')"
    pytester.makepyfile(shop=SHOP, test_shop=f"import shop\n\n{tests}\n\n{certain}\n")

    pytester.runpytest_subprocess("-q", f"--sentry-suggest={FILE}")

    text = (pytester.path / FILE).read_text(encoding="utf-8")
    assert '# sampling = "all"  # chance decided about 40 items in 40 tests: with this line, all are judged' in text
    assert "\nno-silent-loss = true  # kept in 41 tests\n" in text
    (pytester.path / FILE).write_text('sampling = "all"\n')
    printed = pytester.runpytest_subprocess("-q", "--sentry-suggest")
    printed.stdout.fnmatch_lines(["max-event-bytes = *  # twice the largest of 41 events and segments of 41 tests"])
    assert "chance" not in printed.stdout.str()
