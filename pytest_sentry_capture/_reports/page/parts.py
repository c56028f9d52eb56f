"""Pieces that several sections of a page are made of: chips, names of operations, tests, numbers in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, Literal

from pytest_sentry_capture._reports.page.content import OF_SDK, Content, Operation, ShownRow
from pytest_sentry_capture._reports.page.markup import Child, Html, element, fragment
from pytest_sentry_capture._reports.table import JOB

Tone = Literal["good", "bad", "care", "kept", "plain"]

_TONE_OF_RESULT: Final[dict[str, Tone]] = {"reported": "kept", "filtered": "good", "silent": "care", "lost": "bad"}
_RESULT_OF_REASON: Final = {
    "sample_rate": "sampled",
    "no_client": "off",
    "closed_client": "off",
    "log_level": "unheard",
    "logger_disabled": "unheard",
}
_WORDS: Final = {
    "sampled": "not sampled",
    "off": "Sentry was off",
    "unheard": "not an event: its log level is too low",
    "nothing": "nothing to report",
    "duplicate": "dropped by the SDK, which had captured it already",
}


def section(name: str, title: str, about: Child, *content: Child) -> Html:
    """A section of the page with its heading and what it is about.

    Args:
        name: the id, by which links name it.
    """
    heading = element("h2", title, id=f"{name}-title")
    explained = element("p", about, class_="about") if about is not None else None
    return element("section", heading, explained, *content, id=name, aria_labelledby=f"{name}-title")


def nothing(text: Child) -> Html:
    """What stands in place of an empty list."""
    return element("p", text, class_="none")


def state(text: str, tone: Tone) -> Html:
    """A word about how something stands, with a color that says the same."""
    return element("span", text, class_=f"state {tone}")


def code(text: str) -> Html:
    """A name of the application's or of Sentry's."""
    return element("code", text)


def operation_name(operation: Operation) -> Html:
    """The method and the route, or what else something came from."""
    if not operation.method:
        return element("span", operation.origin, class_="route")
    return element("span", element("b", operation.method), " ", operation.origin, class_="route")


def answer(operation: Operation) -> Html:
    """The status of the answer or of the job."""
    if operation.status is None:
        return element("span", class_="answer")
    failed = " failed" if operation.has_failed else ""
    verb = [] if operation.method == JOB else [element("span", "answered ", class_="unseen")]
    return element("span", *verb, operation.status, class_=f"answer{failed}")


def tests(found: Sequence[str], count: int) -> Html:
    """How many tests there are, and the first of them."""
    if not found:
        return fragment("in no test")
    return fragment("in " if count == 1 else f"in {count:,} tests, first: ", code(found[0]))


def numbered(number: int, noun: str, many: str | None = None) -> str:
    """A number of things in digits: ``1 event``, ``0 events``."""
    return f"{number:,} {noun if number == 1 else many or f'{noun}s'}"


def operations_of(content: Content) -> dict[Operation, list[ShownRow]]:
    """The rows of each operation, sorted."""
    found: defaultdict[Operation, list[ShownRow]] = defaultdict(list)
    for row in content.shown_rows:
        found[row.operation].append(row)
    return dict(sorted(found.items(), key=lambda pair: pair[0].sort_key))


def result_of(row: ShownRow) -> str:
    """What became of a row, in one word: what filters of the page ask for, too."""
    if row.was_captured:
        return "reported"
    if not row.reason:
        return "off" if row.state == "Sentry was off" else "silent" if _is_failure(row) else "nothing"
    if row.by in OF_SDK:
        return "duplicate"
    return "filtered" if row.is_filtered else _RESULT_OF_REASON.get(row.reason, "lost")


def result_words(row: ShownRow) -> Html:
    """What became of a row, and who saw to it."""
    word = result_of(row)
    if word == "filtered":
        return fragment(element("b", "filtered"), " by ", code(row.by or row.reason))
    if word == "lost":
        return fragment(element("b", "lost"), ": ", code(row.reason), (" in ", code(row.by)) if row.by else None)
    return element("b", _WORDS.get(word, word))


def subject_of(row: ShownRow) -> Html | None:
    """Captured items or discarded: the exception, or the kind and level of something without one."""
    if row.exception:
        return code(row.exception)
    if not row.kind:
        return None
    if row.kind == "event":
        return fragment("message", f" ({row.level})" if row.level else None)
    return fragment(row.kind.replace("_", "-"))


def remark_of(row: ShownRow) -> str:
    """Why no contract holds a row, in words."""
    if row.state == "waived":
        return "waived"
    return "by chance" if row.by_chance else ""


def tone_of(row: ShownRow) -> Tone:
    """The color of what became of a row. What does not count is plain."""
    return "plain" if remark_of(row) else _TONE_OF_RESULT.get(result_of(row), "plain")


def _is_failure(row: ShownRow) -> bool:
    """Whether an answer without an event was a failure. Of a waived row, its columns tell."""
    return row.state == "silent" or bool(row.exception) or row.operation.has_failed


def folded(entries: Sequence[Html], most: int, kind: str) -> Html:
    """A list, of which the end is folded where it is long.

    Args:
        most: how many entries are shown at once.
        kind: the class of the list, which says how its entries look.
    """
    shown, more = entries[:most], entries[most:]
    if not more:
        return element("ul", shown, class_=f"list {kind}")
    summary = element("summary", f"{numbered(len(more), 'more entry', 'more entries')}")
    rest = element("ul", more, class_=f"list {kind}")
    return fragment(element("ul", shown, class_=f"list {kind}"), element("details", summary, rest, class_="more"))
