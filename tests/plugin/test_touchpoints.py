"""The SDK as it may be: imported early or late, reloaded, purged, too old, or without a touchpoint."""

from __future__ import annotations

import sys
import threading
from textwrap import dedent
from types import ModuleType
from typing import NamedTuple

import pytest
import sentry_sdk

from applications import add_application
from pytest_sentry_capture import __version__

PATIENCE = 60
OLDEST_SUPPORTED, NEWEST_TESTED = "1.40.0", "3.0.0b2"
NO_CLIENTS = "New clients are blocked from sending."
NOTHING = "Events may really be sent."


def renamed(name: str, new: str) -> dict[str, str]:
    """An SDK that calls something otherwise, wherever it speaks of it."""
    return {rf"(?<![\w\"']){name}(?![\w\"'])": new}


def add_changes(pytester: pytest.Pytester, rewritten: dict[str, str], changes: str = "") -> None:
    """Write the plugin ``changed``: code of the SDK is rewritten before it is run, and changed afterwards."""
    add_application(pytester, "rewriting", "rewriting")
    pytester.makepyfile(changed=f"from rewriting import rewrite\nrewrite({rewritten!r})\n{changes}")


def problem(version: str, reason: str, blocked: str) -> str:
    return (
        f"sentry-sdk {version} can't be observed by pytest-sentry-contract {__version__}: {reason}."
        f" Supported: sentry-sdk {OLDEST_SUPPORTED} and newer, tested up to {NEWEST_TESTED}. {blocked}"
    )


def gap(reason: str, consequence: str) -> str:
    return f"sentry-sdk {sentry_sdk.VERSION} (tested up to {NEWEST_TESTED}): {reason}. {consequence}"


def missing(name: str) -> str:
    return f"it has no sentry_sdk.{name}, which this plugin must reach"


WITHOUT_CAPTURES = (
    "del client._Client.capture_event\nif hasattr(client, 'BaseClient'): del client.BaseClient.capture_event"
)


@pytest.mark.usefixtures("without_pytest_sentry")
@pytest.mark.parametrize(
    ("change", "version", "reason", "blocked"),
    [
        (
            "del client.make_transport, client._Client._init_impl",
            sentry_sdk.VERSION,
            missing("client._Client._init_impl"),
            NOTHING,
        ),
        ("del client._Client._prepare_event", sentry_sdk.VERSION, missing("client._Client._prepare_event"), NO_CLIENTS),
        ("del client._Client._init_impl", sentry_sdk.VERSION, missing("client._Client._init_impl"), NO_CLIENTS),
        (WITHOUT_CAPTURES, sentry_sdk.VERSION, missing("client._Client.capture_event"), NO_CLIENTS),
        ("consts.VERSION = '1.39.2'", "1.39.2", "it is too old", NO_CLIENTS),
    ],
    ids=["make_transport", "_prepare_event", "_init_impl", "capture_event", "too old"],
)
def test_an_sdk_that_cannot_be_observed_is_said_so_and_the_run_goes_on(
    pytester: pytest.Pytester, change: str, version: str, reason: str, blocked: str
) -> None:
    pytester.makepyfile(
        changed=f"from sentry_sdk import client, consts\n{change}",
        test_shop="""
        def test_without_sentry():
            pass

        def test_capture(sentry_capture):
            pass

        def test_init(sentry_init):
            pass
        """,
    )
    pytester.syspathinsert()

    result = pytester.runpytest_subprocess("-p", "changed")

    result.assert_outcomes(passed=1, errors=2)
    message = problem(version, reason, blocked)
    assert result.outlines.count(message) == 3
    result.stdout.fnmatch_lines(["*_ ERROR at setup of test_capture _*", message], consecutive=True)
    result.stdout.fnmatch_lines(["*_ ERROR at setup of test_init _*", message], consecutive=True)
    result.stdout.fnmatch_lines(["*= sentry =*", message], consecutive=True)
    result.stdout.no_fnmatch_line("*pytest_sentry_capture/*")


