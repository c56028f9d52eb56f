"""The contract file: reading it, comparing it with a run, and updating it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_sentry_capture._reports.contract.contract_file import Contract, ContractError, pinned, read_contract
from pytest_sentry_capture._reports.contract.differences import differences_text
from pytest_sentry_capture._reports.table import Row, Tally
from steps import steps_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REJECTED = Row(
    "/statements",
    "POST",
    422,
    "event",
    "StatementRejectedError",
    "before_send",
    "monitoring.before_send",
    "error",
    ("request_id",),
)
CRASH = Row("/orders/{number}", "GET", 500, "event", "KeyError", level="error", tags=("a", "b"), user=("id",))
ANONYMOUS_CRASH = CRASH._replace(user=())
LOGGED = Row("logging", kind="event", level="warning")
SILENT = Row("(no route)", "GET", 404, result="silent")
ROWS = [REJECTED, CRASH, ANONYMOUS_CRASH, LOGGED, SILENT]

FILE = """\
# What this application sends to Sentry and what it filters out: one [[row]] for each distinct case.
# Update it with `pytest --sentry-contract=update`, enforce it with `pytest --sentry-contract=check`.
# Your comments are kept.

version = 2

[[row]]
request = "GET (no route)"
status = 404
captured = false

[[row]]
request = "GET /orders/{number}"
status = 500
kind = "event"
exception = "KeyError"
captured = true
level = "error"
tags = ["a", "b"]

[[row]]
request = "GET /orders/{number}"
status = 500
kind = "event"
exception = "KeyError"
captured = true
level = "error"
tags = ["a", "b"]
user = ["id"]

[[row]]
request = "POST /statements"
status = 422
kind = "event"
exception = "StatementRejectedError"
discarded = "before_send"
by = "monitoring.before_send"
level = "error"
tags = ["request_id"]

[[row]]
origin = "logging"
kind = "event"
captured = true
level = "warning"
"""

NAMES = st.text(min_size=1, max_size=5)
KEYS = st.lists(NAMES, max_size=3).map(lambda names: tuple(sorted(set(names))))
ROW = st.builds(
    lambda request, status, kind, exception, result, by, level, tags, user: Row(
        request[1],
        request[0],
        status,
        "" if result == "silent" else kind,
        exception,
        result,
        "" if result in ("captured", "silent") else by,
        level,
        tags,
        user,
    ),
    st.sampled_from([("GET", "/"), ("GET", "/orders/{number}"), ("", "logging"), ("", 'odd "origin" \\ #\n\t')]),
    st.sampled_from([None, 200, 404, 500]),
    st.sampled_from(["event", "segment"]),
    st.sampled_from(["", "KeyError", "Ünlucky"]),
    st.sampled_from(["captured", "silent", "before_send", "sample_rate"]),
    st.sampled_from(["", "shop.<lambda>"]) | NAMES,
    st.sampled_from(["", "error"]) | NAMES,
    KEYS,
    KEYS,
)
RUN = st.lists(ROW, max_size=5)
property_of_files = settings(max_examples=50, deadline=None)


def updated(text: str, rows: list[Row], *, partial: bool = False) -> str:
    return Contract.parse(text).updated(rows, partial=partial)


def shown(contract: list[Row], found: list[Row], *, partial: bool = False) -> list[str]:
    lines = differences_text(Contract(tables=tuple(contract)).differences(found, partial=partial)).splitlines()
    return [line[2:] for line in lines if line.startswith("  ")]


def mistakes(text: str) -> list[str]:
    with pytest.raises(ContractError) as caught:
        Contract.parse(text)
    return str(caught.value).splitlines()


def test_a_new_contract() -> None:
    assert Contract().updated(ROWS) == FILE


def test_a_contract_without_rows() -> None:
    assert Contract().updated([]) == FILE.partition("\n[[row]]")[0]


@pytest.mark.parametrize("text", ["", "\n", "\N{BYTE ORDER MARK}"])
def test_an_empty_file_is_a_contract_without_rows(text: str) -> None:
    assert Contract.parse(text).rows == ()
    assert updated(text, ROWS) == FILE


def test_a_contract_reads_back_to_its_rows() -> None:
    assert set(Contract.parse(FILE).rows) == set(ROWS)
    assert Contract.parse(FILE).differences(ROWS) == []


def test_long_lists_have_a_line_for_each_name() -> None:
    row = CRASH._replace(tags=tuple(f"a_rather_long_name_{letter}" for letter in "abcdef"))
    text = Contract().updated([row])

    assert '\ntags = [\n    "a_rather_long_name_a",\n    "a_rather_long_name_b",\n' in text
    assert Contract.parse(text).rows == (row,)


def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    contract = read_contract(path)

    assert contract.updated(ROWS) == FILE.replace("\n", "\r\n")
    text = contract.updated([*ROWS, CRASH._replace(status=503)])
    assert text.count("\n") == text.count("\r\n") > FILE.count("\n")
    assert text == updated(FILE, [*ROWS, CRASH._replace(status=503)]).replace("\n", "\r\n")


# What differs


def test_nothing_differs() -> None:
    assert differences_text(Contract(tables=tuple(ROWS)).differences(reversed(ROWS))) == "The contract matches.\n"


def test_a_contract_that_names_requests_after_functions() -> None:
    """The SDK names requests of Flask like this, and contracts had that before these requests were observed."""
    named = CRASH._replace(origin="read_order")
    text = differences_text(Contract(tables=(named,)).differences([CRASH]))

    assert text.splitlines()[-3:] == [
        '"GET read_order" names a request after its function. Requests are named after their routes now.',
        "",
        "If this is intended, run `pytest --sentry-contract=update`.",
    ]
    assert "after its function" not in differences_text(Contract(tables=(named,)).differences([LOGGED]))


def test_the_whole_message() -> None:
    found = [REJECTED._replace(result="captured", by="", level="warning"), LOGGED, CRASH._replace(tags=("b", "c", "d"))]

    assert differences_text(Contract(tables=(REJECTED, ANONYMOUS_CRASH, SILENT)).differences(found)) == (
        """\
