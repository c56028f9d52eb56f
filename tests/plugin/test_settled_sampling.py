"""``sampling = "all"``: what chance would decide is sampled, and all else about sampling stays as it is.

The rates of these applications are so small that chance would let nothing through.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from any_sdk import IS_3
from run_output import json_report, summary_of

TRANSACTIONS = pytest.param(False, id="transactions", marks=pytest.mark.needs("transactions"))
MODES = [TRANSACTIONS, pytest.param(True, id="spans", marks=pytest.mark.needs("streamed spans"))]
SHOP = """
import random, threading
import any_sdk, sentry_sdk

RATE = 1e-9
asked = []

def sampler(context):
    asked.append((context["transaction_context"]["name"], context["parent_sampled"]))
    return ANSWERS.get(context["transaction_context"]["name"], RATE)

def error_sampler(event, hint):
    asked.append(event["message"])
    return ANSWERS.get(event["message"], RATE)

ANSWERS = {"never": 0, "no": False, "yes": True}
STREAM = {"trace_lifecycle": "stream"} if STREAMED and not any_sdk.IS_3 else {}
start = any_sdk.streamed_segment if STREAMED else any_sdk.segment

def init(**options):
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", **STREAM, **options)

def job(name="nightly"):
    with start(name, op="task"):
        pass
"""


@pytest.fixture(params=MODES)
def shop(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Runs tests of an application in a project that has all decisions settled."""

    def run(tests: str, *args: str, sampling: str | None = "all", more: str = "") -> pytest.RunResult:
        pytester.makepyfile(shop=f"STREAMED = {request.param}\n{SHOP}")
        pytester.makepyfile(test_shop=f"import pytest, random, sentry_sdk, any_sdk, shop\n{tests}")
        line = f'sampling = "{sampling}"\n' if sampling is not None else ""
        pytester.makepyprojecttoml(f"[tool.sentry_capture]\n{line}{more}")
        return pytester.runpytest_inprocess("-p", "no:randomly", *args)

    return run


CERTAIN = """
def test_errors_by_rate(sentry_capture):
    shop.init(sample_rate=shop.RATE)
    sentry_sdk.capture_message("refused")
    sentry_capture.assert_captured(message="refused")
    assert sentry_capture.options["sample_rate"] == shop.RATE

def test_errors_by_sampler(sentry_capture):
    shop.init(error_sampler=shop.error_sampler)
    for message in "refused", "never", "no", "yes":
        sentry_sdk.capture_message(message)
    assert shop.asked == ["refused", "never", "no", "yes"]
    assert [event.message for event in sentry_capture.events] == ["refused", "yes"]
    assert sentry_capture.options["error_sampler"] is shop.error_sampler

def test_traces_by_rate(sentry_capture):
    shop.init(traces_sample_rate=shop.RATE)
    shop.job()
    [segment] = sentry_capture.segments
    assert segment.name == "nightly"
    assert sentry_capture.options["traces_sample_rate"] == shop.RATE

def test_traces_by_sampler(sentry_capture):
    shop.asked.clear()
    shop.init(traces_sampler=shop.sampler)
    for name in "nightly", "never", "no", "yes":
        shop.job(name)
    assert shop.asked == [("nightly", None), ("never", None), ("no", None), ("yes", None)]
    assert [segment.name for segment in sentry_capture.segments] == ["nightly", "yes"]
    assert sentry_capture.options["traces_sampler"] is shop.sampler

def test_none_and_0_stay(sentry_capture):
    shop.init(sample_rate=0.0, traces_sample_rate=0.0)
    sentry_sdk.capture_message("refused")
    shop.job()
    shop.init(traces_sample_rate=None)
    shop.job()
    sentry_capture.assert_nothing_captured(traces=True)

def test_in_threads(sentry_capture):
    import threading
    shop.init(sample_rate=shop.RATE, traces_sample_rate=shop.RATE)
    def work():
        shop.job()
        sentry_sdk.capture_message("refused")
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    sentry_capture.assert_count(3, "segment")
    sentry_capture.assert_count(3)
"""


def test_what_chance_would_decide_is_sampled(shop: Callable[..., pytest.RunResult]) -> None:
    shop(CERTAIN).assert_outcomes(passed=6)


def test_without_the_option_chance_decides(shop: Callable[..., pytest.RunResult]) -> None:
    result = shop(CERTAIN, sampling=None)

    result.assert_outcomes(passed=1, failed=5)