class Lack(NamedTuple):
    """An SDK that lacks something without which the plugin can do less.

    Attributes:
        rewritten: how its code differs from the SDK's that is installed.
        reasons: what the summary says is missing.
        consequence: what the summary says follows from it.
        shows: tests that pass, for it is so.
        changes: code that changes the SDK after its import.
        rules: what is in pyproject.toml.
        needs: what not every SDK has.
    """

    rewritten: dict[str, str]
    reasons: tuple[str, ...]
    consequence: str
    shows: str
    changes: str = ""
    rules: str = ""
    needs: tuple[str, ...] = ()


SCOPES_STAY = """
def test_one(sentry_init):
    sentry_init(dsn=DSN)
    sentry_sdk.set_tag("of", "another test")

def test_other(sentry_capture, sentry_init):
    sentry_init(dsn=DSN)
    sentry_sdk.capture_message("hello")
    assert sentry_capture.assert_captured().tags == {"of": "another test"}
"""
UNSAMPLED = """
def test_unsampled(sentry_capture, sentry_init):
    sentry_init(dsn=DSN, traces_sample_rate=0.0)
    with any_sdk.segment("nightly"):
        pass
    assert {each.reason for each in sentry_capture.discarded} == {"sample_rate"}
    assert [each.event for each in sentry_capture.discarded] == [None] * len(sentry_capture.discarded)
"""

