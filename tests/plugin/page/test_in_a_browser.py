"""The page in Chromium: what can be read and done, that nothing else loads or runs, and what axe says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checkout import CHECKOUT
from pages import at, everything, page, rule, silent_row
from run_reports import dropped, finding, report, row
from tests.plugin.page.conftest import Visit

pytestmark = pytest.mark.slow

PLANTED = (
    "<script>window.touched = 1</script>",
    "</title></style></script><script>window.touched = 1</script>",
    "<img src=http://planted.invalid/x onerror='window.touched = 1'>",
    '" onmouseover="window.touched = 1" x="',
    "' autofocus onfocus=window.touched=1 x='",
    "javascript:window.touched=1",
    "\u202etxt.exe\u202c\u2066\u200b\x00\x1b[31m",
    "<style>@import 'http://planted.invalid/y'</style>",
    "<!--<base href=http://planted.invalid/>",
    "&lt;script&gt;&#x3C;img",
    "]]><svg onload=window.touched=1>",
    "{{constructor.constructor('window.touched=1')()}}",
)


@pytest.fixture(scope="module")
def example_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run of the example application's tests."""
    folder = tmp_path_factory.mktemp("example")
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "*.db", ".env")
    shutil.copytree(CHECKOUT / "example_app", folder / "example_app", ignore=ignored)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    tests = [f"example_app/tests/test_{name}.py" for name in ("errors", "silence")]
    tests = [test for test in tests if (folder / test).exists()]
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-q", *tests, "--sentry-report=monitoring.html"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return folder / "monitoring.html"


def no_findings(audits: list[dict[str, Any]]) -> None:
    assert [(audit["width"], audit["scheme"]) for audit in audits] == [
        (1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")
    ]  # fmt: skip
    for audit in audits:
        assert audit["violations"] == []
        assert audit["scrollWidth"] <= audit["width"], "the page must not be wider than the screen"
        assert len(audit["requests"]) == 1
        assert audit["problems"] == []
    assert len({audit["background"] for audit in audits}) == 2


def test_axe_finds_nothing_on_the_page_of_the_example(visit: Visit, example_page: Path) -> None:
    no_findings(visit(example_page, "audit"))


def test_axe_finds_nothing_on_a_page_with_something_in_each_section(visit: Visit, tmp_path: Path) -> None:
    no_findings(visit(page(everything(), tmp_path), "audit"))


def test_axe_finds_nothing_on_the_page_of_an_empty_run(visit: Visit, tmp_path: Path) -> None:
    empty = report(verdict="No Sentry client was active in this run, so nothing could be captured.", findings=[])

    no_findings(visit(page(empty, tmp_path), "audit"))


def test_filters_and_search_are_kept_in_the_address(visit: Visit, tmp_path: Path) -> None:
    found = visit(page(everything(), tmp_path), "filter")

    assert found["problems"] == []
    steps = found["steps"]
    everything_shown = steps["at first"]["lines"]
    assert len(everything_shown) == 5
    [filtered] = steps["filtered"]["lines"]
    assert "/statements/{id}" in filtered
    assert steps["filtered"]["hash"] == "#operations&show=filtered"
    assert steps["searched"] == {"lines": [filtered], "hash": "#operations&show=filtered&find=statements%20404"}
    assert steps["reloaded"] == steps["searched"]
    [silent] = steps["silent"]["lines"]
    assert "/payments" in silent
    assert steps["back"]["lines"] == [filtered]
    assert steps["damaged"]["lines"] == everything_shown
    assert steps["example"]["isOpen"] is True
    assert "3 times" in steps["example"]["text"]


def test_search_that_matches_nothing(visit: Visit, example_page: Path) -> None:
    steps = visit(example_page, "filter")["steps"]

    assert len(steps["at first"]["lines"]) > len(steps["filtered"]["lines"]) > 0
    assert steps["reloaded"] == steps["searched"]


def test_everything_can_be_read_without_javascript(visit: Visit, tmp_path: Path) -> None:
    found = visit(page(everything(), tmp_path), "plain")

    assert len(found["requests"]) == 1
    assert len(found["lines"]) == 5
    assert found["tools"] is False
    for heading in (
        "Needs attention",
        "Operations",
        "Personal data",
        "Filters",
        "Rules and waivers",
        "Examples",
        "What changed",
    ):
        assert heading in found["texts"]


def test_nothing_is_folded_in_print(visit: Visit, tmp_path: Path) -> None:
    heights = visit(page(everything(), tmp_path), "print")

    assert len(heights) == 6
    assert all(height > 0 for height in heights)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(visit: Visit, tmp_path: Path) -> None:
    stops = visit(page(everything(), tmp_path), "keyboard")

    assert stops[0]["text"] == "Skip to what needs attention"
    reached = " ".join(stop["text"] for stop in stops)
    for text in ("events captured", "Operations", "search", "reported: KeyError"):
        assert text in reached
    assert {stop["outline"] for stop in stops} == {"solid"}


def test_nothing_that_is_planted_runs_or_loads(visit: Visit, tmp_path: Path) -> None:
    planted = hostile()

    found = visit(page(planted, tmp_path, "--since", older(tmp_path)), "hostile")

    assert found["requests"][1:] == []
    assert found["problems"] == []
    assert (found["scripts"], found["elements"], found["handlers"], found["touched"]) == (1, 1, 0, False)
    assert {link[0] for link in found["links"]} == {"#"}
    assert "\u202e" not in found["text"]
    assert "\u2039U+202E\u203atxt.exe" in found["text"]


def older(folder: Path) -> Path:
    import json

    target = folder / "old.json"
    target.write_text(json.dumps(report()), encoding="utf-8")
    return target


def hostile() -> dict[str, Any]:
    """A report that has something planted in each place that text can stand in."""
    rows = [
        row(
            request={"method": text, "route": text},
            kind=text,
            exception=text,
            level=text,
            tags=[text],
            user=[text],
            example=text,
            state="captured",
            fields={text: "filtered"},
            item={text: [text, {text: text}]},
            before=text,
        )
        for text in PLANTED
    ]
    dropped_rows = [{**dropped(each, each["kind"], each["kind"]), "state": "discarded"} for each in rows]
    silent = [silent_row(**at(text, text, 500)) for text in PLANTED]
    return report(
        *rows,
        *dropped_rows,
        *silent,
        sdk=PLANTED[1],
        plugin_version=PLANTED[1],
        integrations=[*PLANTED],
        counts=dict.fromkeys(PLANTED, 1),
        partial=[*PLANTED],
        outcome=" ".join(PLANTED),
        started=PLANTED[0],
        findings=[{"rule": text, "severity": "fail", "problem": text, "tests": [text, text]} for text in PLANTED],
        rules=[rule(text, "not judged", place=text, obstacles=[text]) for text in PLANTED],
        personal_data=[finding(text, text, kind=text, **at(text, text, 500)) for text in PLANTED],
        contract={
            "updated": False,
            "differences": [
                {"state": "new", "summary": text, "before": None, "after": None, "file": text, "test": text}
                for text in PLANTED
            ],
        },
    )
