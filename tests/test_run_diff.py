"""``sentry-contract diff``: two runs compared by their JSON reports."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk

from pytest_sentry_capture import __version__
from pytest_sentry_capture.cli import main
from pytest_sentry_capture.items.attribute_names import attribute_name, field_name, span_path

PREVIOUS_SDK = Path(sys.prefix, "previous-sdk")
"""Where the Makefile puts sentry-sdk 2.75."""

UNPROTECTED_SHOP = """
import logging

import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

sentry_sdk.init(dsn="https://public@sentry.invalid/1", traces_sample_rate=1.0)
app = FastAPI()


@app.get("/log")
def log():
    logging.getLogger("shop").error("payment service is down")


@app.post("/orders/{number}")
def order(number: int, body: dict):
    return 12 / number


client = TestClient(app, raise_server_exceptions=False)


def test_logged():
    client.get("/log")


def test_order():
    client.post("/orders/3", json={"item": "tea"})


def test_crash():
    headers = {"X-Forwarded-For": "203.0.113.7", "Cookie": "session=s3cret; theme=dark"}
    client.post("/orders/0", json={"password": "hunter2", "item": "tea"}, headers=headers)
"""


def row(**columns: Any) -> dict[str, Any]:
    """A row of a report: by default an event of a crash in a request."""
    defaults: dict[str, Any] = {
        "request": {"method": "GET", "route": "/orders/{number}"},
        "origin": None,
        "status": 500,
        "kind": "event",
        "exception": "KeyError",
        "captured": True,
        "discarded": None,
        "level": "error",
        "tags": [],
        "user": [],
        "count": 1,
        "example": "test_shop.py::test_order",
        "in_contract": True,
        "fields": {"exception.values.type": "sent"},
    }
    return {**defaults, **columns}


def segment_row(fields: dict[str, str], **columns: Any) -> dict[str, Any]:
    return row(kind="segment", exception=None, level=None, fields=fields, **columns)


def report(*rows: dict[str, Any], **content: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "version": 2,
        "plugin_version": "0.1.0",
        "sdk": "2.75.0",
        "integrations": ["fastapi"],
        "counts": {},
        "partial": [],
        "rows": list(rows),
        "personal_data": [],
        "rules": [],
        "contract": None,
    }
    return {**defaults, **content}


LOGGING = "LoggingIntegration(level=None, event_level=logging.ERROR)"
Diff = Callable[..., list[str]]


@pytest.fixture
def diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Diff:
    """Compare two reports: the lines that are printed."""

    def compared(before: dict[str, Any], after: dict[str, Any], *options: str, exit_code: int = 0) -> list[str]:
        for name, content in ("before", before), ("after", after):
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        assert main(["diff", str(tmp_path / "before.json"), str(tmp_path / "after.json"), *options]) == exit_code
        return capsys.readouterr().out.splitlines()

    return compared


def differences(lines: list[str]) -> list[str]:
    return [line[2:] for line in lines if line.startswith("  ")]


# Runs


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Run the shop's tests, with another SDK if asked for, and return the report."""
    pytester.makepyfile(test_shop=UNPROTECTED_SHOP)

    def run_tests(name: str, *args: str, sdk: Path | None = None) -> Path:
        with monkeypatch.context() as patch:
            if sdk is not None:
                patch.setenv("PYTHONPATH", str(sdk), prepend=os.pathsep)
            result = pytester.runpytest_subprocess(f"--sentry-report={name}.json", *args)
        assert result.ret == pytest.ExitCode.OK
        return pytester.path / f"{name}.json"

    return run_tests


