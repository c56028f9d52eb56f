"""What rules say of segments: the same of transactions and of spans, or that spans have nothing of the sort."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatch
from typing import NamedTuple

import pytest
import sentry_sdk

from any_sdk import IS_3
from run_output import rules_in_report

PRELUDE = """
import any_sdk
import pytest
import sentry_sdk

OPTIONS = {
    "dsn": "https://key@sentry.invalid/1", "environment": "test", "server_name": "web-1", "traces_sample_rate": 1.0,
    "attach_stacktrace": False, "max_value_length": 30_000, **({"trace_lifecycle": "stream"} if STREAMED else {}),
}
start = any_sdk.streamed_segment if STREAMED else any_sdk.segment

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(**OPTIONS, release="shop@1")

def nightly():
    with start("nightly", op="task"):
        pass
"""
NO_TAGS = "spans have no tags on this SDK"
NO_ENGINE = "Sentry's engine in sentry-relay does not judge spans"
NO_TRANSACTIONS = (
    f"sentry-sdk {sentry_sdk.VERSION} has no transactions"
    if IS_3
    else "the active client, with trace_lifecycle='stream', has no transactions"
)
STRICT = "With --sentry-strict, each of these fails the run."


class Told(NamedTuple):
    """What the report says about a rule."""

    state: str
    kept: int
    broken: int
    not_judged: int = 0
    obstacles: Sequence[str] = ()


class Shop:
    """Runs of tests, whose segments are transactions or spans."""

    def __init__(self, pytester: pytest.Pytester, *, streams: bool) -> None:
        self._pytester = pytester
        self.streams = streams
        self.has_users = IS_3 or not streams
        """Whether its segments describe users, which streamed spans do since 3."""

    def run(self, configuration: str, tests: str, *args: str) -> pytest.RunResult:
        self._pytester.makepyprojecttoml(configuration)
        self._pytester.makepyfile(test_shop=f"STREAMED = {self.streams}\n{PRELUDE}\n{tests}")
        return self._pytester.runpytest_inprocess("--sentry-report=report.json", *args)

    def rules(self) -> dict[str, Told]:
        rules = rules_in_report(self._pytester, *Told._fields)
        return {name: Told(*columns) for name, columns in rules.items()}


TRANSACTIONS = pytest.param(False, id="transactions", marks=pytest.mark.needs("transactions"))
SPANS = pytest.param(True, id="spans", marks=pytest.mark.needs("streamed spans"))


@pytest.fixture(params=[TRANSACTIONS, SPANS])
def shop(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Shop:
    return Shop(pytester, streams=request.param)


of_spans = pytest.mark.parametrize("shop", [SPANS], indirect=True)


@pytest.mark.parametrize(
    "rule",
    [
        'required-tags = { tags = ["plan"], kinds = ["event", "segment"] }',
        'required-tags = { tags = ["plan"], kinds = ["event", "transaction"] }',
        'required-tags = { tags = ["plan"], kinds = ["segment"] }',
        'required-tags = { tags = ["plan"], kinds = ["transaction"] }',
        'tag-values.tags = { plan = ["pro"] }',
    ],
)
def test_tags(shop: Shop, rule: str) -> None:
    tests = """
def test_right():
    sentry_sdk.set_tag("plan", "pro")
    nightly()

def test_wrong():
    sentry_sdk.set_tag("plan", "")
    nightly()
    nightly()

def test_nothing():
    pass
"""
    name = rule.split()[0].partition(".")[0]

    result = shop.run(f"[tool.sentry_capture.rules]\n{rule}", tests)

    if shop.streams:
        result.assert_outcomes(passed=3)
        result.stdout.fnmatch_lines(
            [
                "Rules: 0 kept, 0 broken, 1 not judged, 0 not exercised.",
                f"  not judged     {name} (pyproject.toml:2): {NO_TAGS}",
            ],
            consecutive=True,
        )
        assert shop.rules() == {name: Told("not judged", 0, 0, 2, [NO_TAGS])}
    else:
        result.assert_outcomes(passed=2, failed=1)
        result.stdout.fnmatch_lines(["  tags.plan *: segment 'nightly', task"])
        assert shop.rules() == {name: Told("broken", 1, 1, 0, [])}


MIXED = """
def test_event():
    sentry_sdk.set_tag("plan", "pro")
    sentry_sdk.capture_message("x")
    nightly()