4 rows differ from the contract.

  gone     GET (no route) 404: was silent
  changed  event KeyError, GET /orders/{number} 500: captured
             tags: new c, d; gone a
             user: new id
  changed  event StatementRejectedError, POST /statements 422: was discarded by before_send, is captured now
             by: was monitoring.before_send, is none now
             level: was error, is warning now
  new      event, logging: captured
             level: warning

If this is intended, run `pytest --sentry-contract=update`.
"""
    )


def test_one_row_differs() -> None:
    assert differences_text(Contract().differences([LOGGED])).splitlines()[0] == "1 row differs from the contract."


def test_another_callable_discards() -> None:
    assert shown([REJECTED], [REJECTED._replace(by="monitoring.Filter.__call__")]) == [
        "changed  event StatementRejectedError, POST /statements 422: discarded by before_send",
        "           by: was monitoring.before_send, is monitoring.Filter.__call__ now",
    ]


def test_another_reason() -> None:
    assert shown([REJECTED], [REJECTED._replace(result="ignore_errors", by="")]) == [
        (
            "changed  event StatementRejectedError, POST /statements 422:"
            " was discarded by before_send, is discarded by ignore_errors now"
        ),
        "           by: was monitoring.before_send, is none now",
    ]


def test_what_is_gone_and_what_is_silent() -> None:
    assert shown([REJECTED, LOGGED], [SILENT._replace(origin="/statements", method="POST")]) == [
        "new      POST /statements 404: silent",
        "gone     event StatementRejectedError, POST /statements 422: was discarded by before_send",
        "gone     event, logging: was captured",
    ]


def test_variants_of_a_row_are_paired_with_those_that_are_most_alike() -> None:
    found = [CRASH._replace(level="fatal"), ANONYMOUS_CRASH._replace(level="fatal")]

    assert (
        shown([CRASH, ANONYMOUS_CRASH], found)
        == [
            "changed  event KeyError, GET /orders/{number} 500: captured",
            "           level: was error, is fatal now",
        ]
        * 2
    )


def test_a_partial_run_reports_nothing_as_gone() -> None:
    changed = REJECTED._replace(level="warning")

    assert shown(ROWS, [changed], partial=True) == [
        "changed  event StatementRejectedError, POST /statements 422: discarded by before_send",
        "           level: was error, is warning now",
    ]
    assert shown([CRASH, ANONYMOUS_CRASH], [CRASH._replace(level="fatal")], partial=True)[0].startswith("new ")
    assert shown([CRASH], [CRASH, ANONYMOUS_CRASH], partial=True)[0].startswith("new ")
    assert shown(ROWS, [], partial=True) == []


# Updates

COMMENTED = """\
# Our contract.
version = 2  # of the format
# Under the version.