def test_equal_runs(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    before, after = run("before"), run("after", "-p", "no:randomly")

    assert main(["diff", str(before), str(after), "--exit-code"]) == 0
    assert capsys.readouterr().out.endswith(f"sentry-sdk {sentry_sdk.VERSION} in both runs\n\nNothing differs.\n")


@pytest.mark.needs("segments without transactions")
@pytest.mark.skipif(not PREVIOUS_SDK.exists(), reason="needs sentry-sdk 2.75 where `make` puts it")
def test_the_upgrade_to_3(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    before, after = run("before", sdk=PREVIOUS_SDK), run("after")
    assert main(["diff", str(before), str(after), "--exit-code"]) == 1
    found = differences(capsys.readouterr().out.splitlines())

    for line in (
        "gone     event, GET /log 200: was captured",
        "request.data.password: filtered -> sent, in event ZeroDivisionError, POST /orders/{number} 500",
        "http.request.body.data.password: filtered -> sent, in segment, POST /orders/{number} 500",
        "request.cookies.theme: not sent -> sent, in event ZeroDivisionError, POST /orders/{number} 500",
        "request.headers.x-forwarded-for: filtered -> sent, in event ZeroDivisionError, POST /orders/{number} 500",
        "request.env.REMOTE_ADDR: not sent -> sent, in event ZeroDivisionError, POST /orders/{number} 500",
        "client.address: not sent -> sent, in 3 rows, first: segment, GET /log 200",
        "integrations: no longer logging; new unraisablehook",
        "fields that segments carry: no longer contexts.runtime.build, tags.asgi.type, tags.http.status_code",
    ):
        assert line in found
    renamed = ("url.full", "http.request.method", "http.query", "sentry.op", "process.", "server.address", "sentry.")
    assert [line for line in found if line.startswith(renamed)] == []
    assert [line for line in found if line.startswith(("gone     segment", "new      segment"))] == []


@pytest.mark.needs("segments without transactions")
def test_what_is_sampled_differently_is_no_difference(
    run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    whole, partial = run("whole"), run("partial", "-k", "test_crash")

    main(["diff", str(whole), str(partial)])
    out = capsys.readouterr().out
    assert "Nothing differs." in out
    assert "The second run was a partial one (2 tests deselected): what is gone may only not have been tried" in out


# What is reported


def test_a_report_that_is_lost(diff: Diff) -> None:
    assert diff(report(row()), report(), "--exit-code", exit_code=1) == [
        "sentry-sdk 2.75.0 in both runs",
        "",
        "Reports lost or gained (1):",
        "  gone     event KeyError, GET /orders/{number} 500: was captured",
    ]


def test_a_report_that_is_discarded_now(diff: Diff) -> None:
    dropped = row(captured=False, discarded={"reason": "before_send", "by": "shop.drop"}, fields={})

    assert differences(diff(report(row()), report(dropped))) == [
        "changed  event KeyError, GET /orders/{number} 500: was captured, is discarded by before_send now",
        "           by: was none, is shop.drop now",
    ]


def test_an_answer_that_nobody_is_told_of(diff: Diff) -> None:
    silent = row(kind=None, exception=None, captured=False, level=None, fields={})
    fine = row(status=200, kind=None, exception=None, captured=False, level=None, fields={})

    assert differences(diff(report(), report(silent, fine))) == [
        "new      GET /orders/{number} 500: Sentry is told nothing"
    ]


@pytest.mark.parametrize("which", ["before", "after"])
def test_partial_runs(diff: Diff, which: str) -> None:
    both, one = report(row(), row(status=503)), report(row(), partial=["-k was given"])
    before, after = (one, both) if which == "before" else (both, one)
    name, what = ("first", "new") if which == "before" else ("second", "gone")

    assert diff(before, after) == [
        "sentry-sdk 2.75.0 in both runs",
        "",
        "Nothing differs.",
        "",
        (
            f"The {name} run was a partial one (-k was given):"
            f" what is {what} may only not have been tried, and is left out."
        ),
    ]


# Fields


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({"user.email": "filtered"}, {"user.email": "sent"}, "user.email: filtered -> sent"),
        ({}, {"user.email": "sent"}, "user.email: not sent -> sent"),
        ({"user.email": "sent"}, {}, "user.email: sent -> not sent"),
        ({"extra.note": "sent"}, {"extra.note": "cut"}, "extra.note: sent -> cut"),
    ],
)
def test_a_field_in_another_state(diff: Diff, before: dict[str, str], after: dict[str, str], line: str) -> None:
    lines = diff(report(row(fields=before)), report(row(fields=after)))

    assert lines[2:] == [
        "Sent in clear now, or no longer (1):",
        f"  {line}, in event KeyError, GET /orders/{{number}} 500",
    ]


def test_a_field_of_many_rows_is_told_once(diff: Diff) -> None:
    before = [row(status=status, fields={}) for status in (500, 501, 502)]
    after = [row(status=status, fields={"user.email": "sent"}) for status in (500, 501, 502)]

    assert differences(diff(report(*before), report(*after))) == [
        "user.email: not sent -> sent, in 3 rows, first: event KeyError, GET /orders/{number} 500"
    ]


def test_variants_of_a_row_count_together(diff: Diff) -> None:
    """That one of them filters what the other sends protects nobody."""
    before = [row(fields={"user.id": "filtered"}), row(user=["id"], fields={"user.id": "sent"})]
    after = [row(fields={"user.id": "sent"}), row(user=["id"], fields={"user.id": "sent"})]

    assert diff(report(*before), report(*after))[2:] == ["Nothing differs."]


def test_what_is_new_as_a_whole_is_told_as_one(diff: Diff) -> None:
    after = {
        f"threads.values.stacktrace.frames.{name}": "sent"
        for name in ("filename", "function", "lineno", "module", "vars.a")
    }

    assert differences(diff(report(row()), report(row(fields={"exception.values.type": "sent", **after})))) == [
        "threads.* (5 fields): not sent -> sent, in event KeyError, GET /orders/{number} 500"
    ]


def test_personal_data(diff: Diff) -> None:
    before = report(personal_data=[{"place": "user.email", "rule": "@email"}])
    after = report(personal_data=[{"place": "request.data.note", "rule": "@iban"}])

    assert differences(diff(before, after)) == [
        "request.data.note: @iban, which no-pii finds now",
        "user.email: @email, which no-pii finds no longer",
    ]


# Renamings between transactions and spans

RENAMED = [
    ("contexts.response.status_code", "http.response.status_code"),
    ("contexts.runtime.name", "process.runtime.name"),
    ("contexts.runtime.version", "process.runtime.version"),
    ("contexts.trace.data.db.system", "db.system"),
    ("contexts.trace.op", "sentry.op"),
    ("contexts.trace.origin", "sentry.origin"),
    ("dist", "sentry.dist"),
    ("environment", "sentry.environment"),
    ("extra.sys.argv", "process.command_args"),
    ("platform", "sentry.platform"),
    ("release", "sentry.release"),
    ("request.data.item", "http.request.body.data.item"),
    ("request.data.item", "http.request.body.data"),
    ("request.env.REMOTE_ADDR", "client.address"),
    ("request.headers.X-Shop", "http.request.header.x-shop"),
    ("request.method", "http.request.method"),
    ("request.query_string", "http.query"),
    ("request.url", "url.full"),
    ("server_name", "server.address"),
    ("transaction_info.source", "sentry.segment.name.source"),
    ("user.email", "user.email"),
    ("user.id", "user.id"),
    ("user.ip_address", "user.ip_address"),
    ("user.username", "user.name"),
    ("contexts.trace.status", "status"),
]


@pytest.mark.parametrize(("path", "name"), RENAMED)
def test_a_renaming_is_no_difference(diff: Diff, path: str, name: str) -> None:
    before = report(segment_row({"transaction": "sent", path: "sent"}))
    after = report(segment_row({"name": "sent", name: "sent"}), sdk="3.0.0")

    assert diff(before, after)[2:] == ["Nothing differs."]
    assert diff(after, before)[2:] == ["Nothing differs."]


@pytest.mark.parametrize(("path", "name"), RENAMED)
def test_a_renamed_field_in_another_state_is_one(diff: Diff, path: str, name: str) -> None:
    before = report(segment_row({"transaction": "sent", path: "filtered"}))
    after = report(segment_row({"name": "sent", name: "sent"}), sdk="3.0.0")

    assert differences(diff(before, after)) == [f"{name}: filtered -> sent, in segment, GET /orders/{{number}} 500"]


@pytest.mark.parametrize(
    ("attribute", "source"),
    [
        ("http.route", "name"),
        ("sentry.segment.name", "name"),
        ("url.path", "url.full"),
        ("url.query", "http.query"),
        ("user_agent.original", "http.request.header.user-agent"),
    ],
)
def test_what_says_the_same_once_more_is_no_difference(diff: Diff, attribute: str, source: str) -> None:
    of_transaction = {"name": "transaction", "url.full": "request.url", "http.query": "request.query_string"}
    path = of_transaction.get(source, "request.headers.User-Agent")
    before = report(segment_row({"transaction": "sent", path: "sent"}))
    after = report(segment_row({"name": "sent", source: "sent", attribute: "sent"}))

    assert diff(before, after)[2:] == ["Nothing differs."]


def test_two_runs_with_transactions_are_compared_in_their_own_words(diff: Diff) -> None:
    before = report(segment_row({"transaction": "sent"}))
    after = report(segment_row({"transaction": "sent", "request.url": "sent"}))

    assert differences(diff(before, after)) == ["request.url: not sent -> sent, in segment, GET /orders/{number} 500"]


def test_where_the_paths_of_a_transaction_lead() -> None:
    assert span_path("transaction") == "name"
    assert span_path("request.method") == "attributes.http.request.method.value"
    assert span_path("request.data.item") is None, "it is one text in a span"
    assert span_path("tags.shop") is None
    assert attribute_name("contexts.cart.size") is None
    assert field_name("contexts.trace.trace_id") == "trace_id"


# Volume


def test_integrations_and_the_hint_about_logging(diff: Diff) -> None:
    lines = diff(report(integrations=["argv", "logging"]), report(integrations=["argv", "unraisablehook"]))

    assert lines[2:] == [
        "Volume and facts of the run (1):",
        "  integrations: no longer logging; new unraisablehook",
        f"    without it a logged error is no event: {LOGGING} makes it one",
    ]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"span": 40}, {"span": 90}, ["span items: 40 -> 90"]),
        ({"span": 40}, {"span": 41}, []),
        ({"span": 2}, {"span": 9}, []),
        ({"log": 3}, {}, ["log items: 3 -> 0"]),
        ({}, {"log": 3}, ["log items: 0 -> 3"]),
    ],
)
def test_counts(diff: Diff, before: dict[str, int], after: dict[str, int], lines: list[str]) -> None:
    assert differences(diff(report(counts=before), report(counts=after))) == lines


