"""Nothing that data holds becomes markup of a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_sentry_capture._reports.page.document import html_document
from pytest_sentry_capture._reports.page.markup import ATTRIBUTES, ELEMENTS, Html, element, fragment, visible

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=())) | st.sampled_from(
    [
        "</p>",
        "<script>",
        '" onclick="x',
        "' onclick='x",
        "javascript:x",
        "&lt;",
        "]]>",
        "<!--",
        "\u202e",
        "\x00",
        "\ud800",
    ]
)
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


@given(ANY_TEXT)
@example("<script>alert(1)</script>")
@example("a & b < c")
def test_text_stays_text(text: str) -> None:
    found = Tags(element("p", text).source)

    assert found.tags == [("p", [])]
    assert found.text == visible(text)


@given(ANY_TEXT, ANY_TEXT)
def test_values_of_attributes_stay_values(text: str, other: str) -> None:
    found = Tags(element("p", other, aria_label=text, class_=other).source)

    assert found.tags == [("p", [("aria-label", visible(text)), ("class", visible(other))])]
    assert found.text == visible(other)


@given(ANY_TEXT)
def test_what_is_invisible_or_steers_is_shown_as_its_code_point(text: str) -> None:
    shown = visible(text)

    assert not INVISIBLE.search(shown)
    assert shown == visible(shown)
    shown.encode()  # has no surrogates


def test_what_changes_the_direction_of_text_is_shown() -> None:
    assert visible("invoice\u202efdp.exe") == "invoice\u2039U+202E\u203afdp.exe"


@given(ANY_TEXT)
@example("javascript:alert(1)")
@example("https://elsewhere.invalid")
@example("#A b")
def test_links_lead_to_places_on_the_page_only(text: str) -> None:
    if re.fullmatch("#[a-z][a-z0-9-]*", text):
        assert element("a", href=text).source == f'<a href="{text}"></a>'
    else:
        with pytest.raises(ValueError, match="place on the page"):
            element("a", href=text)


@given(ANY_TEXT.filter(lambda text: text not in ELEMENTS))
@example("script")
@example("iframe")
def test_no_other_elements(name: str) -> None:
    with pytest.raises(ValueError, match="not an element"):
        element(name)


@pytest.mark.parametrize(
    "name", ["onclick", "onload", "style", "src", "srcset", "action", "formaction", "target", "x y"]
)
def test_no_other_attributes(name: str) -> None:
    given: dict[str, Any] = {name: "x"}
    with pytest.raises(ValueError, match="not an attribute"):
        element("p", **given)


def test_no_element_or_attribute_that_runs_or_loads() -> None:
    assert not ELEMENTS & {"script", "style", "iframe", "img", "object", "embed", "link", "meta", "base", "form", "svg"}
    assert not [name for name in ATTRIBUTES if name.startswith("on") or name in ("style", "src", "action", "srcdoc")]


def test_what_elements_hold() -> None:
    assert element("p", "a", 1, None, [element("b", "c"), ("d",)], hidden=True, id=None, tabindex=0).source == (
        '<p hidden tabindex="0">a1<b>c</b>d</p>'
    )
    assert fragment("a", "b", separator="<").source == "a&lt;b"


@given(ANY_TEXT)
def test_the_title_of_a_document_stays_one(title: str) -> None:
    source = html_document(title, Html(""))

    assert source == html_document("", Html("")).replace("<title></title>", f"<title>{Tags_text(title)}</title>", 1)


def Tags_text(title: str) -> str:
    """What stands for a text in markup."""
    return element("p", title).source[3:-4]