def test_segment():
    nightly()
"""


@pytest.mark.parametrize(
    ("rule", "obstacle"),
    [
        ('required-tags = { tags = ["plan"], kinds = ["event", "segment"] }', NO_TAGS),
        ('tag-values.tags = { plan = ["pro"] }', NO_TAGS),
        pytest.param("accepted-by-sentry = true", NO_ENGINE, marks=pytest.mark.needs("Sentry's own engine")),
    ],
)
@of_spans
def test_a_span_that_can_not_be_judged_is_not_kept(shop: Shop, rule: str, obstacle: str) -> None:
    name = rule.split()[0].partition(".")[0]

    result = shop.run(f"[tool.sentry_capture.rules]\n{rule}", MIXED, "--sentry-strict")

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["Rules: 1 kept, 0 broken, 0 not judged, 0 not exercised."])
    assert shop.rules() == {name: Told("kept", 1, 0, 2, [obstacle])}


def test_tags_of_events_alone_are_required_by_default(shop: Shop) -> None:
    result = shop.run('[tool.sentry_capture.rules]\nrequired-tags = ["plan"]', "def test_segment():\n    nightly()")

    result.assert_outcomes(passed=1)
    assert shop.rules() == {"required-tags": Told("not exercised", 0, 0, 0, [])}


@pytest.mark.needs("transactions")
def test_transactions_are_accepted_by_sentry(pytester: pytest.Pytester) -> None:
    tests = """
def test_right():
    nightly()

def test_wrong():
    sentry_sdk.set_tag("plan", "x" * 201)
    nightly()
"""
    shop = Shop(pytester, streams=False)

    result = shop.run("[tool.sentry_capture.rules]\naccepted-by-sentry = true", tests)

    result.assert_outcomes(passed=1, failed=1)
    assert shop.rules() == {"accepted-by-sentry": Told("broken", 1, 1, 0, [])}


@of_spans
@pytest.mark.needs("Sentry's own engine")
def test_spans_are_not_judged_by_accepted_by_sentry(shop: Shop) -> None:
    result = shop.run("[tool.sentry_capture.rules]\naccepted-by-sentry = true", "def test_segment():\n    nightly()")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"  not judged     accepted-by-sentry (pyproject.toml:2): {NO_ENGINE}"])
    assert shop.rules() == {"accepted-by-sentry": Told("not judged", 0, 0, 1, [NO_ENGINE])}


@of_spans
def test_spans_say_nothing_of_what_before_send_span_removes(shop: Shop) -> None:
    tests = """
def without_version(span, hint):
    span["attributes"].pop("sentry.sdk.version", None)
    return span

@pytest.mark.sentry_options(before_send_span=without_version)
def test_without_user():
    nightly()
"""
    rule = '[tool.sentry_capture.rules]\nrequired-context = { always = ["user.id"], kinds = ["segment"] }'

    shop.run(rule, tests)

    if shop.has_users:
        assert shop.rules() == {"required-context": Told("broken", 0, 1, 0, [])}
    else:
        assert shop.rules() == {"required-context": Told("not judged", 0, 0, 1, ["spans have no user.id on this SDK"])}


@of_spans
def test_an_sdk_that_collects_personal_data_puts_users_into_spans(shop: Shop) -> None:
    tests = """
@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(**{**OPTIONS, **any_sdk.with_personal_data()})

def test_with_user():
    sentry_sdk.set_user({"id": "7"})
    nightly()

def test_without_user():
    nightly()
"""
    rule = '[tool.sentry_capture.rules]\nrequired-context = { always = ["user.id"], kinds = ["segment"] }'

    shop.run(rule, tests).assert_outcomes(passed=1, failed=1)

    assert shop.rules() == {"required-context": Told("broken", 1, 1, 0, [])}


@of_spans
@pytest.mark.needs("data_collection")
def test_users_that_are_not_collected_are_not_judged(shop: Shop) -> None:
    tests = """
