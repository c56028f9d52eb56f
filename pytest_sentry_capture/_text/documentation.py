"""Where the documentation is: the one place that knows its address.

``hatch_build.py`` reads ``DOCUMENTATION`` from this file, for the metadata and the description of the wheel.
"""

from __future__ import annotations

from typing import Final, NamedTuple

DOCUMENTATION: Final = ""
"""The address of the documentation, such as ``https://example.org/docs/``. Empty while it has none.

Messages then name the title of a page, and ``Documentation`` is missing in the metadata of the wheel.
"""


class Page(NamedTuple):
    """A page of the documentation.

    Attributes:
        title: its title in the navigation.
        path: its file within ``docs``.
    """

    title: str
    path: str


RULES: Final = Page("Rules", "reference/rules.md")
LIMITS: Final = Page("Limits", "limits.md")
LIVE_SERVERS: Final = Page("Live servers and browsers", "how-to/live-servers.md")
PAGES: Final = (RULES, LIMITS, LIVE_SERVERS)


def reference(page: Page, anchor: str = "", *, address: str = DOCUMENTATION) -> str:
    """Name a page in a message: its address, or its title while the documentation has no address.

    Args:
        page: the page.
        anchor: a heading of the page, as its address names it.
        address: the address of the documentation, which may be empty.
    """
    if not address:
        return f'"{page.title}" in the documentation'
    return f"{address.rstrip('/')}/{page.path.removesuffix('.md')}/{f'#{anchor}' if anchor else ''}"