BY_TEST = """
@pytest.mark.sentry_options(sample_rate=shop.RATE, traces_sample_rate=shop.RATE)
def test_marker(sentry_capture):
    shop.init(sample_rate=shop.RATE, traces_sample_rate=shop.RATE)
    shop.job()
    sentry_sdk.capture_message("refused")
    sentry_capture.assert_nothing_captured(traces=True)

def test_override(sentry_capture):
    shop.init(traces_sampler=shop.sampler, sample_rate=shop.RATE)
    with sentry_capture.override(traces_sampler=lambda context: shop.RATE, sample_rate=shop.RATE):
        shop.job()
        sentry_sdk.capture_message("refused")
    sentry_capture.assert_nothing_captured(traces=True)
    shop.job()
    sentry_sdk.capture_message("refused")
    sentry_capture.assert_count(1, "segment")
    sentry_capture.assert_count(1)

def test_init(sentry_init, sentry_capture):
    sentry_init(dsn="https://key@sentry.invalid/1", **shop.STREAM, sample_rate=shop.RATE, traces_sample_rate=shop.RATE)
    shop.job()
    sentry_sdk.capture_message("refused")
    sentry_capture.assert_nothing_captured(traces=True)

def test_only_what_the_test_gives(sentry_capture):
    shop.init(traces_sample_rate=shop.RATE, sample_rate=shop.RATE)
    with sentry_capture.override(sample_rate=shop.RATE):
        shop.job()
        sentry_sdk.capture_message("refused")
    sentry_capture.assert_count(1, "segment")
    sentry_capture.assert_not_captured()

def test_of_several_clients_each_its_own(sentry_init, sentry_capture):
    shop.init(sample_rate=shop.RATE)
    of_application = any_sdk.client()
    sentry_init(sample_rate=shop.RATE)
    sentry_sdk.capture_message("of the test")
    of_application.capture_event({"message": "of the application"})
    sentry_capture.assert_captured(message="of the application")
    sentry_capture.assert_count(1)
"""


def test_a_rate_that_a_test_gives_wins(shop: Callable[..., pytest.RunResult]) -> None:
    shop(BY_TEST).assert_outcomes(passed=5)


PARENTS = """
TRACE = "1" * 32 + "-" + "2" * 16

@pytest.mark.parametrize(("decision", "number"), [("-0", 0), ("-1", 1), ("", 1)])
def test(sentry_capture, decision, number):
    shop.init(traces_sample_rate=shop.RATE)
    with any_sdk.continued_segment("nightly", {"sentry-trace": TRACE + decision}):
        pass
    sentry_capture.assert_count(number, "segment")
"""


@pytest.mark.parametrize("shop", [IS_3], indirect=True)
def test_what_a_caller_has_decided_stays(shop: Callable[..., pytest.RunResult]) -> None:
    shop(PARENTS).assert_outcomes(passed=3)


HEADERS = """
def test(sentry_capture):
    shop.init(traces_sample_rate=0.25)
    for _ in range(20):
        with shop.start("nightly") as segment:
            headers = dict(sentry_sdk.get_current_scope().iter_trace_propagation_headers())
        baggage = dict(part.split("=") for part in headers["baggage"].split(","))
        assert baggage["sentry-sampled"] == "true"
        assert float(baggage["sentry-sample_rand"]) < 0.25
        assert float(baggage["sentry-sample_rate"]) == 0.25
"""


@pytest.mark.needs("random numbers in headers")
@pytest.mark.parametrize("shop", [IS_3], indirect=True)
def test_headers_for_other_services_agree_with_the_decision(shop: Callable[..., pytest.RunResult]) -> None:
    shop(HEADERS).assert_outcomes(passed=1)


REPORTED = """
def test(sentry_capture):
    shop.init(sample_rate=0.5, traces_sample_rate=0.5)
    shop.job()
    sentry_sdk.capture_message("refused")
"""


def test_table_and_contract_have_what_is_certain(
    shop: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    result = shop(REPORTED, "--sentry-report=report.json", "--sentry-contract=update")

    result.assert_outcomes(passed=1)
    rows = {(row["kind"], row["state"], row["in_contract"]) for row in json_report(pytester)["rows"]}
    assert rows == {("event", "captured", True), ("segment", "captured", True)}
    assert "ampled at random" not in "\n".join(summary_of(result))


def test_of_other_random_numbers_nothing_changes(shop: Callable[..., pytest.RunResult]) -> None:
    """Not the application's own numbers, nor who looks at the SDK's module or replaces something in it."""
    random.seed(4)
    expected = [random.random() for _ in range(3)]

    shop(
        f"""
        import random
        from unittest import mock
        import sentry_sdk.client

        def test_numbers(sentry_capture):
            shop.init(sample_rate=0.5)
            random.seed(4)
            first = random.random()
            sentry_sdk.capture_message("refused")
            assert [first, random.random()] == {[expected[0], expected[2]]!r}

        def test_what_is_looked_at():
            seen = sentry_sdk.client.random
            assert seen.random is random.random and seen.choice is random.choice
            assert seen.__name__ == "random" and isinstance(seen, type(random))

        def test_what_is_replaced(sentry_init, sentry_capture):
            sentry_init(sample_rate=0.5)
            with mock.patch("sentry_sdk.client.random.random", return_value=0.75) as drawn:
                assert random.random is drawn
                sentry_sdk.capture_message("refused")
                sentry_capture.assert_discarded(reason="sample_rate")
            with mock.patch("random.random", return_value=0.25):
                sentry_sdk.capture_message("refused")
            sentry_capture.assert_captured()
        """.replace("\n        ", "\n")
    ).assert_outcomes(passed=3)


PROFILES = """
def test(sentry_capture):
    shop.init(traces_sample_rate=shop.RATE, profiles_sample_rate=shop.RATE)
    shop.job()
    sentry_capture.assert_count(1, "segment")
    assert sentry_capture.profiles == []
"""


@pytest.mark.needs("profiles of transactions")
@pytest.mark.parametrize("shop", [False], indirect=True)
def test_profiles_are_left_alone(shop: Callable[..., pytest.RunResult]) -> None:
    shop(PROFILES, "-W", "ignore").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('sampling = "al"', "pyproject.toml:2: sampling: unknown value 'al'; did you mean 'all'?"),
        ("sampling = 1.0", "pyproject.toml:2: sampling: must be 'all', not 1.0"),
        ("sampling = true", "pyproject.toml:2: sampling: must be 'all', not True"),
    ],
)
def test_other_values_are_mistakes(pytester: pytest.Pytester, line: str, message: str) -> None:
    pytester.makepyprojecttoml(f"[tool.sentry_capture]\n{line}\n")

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()


