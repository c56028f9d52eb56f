"""What the rule ``no-pii`` says of a payload, and what allows it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sentry_capture import Judgement, RuleViews
from pytest_sentry_capture._relay import engine
from pytest_sentry_capture._rules.built_in.personal_data import NoPii
from recordings import capture, recording

if TYPE_CHECKING or sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = pytest.mark.needs("Sentry's own engine")


def judged(rule: NoPii, payload: dict[str, Any], item_type: str = "event") -> list[Judgement]:
    return [*rule.judge(RuleViews(recording(capture(payload, item_type))))]


def judgements(payload: dict[str, Any], rule: NoPii) -> list[tuple[str, bool]]:
    """The problems with an event, and whether the entries that are said to allow them do."""
    told = []
    for each in judged(rule, payload):
        problem, (details,) = str(each.problem).rpartition(":")[0], each.details
        [entry] = tomllib.loads(details.partition("; ")[2].removesuffix(" allows it"))["allow"]
        problems = [other.problem for other in judged(NoPii(allow=(entry,), also=rule.also), payload)]
        told.append((problem, each.problem not in problems))
    return told


def test_detectors_that_stand_for_others_are_allowed_by_what_they_report() -> None:
    several = {"type": "multiple", "rules": ["@mac", "@imei"]}
    other = {"type": "alias", "rule": "@mac"}

    for also in ({"device": several}, {"address": other}):
        assert judgements({"extra": {"device": "00:0a:95:9d:68:16"}}, NoPii(also=also)) == [
            ("extra.device holds a match of the rule '@mac'", True)
        ]


def test_a_detector_of_values_under_a_key_does_not_hide_the_key() -> None:
    birth = {"type": "redact_pair", "keyPattern": "birth_date"}

    assert judgements({"extra": {"birth_date": "1990-02-03", "other": "x"}}, NoPii(also={"birth": birth})) == [
        ("extra.birth_date holds a match of the rule 'birth'", True)
    ]


def test_places_that_are_alike_are_reported_once_with_what_allows_them_all() -> None:
    mail = "jane@shop.example"
    payload: dict[str, Any] = {
        "extra": {"orders": [{"to": mail}, {"to": "x"}, {"to": mail}, {"to": f"{mail} 10.1.2.7"}]},
        "tags": {mail: "x", 'the "second" \\': mail},
        "breadcrumbs": {"values": [{"message": mail}, {"message": mail}]},
        "contexts": {"long": {"key " * 20: {"key" * 30: {"a": mail}}}},
    }
    deep = f"{'key ' * 20}.{'key' * 30}.a"

    assert judgements(payload, NoPii()) == [
        ("breadcrumbs.values.0.message and 1 place like it hold an email address (@email)", True),
        (f"…{deep[-120:]} holds an email address (@email)", True),
        ("extra.orders.0.to and 2 places like it hold an email address (@email)", True),
        ("extra.orders.3.to holds an IP address (@ip)", True),
        ("tags.[@email] holds an email address (@email)", True),
        ('tags.the "second" \\ holds an email address (@email)', True),
    ]
    assert judgements({"0": {"to": mail}, "1": {"to": mail}}, NoPii()) == [
        ("0.to and 1 place like it hold an email address (@email)", True)
    ]


@pytest.mark.parametrize(
    ("entry", "excused"),
    [
        ("user", 1),
        ("user.email", 1),
        ("@email in user.*", 1),
        ("request.headers.X-Owner", 1),
        ("request.headers", 1),
        ("@ip in request.headers", 0),
        ("attributes.user.email", 1),
        ("contexts.trace.data.order.owner", 1),
        ("tags", 0),
    ],
)
def test_a_path_of_transactions_allows_what_spans_have_there(entry: str, excused: int) -> None:
    owners = {
        "user.email": {"value": "jane@shop.example", "type": "string"},
        "http.request.header.x-owner": {"value": ["jane@shop.example"], "type": "array"},
        "order.owner": {"value": "jane@shop.example", "type": "string"},
    }
    payload = {"name": "nightly", "is_segment": True, "attributes": owners}

    def problems(item_type: str) -> int:
        return sum(each.problem is not None for each in judged(NoPii(allow=(entry,)), payload, item_type))

    assert problems("span") == 3 - excused
    assert problems("log") == 3 - (excused if entry.startswith("attributes") else 0)


@pytest.mark.parametrize(
    "name", ["@email:replace", "@ip:hash", "@bearer:filter", "@mac", "@password", "@anything:remove"]
)
def test_rules_of_relay_that_it_has(name: str) -> None:
    assert engine.is_known_rule(name)
