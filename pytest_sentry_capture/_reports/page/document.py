"""The file around a page: its head, its style and its script, and the policy that lets nothing else run or load."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Final

from pytest_sentry_capture._reports.page.markup import Html, visible

_HERE: Final = Path(__file__).parent


def html_document(title: str, body: Html) -> str:
    """A whole HTML file.

    Its style and its script are this room's own files as they are: no data is ever put into them. The policy names them
    by their hashes. The icon is an empty one, because browsers would ask a server for one otherwise.
    """
    style, script = (_HERE.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src {_hash_of(style)}; script-src {_hash_of(script)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    head = (
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="color-scheme" content="light dark">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(visible(title))}</title>",
        f"<style>{style}</style>",
    )
    foot = (body.source, f"<script>{script}</script>", "</body>", "</html>", "")
    return "\n".join(("<!doctype html>", '<html lang="en">', "<head>", *head, "</head>", "<body>", *foot))


def _hash_of(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