@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(**{**OPTIONS, "data_collection": {"user_info": False}})

def test_with_user():
    sentry_sdk.set_user({"id": "7"})
    nightly()
"""
    rule = '[tool.sentry_capture.rules]\nrequired-context = { always = ["user.id"], kinds = ["segment"] }'

    shop.run(rule, tests).assert_outcomes(passed=1)

    assert shop.rules() == {"required-context": Told("not judged", 0, 0, 1, ["spans have no user.id on this SDK"])}


def test_required_context(shop: Shop) -> None:
    paths = [
        *("release", "environment", "server_name", "platform", "transaction", "user.id"),
        *("contexts.trace.op", "contexts.trace.trace_id"),
    ]
    tests = """
def test_right():
    sentry_sdk.set_user({"id": "7"})
    nightly()

@pytest.mark.sentry_options(release=None)
def test_without_release():
    sentry_sdk.set_user({"id": "7"})
    nightly()

def test_without_user():
    nightly()
"""

    result = shop.run(
        f'[tool.sentry_capture.rules]\nrequired-context = {{ always = {paths}, kinds = ["event", "segment"] }}', tests
    )

    lines = [line for line in result.stdout.lines if " is missing: " in line and not line.endswith("]")]
    no_release, no_user = (f"  {path} is missing: segment 'nightly', task" for path in ("release", "user.id"))
    if shop.has_users:
        assert lines == [no_release, no_user]
        assert shop.rules() == {"required-context": Told("broken", 1, 2, 0, [])}
    else:
        assert lines == [no_release]
        assert shop.rules() == {"required-context": Told("broken", 2, 1, 3, ["spans have no user.id on this SDK"])}


def test_required_context_of_a_whole_section(shop: Shop) -> None:
    tests = """
def test_right():
    sentry_sdk.set_user({"id": "7"})
    nightly()

def test_wrong():
    nightly()
"""

    shop.run('[tool.sentry_capture.rules]\nrequired-context = { always = ["user"], kinds = ["segment"] }', tests)

    if shop.has_users:
        assert shop.rules() == {"required-context": Told("broken", 1, 1, 0, [])}
    else:
        told = Told("not judged", 0, 0, 2, ["spans have no user on this SDK"])
        assert shop.rules() == {"required-context": told}


def test_required_context_of_authenticated_requests(shop: Shop) -> None:
    tests = """
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

app = FastAPI()

@app.get("/account")
async def account(known: bool):
    if known:
        sentry_sdk.set_user({"id": "7"})

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(**OPTIONS, integrations=[StarletteIntegration(), FastApiIntegration()])
    return TestClient(app)

def test_right(client):
    client.get("/account?known=yes", headers={"Authorization": "Bearer x"})

def test_anonymous(client):
    client.get("/account?known=no")

def test_wrong(client):
    client.get("/account?known=no", headers={"Authorization": "Bearer x"})
"""

    result = shop.run(
        '[tool.sentry_capture.rules]\nrequired-context = { when_authenticated = ["user.id"], kinds = ["segment"] }',
        tests,
    )

    if shop.has_users:
        result.assert_outcomes(passed=2, failed=1)
        result.stdout.re_match_lines(
            [r"  user\.id is missing: segment '/account', http\.server, GET /account answered 200"]
        )
        assert shop.rules() == {"required-context": Told("broken", 2, 1, 0, [])}
    else:
        assert shop.rules() == {"required-context": Told("kept", 1, 0, 2, ["spans have no user.id on this SDK"])}


def test_bytes(shop: Shop) -> None:
    tests = """
def test_many(sentry_capture):
    for _ in range(40):
        nightly()
    assert len(sentry_capture.segments) == 40
    assert max(len(envelope.payload) for envelope in sentry_capture.envelopes) > (20_000 if STREAMED else 0)

