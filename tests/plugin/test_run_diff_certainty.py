"""``sentry-contract diff`` says only what is certain: partial runs, and what a random number decides."""

from __future__ import annotations

from itertools import permutations
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from run_reports import BY_CHANCE, NOTHING, diff, differences, dropped, finding, report, row, segment_row

# Partial runs

PARTIAL = ["-k was given"]
PROFILE: dict[str, Any] = {"kind": "profile", "exception": None, "level": None, "fields": {}}
LOG: dict[str, Any] = {**PROFILE, "kind": "log", "level": "info"}

ONLY_IN_ONE = [
    pytest.param(report(row()), report(row(), row(status=503)), id="row"),
    pytest.param(report(row(fields={})), report(row(fields={"user.email": "sent"})), id="field"),
    pytest.param(report(row(fields={"user.email": "cut"})), report(row(fields={"user.email": "sent"})), id="state"),
    pytest.param(report(row()), report(row(), personal_data=[finding("user.email")]), id="personal data"),
    pytest.param(report(integrations=["argv"]), report(integrations=["argv", "logging"]), id="integration"),
    pytest.param(report(), report(counts={"span": 40}), id="count"),
    pytest.param(report(counts={"span": 40}), report(counts={"span": 90}), id="higher count"),
    pytest.param(report(), report(row(**PROFILE)), id="profile"),
    pytest.param(report(), report(row(**LOG)), id="log"),
    pytest.param(report(row()), report(row(), dropped(row(), "before_send", "shop.drop")), id="discard"),
]


@pytest.mark.parametrize(("less", "more"), ONLY_IN_ONE)
def test_what_only_one_run_has(less: dict[str, Any], more: dict[str, Any]) -> None:
    """It is left out where the other one may not have tried it."""
    part_of_less, part_of_more = {**less, "partial": PARTIAL}, {**more, "partial": PARTIAL}

    for before, after in ((less, more), (more, less)):
        assert diff(before, after)[2].endswith(" (1):")
    assert differences(diff(less, part_of_more)) == differences(diff(less, more))
    assert differences(diff(part_of_more, less)) == differences(diff(more, less))
    for before, after in permutations([part_of_less, part_of_more]):
        assert diff(before, after)[2:3] == NOTHING
    assert diff(part_of_less, more)[2:3] == diff(more, part_of_less)[2:3] == NOTHING


def test_fields_of_segments_that_a_partial_run_may_not_have_tried() -> None:
    transaction, span = segment_row({"transaction": "sent", "tags.shop": "sent"}), segment_row({"name": "sent"})
    before, after = report(transaction), report(span)
    told = ["transaction fields that spans cannot have: no longer tags.shop"]

    assert differences(diff(before, after)) == told
    assert differences(diff({**before, "partial": PARTIAL}, after)) == told
    assert differences(diff(before, {**after, "partial": PARTIAL})) == []


@pytest.mark.parametrize(("before_is_partial", "after_is_partial"), [(True, False), (False, True), (True, True)])
def test_what_is_filtered_in_one_run_and_sent_in_the_other(before_is_partial: bool, after_is_partial: bool) -> None:
    before = report(row(fields={"extra.password": "filtered"}), partial=PARTIAL * before_is_partial)
    after = report(row(fields={"extra.password": "sent"}), partial=PARTIAL * after_is_partial)

    assert differences(diff(before, after)) == [
        "extra.password: filtered -> sent, in event KeyError, GET /orders/{number} 500"
    ]


def test_what_each_of_two_partial_runs_may_have_tried_otherwise() -> None:
    captured, discarded = report(row()), report(dropped(row(), "before_send", "shop.drop"))

    assert len(differences(diff(captured, discarded))) == 2
    assert len(differences(diff({**captured, "partial": PARTIAL}, discarded))) == 2
    assert differences(diff({**captured, "partial": PARTIAL}, {**discarded, "partial": PARTIAL})) == []


