"""Adapts the repository for mkdocs: adds pages and files from outside of docs/, and translates links to them."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

CHECKOUT = Path(__file__).parents[1]
ELSEWHERE = {
    "README.md": "index.md",
    "example_app/README.md": "example.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "pytest_sentry_capture/_reports/report.schema.json": "report.schema.json",
}
LINK = re.compile(r"\[(?P<text>[^\[\]]+)\]\((?P<path>[^()#:]+)(?P<anchor>#[^()]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and files from outside of docs/."""
    for source, page in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(CHECKOUT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Translate links, which are written for readers of the repository, to the pages of the site."""
    uri = page.file.src_uri
    source = next((source for source, target in ELSEWHERE.items() if target == uri), f"docs/{uri}")

    def translated(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        if not (CHECKOUT / target).exists():
            raise PluginError(f"{source}: {link[0]} leads nowhere")
        in_site = ELSEWHERE.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else None)
        if in_site is None:
            return link["text"]  # the site has no repository to lead to
        path = posixpath.relpath(in_site, posixpath.dirname(uri) or ".")
        return f"[{link['text']}]({path}{link['anchor'] or ''})"

    return LINK.sub(translated, markdown)