def test_segments_that_no_operation_has_and_logs_are_volume(diff: Diff) -> None:
    query = segment_row({"name": "sent"}, request=None, origin="direct", status=None, in_contract=False)
    log = row(request=None, origin="logging", status=None, kind="log", exception=None, level="info", fields={})

    assert diff(report(), report(query, log))[2:] == [
        "Volume and facts of the run (2):",
        "  segment, direct: nothing -> captured",
        "  log, logging: nothing -> captured",
    ]


def test_profiles_are_told_once_and_only_where_one_run_has_none(diff: Diff) -> None:
    captured = row(kind="profile", exception=None, level=None, fields={})
    short = row(kind="profile", exception=None, level=None, fields={}, captured=False, status=200)
    short["discarded"] = {"reason": "insufficient_data", "by": None}
    with_profiles = report(captured, short, counts={"profile": 12})

    assert differences(diff(with_profiles, report())) == ["profiles: some -> none"]
    assert diff(with_profiles, report(short, counts={"profile": 1}))[2:] == ["Nothing differs."]


# Formats and bad input


def test_markdown(diff: Diff) -> None:
    before = report(row(), row(status=503), integrations=["argv"])
    after = report(row(fields={"user.email": "sent"}), sdk="3.0.0", integrations=["argv", "evil `|` <b>"])

    assert diff(before, after, "--format=markdown") == [
        "## sentry-sdk 2.75.0 -&#62; 3.0.0",
        "",
        "### Reports lost or gained",
        "",
        "- `gone     event KeyError, GET /orders/{number} 503: was captured`".replace("gone     ", "gone "),
        "",
        "### Sent in clear now, or no longer",
        "",
        "- `user.email: not sent -> sent, in event KeyError, GET /orders/{number} 500`",
        "- `exception.values.type: sent -> not sent, in event KeyError, GET /orders/{number} 500`",
        "",
        "### Volume and facts of the run",
        "",
        "- <code>integrations&#58; new evil &#96;&#124;&#96; &#60;b&#62;</code>",
    ]


