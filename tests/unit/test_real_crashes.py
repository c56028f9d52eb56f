"""Rules that ask Sentry's engine, on what the SDK sends of crashes in real frameworks: nothing of it is a fault.

How the payloads were made: ``tests/payloads``. Nothing in them is personal, and none of it is a secret.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from checkout import DOCS
from pytest_sentry_capture import Rule, RuleViews
from pytest_sentry_capture._rules.built_in.ingestion import AcceptedBySentry
from pytest_sentry_capture._rules.built_in.personal_data import NoPii
from recordings import capture, recording

FILE = Path(__file__).parent.parent / "payloads" / "crashes.jsonl.xz"
FALSE_ALARMS = {"django command 0": "@userpath = djangoprojects", "django migrate 0": "@userpath = djangoprojects"}
"""A path in the help of one of Django's options, which stands in the variables of ``call_command``."""


@cache
def payloads() -> dict[str, dict[str, Any]]:
    lines = map(json.loads, lzma.decompress(FILE.read_bytes()).decode().splitlines())
    return {line["name"]: line["payload"] for line in lines}


def broken(rule: Rule) -> dict[str, list[str | None]]:
    """The names of the payloads that break a rule, with the problems."""
    judged: dict[str, list[str | None]] = {
        name: [
            each.problem
            for each in rule.judge(RuleViews(recording(capture(payload, payload.get("type", "event")))))
            if each.problem is not None
        ]
        for name, payload in payloads().items()
    }
    return {name: problems for name, problems in judged.items() if problems}


def test_the_payloads_are_of_many_frameworks_and_tell_nothing_of_the_machine() -> None:
    names = " ".join(payloads())

    assert len(payloads()) >= 150
    assert all(
        framework in names
        for framework in ("fastapi", "starlette", "flask", "django", "sqlalchemy", "httpx", "openai", "anthropic")
    )
    text = json.dumps(payloads())
    assert "/tmp/" not in text
    assert "/root" not in text


@pytest.mark.needs("Sentry's own engine")
def test_no_pii_has_one_false_alarm_which_the_guide_tells() -> None:
    found = broken(NoPii())

    assert found.keys() == FALSE_ALARMS.keys(), found
    assert broken(NoPii(allow=(*FALSE_ALARMS.values(),))) == {}
    guide = (DOCS / "reference" / "personal-data-detectors.md").read_text(encoding="utf-8")
    assert all(f"`{allow}`" in guide for allow in FALSE_ALARMS.values())


def test_accepted_by_sentry_has_none() -> None:
    assert broken(AcceptedBySentry()) == {}


@pytest.mark.needs("Sentry's own engine")
def test_what_the_sdk_writes_is_judged_strictly_if_asked_for() -> None:
    assert len(broken(AcceptedBySentry(strict=True))) >= 15


@pytest.mark.needs("Sentry's own engine")
@pytest.mark.parametrize(
    ("place", "value", "rule"),
    [
        (("extra", "note"), "mail jane@shop.example", "@email"),
        (("request", "headers", "Authorization"), "Basic dXNlcjpwYXNzd29yZA==", "@password"),
        (("user", "data", "iban"), "DE89 3704 0044 0532 0130 00", "@iban"),
    ],
)
def test_what_is_planted_into_them_is_found(place: tuple[str, ...], value: str, rule: str) -> None:
    missed = []
    for name, payload in payloads().items():
        planted = json.loads(json.dumps(payload))
        container = planted
        for key in place[:-1]:
            container = container.setdefault(key, {})
        container[place[-1]] = value
        found = [*NoPii().judge(RuleViews(recording(capture(planted, payload.get("type", "event")))))]
        if (".".join(place), rule) not in [(each.path, each.detector) for each in found]:
            missed.append(name)

    assert missed == []
