"""``sentry-contract diff``: two runs compared by their JSON reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_sentry_capture import __version__
from run_reports import NOTHING, diff, differences, dropped, finding, report, row, segment_row, sentry_contract

WRITE = "To write one, run `pytest --sentry-report=run.json`."
LOGGING = "LoggingIntegration(level=None, event_level=logging.ERROR)"

# What is reported


def test_a_report_that_is_lost() -> None:
    assert diff(report(row()), report(), "--exit-code", exit_code=1) == [
        "sentry-sdk 2.75.0 in both runs",
        "",
        "Reports lost or gained (1):",
        "  gone     event KeyError, GET /orders/{number} 500: was captured",
    ]


def test_a_report_that_is_discarded_now() -> None:
    dropped = row(captured=False, discarded={"reason": "before_send", "by": "shop.drop"}, fields={})

    assert differences(diff(report(row()), report(dropped))) == [
        "changed  event KeyError, GET /orders/{number} 500: was captured, is discarded by before_send now",
        "           by: was none, is shop.drop now",
    ]


def test_an_answer_that_nobody_receives() -> None:
    silent = row(kind=None, exception=None, captured=False, level=None, fields={})
    fine = row(status=200, kind=None, exception=None, captured=False, level=None, fields={})

    assert differences(diff(report(), report(silent, fine))) == ["new      GET /orders/{number} 500: silent"]


def test_names_of_tags_and_of_the_user_are_reported_as_fields_alone() -> None:
    before = row(tags=["shop"], user=["id"], fields={"tags.shop": "sent", "user.id": "sent"})
    after = row(tags=[], user=["id", "ip_address"], fields={"user.id": "sent", "user.ip_address": "sent"})

    assert diff(report(before), report(after))[2:] == [
        "Sent in clear now, or no longer (2):",
        "  user.ip_address: not sent -> sent, in event KeyError, GET /orders/{number} 500",
        "  tags.shop: sent -> not sent, in event KeyError, GET /orders/{number} 500",
    ]


def test_variants_that_differ_in_names_are_one_report() -> None:
    before = [row(), row(user=["id"]), row(tags=["shop"], user=["id"])]

    assert diff(report(*before), report(row(user=["id"])))[2:] == NOTHING
    lost = "gone     event KeyError, GET /orders/{number} 500: was captured"
    assert differences(diff(report(*before), report())) == [lost]


def test_names_of_a_report_that_is_discarded_otherwise_are_not_reported() -> None:
    before, after = row(tags=["shop"]), dropped(row(user=["id"]), "before_send", "shop.drop")

    lines = diff(report(before), report(after))

    assert [line for line in lines if "shop" in line or "user" in line] == [
        "             by: was none, is shop.drop now",
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
def test_a_field_in_another_state(before: dict[str, str], after: dict[str, str], line: str) -> None:
    lines = diff(report(row(fields=before)), report(row(fields=after)))

    assert lines[2:] == [
        "Sent in clear now, or no longer (1):",
        f"  {line}, in event KeyError, GET /orders/{{number}} 500",
    ]


def test_a_field_of_many_rows_is_reported_once() -> None:
    before = [row(status=status, fields={}) for status in (500, 501, 502)]
    after = [row(status=status, fields={"user.email": "sent"}) for status in (500, 501, 502)]

    assert differences(diff(report(*before), report(*after))) == [
        "user.email: not sent -> sent, in 3 rows, first: event KeyError, GET /orders/{number} 500"
    ]


def test_variants_of_a_row_count_together() -> None:
    """That one of them filters what the other sends protects nobody."""
    before = [row(fields={"user.id": "filtered"}), row(user=["id"], fields={"user.id": "sent"})]
    after = [row(fields={"user.id": "sent"}), row(user=["id"], fields={"user.id": "sent"})]

    assert diff(report(*before), report(*after))[2:] == ["Nothing differs."]


def test_names_of_headers_are_compared_in_one_case() -> None:
    before = row(fields={"request.headers.X-Forwarded-For": "filtered", "request.headers.x-forwarded-for": "sent"})
    after = row(fields={"request.headers.x-forwarded-for": "sent"})
    other = row(fields={"request.headers.X-Forwarded-For": "filtered"})

    assert diff(report(before), report(after))[2:] == NOTHING
    assert differences(diff(report(other), report(after))) == [
        "request.headers.x-forwarded-for: filtered -> sent, in event KeyError, GET /orders/{number} 500"
    ]


def test_what_is_new_as_a_whole_is_reported_as_one() -> None:
    after = {
        f"threads.values.stacktrace.frames.{name}": "sent"
        for name in ("filename", "function", "lineno", "module", "vars.a")
    }

    assert differences(diff(report(row()), report(row(fields={"exception.values.type": "sent", **after})))) == [
        "threads.* (5 fields): not sent -> sent, in event KeyError, GET /orders/{number} 500"
    ]


# Volume


def test_integrations_and_the_hint_about_logging() -> None:
    lines = diff(report(integrations=["argv", "logging"]), report(integrations=["argv", "unraisablehook"]))

    assert lines[2:] == [
        "Volume and facts of the run (1):",
        "  integrations: no longer logging; new unraisablehook",
        f"    without it a logged error is not an event: {LOGGING} makes it one",
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
def test_counts(before: dict[str, int], after: dict[str, int], lines: list[str]) -> None:
    assert differences(diff(report(counts=before), report(counts=after))) == lines


def test_segments_that_no_operation_has_and_logs_are_volume() -> None:
    where: dict[str, Any] = {"request": None, "status": None, "in_contract": False}
    query = segment_row({"name": "sent"}, origin="auto.db.sqlalchemy", **where)
    log = row(origin="logging", kind="log", exception=None, level="info", fields={}, **where)

    assert diff(report(), report(query, log))[2:] == [
        "Volume and facts of the run (2):",
        "  segment, auto.db.sqlalchemy: nothing -> captured",
        "  log info, logging: nothing -> captured",
    ]


def test_a_segment_that_the_application_starts_is_reported() -> None:
    """Its fields are not those of what the SDK starts by itself."""
    where: dict[str, Any] = {"request": None, "status": None}
    own = segment_row({"name": "sent"}, origin="direct", **where)
    query = segment_row({"name": "sent", "db.query.text": "sent"}, origin="auto.db.sqlalchemy", **where)

    assert diff(report(own), report(own, query))[2:] == [
        "Volume and facts of the run (1):",
        "  segment, auto.db.sqlalchemy: nothing -> captured",
    ]
    assert differences(diff(report(own), report())) == ["gone     segment, direct: was captured"]


def test_profiles_are_reported_once_and_only_where_one_run_has_none() -> None:
    captured = row(kind="profile", exception=None, level=None, fields={})
    short = row(kind="profile", exception=None, level=None, fields={}, captured=False, status=200)
    short["discarded"] = {"reason": "insufficient_data", "by": None}
    with_profiles = report(captured, short, counts={"profile": 12})

    assert differences(diff(with_profiles, report())) == ["profiles: some -> none"]
    assert diff(with_profiles, report(short, counts={"profile": 1}))[2:] == ["Nothing differs."]


# Formats and bad input


def test_markdown() -> None:
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


def test_json() -> None:
    before, after = report(row()), report(row(fields={"user.email": "sent", "exception.values.type": "sent"}))

    content = json.loads("\n".join(diff(before, after, "--format=json")))
    assert content["version"] == 1
    assert content["before"] == content["after"] == {"sdk": "2.75.0", "partial": []}
    [field] = content["fields"]
    assert [each["status"] for each in field.pop("rows")] == [500]
    assert field == {"path": "user.email", "before": None, "after": "sent", "fields": 1}
    assert (content["reports"], content["personal_data"], content["volume"]) == ([], [], [])


def test_volume_in_json() -> None:
    query = segment_row({"name": "sent"}, request=None, origin="auto.db.sqlalchemy", status=None)
    log = row(kind="log", level="info", exception=None, fields={})
    lost_log = dropped(log, "before_send_log", "shop.drop")
    profile = row(kind="profile", exception=None, level=None, fields={})
    transaction = segment_row({"transaction": "sent", "tags.shop": "sent", "extra.cart": "sent"})
    before = report(transaction, log, profile, integrations=["argv", "logging"], counts={"span": 40, "log": 3})
    after = report(segment_row({"name": "sent"}), query, log, lost_log, counts={"span": 90, "log": 3})

    content = json.loads("\n".join(diff(before, after, "--format=json")))

    assert content["volume"] == [
        {"what": "integrations", "before": ["argv", "logging"], "after": ["fastapi"]},
        {"what": "segment fields", "before": ["extra.cart", "tags.shop"], "after": []},
        {"what": "profiles", "before": True, "after": False},
        {"what": "items", "kind": "span", "before": 40, "after": 90},
        {
            "what": "row",
            "request": {"method": "GET", "route": "/orders/{number}"},
            "origin": None,
            "status": 500,
            "kind": "log",
            "level": "info",
            "before": [],
            "after": ["discarded by before_send_log"],
        },
        {
            "what": "row",
            "request": None,
            "origin": "auto.db.sqlalchemy",
            "status": None,
            "kind": "segment",
            "level": None,
            "before": [],
            "after": ["captured"],
        },
    ]


def test_personal_data_and_chance_in_json() -> None:
    found = [finding("user.email"), finding("user.email", kind="log")]
    sampled = segment_row({"name": "sent"}, by_chance=True)

    content = json.loads("\n".join(diff(report(sampled), report(personal_data=found), "--format=json")))

    assert content["sampled_by_chance"] is True
    assert content["personal_data"] == [
        {"place": "user.email", "rule": "@email", "kinds": ["event", "log"], "state": "new"}
    ]


def test_nothing_that_steers_a_terminal_is_printed() -> None:
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
        ("run.json", "[]", f"run.json is not a report of pytest-sentry-contract. {WRITE}"),
        ("run.json", '{"version": "2", "rows": []}', f"run.json is not a report of pytest-sentry-contract. {WRITE}"),
        (
            "run.json",
            '{"version": 1, "rows": []}',
            (
                "run.json is a report of version 1, which lacks data for a"
                " comparison. This pytest-sentry-contract writes version 2: run `pytest"
                " --sentry-report=run.json` again."
            ),
        ),
        (
            "run.json",
            '{"version": 3, "rows": []}',
            ("run.json is a report of version 3, and this pytest-sentry-contract reads version 2: upgrade it."),
        ),
        (
            "run.json",
            '{"version": 2, "rows": [{}]}',
            "run.json is damaged: sdk is missing.",
        ),
        (
            "run.json",
            json.dumps(report(row(fields={"a": "nonsense"}))),
            "run.json is damaged: rows[0].fields.a must be one of filtered, cut, sent.",
        ),
        (
            "run.json",
            json.dumps(report(integrations=5)),
            "run.json is damaged: integrations must be a list.",
        ),
        (
            "sentry-contract.toml",
            "version = 2",
            f"sentry-contract.toml is a TOML file, not a report. {WRITE}",
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
        assert sentry_contract("diff", *files) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err == f"sentry-contract: {message}\n"


WHOLE_REPORT = report(
    row(tags=["shop"], user=["id"]),
    dropped(row(), "before_send", "shop.drop"),
    row(request=None, origin="logging", status=None),
    segment_row({"transaction": "sent", "request.data.item": "filtered"}, by_chance=True),
    integrations=["argv", "logging"],
    counts={"event": 2, "segment": 1},
    partial=["-k was given"],
    personal_data=[finding("user.email"), finding("name", request=None, origin="auto.db.sqlalchemy", status=None)],
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["event", "captured", "sent"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3),
    max_leaves=5,
)


def _parts(content: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The paths of all that is in some content."""
    entries = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for name, each in entries:
        yield (*path, name)
        yield from _parts(each, *path, name)


