"""A page as a whole: its sections in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from pytest_sentry_capture._reports.diff.comparing import compare
from pytest_sentry_capture._reports.diff.reading import read_content as read_for_comparison
from pytest_sentry_capture._reports.page.attention import attention_entries, attention_section
from pytest_sentry_capture._reports.page.changes import changes_section
from pytest_sentry_capture._reports.page.content import Content, read_content
from pytest_sentry_capture._reports.page.document import html_document
from pytest_sentry_capture._reports.page.examples import examples_section
from pytest_sentry_capture._reports.page.markup import Child, Html, element, fragment
from pytest_sentry_capture._reports.page.operations import operations_section
from pytest_sentry_capture._reports.page.overview import numbers_part, verdict_part, verdict_sentence
from pytest_sentry_capture._reports.page.parts import numbered, operations_of
from pytest_sentry_capture._reports.page.tables import filters_section, personal_data_section, rules_section

_MINUTE: Final = 60


def render_page(report: Mapping[str, Any], since: Mapping[str, Any] | None = None) -> str:
    """The page of a run.

    Args:
        report: what the JSON report of the run holds.
        since: what an older report holds, to be compared with it.

    Raises:
        DamagedError: a part of one of them is missing or not what it has to be.
    """
    content = read_content(report)
    difference = compare(read_for_comparison(since), read_for_comparison(report)) if since is not None else None
    sentence, _ = verdict_sentence(content)
    main = element(
        "main",
        attention_section(content),
        operations_section(content),
        personal_data_section(content),
        filters_section(content),
        rules_section(content),
        examples_section(content),
        changes_section(difference),
    )
    body = fragment(
        element("a", "Skip to what needs attention", href="#attention", class_="skip"),
        element(
            "div",
            element("header", _label(content), verdict_part(content), numbers_part(content)),
            element("div", _contents(content), main, class_="columns"),
            _footer(content),
            class_="frame",
        ),
    )
    return html_document(f"Sentry report: {sentence}", body)


def _label(content: Content) -> Html:
    facts = [*_when(content)]
    return element(
        "p", element("b", "Sentry report of a test run"), *(f" \u00b7 {fact}" for fact in facts), class_="label"
    )


def _when(content: Content) -> Iterator[str]:
    if content.started:
        yield shown_time(content.started)
    if content.seconds is not None:
        yield shown_duration(content.seconds)
    yield f"sentry-sdk {content.sdk}" if content.sdk else "sentry-sdk was not imported"


def shown_time(text: str) -> str:
    """A time as ISO 8601 has it, in words, in UTC. What is not one as it stands."""
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
        time = time.astimezone(timezone.utc) if time.tzinfo is not None else time
    except (ValueError, OverflowError):
        return text
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def shown_duration(seconds: float) -> str:
    """How long something took."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


def _contents(content: Content) -> Html:
    entries: tuple[tuple[str, str, int | None], ...] = (
        ("attention", "Needs attention", None if content.verdict else len(attention_entries(content))),
        ("operations", "Operations", len(operations_of(content))),
        ("personal-data", "Personal data", None),
        ("filters", "Filters", None),
        ("rules", "Rules and waivers", len(content.rules)),
        ("examples", "Examples", len(content.shown_rows)),
        ("changes", "What changed", None),
    )
    links = (
        element("li", element("a", title, element("small", number) if number is not None else None, href=f"#{place}"))
        for place, title, number in entries
    )
    return element(
        "nav",
        element("h2", "On this page", id="contents"),
        element("ol", links),
        class_="contents",
        aria_labelledby="contents",
    )


def _footer(content: Content) -> Html:
    versions: list[Child] = [f"Made by pytest-sentry-contract {content.plugin}."]
    if content.versions:
        versions.append(f" {', '.join(f'{name} {version}' for name, version in content.versions.items())}.")
    integrations = ", ".join(content.integrations)
    on = f"{numbered(len(content.integrations), 'integration')} of the SDK: {integrations}." if integrations else None
    return element(
        "footer",
        element("p", versions),
        element("p", on) if on else None,
        element("p", "This page holds names and structure, no values, and loads nothing from elsewhere."),
    )