# --- Orders ---

# Crashes are ours.
[[row]] # beside a header
request = 'GET /orders/{number}'
status=500
kind = "event"
exception = "KeyError" # not "#LookupError"
# The level matters.
captured = true  # agreed with support
level = "error"
tags = [
    "b",  # from the middleware
    "a",
] # two
user = ["id"]
# Nothing but the id.

# --- Statements ---

[[row]]
request = "POST /statements"
status = 422
kind = "event"
exception = "StatementRejectedError"
discarded = "before_send"
by = "monitoring.before_send" # see #17
level = "error"
tags = ["request_id"]

# The end.
"""


def test_what_stays_is_left_as_it_was_written() -> None:
    assert updated(COMMENTED, [CRASH, REJECTED]) == COMMENTED
    assert updated(COMMENTED.rstrip("\n"), [CRASH, REJECTED]) == COMMENTED.rstrip("\n")


def test_a_new_row_stands_where_it_belongs_and_touches_nothing_else() -> None:
    new = '\n[[row]]\norigin = "logging"\nkind = "event"\ncaptured = true\nlevel = "warning"\n'
    text = updated(COMMENTED, [LOGGED, REJECTED, CRASH])
    assert text == COMMENTED.replace("\n\n# The end.", f"\n{new}\n# The end.")

    text = updated(COMMENTED, [REJECTED, SILENT, CRASH])
    assert text == COMMENTED.replace(
        "\n# --- Orders", '\n[[row]]\nrequest = "GET (no route)"\nstatus = 404\ncaptured = false\n\n# --- Orders'
    )


def test_a_changed_row_keeps_the_lines_that_stay_and_all_comments() -> None:
    found = [
        CRASH._replace(result="ignore_errors", tags=("a", "c"), user=()),
        REJECTED._replace(result="captured", by=""),
    ]

    assert (
        updated(COMMENTED, found)
        == """\
# Our contract.
version = 2  # of the format
# Under the version.

# --- Orders ---

# Crashes are ours.
[[row]] # beside a header
request = 'GET /orders/{number}'
status=500
kind = "event"
exception = "KeyError" # not "#LookupError"
# The level matters.
discarded = "ignore_errors"  # agreed with support
level = "error"
# from the middleware
tags = ["a", "c"]  # two
# Nothing but the id.

# --- Statements ---

[[row]]
request = "POST /statements"
status = 422
kind = "event"
exception = "StatementRejectedError"
captured = true
# see #17
level = "error"
tags = ["request_id"]

# The end.
"""
    )


def test_keys_that_a_row_gets_stand_in_their_order() -> None:
    text = Contract().updated([CRASH._replace(level="", tags=())])
    changed = CRASH._replace(result="before_send", by="shop.drop")

    assert updated(text, [changed]) == Contract().updated([changed])


def test_comments_of_a_row_that_is_gone_stay() -> None:
    assert (
        updated(COMMENTED, [REJECTED])
        == """\
# Our contract.
version = 2  # of the format
# Under the version.

# --- Orders ---

# Crashes are ours.
# beside a header
# not "#LookupError"
# The level matters.
# agreed with support
# from the middleware
# two
# Nothing but the id.

# --- Statements ---

[[row]]
request = "POST /statements"
status = 422
kind = "event"
exception = "StatementRejectedError"
discarded = "before_send"
by = "monitoring.before_send" # see #17
level = "error"
tags = ["request_id"]

