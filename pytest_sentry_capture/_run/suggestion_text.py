"""What is printed and written of a suggested configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pytest_sentry_capture._recording import Chance
from pytest_sentry_capture._rules import BUILT_IN_RULES
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.totals import Drawn
from pytest_sentry_capture._suggestions import suggested_lines

NOTHING_TO_SUGGEST: Final = "Nothing to suggest: Sentry was never on in this run."
_PYPROJECT: Final = "pyproject.toml"
_TABLE: Final = ("tool", "sentry_capture")


def lacking(judged: JudgedConfiguration, by_chance: Mapping[Chance, Drawn], today: str) -> Iterator[str]:
    """Lines for the terminal: what a configuration lacks, as it would stand in its file."""
    file = judged.configuration.file
    lines = _lines(judged, is_shared=Path(file).name == _PYPROJECT)
    if not lines:
        yield f"Nothing to suggest: {file} has every rule." if file else "Nothing to suggest."
        return
    where = f"for {file}" if file else "for a new sentry_capture.toml (--sentry-suggest=sentry_capture.toml writes it)"
    yield f"Suggested {where}:"
    yield ""
    yield from (f"# {each}" for each in _doubts(judged, today))
    yield from (f"# {each}" for each in _about_chance(by_chance))
    yield from lines
    yield ""


def whole_configuration(judged: JudgedConfiguration, by_chance: Mapping[Chance, Drawn], file: Path, today: str) -> str:
    """The text of a new file with a configuration."""
    is_shared = file.name == _PYPROJECT
    head = ["# Suggested by pytest --sentry-suggest from what one run saw: read it, and delete what you do not mean."]
    head += [f"# {each}" for each in _doubts(judged, today)]
    if by_chance:
        prefix = [f"[{'.'.join(_TABLE)}]"] if is_shared else []
        head += ["", *prefix, *(f"# {each}" for each in _about_chance(by_chance))]
    return "\n".join([*head, "", *_lines(judged, is_shared=is_shared), ""])


def _lines(judged: JudgedConfiguration, *, is_shared: bool) -> list[str]:
    configuration = judged.configuration
    table = _TABLE if is_shared else ()
    return suggested_lines(judged.totals.trials, judged.enforced, configuration.switched_off, table=table)


def _doubts(judged: JudgedConfiguration, today: str) -> Iterator[str]:
    for reason in judged.partial:
        yield f"This run was partial: {reason}."
    for waiver in judged.totals.waivers:
        what = f"sentry_allow({waiver.rule!r}) of {waiver.place}"
        rule = BUILT_IN_RULES.get(waiver.rule)
        if waiver.has_expired(today):
            yield f"{what} ended on {waiver.until}: a strict run fails for it."
        elif rule is not None and not rule._built_in_needs.is_tried_out:
            yield f"{what}: a strict run fails for it if the rule as it stands here needs no waiver."


def _about_chance(by_chance: Mapping[Chance, Drawn]) -> Iterator[str]:
    number = sum(each.number for each in by_chance.values())
    tests = len({test for each in by_chance.values() for test in each.tests})
    if number:
        yield f'sampling = "all"  # chance decided about {number:,} items in {tests:,} tests; judge them all with this'