LACKS = {
    "ignore_errors": Lack(
        renamed("_is_ignored_error", "_ignores"),
        (missing("client._Client._is_ignored_error"),),
        "Errors that ignore_errors drops have the reason sdk_error.",
        """
        def test_ignored(sentry_capture, sentry_init):
            sentry_init(dsn=DSN, ignore_errors=[KeyError])
            sentry_sdk.capture_exception(KeyError("x"))
            sentry_capture.assert_discarded(exception=KeyError, reason="sdk_error")
        """,
    ),
    "too early": Lack(
        renamed("disable_capture_event", "are_captures_disabled"),
        (missing("utils.disable_capture_event"),),
        "Items captured while the SDK serializes an event are lost without a discard.",
        """
        class Nosy:
            def __repr__(self):
                sentry_sdk.capture_message("from a representation")
                return "<nosy>"

        def test_lost(sentry_capture, sentry_init):
            sentry_init(dsn=DSN)
            sentry_sdk.set_extra("nosy", Nosy())
            sentry_sdk.capture_message("hello")
            assert sentry_capture.assert_captured().extra["nosy"] == "<nosy>"
            assert sentry_capture.discarded == []
        """,
        needs=("scopes that turn down captures",),
    ),
    "without a client": Lack(
        {},
        (missing("client.BaseClient.capture_event"),),
        "Items captured without a client are lost without a discard.",
        """
        def test_lost(sentry_capture):
            sentry_sdk.capture_message("hello")
            assert sentry_capture.discarded == []
            sentry_capture.assert_inactive()
        """,
        changes="""
from sentry_sdk import client
client.NonRecordingClient.capture_event = client.BaseClient.capture_event
del client.BaseClient.capture_event
""",
        needs=("scopes without hubs",),
    ),
    "a log without a client": Lack(
        {},
        (missing("client.BaseClient._capture_log"),),
        "Items captured without a client are lost without a discard.",
        """
        def test_lost(sentry_capture):
            sentry_sdk.logger.info("hello")
            assert sentry_capture.discarded == []
            sentry_capture.assert_inactive()
        """,
        changes="""
from sentry_sdk import client
client.NonRecordingClient._capture_log = client.BaseClient._capture_log
del client.BaseClient._capture_log
""",
        needs=("logs without enable_logs",),
    ),
    "isolation scope": Lack(
        renamed("_isolation_scope", "_own_scope"),
        (missing("scope._isolation_scope"),),
        "Data that a test sets on scopes stays there for the tests after it.",
        SCOPES_STAY,
        needs=("scopes without hubs",),
    ),
    "current scope": Lack(
        renamed("_current_scope", "_present_scope"),
        (missing("scope._current_scope"),),
        "Data that a test sets on scopes stays there for the tests after it.",
        SCOPES_STAY,
        needs=("scopes without hubs",),
    ),
    "hubs": Lack(
        renamed("_local", "_context"),
        (missing("hub._local"),),
        "Data that a test sets on scopes stays there for the tests after it.",
        SCOPES_STAY,
        needs=("hubs",),
    ),
    "the SDK's log": Lack(
        {r"(?<![\w.\"'])logger(?![\w\"'])": "own_log"},  # not sentry_sdk.logger, and not the logger of an event
        (missing("utils.logger"),),
        "The processor that dropped an event, and errors that the SDK swallowed, are not known.",
        """
        def test_who(sentry_capture, sentry_init):
            sentry_init(dsn=DSN)
            with any_sdk.new_scope() as scope:
                scope.add_event_processor(lambda event, hint: None)
                sentry_sdk.capture_message("hello")
            assert [each.by for each in sentry_capture.discarded] == [None]

        def test_swallowed(sentry_capture, sentry_init):
            sentry_init(dsn=DSN, ignore_errors=[KeyError("an instance")])
            sentry_sdk.capture_exception(KeyError("x"))
            assert len(sentry_capture.discarded) == 1
            assert sentry_capture.sdk_errors == []
        """,
    ),
    "unsampled transactions": Lack(
        renamed("finish", "complete"),
        (missing("tracing.Transaction.finish"),),
        "The names of transactions and spans that are not sampled are not known.",
        UNSAMPLED,
        needs=("transactions",),
    ),
    "unsampled spans": Lack(
        renamed("_end", "_complete"),
        (missing("traces.NoOpSpan._end"),),
        "The names of transactions and spans that are not sampled are not known.",
        UNSAMPLED,
        needs=("segments without transactions",),
    ),
    "what batchers hand over": Lack(
        renamed("_capture_func", "_hand_over"),
        tuple(
            f"its {batcher} has no _capture_func, which this plugin must reach"
            for batcher in ("LogBatcher", "MetricsBatcher", "SpanBatcher")
        ),
        "Some items are recorded only when the SDK flushes them by itself.",
        """
        def test_recorded(sentry_capture, sentry_init):
            sentry_init(dsn=DSN)
            sentry_sdk.logger.info("hello")
            assert [log.body for log in sentry_capture.logs] == ["hello"]
        """,
        needs=("all batchers in every client",),
    ),
    "wire forms": Lack(
        renamed("_to_transport_format", "_to_wire"),
        tuple(
            f"its {batcher} has no _to_transport_format, which this plugin must reach"
            for batcher in ("LogBatcher", "MetricsBatcher", "SpanBatcher")
        ),
        "Some items are recorded only when the SDK flushes them by itself.",
        """
        def test_recorded_with_all_that_is_collected(sentry_capture, sentry_init):
            sentry_init(dsn=DSN, traces_sample_rate=1.0)
            with any_sdk.segment("nightly"):
                sentry_sdk.logger.info("hello")
            assert [log.body for log in sentry_capture.logs] == ["hello"]
            assert [segment.name for segment in sentry_capture.segments] == ["nightly"]
        """,
        needs=("all batchers in every client",),
    ),
    "sets on scopes": Lack(
        renamed("remove_extra", "take_extra_out"),
        (missing("scope.Scope.remove_extra"),),
        "The rule no-scope-bleed does not see every value set on a scope.",
        "",
        rules="no-scope-bleed = true",
    ),
    "OpenTelemetry": Lack(
        {
            "import OTLPSpanExporter": "import OTLPSpanExporter as Exporter",
            r"(?<!import )OTLPSpanExporter(?! as)": "Exporter",
        },
        (missing("integrations.otlp.OTLPSpanExporter"),),
        "OpenTelemetry spans may really be sent.",
        """
        def test_imported_late():
            import sentry_sdk.integrations.otlp
        """,
        needs=("OTLP exporters",),
    ),
}


