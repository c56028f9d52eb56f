"""The documentation names options and public names that exist, and its tables show what real runs do."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import sentry_sdk

import pytest_sentry_capture
from checkout import CHECKOUT, DOCS

PAGES = (CHECKOUT / "README.md", *sorted(DOCS.rglob("*.md")))


class Matrix(NamedTuple):
    """What writes the parts of the documentation that are of several SDKs."""

    sdks: ModuleType
    segments: ModuleType
    from_2_to_3: ModuleType


@pytest.fixture
def matrix(monkeypatch: pytest.MonkeyPatch) -> Matrix:
    monkeypatch.syspath_prepend(CHECKOUT)
    return Matrix(*(import_module(f"matrix.{name}") for name in Matrix._fields))


def test_every_option_that_the_documentation_names_exists(pytestconfig: pytest.Config) -> None:
    known = {name for name in vars(pytestconfig.option) if name.startswith("sentry_")}

    for page in PAGES:
        for option in re.findall(r"--(sentry-[a-z-]+)", page.read_text(encoding="utf-8")):
            assert option.replace("-", "_") in known, f"{page.name} names --{option}"


def test_every_option_is_in_the_table(pytestconfig: pytest.Config) -> None:
    page = (DOCS / "reference" / "options.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| (?:`sentry_\w+` )?\| `--(sentry-[a-z-]+)` \|", page, re.MULTILINE))

    assert table == {name.replace("_", "-") for name in vars(pytestconfig.option) if name.startswith("sentry_")}


def test_every_public_name_is_in_the_reference() -> None:
    reference = (CHECKOUT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")

    named = set(re.findall(r"^::: pytest_sentry_capture\.(\w+)$", reference, re.MULTILINE))
    assert named == set(pytest_sentry_capture.__all__) - {"__version__"}


def test_the_tables_of_segments_show_what_was_measured(matrix: Matrix) -> None:
    measured = matrix.segments.read(matrix.segments.MEASURED)

    shown = matrix.sdks.between_markers(matrix.segments.PAGE, matrix.segments.MARKER)
    assert shown == matrix.segments.rendered(measured)
    assert {each["sdk"] for each in measured} >= {*matrix.segments.SDKS}


def test_the_tables_of_segments_hold_for_this_sdk(matrix: Matrix, tmp_path: Path) -> None:
    known = matrix.segments.read(matrix.segments.MEASURED)
    if sentry_sdk.VERSION not in {each["sdk"] for each in known}:
        pytest.skip(f"the tables have no column for sentry-sdk {sentry_sdk.VERSION}")

    measured = matrix.segments.measure(Path(sys.executable), tmp_path)

    origins = {each["origin"] for each in measured}
    assert origins >= {"FastAPI", "started by the application"}  # other frameworks may not be installed
    of_this_sdk = [each for each in known if each["sdk"].startswith(sentry_sdk.VERSION) and each["origin"] in origins]
    assert sorted(measured, key=str) == sorted(of_this_sdk, key=str)


def test_the_page_from_2_to_3_shows_how_the_reports_differ(matrix: Matrix) -> None:
    page = matrix.from_2_to_3

    assert matrix.sdks.between_markers(page.PAGE, page.MARKER) == page.rendered()
    assert all(json.loads(report.read_bytes())["sdk"] == sdk for sdk, report in page.REPORTS.items())


def test_the_page_from_2_to_3_holds_for_this_sdk(matrix: Matrix, tmp_path: Path) -> None:
    if (file := matrix.from_2_to_3.REPORTS.get(sentry_sdk.VERSION)) is None:
        pytest.skip(f"the page compares {' and '.join(matrix.from_2_to_3.REPORTS)}, not {sentry_sdk.VERSION}")

    report = json.loads(matrix.from_2_to_3.write_report(Path(sys.executable), tmp_path).read_bytes())

    committed = json.loads(file.read_bytes())
    different = {key for key, value in committed.items() if report[key] != value}
    of_installed = {"integrations", "plugin_version", "versions"}
    assert different <= {*of_installed, "duration", "shard", "started"}  # the others are of that run
    assert committed.keys() == report.keys()
    assert committed["sdk"] == sentry_sdk.VERSION