# The end.
"""
    )


def test_all_rows_gone_without_comments() -> None:
    assert updated(FILE, []) == Contract().updated([])


def test_a_partial_run_changes_and_adds_and_never_removes() -> None:
    changed, new = REJECTED._replace(level="warning"), CRASH._replace(status=503)

    text = updated(FILE, [changed, new], partial=True)

    assert set(Contract.parse(text).rows) == {*ROWS, changed, new} - {REJECTED}


def test_a_partial_run_keeps_variants_that_it_did_not_see() -> None:
    text = updated(FILE, [CRASH._replace(level="fatal")], partial=True)

    assert set(Contract.parse(text).rows) == {*ROWS, CRASH._replace(level="fatal")}


def test_rows_that_were_moved_by_hand_are_sorted_with_their_comments() -> None:
    head, *blocks = FILE.split("\n[[row]]\n")
    blocks[2] = blocks[2].replace('user = ["id"]', 'user = ["id"]\n# signed in')
    tidy = "\n[[row]]\n".join([head, *blocks])
    moved = "\n[[row]]\n".join([head, *reversed(blocks)])

    assert updated(moved, ROWS) == tidy


def test_rows_that_a_merge_has_doubled_become_one() -> None:
    doubled = FILE + FILE[FILE.index("\n[[row]]") :]

    assert Contract.parse(doubled).differences(ROWS) == []
    assert updated(doubled, ROWS) == FILE
    assert updated(doubled, ROWS[:1], partial=True) == FILE


@property_of_files
@given(RUN, RUN, st.booleans())
def test_an_update_is_read_back_and_leaves_no_difference(before: list[Row], after: list[Row], partial: bool) -> None:
    text = updated(Contract().updated(before), after, partial=partial)
    contract = Contract.parse(text)

    assert contract.differences(after, partial=partial) == []
    assert contract.updated(after, partial=partial) == text
    assert len(tomllib.loads(text).get("row", [])) == len(contract.rows) == len(set(contract.rows))
    assert set(contract.rows) >= set(after)
    if not partial:
        assert text == Contract().updated(after)
        assert set(contract.rows) == set(after)
    else:
        keys = [(row.kind, row.request_or_origin, row.status, row.exception) for row in before]
        assert {(row.kind, row.request_or_origin, row.status, row.exception) for row in contract.rows} >= set(keys)


@property_of_files
@given(RUN, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[Row], shuffler: random.Random) -> None:
    shuffled = rows * 2
    shuffler.shuffle(shuffled)

    assert Contract().updated(shuffled) == Contract().updated(rows)


COMMENTS = ['# "a" comment', "# with = sign", "# [[row]]", "# '"]


@property_of_files
@given(RUN, RUN, st.booleans(), st.integers())
def test_no_comment_is_ever_lost(before: list[Row], after: list[Row], partial: bool, seed: int) -> None:
    text, written = commented(Contract().updated(before), seed)
    assume(tomllib.loads(text).get("row", []) == tomllib.loads(Contract().updated(before)).get("row", []))

    changed = updated(text, after, partial=partial)

    assert all(changed.count(comment) == text.count(comment) for comment in written)
    assert Contract.parse(changed).differences(after, partial=partial) == []
    assert updated(changed, after, partial=partial) == changed
    assert updated(text, before) == text


def commented(text: str, seed: int) -> tuple[str, list[str]]:
    """Each line of a contract with a comment beside it, above it, or neither, and the comments."""
    chance = random.Random(seed)
    written: list[str] = []
    lines = []
    for number, line in enumerate(text.rstrip("\n").split("\n")):
        where = chance.choice(["above", "beside", "blank", "no"])
        comment = f"{chance.choice(COMMENTS)} {number}"
        if where in ("above", "beside"):
            written.append(comment)
        if where == "above":
            lines.append(comment)
        lines += [""] if where == "blank" else []
        lines.append(f"{line}  {comment}" if where == "beside" else line)
    return "\n".join(lines), written


# Files of version 1 of the format

TRACED = Row("/orders/{number}", "GET", 200, "segment")
NIGHTLY = Row("direct", kind="segment")
SAMPLED_OUT = TRACED._replace(status=404, result="sample_rate", by="shop.sampler")
OLD = """\
# Our contract.
version = 1  # of the format

# Traces of orders.
[[row]]
request = "GET /orders/{number}"
status = 200
kind = "transaction"  # the whole request
captured = true
level = "info"  # always
tags = ["shop"]
# Anonymous.

# With a user, too.
[[row]]
request = "GET /orders/{number}"
status = 200
kind = "transaction"
captured = true
user = ["id"]  # signed in

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "span"
discarded = "sample_rate"
by = "shop.sampler"  # with its transaction

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "transaction"
discarded = "sample_rate"
by = "shop.sampler"
tags = ["shop"]

# Crashes are ours.
[[row]]
request = "GET /orders/{number}"
status = 500
kind = "event"
exception = "KeyError"
captured = true
level = "error"
tags = ["a", "b"]
user = ["id"]