def lacking(lack: Lack, pytester: pytest.Pytester) -> None:
    """Write a suite whose SDK lacks something: ``pytest -p changed``."""
    prelude = 'import any_sdk, sentry_sdk\n\nDSN = "https://key@sentry.invalid/1"\n'
    add_changes(pytester, lack.rewritten, lack.changes)
    pytester.makepyfile(
        test_capture=f"""{prelude}
def test_without_sentry():
    pass

def test_capture(sentry_capture, sentry_init):
    sentry_init(dsn=DSN, before_send=lambda event, hint: event if event["level"] == "error" else None)
    sentry_sdk.capture_message("dropped")
    sentry_sdk.capture_message("sent", level="error")
    sentry_capture.assert_captured(message="sent")
    sentry_capture.assert_discarded(message="dropped", reason="before_send")
""",
        test_consequence=f"{prelude}{dedent(lack.shows)}",
    )
    pytester.makepyprojecttoml(f"[tool.sentry_capture.rules]\n{lack.rules}")
    pytester.syspathinsert()


@pytest.mark.usefixtures("without_pytest_sentry")
@pytest.mark.parametrize(
    "lack",
    [
        pytest.param(lack, id=name, marks=pytest.mark.needs(*lack.needs) if lack.needs else ())
        for name, lack in LACKS.items()
    ],
)
def test_what_an_sdk_lacks_is_said_once_with_what_follows(pytester: pytest.Pytester, lack: Lack) -> None:
    lacking(lack, pytester)

    result = pytester.runpytest_subprocess("-p", "changed")

    result.assert_outcomes(passed=2 + lack.shows.count("def test_"))
    told = [line for line in result.outlines if line.startswith("sentry-sdk ")]
    assert told == [gap(reason, lack.consequence) for reason in lack.reasons]
    result.stdout.fnmatch_lines(["*= sentry =*", told[0]])
    result.stdout.fnmatch_lines(told, consecutive=True)


RENAMED = {
    "get_options": missing("client.get_options"),
    "record_lost_event": missing("transport.Transport.record_lost_event"),
    "NoOpSpan|NoOpStreamedSpan": missing("traces.NoOpSpan"),
    "_capture_log": missing("client._Client._capture_log"),
    "_capture_metric": missing("client._Client._capture_metric"),
    "_capture_span": missing("client._Client._capture_span"),
    "log_batcher": "its clients have no log_batcher, which this plugin must reach",
    "metrics_batcher": "its clients have no metrics_batcher, which this plugin must reach",
    "span_batcher": "its clients have no span_batcher, which this plugin must reach",
    "session_flusher": "its clients have no session_flusher, which this plugin must reach",
}
"""What each SDK since 3 has, and what is missing where it is called otherwise."""


@pytest.mark.usefixtures("without_pytest_sentry")
@pytest.mark.needs("segments without transactions")  # older SDKs rightly lack some of them
@pytest.mark.parametrize(
    ("name", "reason"),
    [pytest.param(name, reason, id=name) for name, reason in RENAMED.items()],
)
def test_nothing_that_is_called_otherwise_is_taken_for_an_older_sdk(
    pytester: pytest.Pytester, name: str, reason: str
) -> None:
    lacking(Lack(renamed(f"(?:{name})", "of_another_name"), (reason,), "", ""), pytester)

    result = pytester.runpytest_subprocess("-p", "changed")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*= sentry =*", gap(reason, "?*")], consecutive=True)


@pytest.mark.usefixtures("without_pytest_sentry")
def test_workers_say_it_once(pytester: pytest.Pytester) -> None:
    lack = LACKS["ignore_errors"]
    lacking(lack, pytester)

    result = pytester.runpytest_subprocess("-p", "changed", "-n2")

    result.assert_outcomes(passed=3)
    [reason] = lack.reasons
    assert result.outlines.count(gap(reason, lack.consequence)) == 1


