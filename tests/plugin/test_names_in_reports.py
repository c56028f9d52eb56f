"""Names that hold data are masked in all that is written about a run, as routes are."""

from __future__ import annotations

import pytest

DATA = (
    "jane@example.com",
    "4711081",
    "6fa459ea-ee8a-3ca4-894e-db77e160355e",
    "203.0.113.7",
    "2001:db8::17",
    "4111 1111 1111 1111",
)
"""What nobody would put into a name, but what gets there."""
TESTS = """
import logging
import any_sdk, pytest, sentry_sdk
from sentry_sdk.crons import capture_checkin

DATA = {data!r}

@pytest.fixture(params=range(len(DATA)))
def data(request):
    sentry_sdk.init(
        dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0, integrations=any_sdk.logging_to_events(),
        **any_sdk.without_local_variables(),
    )
    return DATA[request.param]

def test_segment(data):
    with any_sdk.segment(f"mail to {{data}}", op="task"):
        with any_sdk.span(f"send to {{data}}", op="mail"):
            pass
    assert False

def test_monitor(data):
    capture_checkin(monitor_slug=f"report-{{data}}", status="ok")
    assert False

def test_logger(data):
    logging.getLogger(f"shop.{{data}}").error("no tea")
    sentry_sdk.capture_event({{"message": "no tea", "logger": f"shop.{{data}}", "level": f"error {{data}}"}})
    assert False

def test_template(data):
    logging.getLogger("shop").error(f"no tea for {{data}}, but %s", "coffee")
    assert False

def test_class(data):
    try:
        raise type(f"NoTeaFor_{{data}}", (Exception,), {{}})
    except Exception:
        sentry_sdk.capture_exception()
    assert False

def test_callback(data, sentry_init):
    def before_send(event, hint):
        raise type(f"NoTeaFor_{{data}}", (Exception,), {{}})

    before_send.__qualname__ = f"drop_{{data}}"
    sentry_init(dsn="https://key@sentry.invalid/1", before_send=before_send)
    sentry_sdk.capture_message("no tea")
    assert False

def test_tags(data):
    sentry_sdk.set_tag(data, "x")
    sentry_sdk.set_context(data, {{"a": "x"}})
    sentry_sdk.add_breadcrumb(category=data, message="x")
    sentry_sdk.capture_message("no tea")
    assert False

def test_forbidden(data):
    sentry_sdk.capture_event({{"message": "no tea", "extra": {{data: {{"password": "x"}}}}}})
"""


def run(pytester: pytest.Pytester, data: tuple[str, ...], *args: str) -> str:
    """What a run shows and writes, without the source code and the tracebacks that pytest shows."""
    pytester.makepyfile(test_shop=TESTS.format(data=data))
    (pytester.path / "sentry_capture.toml").write_text(
        'rules.forbidden-data = { keys = ["password"] }\nrules.max-event-bytes = { bytes = 10, severity = "warn" }\n'
        'rules.no-callback-errors = { severity = "warn" }\n'
    )
    reports = ("report.json", "report.md", "report.txt")
    options = [f"--sentry-report={name}" for name in reports]
    result = pytester.runpytest_inprocess("--tb=no", "-rN", *options, "--sentry-contract=update", *args)
    shown = result.stdout.str()
    assert "Captured by Sentry" not in shown
    written = [pytester.path / name for name in (*reports, "sentry-contract.toml")]
    return shown + "".join(path.read_text() for path in written)


@pytest.mark.parametrize("mode", ["short", "full"])
def test_names_that_hold_data_are_masked_in_sections(pytester: pytest.Pytester, mode: str) -> None:
    pytester.makepyfile(test_shop=TESTS.format(data=DATA))
    (pytester.path / "sentry_capture.toml").write_text('rules.forbidden-data = { keys = ["password"] }')
    pytester.makeconftest(SECTIONS)

    pytester.runpytest_inprocess(f"--sentry-show={mode}", "--tb=no").assert_outcomes(failed=48)

    sections = (pytester.path / "sections.txt").read_text()
    assert [each for each in DATA if each in sections] == []
    for shown in (
        *("captured   segment 'mail to <email>', task", "captured   check-in report-<id> ok", "logger <email>"),
        *("logger shop.<id>", "error <email>", "'no tea for <email>, but %s'", "captured   error NoTeaFor_<id>"),
        *("crashed    test_shop.drop_<id> (test_shop.py:", "extra.<email>.password holds"),
    ):
        assert shown in sections


SECTIONS = """
def pytest_runtest_logreport(report):
    with open("sections.txt", "a", encoding="utf-8") as file:
        file.write("".join(text for title, text in report.sections if "Captured by Sentry" in title))
        if "Rule " in str(report.longrepr):
            file.write(str(report.longrepr))
"""


def test_names_that_hold_data_are_masked_in_all_that_is_written(pytester: pytest.Pytester) -> None:
    written = run(pytester, DATA)

    assert [each for each in DATA if each in written] == []
    assert "(not shown)" in written


def test_a_name_that_holds_a_declared_secret_is_masked_in_each_of_its_forms(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_shop="""
        import any_sdk, sentry_sdk

        def test(sentry_capture):
            sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
            sentry_capture.secret("hunter" + "2/x")
            for name in "hunter" + "2/x", "hunter" + "2%2Fx", "%68unter" + "2%2Fx", "aHVud" + "GVyMi94":
                with any_sdk.segment(f"mail to {name}", op="task"):
                    pass
            assert False
        """
    )

    result = pytester.runpytest_inprocess("--tb=short", "--sentry-report=report.json")

    told = result.stdout.str() + (pytester.path / "report.json").read_text()
    assert [each for each in ("hunter2", "%68unter2", "aHVudGVyMi94") if each in told] == []
    assert told.count("captured   segment '[secret]', task") == 1


def test_names_without_data_stay_as_they_are(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_shop="""
        import any_sdk, sentry_sdk

        def test():
            sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
            for name in "task:report-2024", "shop::tasks::Nightly", "worker@shop", "v1.2.3 to 10:30", "/users/@me":
                with any_sdk.segment(name, op="task"):
                    pass
            assert False
        """
    )

    shown = pytester.runpytest_inprocess().stdout.str()

    for name in ("task:report-2024", "shop::tasks::Nightly", "worker@shop", "v1.2.3 to 10:30", "/users/@me"):
        assert f"captured   segment '{name}', task\n" in shown
