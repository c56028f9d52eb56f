"""The SDK as it may be: imported early or late, reloaded, purged, too old, or without a touchpoint."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
import sentry_sdk

from pytest_sentry_capture import __version__
from pytest_sentry_capture.sdk.importing import ImportWatcher
from pytest_sentry_capture.sdk.versions import NEWEST_TESTED, OLDEST_SUPPORTED

NO_CLIENTS = "New clients are kept from sending."
NOTHING = "Nothing keeps it from sending."


def problem(version: str, reason: str, blocked: str) -> str:
    return (
        f"sentry-sdk {version} can't be observed by pytest-sentry-contract {__version__}: {reason}."
        f" Supported is sentry-sdk {OLDEST_SUPPORTED} and newer, tested up to {NEWEST_TESTED}. {blocked}"
    )


def missing(name: str) -> str:
    return f"it has no sentry_sdk.{name}, which this plugin must reach"


@pytest.mark.usefixtures("without_pytest_sentry")
@pytest.mark.parametrize(
    ("change", "version", "reason", "blocked"),
    [
        ("del client.make_transport", sentry_sdk.VERSION, missing("client.make_transport"), NOTHING),
        ("del client._Client._init_impl", sentry_sdk.VERSION, missing("client._Client._init_impl"), NO_CLIENTS),
        (
            "del client._Client._is_ignored_error",
            sentry_sdk.VERSION,
            missing("client._Client._is_ignored_error"),
            NO_CLIENTS,
        ),
        pytest.param(
            "del scope._isolation_scope",
            sentry_sdk.VERSION,
            missing("scope._isolation_scope"),
            NO_CLIENTS,
            marks=pytest.mark.needs("scopes without hubs"),
        ),
        ("del utils.disable_capture_event", sentry_sdk.VERSION, missing("utils.disable_capture_event"), NO_CLIENTS),
        ("consts.VERSION = '1.39.2'", "1.39.2", "it is too old", NO_CLIENTS),
    ],
)
def test_an_sdk_that_cannot_be_observed_is_said_so_and_the_run_goes_on(
    pytester: pytest.Pytester, change: str, version: str, reason: str, blocked: str
) -> None:
    pytester.makepyfile(
        changed=f"from sentry_sdk import client, consts, scope, utils\n{change}",
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


def test_an_sdk_without_its_buffers_as_known_breaks_no_application(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        changed="""
        from sentry_sdk import sessions

        class SessionFlusher(sessions.SessionFlusher):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                del self._thread_for_pid

        from sentry_sdk import client
        client.SessionFlusher = SessionFlusher
        """,
        test_shop="""
        import sentry_sdk

        def test():
            sentry_sdk.init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("hello")
        """,
    )
    pytester.syspathinsert()

    result = pytester.runpytest_subprocess("-p", "changed")

    result.assert_outcomes(passed=1)
    reason = "its clients have no session_flusher._thread_for_pid, which this plugin must reach"
    result.stdout.fnmatch_lines([problem(sentry_sdk.VERSION, reason, NO_CLIENTS)])


@pytest.mark.needs("scopes without hubs")
def test_an_sdk_that_cannot_be_observed_is_still_kept_from_sending(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        changed="from sentry_sdk import utils\ndel utils.disable_capture_event",
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

    result = pytester.runpytest_subprocess("-p", "changed")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 client was kept from sentry.invalid. *"])


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

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["1 envelope was kept from sentry.invalid.*"])


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


@pytest.mark.needs("scopes without hubs")
def test_the_sdk_is_as_it_was_after_the_run(pytester: pytest.Pytester) -> None:
    from sentry_sdk import client, scope, scrubber, utils
    from starlette.applications import Starlette

    def state() -> dict[str, object]:
        return {
            "client": {**vars(client)},
            "Client": {**vars(client._Client)},
            "BaseClient": {**vars(client.BaseClient)},
            "Scope": {**vars(scope.Scope)},
            "scopes": [scope._isolation_scope, scope._current_scope],
            "scrubber": vars(scrubber.EventScrubber)["scrub_event"],
            "logger": [vars(utils.logger).get(name) for name in ("info", "error")],
            "Starlette": Starlette.__call__,
            "importing": [*sys.meta_path],
        }

    before = state()
    pytester.makepyfile("import sentry_sdk\n\ndef test():\n    sentry_sdk.init()\n")

    pytester.runpytest_inprocess().assert_outcomes(passed=1)

    after = state()
    assert [name for name in before if after[name] != before[name]] == []


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


def test_watched_imports_leave_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "watched_module.py").write_text("value = __spec__.loader.__class__.__name__\n")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    watcher = ImportWatcher()
    watcher.watch("watched_module", lambda: seen.append(sys.modules["watched_module"].value))
    watcher.watch("no_such_module", lambda: seen.append("never"))
    watcher.install()
    try:
        watched_module = importlib.import_module("watched_module")
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("no_such_module")
    finally:
        watcher.uninstall()
        sys.modules.pop("watched_module", None)

    assert seen == [watched_module.value]
    assert watched_module.__spec__ is not None
    assert seen[0] == type(watched_module.__loader__).__name__ == type(watched_module.__spec__.loader).__name__
    assert "Watch" not in seen[0]
    assert watcher not in sys.meta_path
