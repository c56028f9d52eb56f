"""One constant says where the documentation is. While it is empty, messages name pages by their titles."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from checkout import CHECKOUT
from pytest_sentry_capture._text import documentation
from pytest_sentry_capture._text.documentation import LIVE_SERVERS, PAGES, RULES, Page, reference

DOCS = CHECKOUT / "docs"
EXTENSIONS = re.compile(r"[^\w\s-]")


def navigation() -> dict[str, str]:
    """The title of each page in the navigation, by its file."""
    text = (CHECKOUT / "mkdocs.yml").read_text(encoding="utf-8")
    titles: dict[str, str] = {}

    def read(entries: Any) -> None:
        for entry in entries:
            for title, target in entry.items() if isinstance(entry, dict) else ():
                if isinstance(target, str):
                    titles[target] = title
                else:
                    read(target)

    read(yaml.safe_load(text)["nav"])
    return titles


def headings(page: Page) -> list[str]:
    return re.findall(r"^#+ (.*)$", (DOCS / page.path).read_text(encoding="utf-8"), re.MULTILINE)


def test_a_page_is_named_by_its_title_without_an_address() -> None:
    assert reference(RULES, "all-rules", address="") == '"Rules" in the documentation'


@pytest.mark.parametrize("address", ["https://example.org/docs", "https://example.org/docs/"])
def test_a_page_is_named_by_its_address(address: str) -> None:
    assert reference(RULES, "all-rules", address=address) == "https://example.org/docs/reference/rules/#all-rules"
    assert reference(LIVE_SERVERS, address=address) == "https://example.org/docs/how-to/live-servers/"


@pytest.mark.parametrize("page", PAGES)
def test_a_title_is_that_of_its_page(page: Page) -> None:
    assert page.title in (headings(page)[0], navigation().get(page.path))


@pytest.mark.parametrize(("page", "anchor"), [(RULES, "all-rules"), (documentation.LIMITS, "requests")])
def test_an_anchor_is_a_heading_of_its_page(page: Page, anchor: str) -> None:
    anchors = [EXTENSIONS.sub("", heading).strip().lower().replace(" ", "-") for heading in headings(page)]

    assert anchor in anchors


def test_the_description_and_the_site_know_the_same_pages() -> None:
    site = (DOCS / "hooks.py").read_text(encoding="utf-8")
    description = (CHECKOUT / "hatch_build.py").read_text(encoding="utf-8")

    pages = dict(re.findall(r'^    "([\w/]+\.md)": "([\w/]*)\.md",$', site, re.MULTILINE))
    expected = {file: "" if page == "index" else f"{page}/" for file, page in pages.items()}
    assert expected == dict(re.findall(r'^    "([\w/]+\.md)": "([\w/]*)",$', description, re.MULTILINE))
    assert "CONTRIBUTING.md" in expected


def test_no_message_names_a_file_of_the_documentation() -> None:
    package = CHECKOUT / "pytest_sentry_capture"
    named = [
        f"{file.relative_to(CHECKOUT)}:{number}"
        for file in sorted(package.rglob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if "docs/" in line and not line.lstrip().startswith(('"""', "#", "``"))
    ]

    assert [place for place in named if not place.startswith("pytest_sentry_capture/_text/documentation.py")] == []