LEFT_TO_CHANCE = """
def test_errors(sentry_capture):
    shop.init(sample_rate=0.5)
    sentry_sdk.capture_message("refused")

@pytest.mark.parametrize("number", range(3))
def test_traces(number):
    shop.init(traces_sample_rate=0.5)
    shop.job()

def test_sampler():
    shop.init(traces_sampler=shop.sampler)
    shop.job()
    shop.job("never")

@pytest.mark.sentry_options(traces_sample_rate=0.25)
def test_given():
    shop.init()
    shop.job()

def test_own_sampler(sentry_init):
    sentry_init(traces_sampler=shop.sampler, **shop.STREAM)
    shop.job()
"""
RULES = """
[tool.sentry_capture.rules]
max-event-bytes = 1_000_000
max-breadcrumbs = 100
"""
ALL_OF_THEM = 'To avoid this: sampling = "all" in [tool.sentry_capture] of pyproject.toml.'


def test_what_met_chance_is_in_the_summary(shop: Callable[..., pytest.RunResult]) -> None:
    result = shop(LEFT_TO_CHANCE, "--sentry-contract=update", sampling=None, more=RULES)

    result.assert_outcomes(passed=7)
    differs = "The captured items differ from run to run, for max-event-bytes"
    traces, both = f"{differs}, the contract.", f"{differs}, max-breadcrumbs, the contract."
    three = "3 tests, first: test_shop.py::test_traces[0]"
    lines = [line for line in summary_of(result) if "at random" in line or "To avoid" in line]
    assert lines == [
        f"sample_rate=0.5 sampled 1 event at random in test_shop.py::test_errors. {both}",
        f"  {ALL_OF_THEM}",
        f"traces_sample_rate=0.25 sampled 1 segment at random in test_shop.py::test_given. {traces}",
        "  The test gives this rate itself. To avoid this, give traces_sample_rate=1.0 there.",
        f"traces_sample_rate=0.5 sampled 3 segments at random in {three}. {traces}",
        f"  {ALL_OF_THEM}",
        f"traces_sampler sampled 1 segment at random in test_shop.py::test_sampler. {traces}",
        f"  {ALL_OF_THEM}",
        f"traces_sampler sampled 1 segment at random in test_shop.py::test_own_sampler. {traces}",
        "  To avoid this, let the traces_sampler that the test gives answer 0 or 1.",
    ]


def test_where_nothing_looks_at_it_chance_is_not_worth_a_word(shop: Callable[..., pytest.RunResult]) -> None:
    """A rule about events alone, in tests whose traces are sampled as in production."""
    result = shop(
        "def test():\n    shop.init(traces_sample_rate=0.5)\n    shop.job()\n",
        sampling=None,
        more="\n[tool.sentry_capture.rules]\nmax-breadcrumbs = 100\n",
    )

    assert "at random" not in result.stdout.str()


def test_chance_is_named_for_the_rules_that_judge_what_it_decides(shop: Callable[..., pytest.RunResult]) -> None:
    result = shop(
        "def test():\n    shop.init(traces_sample_rate=0.5)\n    shop.job()\n",
        sampling=None,
        more="""
[tool.sentry_capture.rules]
server-errors-captured = true
no-scope-bleed = true
required-tags = { tags = ["plan"], kinds = ["transaction"], severity = "warn" }
""",
    )

    left = [line for line in summary_of(result) if " at random " in line]
    assert [line.partition("from run to run, ")[2] for line in left] == ["for required-tags."]


def test_what_is_settled_is_not_left_to_chance(shop: Callable[..., pytest.RunResult]) -> None:
    """Except for what tests give themselves. In several processes as in one."""
    result = shop(LEFT_TO_CHANCE, "-n2", more=RULES)

    left = [line.partition(" sampled ")[0] for line in summary_of(result) if " at random " in line]
    assert left == ["traces_sample_rate=0.25", "traces_sampler"]