def test_json(diff: Diff) -> None:
    before, after = report(row()), report(row(fields={"user.email": "sent", "exception.values.type": "sent"}))

    content = json.loads("\n".join(diff(before, after, "--format=json")))
    assert content["version"] == 1
    assert content["before"] == content["after"] == {"sdk": "2.75.0", "partial": []}
    [field] = content["fields"]
    assert [each["status"] for each in field.pop("rows")] == [500]
    assert field == {"path": "user.email", "before": None, "after": "sent", "fields": 1}
    assert (content["reports"], content["personal_data"], content["volume"]) == ([], [], [])


def test_nothing_that_steers_a_terminal_is_printed(diff: Diff) -> None:
    odd = row(exception="Key\x1b[31mError\u202e")

    assert "\x1b" not in "".join(diff(report(), report(odd)))
    assert "\u202e" not in "".join(diff(report(), report(odd)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("run.json", None, "run.json could not be read: No such file or directory."),
        ("run.json", "{", "run.json is not valid JSON: is it what --sentry-report=PATH.json wrote?"),
        ("run.json", b"\xff\xfe", "run.json is not valid JSON: is it what --sentry-report=PATH.json wrote?"),
        ("run.json", "[" * 100_000, "run.json is not valid JSON: is it what --sentry-report=PATH.json wrote?"),
        ("run.json", "[]", "run.json is not a report of pytest-sentry-contract."),
        ("run.json", '{"version": "2", "rows": []}', "run.json is not a report of pytest-sentry-contract."),
        (
            "run.json",
            '{"version": 1, "rows": []}',
            (
                "run.json is a report of version 1, which says too little to compare:"
                " write it again with this pytest-sentry-contract, which writes version 2."
            ),
        ),
        (
            "run.json",
            '{"version": 3, "rows": []}',
            "run.json is from a newer pytest-sentry-contract: a report of version 3; this one reads 2.",
        ),
        (
            "run.json",
            '{"version": 2, "rows": [{}]}',
            "run.json is damaged: it lacks a part that every report of version 2 has.",
        ),
        (
            "run.json",
            json.dumps(report(row(fields={"a": "nonsense"}))),
            "run.json is damaged: it lacks a part that every report of version 2 has.",
        ),
        (
            "run.json",
            json.dumps(report(integrations=5)),
            "run.json is damaged: it lacks a part that every report of version 2 has.",
        ),
        (
            "sentry-contract.toml",
            "version = 2",
            "sentry-contract.toml is a contract, not a report: pytest --sentry-report=run.json writes a report.",
        ),
    ],
)
def test_bad_input(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str | bytes | None,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.json").write_text(json.dumps(report()))
    if content is not None:
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())

    for files in (name, "good.json"), ("good.json", name):
        assert main(["diff", *files]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err == f"sentry-contract: {message}\n"


def test_an_unknown_format(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["diff", "a.json", "b.json", "--format=yaml"])

    assert caught.value.code == 2
    assert "argument --format: invalid choice: 'yaml'" in capsys.readouterr().err


def test_the_command_is_installed(pytester: pytest.Pytester) -> None:
    result = pytester.run(Path(sys.executable).with_name("sentry-contract"), "--version")

    assert result.outlines == [f"sentry-contract {__version__}"]