# Every night.
[[row]]
origin = "direct"
kind = "transaction"
captured = true
"""
NEW = """\
# Our contract.
version = 2  # of the format

# Traces of orders.
[[row]]
request = "GET /orders/{number}"
status = 200
kind = "segment"  # the whole request
captured = true
# always
# Anonymous.

# With a user, too.
# signed in

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "segment"
discarded = "sample_rate"
by = "shop.sampler"

# with its transaction

# Crashes are ours.
[[row]]
request = "GET /orders/{number}"
status = 500
kind = "event"
exception = "KeyError"
captured = true
level = "error"
tags = ["a", "b"]
user = ["id"]

# Every night.
[[row]]
origin = "direct"
kind = "segment"
captured = true
"""
OLD_ROW = st.builds(
    lambda row, kind: row._replace(kind=kind if row.kind else ""),
    ROW,
    st.sampled_from(["event", "transaction", "span"]),
)
OLD_RUN = st.lists(OLD_ROW, max_size=5)


def older(rows: list[Row]) -> str:
    return Contract().updated(rows).replace("\nversion = 2\n", "\nversion = 1\n")


def test_an_older_file_is_read() -> None:
    contract = Contract.parse(OLD)

    assert contract.version == 1
    assert contract.rows == (TRACED, SAMPLED_OUT, CRASH, NIGHTLY)
    assert contract.differences([TRACED, SAMPLED_OUT, CRASH, NIGHTLY]) == []


@pytest.mark.parametrize("partial", [False, True])
def test_an_older_file_is_updated_to_this_version_and_keeps_its_comments(partial: bool) -> None:
    assert updated(OLD, [TRACED, SAMPLED_OUT, CRASH, NIGHTLY], partial=partial) == NEW
    assert Contract.parse(NEW).rows == Contract.parse(OLD).rows
    assert updated(NEW, [TRACED, SAMPLED_OUT, CRASH, NIGHTLY], partial=partial) == NEW


def test_a_partial_run_updates_rows_of_an_older_file_that_it_did_not_see() -> None:
    assert updated(OLD, [], partial=True) == NEW


def test_what_differs_from_an_older_file() -> None:
    assert differences_text(
        Contract.parse(OLD).differences([TRACED._replace(result="ignored"), SAMPLED_OUT, LOGGED])
    ) == (
        """\
3 rows differ from the contract.

  changed  segment, GET /orders/{number} 200: was captured, is discarded by ignored now
  gone     event KeyError, GET /orders/{number} 500: was captured
  new      event, logging: captured
             level: warning

