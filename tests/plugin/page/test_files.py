"""The page as a file: a run and ``sentry-contract render`` write the same, and name what is wrong with their input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages import everything, page
from run_reports import dropped, report, row, sentry_contract

NEWER = "run.json is a report of version 99, and this pytest-sentry-contract reads version 2: upgrade it."
WRITE = "To write one, run `pytest --sentry-report=run.json`."


def add_shop(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        shop="""
        import sentry_sdk

        def before_send(event, hint):
            return None if event.get("level") == "info" else event

        sentry_sdk.init(dsn="https://public@sentry.invalid/1", before_send=before_send)
        """,
        test_shop="""
        import sentry_sdk
        import shop

        def test_crash():
            try:
                1 / 0
            except ZeroDivisionError:
                sentry_sdk.capture_exception()

        def test_note():
            sentry_sdk.capture_message("a note")
        """,
    )


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:randomly", *options)


def test_a_run_writes_the_page_that_render_makes_of_its_json(pytester: pytest.Pytester) -> None:
    add_shop(pytester)

    result = run(pytester, "--sentry-report=monitoring.html", "--sentry-report=run.json")

    result.assert_outcomes(passed=2)
    assert sentry_contract("render", pytester.path / "run.json", "-o", pytester.path / "again.html") == 0
    written = (pytester.path / "monitoring.html").read_text(encoding="utf-8")
    assert written == (pytester.path / "again.html").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in written
    assert "a note" not in written


def test_what_changed_since_an_older_report(pytester: pytest.Pytester) -> None:
    add_shop(pytester)
    run(pytester, "--sentry-report=run.json", "-k", "note").assert_outcomes(passed=1, deselected=1)
    older = json.loads((pytester.path / "run.json").read_text())
    (pytester.path / "run.json").write_text(json.dumps({**older, "partial": []}))

    options = ("--sentry-report=monitoring.html", "--sentry-report=run.json", "--sentry-report-since=run.json")
    run(pytester, *options).assert_outcomes(passed=2)

    changes = (pytester.path / "monitoring.html").read_text(encoding="utf-8").partition('id="changes"')[2]
    assert "event ZeroDivisionError, direct: captured" in changes
    assert '<span class="state kept">new</span>' in changes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sentry-report=m.html", "--sentry-report-since=gone.json"], "*gone.json could not be read: *"),
        (["--sentry-report=m.html", "--sentry-report-since=bad.json"], "*bad.json is not valid JSON: *"),
        (["--sentry-report=m.html", "--sentry-report-since="], "*sentry_report_since: * could not be read: *"),
        (["--sentry-report=m.txt", "--sentry-report-since=bad.json"], "*Add --sentry-report=monitoring.html"),
    ],
)
def test_an_older_report_that_cannot_be_compared(pytester: pytest.Pytester, options: list[str], message: str) -> None:
    add_shop(pytester)
    (pytester.path / "bad.json").write_text("{")

    result = run(pytester, *options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
    assert not (pytester.path / "m.html").exists()


def test_a_page_that_cannot_be_written(pytester: pytest.Pytester) -> None:
    add_shop(pytester)
    (pytester.path / "folder").write_text("is a file")

    result = run(pytester, "--sentry-report=folder/monitoring.html")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["folder/monitoring.html could not be written: *"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "run.json could not be read: No such file or directory."),
        ("", "run.json is not valid JSON: is it what --sentry-report=PATH.json wrote?"),
        ("[" * 100_000, "run.json is not valid JSON: is it what --sentry-report=PATH.json wrote?"),
        (json.dumps({**report(), "version": 99}), NEWER),
        ("[]", f"run.json is not a report of pytest-sentry-contract. {WRITE}"),
        ('{"version": 2}', f"run.json is not a report of pytest-sentry-contract. {WRITE}"),
        ('{"version": 2, "rows": 3}', "run.json is damaged: rows must be a list."),
        (json.dumps(report(row(), rules=[{"name": "x"}])), "run.json is damaged: rules[0].state is missing."),
        (json.dumps(report(row(), started=3)), "run.json is damaged: started must be a string."),
        (json.dumps(report(row(), waivers={})), "run.json is damaged: waivers must be a list."),
    ],
)
def test_a_damaged_or_foreign_file(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    content: str | None,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("run.json").write_text(content)

    assert sentry_contract("render", "run.json", "-o", "monitoring.html") == 2

    assert capsys.readouterr().err == f"sentry-contract: {message}\n"
    assert not Path("monitoring.html").exists()


def test_a_file_that_is_not_a_page_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "run.json"
    source.write_text(json.dumps(report()))

    assert sentry_contract("render", source, "-o", source) == 2

    assert "run.json has an unknown suffix; a page is a file such as monitoring.html." in capsys.readouterr().err
    assert json.loads(source.read_text()) == report()


def test_a_place_where_no_page_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "run.json"
    source.write_text(json.dumps(report()))

    assert sentry_contract("render", source, "-o", source / "monitoring.html") == 2
    assert sentry_contract("render", source, "-o", tmp_path / "new" / "monitoring.html") == 0

    assert f"sentry-contract: {source / 'monitoring.html'} could not be written: " in capsys.readouterr().err


def test_the_message_names_the_page_and_no_temporary_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "run.json", tmp_path / f"{'long' * 70}.html"
    source.write_text(json.dumps(report()))

    assert sentry_contract("render", source, "-o", target) == 2
    assert capsys.readouterr().err == f"sentry-contract: {target} could not be written: File name too long.\n"


def test_a_folder_in_the_place_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "run.json", tmp_path / "monitoring.html"
    source.write_text(json.dumps(report()))
    target.mkdir()

    assert sentry_contract("render", source, "-o", target) == 2
    assert sentry_contract("render", tmp_path, "-o", tmp_path / "other.html") == 2

    written, read = capsys.readouterr().err.splitlines()
    assert written == f"sentry-contract: {target} could not be written: Is a directory."
    assert read == f"sentry-contract: {tmp_path} could not be read: Is a directory."


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2027-02-31", "9999-99-99T00:00:00Z", "0001-01-01T00:00:00+14:00", "\u202e"]
)
def test_dates_that_are_none_stand_as_they_are(tmp_path: Path, date: str) -> None:
    content = everything()
    content["started"] = date
    content["waivers"][0]["until"] = date

    assert "Sentry report of a test run" in page(content, tmp_path).read_text(encoding="utf-8")


def test_what_was_not_judged_is_not_zero(tmp_path: Path) -> None:
    never_on = page(report(verdict="No Sentry client was active.", findings=[]), tmp_path).read_text(encoding="utf-8")
    numbers = never_on.partition('class="numbers"')[2].partition("</ul>")[0]

    assert numbers.count("not judged") == 5
    assert ">0<" not in numbers
    without_rules = page(report(row()), tmp_path).read_text(encoding="utf-8")
    assert "the rule no-pii is off" in without_rules


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_a_report_damaged_anywhere_is_refused_or_shown(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content: Any = json.loads(json.dumps(everything()))  # a copy: what is damaged here must be whole elsewhere
    place = content
    while True:
        key = data.draw(st.sampled_from([*place] if isinstance(place, dict) else [*range(len(place))]))
        if not (isinstance(place[key], (dict, list)) and place[key]) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(ANY_JSON)
    folder = tmp_path_factory.getbasetemp()
    source, target = folder / "damaged.json", folder / "damaged.html"
    source.write_text(json.dumps(content))

    assert sentry_contract("render", source, "-o", target) in (0, 2)


def test_rows_that_differ_in_their_project_alone_are_told_apart(tmp_path: Path) -> None:
    written = page(report(row(project="4507"), row(project="4508")), tmp_path).read_text(encoding="utf-8")

    for project in "4507", "4508":
        assert f", project {project}</a>" in written
        assert f"(project {project}; level error" in written
    assert ", project" not in page(report(row(project=None)), tmp_path).read_text(encoding="utf-8")


def test_duplicates_that_the_sdk_drops_are_not_filtered_by_the_application(tmp_path: Path) -> None:
    filtered = {**dropped(row(), "before_send", "shop.filter"), "count": 3, "state": "discarded"}
    duplicate = {**dropped(row(), "event_processor", "DedupeIntegration.processor"), "count": 2, "state": "discarded"}

    written = page(report(filtered, duplicate), tmp_path).read_text(encoding="utf-8")

    assert '<b>3</b><span class="name">events filtered</span><small>by 1 callback or entry</small>' in written
    assert "<b>dropped by the SDK, which had captured it already</b>" in written
    assert "DedupeIntegration" not in written.partition('id="filters"')[2].partition('id="rules"')[0]


def test_a_finding_names_its_first_test_and_counts_those_of_other_parameters(tmp_path: Path) -> None:
    found = {"rule": "required-tags", "severity": "fail", "problem": "tags.shop is missing", "tests": ["t.py::a"]}

    several = page(report(findings=[{**found, "count": 3}]), tmp_path).read_text(encoding="utf-8")
    older = page(report(findings=[found]), tmp_path).read_text(encoding="utf-8")

    assert "in 3 tests, first: <code>t.py::a</code>" in several
    assert "in <code>t.py::a</code>" in older


def test_an_expired_waiver_is_not_called_unused(tmp_path: Path) -> None:
    written = page(everything(), tmp_path).read_text(encoding="utf-8")

    assert "no longer counts" in written
    assert 'class="state care">unused</span>' not in written
    assert written.count("expired waiver") == 1