@pytest.mark.parametrize(
    ("of_first", "of_second", "note"),
    [
        (
            PARTIAL,
            [],
            (
                "The first run was partial (-k was given): rows of only the second run are left out, because the"
                " first run may not have tested them."
            ),
        ),
        (
            [],
            ["-k was given", "1 test failed"],
            (
                "The second run was partial (-k was given; 1 test failed): rows of only the first run are left out,"
                " because the second run may not have tested them."
            ),
        ),
        (
            PARTIAL,
            ["1 test failed"],
            (
                "Both runs were partial (the first: -k was given; the second: 1 test failed): rows of only one run are"
                " left out, because the other run may not have tested them."
            ),
        ),
    ],
)
def test_what_was_left_out_is_said(of_first: list[str], of_second: list[str], note: str) -> None:
    before, after = report(row(), partial=of_first), report(row(), partial=of_second)

    assert diff(before, after, "--exit-code")[2:] == [*NOTHING, "", note]
    assert diff(before, after, "--format=markdown")[-1] == note


# Rows that a random number decides

SAMPLED = segment_row({"name": "sent"}, by_chance=True, in_contract=False)


@pytest.mark.parametrize("other", [report(), report(dropped(SAMPLED)), report(SAMPLED, dropped(SAMPLED))])
def test_a_row_that_chance_decides_is_not_lost_or_gained(other: dict[str, Any]) -> None:
    for before, after in permutations([report(SAMPLED), other]):
        assert diff(before, after, "--exit-code")[2:] == [*NOTHING, "", BY_CHANCE]


def test_the_note_is_there_once_beside_what_differs() -> None:
    lines = diff(report(SAMPLED, row()), report())

    assert differences(lines) == ["gone     event KeyError, GET /orders/{number} 500: was captured"]
    assert lines.count(BY_CHANCE) == 1
    assert diff(report(SAMPLED, row()), report(), "--format=markdown")[-1] == BY_CHANCE
    assert BY_CHANCE not in diff(report(row()), report())


@pytest.mark.parametrize("columns", [{"by_chance": True, "in_contract": False}, {"in_contract": False}])
@pytest.mark.parametrize(("was", "is_now"), [({}, "sent"), ({"user.email": "filtered"}, "sent")])
def test_fields_of_what_no_contract_holds_are_compared(
    columns: dict[str, Any], was: dict[str, str], is_now: str
) -> None:
    before = report(segment_row({"name": "sent", **was}, **columns))
    after = report(segment_row({"name": "sent", "user.email": is_now}, **columns))

    assert differences(diff(before, after)) == [
        f"user.email: {was.get('user.email', 'not sent')} -> sent, in segment, GET /orders/{{number}} 500"
    ]


def test_fields_that_what_was_dropped_may_have_had() -> None:
    """Of one request there may be several, with a user and without, of which one was sampled."""
    with_user = {**SAMPLED, "fields": {"name": "sent", "user.id": "sent"}}
    before, after = report(SAMPLED, dropped(SAMPLED)), report(with_user)

    assert differences(diff(before, after)) == differences(diff(after, before)) == []
    of_other_request = dropped({**SAMPLED, "status": 404})
    assert len(differences(diff(report(SAMPLED, of_other_request), after))) == 1


def test_what_was_filtered_is_reported_whatever_chance_has_dropped() -> None:
    before = report({**SAMPLED, "fields": {"name": "sent", "user.id": "filtered"}}, dropped(SAMPLED))
    after = report({**SAMPLED, "fields": {"name": "sent", "user.id": "sent"}}, dropped(SAMPLED))

    assert differences(diff(before, after)) == ["user.id: filtered -> sent, in segment, GET /orders/{number} 500"]