If this is intended, run `pytest --sentry-contract=update`.
"""
    )


def test_a_segment_outside_of_requests_is_not_gone_from_an_older_file() -> None:
    """It does not say which of them the application started itself, as the rows of this version all were."""
    found = [TRACED, SAMPLED_OUT, CRASH]
    cron = 'origin = "celery"\nkind = "event"\ncaptured = true\n'

    assert Contract.parse(OLD).differences(found) == []
    assert updated(OLD, found) == NEW.partition("\n[[row]]\norigin")[0] + "\n"
    assert [each.state for each in Contract.parse(f"{OLD}\n[[row]]\n{cron}").differences(found)] == ["gone"]
    assert [each.row for each in Contract.parse(NEW).differences(found)] == [NIGHTLY]


@property_of_files
@given(OLD_RUN, RUN, st.booleans())
def test_an_older_file_becomes_what_a_new_one_would_be(before: list[Row], after: list[Row], partial: bool) -> None:
    old = Contract.parse(older(before))
    text = old.updated(after, partial=partial)
    new = Contract.parse(text)

    assert {row.kind for row in old.rows} <= {"", "event", "segment"}
    assert not any(row.level or row.tags or row.user for row in old.rows if row.kind == "segment")
    assert new.version == 2
    assert new.differences(after, partial=partial) == []
    assert new.updated(after, partial=partial) == text
    assert len(tomllib.loads(text).get("row", [])) == len(new.rows) == len(set(new.rows))
    if not partial:
        assert text == Contract().updated(after)
    else:
        keys = {(row.kind, row.request_or_origin, row.status, row.exception) for row in [*old.rows, *after]}
        assert {(row.kind, row.request_or_origin, row.status, row.exception) for row in new.rows} == keys
        assert set(new.rows) >= set(after)


@property_of_files
@given(OLD_RUN, RUN, st.booleans(), st.integers())
def test_no_comment_of_an_older_file_is_lost(before: list[Row], after: list[Row], partial: bool, seed: int) -> None:
    text, written = commented(older(before), seed)
    assume(tomllib.loads(text).get("row", []) == tomllib.loads(older(before)).get("row", []))

    changed = updated(text, after, partial=partial)

    assert all(changed.count(comment) == text.count(comment) for comment in written)
    assert Contract.parse(changed).differences(after, partial=partial) == []
    assert updated(changed, after, partial=partial) == changed


def test_transactions_in_a_file_of_this_version() -> None:
    text = NEW.replace('kind = "segment"  # the', 'kind = "transaction"  # the')

    [mistake] = mistakes(text)
    assert mistake == (
        "sentry-contract.toml:8: kind: transactions are segments since version 2 of the format."
        ' Write kind = "segment", without tags and user'
    )
    assert Contract.parse(text.replace("version = 2", "version = 1")).rows == Contract.parse(NEW).rows


# Files that can't be read


def test_a_merge_conflict() -> None:
    text = FILE.replace('level = "warning"\n', '<<<<<<< HEAD\nlevel = "warning"\n=======\n>>>>>>> theirs\n')

    assert mistakes(text) == [
        'sentry-contract.toml:45: a merge conflict. Keep one side, whichever, and run "pytest --sentry-contract=update"'
    ]
    assert mistakes(text.replace("\n", "\r\n")) == mistakes(text)


def test_damaged_toml() -> None:
    [mistake] = mistakes(FILE.replace('kind = "event"', "kind = event", 1))
    assert mistake.startswith("sentry-contract.toml:15: not valid TOML: ")
    [mistake] = mistakes('version = 2\nrow = """')
    assert mistake.startswith("sentry-contract.toml")
    assert ": not valid TOML: " in mistake


def test_a_file_from_a_newer_version() -> None:
    assert mistakes('version = 3\nfuture = "x"\n[[rows]]\n') == [
        "sentry-contract.toml: from a newer version of pytest-sentry-contract: format 3, this one reads 2"
    ]


def test_twice_as_many_variants_of_a_row_are_four_times_the_work() -> None:
    """Each is compared with each."""

    def work(variants: int) -> int:
        before = [CRASH._replace(tags=(f"tag-{number}",)) for number in range(variants)]
        after = [row._replace(level="fatal") for row in before]
        assert [each.state for each in Contract(tables=tuple(before)).differences(after)] == ["changed"] * variants
        return steps_of(lambda: Contract(tables=tuple(before)).differences(after))

    assert work(40) < 4.2 * work(20)


def test_a_file_that_is_not_in_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    path.write_bytes(b"version = 2\n# caf\xe9\n")

    with pytest.raises(ContractError) as caught:
        read_contract(path)
    assert str(caught.value) == "sentry-contract.toml:2: not in UTF-8, as TOML files are: invalid continuation byte"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_contract(tmp_path / "contract.toml")


