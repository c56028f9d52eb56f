"""HTML from Python, in which no data can become markup: the only way in this room to make any.

A text is escaped wherever it stands. Names of elements and attributes are checked against what the page uses, so that
neither a script nor a style, an event handler or a link to elsewhere can come of a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final, TypeAlias

_VOID: Final = frozenset({"input"})
ELEMENTS: Final = frozenset(
    (
        *_VOID,
        *("a", "b", "code", "dd", "details", "div", "dl", "dt", "fieldset", "footer", "h1", "h2", "h3", "header"),
        *("label", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "small", "span", "summary"),
        *("table", "tbody", "td", "th", "thead", "tr", "ul"),
    )
)
"""The elements that pages are made of."""
ATTRIBUTES: Final = frozenset(
    (
        *("aria-hidden", "aria-label", "aria-labelledby", "autocomplete", "checked", "class", "data-is", "data-label"),
        *("for", "hidden", "href", "id", "name", "placeholder", "role", "scope", "spellcheck", "tabindex", "type"),
        "value",
    )
)
"""The attributes that they may have: none that runs, loads or sends something."""
_PLACE_ON_PAGE: Final = re.compile(r"#[a-z][a-z0-9-]*")
_BECOMES_SPACE: Final = re.compile(r"[\t\n\r]+")
_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What steers terminals and the direction of text, what is not seen, and what no encoding has."""


@dataclass(frozen=True, slots=True)
class Html:
    """What is markup already, made by this module alone.

    Attributes:
        source: as it stands in the file.
    """

    source: str


Child: TypeAlias = "Html | str | int | Iterable[Child] | None"
"""What an element can hold: markup, text (escaped), numbers, nothing, and several of these."""


def element(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element.

    Args:
        name: one of ``ELEMENTS``.
        children: what it holds.
        attributes: those of ``ATTRIBUTES``, with ``_`` for ``-``, and with one more at the end of Python's keywords.
            One that is True has no value. None and False leave it out.

    Raises:
        ValueError: the element or an attribute is unknown, or a link leads elsewhere.
    """
    if name not in ELEMENTS:
        raise ValueError(f"<{name}> is not an element of the page")
    opening = name + "".join(_attribute(given, value) for given, value in attributes.items())
    if name in _VOID:
        return Html(f"<{opening}>")
    return Html(f"<{opening}>{''.join(map(_source, children))}</{name}>")


def fragment(*children: Child, separator: str = "") -> Html:
    """Several of what an element can hold, one after the other."""
    return Html(escape(separator).join(map(_source, children)))


def visible(text: str) -> str:
    """The text in one line, with the code points of what is invisible or changes how the text around it is shown."""
    return _INVISIBLE.sub(lambda match: f"\u2039U+{ord(match[0]):04X}\u203a", _BECOMES_SPACE.sub(" ", text))


def _source(child: Child) -> str:
    if isinstance(child, Html):
        return child.source
    if isinstance(child, str):
        return escape(visible(child))
    if child is None:
        return ""
    if isinstance(child, int):
        return str(int(child))
    return "".join(map(_source, child))


def _attribute(given: str, value: str | int | bool | None) -> str:
    name = given.rstrip("_").replace("_", "-")
    if name not in ATTRIBUTES:
        raise ValueError(f"{name} is not an attribute of the page's elements")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    text = visible(str(value))
    if name == "href" and not _PLACE_ON_PAGE.fullmatch(text):
        raise ValueError("a link leads to a place on the page")
    return f' {name}="{escape(text)}"'