def test_what_events_say_of_a_trace_depends_on_whether_it_was_sampled() -> None:
    fields = {"exception.values.type": "sent"}
    sampled = row(fields={**fields, "contexts.trace.op": "sent", "contexts.trace.data.url": "sent"})

    for before, after in permutations([report(SAMPLED, sampled), report(dropped(SAMPLED), row(fields=fields))]):
        assert diff(before, after, "--exit-code")[2:3] == NOTHING
    assert len(differences(diff(report(sampled), report(row(fields=fields))))) == 2


def test_only_kinds_that_chance_decides_are_left_out_of_the_counts() -> None:
    before = report(SAMPLED, counts={"segment": 40, "span": 90, "log": 40})
    after = report(dropped(SAMPLED), counts={"log": 90})

    assert differences(diff(before, after)) == ["log items: 40 -> 90"]


def test_a_rate_of_0_is_not_chance() -> None:
    captured = segment_row({"name": "sent"})

    assert differences(diff(report(captured), report(dropped(captured)))) == [
        "changed  segment, GET /orders/{number} 500: was captured, is discarded by sample_rate now"
    ]


class Request(NamedTuple):
    """A request of a test, as both runs make it.

    Attributes:
        route: where it went.
        fields: the names of the fields that its segment has.
        spans: how many spans its segment has.
        is_sampled_for_sure: whether the test set the rate to 1.0.
        is_dropped_later: whether ``before_send_transaction`` drops the segment, if it is sampled.
        has_event: whether an event is captured meanwhile.
    """

    route: str
    fields: frozenset[str]
    spans: int
    is_sampled_for_sure: bool
    is_dropped_later: bool
    has_event: bool


REQUESTS = st.lists(
    st.builds(
        Request,
        st.sampled_from(["/a", "/b"]),
        st.frozensets(st.sampled_from(["user.id", "user.email", "shop.cart"])),
        st.integers(0, 30),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


class Sampled(NamedTuple):
    """A request, and whether its trace was sampled in a run."""

    request: Request
    is_sampled: bool


def report_of(run: list[Sampled]) -> dict[str, Any]:
    """The report of a run, as the capture table merges rows."""
    rows: dict[tuple[str, str, str | None], dict[str, Any]] = {}
    counts: dict[str, int] = {}
    found: list[dict[str, Any]] = []

    def add(new: dict[str, Any]) -> None:
        discarded = new["discarded"] and new["discarded"]["reason"]
        known = rows.setdefault((new["request"]["route"], new["kind"], discarded), new)
        known["by_chance"] &= new["by_chance"]
        known["fields"] = {**known["fields"], **new["fields"]}
        if new["captured"]:
            counts[new["kind"]] = counts.get(new["kind"], 0) + 1

    for request, is_sampled in run:
        where: dict[str, Any] = {"request": {"method": "GET", "route": request.route}}
        fields = {"name": "sent", **dict.fromkeys(request.fields, "sent")}
        segment = segment_row(fields, by_chance=not request.is_sampled_for_sure, **where)
        is_captured = is_sampled and not request.is_dropped_later
        reason = "before_send" if is_sampled else "sample_rate"
        add(segment if is_captured else dropped(segment, reason, "shop.drop" if is_sampled else None))
        if is_captured:
            counts["span"] = counts.get("span", 0) + request.spans
            found += [finding(name, kind="segment", **where) for name in request.fields if name == "user.email"]
        if request.has_event:
            of_trace = {"contexts.trace.op": "sent"} if is_sampled else {}
            add(row(fields={"exception.values.type": "sent", **of_trace}, **where))
    return report(*rows.values(), counts={kind: count for kind, count in counts.items() if count}, personal_data=found)


@given(REQUESTS, st.data())
def test_two_equal_runs_with_sampling_differ_in_nothing(requests: list[Request], data: st.DataObject) -> None:
    before, after = (
        [Sampled(each, each.is_sampled_for_sure or data.draw(st.booleans(), label="is sampled")) for each in requests]
        for _ in range(2)
    )

    assert diff(report_of(before), report_of(after), "--exit-code")[2:3] == NOTHING