def test_large():
    sentry_sdk.set_extra("page", "x" * 20_000)
    with start("nightly", op="task", page="x" * 20_000):
        pass

def test_large_within():
    with start("nightly", op="task"):
        if STREAMED:
            with any_sdk.streamed_span("SELECT 1", page="x" * 20_000):
                pass
        else:
            with any_sdk.span("SELECT 1", page="x" * 20_000):
                pass
"""

    result = shop.run("[tool.sentry_capture.rules]\nmax-event-bytes = 20_000", tests)

    result.stdout.re_match_lines([r"  2\d,\d{3} bytes are more than 20,000: segment 'nightly', task"])
    part = "attributes" if shop.streams else "extra"
    result.stdout.re_match_lines([rf"    {part}: about 2\d,\d{{3}} bytes"])
    if shop.streams:  # a span within the segment is its own item
        assert shop.rules() == {"max-event-bytes": Told("broken", 2, 1, 0, [])}
    else:
        assert shop.rules() == {"max-event-bytes": Told("broken", 1, 2, 0, [])}


EXPECTED = """
[[tool.sentry_capture.expect]]
name = "nightly is traced"
kind = "transaction"
transaction = "nightly"
captured = true

[[tool.sentry_capture.expect]]
name = "health checks are not traced"
kind = "transaction"
transaction = "/health"
captured = false

[[tool.sentry_capture.expect]]
name = "tasks are segments"
kind = "segment"
op = "task"
captured = true
event = { status = "ok", name = "nightly" }

[[tool.sentry_capture.expect]]
name = "tasks do not fail"
kind = "segment"
op = "task"
status = "error"
captured = false
"""


def test_expected_transactions_and_segments(shop: Shop) -> None:
    result = shop.run(EXPECTED, "def test_nightly():\n    nightly()\n\ndef test_nothing():\n    pass")

    result.assert_outcomes(passed=2)
    of_segments = {
        "tasks are segments": Told("kept", 1, 0, 0, []),
        "tasks do not fail": Told("not exercised", 0, 0, 0, []),
    }
    if shop.streams:
        obstacle = f'{NO_TRANSACTIONS}: write kind = "segment"'
        told = Told("not judged", 0, 0, 2, [obstacle])
        assert shop.rules() == {"nightly is traced": told, "health checks are not traced": told, **of_segments}
        result.stdout.fnmatch_lines(
            [
                "Rules: 1 kept, 0 broken, 2 not judged, 1 not exercised.",
                f"  not judged     nightly is traced (pyproject.toml:1): {obstacle}",
                f"  not judged     health checks are not traced (pyproject.toml:7): {obstacle}",
                "  not exercised  tasks do not fail (pyproject.toml:20)",
            ],
            consecutive=True,
        )
    else:
        assert shop.rules() == {
            "nightly is traced": Told("kept", 1, 0, 0, []),
            "health checks are not traced": Told("not exercised", 0, 0, 0, []),
            **of_segments,
        }


def test_expected_segments_that_are_otherwise(shop: Shop) -> None:
    tests = """
def test_other_name():
    with start("daily", op="task"):
        pass

def test_fails():
    with pytest.raises(ZeroDivisionError), start("nightly", op="task"):
        1 / 0
