"""``accepted-by-sentry`` and ``as_stored()`` in tests: what ingestion would reject, cut, and make of an event."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
import sentry_sdk

from any_sdk import IS_3, segment
from pytest_sentry_capture import CapturedEvent, CapturedLog, CapturedTransaction, SentryCapture, SentryInit
from run_output import json_report

if TYPE_CHECKING or sys.version_info < (3, 11):
    from typing_extensions import assert_type
else:
    from typing import assert_type

pytestmark = pytest.mark.needs("Sentry's own engine")


def test_the_rule(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\naccepted-by-sentry = true")
    pytester.makepyfile(
        """
        import pytest
        import sentry_sdk

        @pytest.fixture(autouse=True)
        def client(sentry_init):
            # since 3, messages have the stack, which is that of the run around this one as well
            sentry_init(dsn="https://key@sentry.invalid/1", release="shop@1", attach_stacktrace=False)

        def test_broken():
            sentry_sdk.set_tag("plan", "x" * 201)
            sentry_sdk.set_tag("to jane@shop.example", "pro")
            sentry_sdk.capture_message("hello")

        def test_kept():
            sentry_sdk.set_tag("plan", "x" * 200)
            sentry_sdk.capture_message("hello")

        @pytest.mark.sentry_allow("accepted-by-sentry", reason="on purpose")
        def test_waived():
            sentry_sdk.capture_message("hello", level="sad")
        """
    )

    result = pytester.runpytest_inprocess("--sentry-report=report.json")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "Rule 'accepted-by-sentry' is broken (pyproject.toml:2).",
            "",
            "  tags.plan would not be stored as it was sent (too long: 201 characters): info message (5 characters)",
            '    stored: 200 characters; allow = [[]"tags.plan"[]] allows it',
            "",
            "  tags.to [[]secret] would not be stored as it was sent (invalid character '@'): info message (5",
            "  characters)",
            '    stored: nothing; allow = [[]"tags.to [[]secret]"[]] allows it',
        ],
        consecutive=True,
    )
    [rule] = json_report(pytester)["rules"]
    assert (rule["state"], rule["kept"], rule["broken"]) == ("broken", 1, 1)


def test_an_event_as_stored(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn="https://key@sentry.invalid/1", release="latest", max_value_length=30_000)
    sentry_sdk.set_extra("order", {"card": "4242 4242 4242 4242", "note": "x" * 20_000})
    sentry_sdk.capture_message("hello", level="info")
    event = sentry_capture.events[0]

    stored = assert_type(sentry_capture.as_stored(event), CapturedEvent)

    assert stored.extra["order"]["card"] == "[Filtered]"
    assert len(stored.extra["order"]["note"]) < 20_000
    assert (stored.message, stored.release, event.release) == ("hello", None, "latest")
    assert stored.event_id == event.event_id
    assert json.loads(stored.payload) == stored
    with pytest.raises(TypeError, match="takes a captured event or transaction, not CapturedLog"):
        sentry_capture.as_stored(CapturedLog({}))  # type: ignore[type-var]
    with pytest.raises(ValueError, match="unexpected end of hex escape"):
        sentry_capture.as_stored(CapturedEvent({"extra": {"a": "\ud800"}}))


def test_a_segment_as_stored(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
    with segment("nightly"):
        pass

    if IS_3:  # it is a span, and Sentry's engine takes none
        with pytest.raises(TypeError, match="takes a captured event or transaction, not CapturedSpan"):
            sentry_capture.as_stored(sentry_capture.spans[0])  # type: ignore[type-var]
    else:
        [transaction] = sentry_capture.transactions
        assert assert_type(sentry_capture.as_stored(transaction), CapturedTransaction).transaction == "nightly"


def test_settings_of_a_run(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.sentry_capture.relay]\nsensitive_fields = ["customer"]\npii_config = "pii.json"')
    (pytester.path / "pii.json").write_text('{"applications": {"extra.*": ["@email:mask"]}}')
    pytester.makepyfile(
        """
        import sentry_sdk

        def test_stored(sentry_init, sentry_capture):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.set_extra("customer", "Jane")
            sentry_sdk.set_extra("mail", "a@b.example")
            sentry_sdk.capture_message("hello")
            extra = sentry_capture.as_stored(sentry_capture.assert_captured()).extra
            assert (extra["customer"], extra["mail"]) == ("[Filtered]", "***********")
        """
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)