def test_an_sdk_without_its_buffers_as_known_breaks_no_application(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        changed="""
        from sentry_sdk import sessions

        class SessionFlusher(sessions.SessionFlusher):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.hand_over = self.capture_func
                del self.capture_func

        from sentry_sdk import client
        client.SessionFlusher = SessionFlusher
        """,
        test_shop="""
        import sentry_sdk

        def test(sentry_capture):
            sentry_sdk.init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("hello")
            sentry_capture.assert_captured(message="hello")
        """,
    )
    pytester.syspathinsert()

    result = pytester.runpytest_subprocess("-p", "changed")

    result.assert_outcomes(passed=1)
    reason = "its SessionFlusher has no capture_func, which this plugin must reach"
    consequence = "Some items are recorded only when the SDK flushes them by itself."
    result.stdout.fnmatch_lines([gap(reason, consequence)])


@pytest.mark.needs("scopes without hubs")
def test_an_sdk_that_cannot_be_observed_is_still_blocked(pytester: pytest.Pytester) -> None:
    add_changes(pytester, renamed("_init_impl", "_set_up"))
    pytester.makepyfile(
        test_shop="""
        import sentry_sdk

        def test():
            sentry_sdk.init(dsn="https://key@sentry.invalid/1")
            assert sentry_sdk.get_client().transport is None
            sentry_sdk.init(dsn="http://key@localhost/1")
            assert sentry_sdk.get_client().transport is not None
        """,
    )
    pytester.syspathinsert()

    result = pytester.runpytest_subprocess("-v", "-p", "changed")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["Blocked 1 client to sentry.invalid."])


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(
            "sentry_sdk.Client = importlib.reload(sys.modules['sentry_sdk.client']).Client",
            marks=pytest.mark.needs("reloads of the client's module"),
        ),
        "importlib.reload(sys.modules['sentry_sdk'])",
        "for name in [name for name in sys.modules if name.startswith('sentry_sdk')]: del sys.modules[name]",
    ],
    ids=["client reloaded", "package reloaded", "purged"],
)
def test_an_sdk_that_is_imported_again_is_observed_again(pytester: pytest.Pytester, again: str) -> None:
    pytester.makepyfile(
        f"""
        import importlib, sys
        import sentry_sdk

        {again}
        import sentry_sdk

        def test_init(sentry_capture):
            sentry_sdk.init(dsn="https://key@sentry.invalid/1", before_send=lambda event, hint: None)
            sentry_sdk.capture_message("hello")
            sentry_capture.assert_discarded(message="hello", reason="before_send")

        def test_client(sentry_capture):
            client = sys.modules["sentry_sdk.client"].Client(dsn="https://key@sentry.invalid/1")
            client.capture_event({{"message": "by hand"}})
            sentry_capture.assert_captured(message="by hand")
        """
    )

    result = pytester.runpytest_subprocess("-v")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["Blocked 1 envelope to sentry.invalid."])