"""

    result = shop.run(EXPECTED, tests)

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["  captured, but not as expected in name: segment 'daily', task"])
    result.stdout.fnmatch_lines(["  captured, but not as expected in status: segment 'nightly', task"])
    result.stdout.fnmatch_lines(["  captured, but must not be: segment 'nightly', task"])
    told = shop.rules()
    assert told["tasks are segments"] == Told("broken", 0, 2, 0, [])
    assert told["tasks do not fail"] == Told("broken", 0, 1, 0, [])


@of_spans
def test_strict_runs_fail_for_what_was_not_judged(shop: Shop) -> None:
    rule = '[tool.sentry_capture.rules]\nrequired-tags = { tags = ["plan"], kinds = ["segment"] }'
    tests = "def test_segment():\n    nightly()\n\ndef test_other():\n    nightly()"
    lines = [
        "Rules: 0 kept, 0 broken, 1 not judged, 0 not exercised.",
        f"  not judged     required-tags (pyproject.toml:2): {NO_TAGS}",
    ]

    lenient = shop.run(rule, tests)
    strict = shop.run(rule, tests, "--sentry-strict")
    partial = shop.run(rule, tests, "--sentry-strict", "-k", "segment")

    assert lenient.ret == pytest.ExitCode.OK
    lenient.stdout.fnmatch_lines(lines, consecutive=True)
    lenient.stdout.no_fnmatch_line(STRICT)
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    strict.assert_outcomes(passed=2)
    strict.stdout.fnmatch_lines([*lines, STRICT], consecutive=True)
    assert partial.ret == pytest.ExitCode.OK
    partial.stdout.fnmatch_lines(lines, consecutive=True)
    partial.stdout.no_fnmatch_line(STRICT)


@of_spans
def test_a_waiver_in_a_test_in_which_the_rule_was_not_judged_is_not_unused(shop: Shop) -> None:
    waived = '@pytest.mark.sentry_allow("required-tags", reason="it has no plan")\ndef test_segment'
    rule = '[tool.sentry_capture.rules]\nrequired-tags = { tags = ["plan"], kinds = ["event", "segment"] }'

    result = shop.run(rule, MIXED.replace("def test_segment", waived), "--sentry-strict")

    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("  unused *")


def test_strict_runs_fail_for_what_was_not_exercised(shop: Shop) -> None:
    rule = '[tool.sentry_capture.rules]\nrequired-context = { always = ["release"], kinds = ["segment"] }'
    exercised, not_exercised = "def test_segment():\n    nightly()", "def test_nothing():\n    pass"

    assert shop.run(rule, exercised, "--sentry-strict").ret == pytest.ExitCode.OK
    assert shop.run(rule, not_exercised).ret == pytest.ExitCode.OK
    strict = shop.run(rule, not_exercised, "--sentry-strict")

    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    strict.assert_outcomes(passed=1)
    strict.stdout.fnmatch_lines(
        [
            "Rules: 0 kept, 0 broken, 0 not judged, 1 not exercised.",
            "  not exercised  required-context (pyproject.toml:2)",
            STRICT,
        ],
        consecutive=True,
    )


BY_NAME = """
[[tool.sentry_capture.expect]]
name = "the nightly task is traced"
kind = "segment"
criteria = { name = "nightly" }
captured = true
event = { op = "task" }
"""


def test_a_criterion_that_is_called_like_a_key_of_the_entry(shop: Shop) -> None:
    tests = """
def test_nightly():
    nightly()

def test_daily():
    with start("daily", op="cron"):
        pass

def test_other_op():
    with start("nightly", op="cron"):
        pass
"""

    result = shop.run(BY_NAME, tests)

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["  captured, but not as expected in op: segment 'nightly', cron"])
    assert shop.rules()["the nightly task is traced"] == Told("broken", 1, 1, 0, [])


def test_a_criterion_given_twice(shop: Shop) -> None:
    twice = 'op = "task"\ncriteria = { op = "cron" }'
    result = shop.run(BY_NAME.replace('criteria = { name = "nightly" }', twice), "def test_nightly():\n    nightly()")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    mistake = "expect['the nightly task is traced']: the criterion 'op' is given twice"
    assert re.findall(r"(?m)^ERROR: pyproject\.toml:\d+: (.*)", result.stderr.str()) == [mistake]


def test_an_unknown_criterion_in_the_table_of_criteria(shop: Shop) -> None:
    result = shop.run(BY_NAME.replace("{ name", "{ nam"), "def test_nightly():\n    nightly()")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    [mistake] = re.findall(r"(?m)^ERROR: pyproject\.toml:\d+: (.*)", result.stderr.str())
    unknown = "expect['the nightly task is traced'].nam: unknown criterion for kind '*': 'nam'; did you mean 'name'?*"
    assert fnmatch(mistake, unknown.replace("[", "[[]", 1))