def test_all_mistakes_are_reported_at_once() -> None:
    text = """\
version = true
verion = 1

[[row]]
request = "/orders"
origin = "logging"
status = "404"
kind = ""
exeption = "KeyError"
captured = "yes"
discarded = "captured"
level = 3
tags = ["a", 1]
user = "id"

[[row]]
origin = ""
captured = true
by = "shop.drop"

[[row]]
request = "GET /"
status = 42
user.id = true
captured = false

[[rows]] # plural
captured = false

[row_of_mine]
"""
    place = "sentry-contract.toml"
    keys = "exception, by, captured, discarded, job, kind, level, origin, request, status and 2 more"
    assert mistakes(text) == [
        f"{place}:1: version: True is not a version of the format. Valid: 2",
        f"{place}:2: unknown key 'verion'; did you mean 'version'? Valid: version",
        f"{place}:5: request: '/orders' is not a method with a route. Write them as in \"GET /orders/{{number}}\"",
        f"{place}:7: status: '404' is not an HTTP status. Write a number such as 404",
        f"{place}:8: kind: '' is empty",
        f"{place}:9: unknown key 'exeption'; did you mean 'exception'? Valid: {keys}",
        f"{place}:10: captured: 'yes' is neither true nor false",
        f"{place}:11: discarded: 'captured' is not a discard reason. Write captured = true",
        f"{place}:12: level: 3 is not a string. Write it in quotes",
        f"{place}:13: tags: ['a', 1] is not a list of names. Write one such as [\"request_id\"]",
        f"{place}:14: user: 'id' is not a list of names. Write one such as [\"request_id\"]",
        f"{place}:4: a row has only one of 'request', 'job' and 'origin'",
        f"{place}:4: a row has only one of 'captured' and 'discarded'",
        f"{place}:17: origin: '' is empty",
        f"{place}:16: a row has a 'kind', such as \"event\", unless captured = false: a silent failure",
        f"{place}:16: 'by' names the callable that discarded something, and the row has no 'discarded'",
        f"{place}:23: status: 42 is not an HTTP status. Write a number such as 404",
        f"{place}:24: user: {{'id': True}} is not a list of names. Write one such as [\"request_id\"]",
        f"{place}:27: unknown table [[rows]]. Valid: [[row]]",
        f"{place}:30: unknown table [row_of_mine]. Valid: [[row]]",
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("# empty", ": the line version = 2 is missing at the beginning"),
        ("version = 0", ":1: version: 0 is not a version of the format. Valid: 2"),
        ('version = "1"', ":1: version: '1' is not a version of the format. Valid: 2"),
        ("version = 2\nrow = [{captured = false}]", ":2: each row is a table of its own, headed [[row]]"),
        ('version = 2\n[[row]]\norigin = "logging"\nkind = "event"', ":2: a row has one of 'captured' and 'discarded'"),
        ("version = 2\n[[row]]\ncaptured = false", ":2: a row has one of 'request', 'job' and 'origin'"),
    ],
)
def test_a_mistake(text: str, mistake: str) -> None:
    assert mistakes(text) == [f"sentry-contract.toml{mistake}"]


# Which rows a contract has


@pytest.mark.parametrize(
    ("row", "is_pinned"),
    [
        (REJECTED, True),
        (REJECTED._replace(result="sample_rate"), True),
        (REJECTED._replace(result="backpressure"), False),
        (REJECTED._replace(result="queue_overflow"), False),
        (REJECTED._replace(result="ratelimit_backoff"), False),
        (REJECTED._replace(result="network_error"), False),
        (CRASH._replace(kind="profile"), False),
        (CRASH._replace(kind="profile", result="insufficient_data"), False),
        (CRASH._replace(kind="segment"), True),
        (CRASH._replace(kind="segment", result="sample_rate", by="shop.sampler"), True),
        (CRASH._replace(kind="segment", result="backpressure"), False),
        (CRASH._replace(kind="span", result="buffer_overflow"), False),
        (CRASH._replace(kind="span", result="ignored"), False),
        (SILENT, True),
        (SILENT._replace(status=500), True),
        (SILENT._replace(status=None, exception="KeyError"), True),
        (SILENT._replace(status=200, result="nothing"), False),
        (SILENT._replace(status=None, result="nothing"), False),
        (SILENT._replace(result="Sentry was off"), False),
    ],
)
def test_what_says_nothing_of_the_application_is_left_out(row: Row, is_pinned: bool) -> None:
    assert pinned([(row, Tally("t::a", in_contract=True))]) == [row] * is_pinned
    assert pinned([(row, Tally("t::a", in_contract=False))]) == []


STABLE = """
import sys
from pytest_sentry_capture._reports.contract.contract_file import Contract
from pytest_sentry_capture._reports.table import Row

tags = {"a", "b", "c", "d"}
keys = {(status, tag) for status in (404, 500) for tag in tags}
rows = {Row("/", "GET", status, "event", tags=tuple(sorted(tags - {tag})), user=(tag,)) for status, tag in keys}
sys.stdout.buffer.write(Contract().updated(rows).encode())
"""


def test_the_file_does_not_depend_on_hash_seeds_and_locales() -> None:
    texts = {
        subprocess.run(
            [sys.executable, *flags, "-c", STABLE],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale},
            capture_output=True,
            check=True,
        ).stdout
        for flags, seed, locale in (((), "1", "C"), (("-X", "utf8"), "2", "C.UTF-8"))
    }

    [text] = texts
    assert text.count(b"[[row]]\n") == 8