MISSING: Any = ...


def _with(path: tuple[str | int, ...], value: object) -> Any:
    """The whole report with another value in one place, or without one."""
    content = json.loads(json.dumps(WHOLE_REPORT))
    part = content
    for step in path[:-1]:
        part = part[step]
    if value is MISSING:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return content


@given(st.sampled_from([*_parts(WHOLE_REPORT)]), JSON | st.just(MISSING))
@example(("integrations",), "abc")
@example(("rows", 0, "status"), True)
@example(("rows", 0, "status"), [1])
@example(("rows", 0, "request"), "GET /")
@example(("rows", 0, "fields", "exception.values.type"), ["sent"])
@example(("counts", "event"), "2")
@example(("partial",), {"a": 1})
@example(("personal_data", 0, "place"), MISSING)
@example(("rows", 2, "origin"), None)
def test_a_damaged_report_is_reported_in_one_sentence(path: tuple[str | int, ...], value: object) -> None:
    """Whatever stands in a place, or nothing: it is compared, or it is damaged."""
    with TemporaryDirectory() as folder, redirect_stderr(StringIO()) as errors, redirect_stdout(StringIO()) as output:
        good, damaged = Path(folder, "good.json"), Path(folder, "damaged.json")
        good.write_text(json.dumps(WHOLE_REPORT))
        damaged.write_text(json.dumps(_with(path, value)))
        codes = {sentry_contract("diff", *files, "--exit-code") for files in ((good, damaged), (damaged, good))}

    lines = errors.getvalue().splitlines()
    assert codes in ({0}, {1}, {2}, {0, 1})
    assert len(lines) == (2 if codes == {2} else 0)
    assert all(line.startswith(f"sentry-contract: {damaged} is ") and line.endswith(".") for line in lines)
    assert bool(output.getvalue()) == (codes != {2})


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_characters_that_the_terminal_does_not_have(encoding: str, pytester: pytest.Pytester) -> None:
    before, after = pytester.path / "before.json", pytester.path / "\u65e5.json"
    before.write_text(json.dumps(report(row(exception="Bestellfehler\u65e5"))))
    after.write_text(json.dumps(report()))

    def run(*args: str | Path) -> tuple[int, bytes, bytes]:
        result = subprocess.run(
            [sys.executable, "-m", "pytest_sentry_capture.cli", "diff", *map(str, args)],
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONIOENCODING": f"{encoding}:strict"},
        )
        return result.returncode, result.stdout, result.stderr

    shown = "\u65e5" if encoding == "utf-8" else "?"
    for name in ("text", "markdown"):
        code, output, errors = run(before, after, f"--format={name}", "--exit-code")
        assert (code, errors) == (1, b"")
        assert f"Bestellfehler{shown}" in output.decode(encoding)
    after.write_text("{}")
    code, output, errors = run(before, after)
    assert (code, output) == (2, b"")
    assert errors.decode(encoding).endswith(f"{shown}.json is not a report of pytest-sentry-contract. {WRITE}\n")


def test_an_unknown_format(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        sentry_contract("diff", "a.json", "b.json", "--format=yaml")

    assert caught.value.code == 2
    assert "argument --format: invalid choice: 'yaml'" in capsys.readouterr().err


def test_the_command_is_installed(pytester: pytest.Pytester) -> None:
    result = pytester.run(Path(sys.executable).with_name("sentry-contract"), "--version")

    assert result.outlines == [f"sentry-contract {__version__}"]
