"""The description for PyPI and the address of the documentation, which ``pyproject.toml`` calls dynamic.

Links of the README lead to files of the repository, which PyPI does not have. Once ``DOCUMENTATION`` is set, they lead
to pages of that site. Until then, the titles of the pages replace them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

CONSTANT = re.compile(r'^DOCUMENTATION: Final = "(.*)"$', re.MULTILINE)
NAVIGATION = re.compile(r"^ +- (.+): (\S+\.md)$", re.MULTILINE)
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?!https?:)(?P<path>[^()#]*)(?P<anchor>#[^()]*)?\)")
IN_SITE = {
    "CHANGELOG.md": "changelog/",
    "CONTRIBUTING.md": "contributing/",
    "README.md": "",
    "example_app/README.md": "example/",
}
"""The pages of the site whose files are not in ``docs``."""


def address_in(source: str) -> str:
    """The address of the documentation, from the source of the module that has the constant."""
    found = CONSTANT.search(source)
    if found is None:
        raise ValueError("DOCUMENTATION is missing in _text/documentation.py")
    return found[1]


def titles_in(navigation: str) -> dict[str, str]:
    """The title of each page, by its file in ``docs``, from ``mkdocs.yml``."""
    return {path: title for title, path in NAVIGATION.findall(navigation)}


def description(readme: str, titles: Mapping[str, str], address: str) -> str:
    """The README as PyPI shows it.

    Args:
        readme: Markdown whose links lead to files of the repository.
        titles: the title of each page, by its file in ``docs``.
        address: the address of the documentation, which may be empty.
    """

    def replaced(link: re.Match[str]) -> str:
        text, page = link["text"], _page(link["path"])
        if address and page is not None:
            return f"{link['image']}[{text}]({address.rstrip('/')}/{page}{link['anchor'] or ''})"
        if link["image"]:
            return f"*{text}*"
        title = titles.get(link["path"].removeprefix("docs/"))
        is_said = title is None or " ".join(text.split()).lower() == title.lower()
        return text if is_said else f'{text} ("{title}")'

    return LINK.sub(replaced, re.sub(r"<!-- .*? -->\n", "", readme))


def _page(path: str) -> str | None:
    """Where a file is in the site, or None if it is not there."""
    if path in IN_SITE:
        return IN_SITE[path]
    if not path.startswith("docs/"):
        return None
    page = path.removeprefix("docs/")
    return f"{page.removesuffix('.md')}/" if page.endswith(".md") else page


class Description(MetadataHookInterface):
    """Sets the fields that ``pyproject.toml`` calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set ``readme``, and ``urls`` once there is an address."""
        root = Path(self.root)
        module = root / "pytest_sentry_capture" / "_text" / "documentation.py"
        address = address_in(module.read_text(encoding="utf-8"))
        titles = titles_in((root / "mkdocs.yml").read_text(encoding="utf-8"))
        readme = (root / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": description(readme, titles, address)}
        if address:
            metadata["urls"] = {"Documentation": address}