@pytest.mark.usefixtures("without_pytest_sentry")
def test_an_sdk_that_a_test_imports_first(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_yet(sentry_capture):
            assert "sentry_sdk" not in sys.modules
            assert sentry_capture.client is None
            assert sentry_capture.items == sentry_capture.discarded == sentry_capture.exchanges == []
            sentry_capture.assert_inactive()

        def test_imports_it(sentry_capture):
            import sentry_sdk
            sentry_sdk.init(dsn="https://key@sentry.invalid/1", release="1")
            sentry_sdk.set_tag("first", "yes")
            sentry_sdk.capture_message("hello")
            assert sentry_capture.assert_captured(message="hello").scope_of("tags", "first") in ("isolation", "scope")

        def test_starts_alike(sentry_capture):
            import sentry_sdk
            sentry_capture.assert_inactive()
            sentry_sdk.init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("hello")
            assert sentry_capture.assert_captured(message="hello").tags == {}
        """
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=3)


@pytest.mark.usefixtures("without_pytest_sentry")
def test_an_sdk_that_a_test_imports_first_and_that_cannot_be_observed(pytester: pytest.Pytester) -> None:
    add_changes(pytester, renamed("_init_impl", "_set_up"))
    pytester.makepyfile(
        test_shop="""
        import sys
        import pytest

        def test_init(sentry_init):
            assert "sentry_sdk" not in sys.modules
            with pytest.raises(RuntimeError, match="can't be observed"):
                sentry_init()
        """,
    )
    pytester.syspathinsert()

    pytester.runpytest_subprocess("-p", "changed").assert_outcomes(passed=1)


@pytest.mark.needs("scopes without hubs")
def test_the_sdk_is_as_it_was_after_the_run(pytester: pytest.Pytester) -> None:
    from sentry_sdk import client, scope, utils
    from starlette.applications import Starlette

    scrubber = sys.modules.get("sentry_sdk.scrubber")  # until 3
    traces = [sys.modules.get(f"sentry_sdk.{name}") for name in ("tracing", "traces")]
    spans = [getattr(module, name, None) for module in traces for name in ("Transaction", "NoOpStreamedSpan")]

    def state() -> dict[str, object]:
        return {
            "client": {**vars(client)},
            "Client": {**vars(client._Client)},
            "BaseClient": {**vars(client.BaseClient)},
            "Scope": {**vars(scope.Scope)},
            "scopes": [scope._isolation_scope, scope._current_scope],
            "scrubber": vars(scrubber.EventScrubber)["scrub_event"] if scrubber is not None else None,
            "spans": [{**vars(span)} for span in spans if span is not None],
            "logger": [vars(utils.logger).get(name) for name in ("info", "error")],
            "Starlette": Starlette.__call__,
            "importing": [*sys.meta_path],
        }

    before = state()
    pytester.makepyfile("import sentry_sdk\n\ndef test():\n    sentry_sdk.init()\n")

    pytester.runpytest_inprocess().assert_outcomes(passed=1)

    after = state()
    assert [name for name in before if after[name] != before[name]] == []


POOL_THAT_OUTLIVES_THE_RUN = """
import concurrent.futures, sentry_sdk

pool = concurrent.futures.ThreadPoolExecutor(1)

def test():
    sentry_sdk.init()  # whose threads run in scopes of their own
    assert pool.submit(int).result() == 0
"""


def test_threads_that_outlive_the_run_end_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(POOL_THAT_OUTLIVES_THE_RUN)

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1)
    assert [line for line in result.errlines if line] == []


def test_threads_that_outlive_a_run_end_as_ever_in_the_next_one(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_pool=POOL_THAT_OUTLIVES_THE_RUN)
    runs = pytester.makepyfile(
        runs="""
        import sys, pytest

        options = ["-q", "-p", "no:cacheprovider"]
        assert pytest.main([*options, "test_pool.py"]) == 0
        first = sys.modules.pop("test_pool")
        assert pytest.main([*options, "test_pool.py"]) == 0
        first.pool.shutdown(wait=True)
        """
    )

    result = pytester.run(sys.executable, runs)

    assert result.ret == 0
    assert [line for line in result.errlines if line] == []


def test_threads_of_a_run_inside_a_test_end_as_ever(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, sentry_capture: object
) -> None:
    outer = ModuleType("outer")
    go_on = vars(outer)["go_on"] = threading.Event()
    monkeypatch.setitem(sys.modules, "outer", outer)
    pytester.makepyfile(
        """
        import outer, sentry_sdk, threading

        def test():
            sentry_sdk.init()
            threading.Thread(target=outer.go_on.wait, name="of the inner run").start()
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    errors: list[object] = []
    monkeypatch.setattr(threading, "excepthook", errors.append)

    [thread] = [each for each in threading.enumerate() if each.name == "of the inner run"]
    go_on.set()
    thread.join(PATIENCE)

    assert not thread.is_alive()
    assert errors == []


def test_a_run_inside_a_test_leaves_the_outer_one_its_own(pytester: pytest.Pytester, sentry_capture: object) -> None:
    pytester.makepyfile(
        """
        import sentry_sdk

        def test(sentry_capture):
            sentry_sdk.init()
            sentry_sdk.capture_message("inner")
            sentry_capture.assert_captured(message="inner")
        """
    )
    sentry_sdk.init()
    sentry_sdk.capture_message("outer")

    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    sentry_sdk.capture_message("outer again")

    assert [event["message"] for event in sentry_capture.events] == ["outer", "outer again"]  # type: ignore[attr-defined]
