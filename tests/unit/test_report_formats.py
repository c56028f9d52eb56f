"""What a report says in each format, that the formats say the same, and that no content can break them."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from checkout import REPORT_SCHEMA
from pytest_sentry_capture._reports.contract.differences import Difference
from pytest_sentry_capture._reports.formats import FORMATS, markdown
from pytest_sentry_capture._reports.personal_data import PersonalData
from pytest_sentry_capture._reports.report import ContractComparison, FindingGroup, RuleSummary, RunFacts, RunReport
from pytest_sentry_capture._reports.table import Row, Tally

SCHEMA = json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))

CRASH = Row("/orders/{number}", "GET", 500, "event", "KeyError", level="error", tags=("a", "b"), user=("id",))
FILTERED = Row("/orders/{number}", "GET", 404, "event", "HTTPException", "before_send", "s.<lambda>", "error")
LOGGED = Row("logging", kind="event", level="warning")
SILENT = Row("(no route)", "GET", 404, result="silent")
REPORT = RunReport(
    rows=[
        (SILENT, Tally("t.py::bad", True, 1)),
        (FILTERED, Tally("t.py::no", True, 2, by_chance=True)),
        (
            CRASH,
            Tally("t.py::yes", False, 12, fields={"user.id": "sent", "extra.password": "filtered"}, is_waived=True),
        ),
        (LOGGED, Tally("(collection)", True, 0, {"": 1})),
    ],
    rules=[
        RuleSummary("server-errors-captured", "broken", 10, 2, "fail", "pyproject.toml:12"),
        RuleSummary("no-pii", "not judged", 0, 0, "fail", "pyproject.toml:13", 3, ("Relay is missing", "too deep")),
        RuleSummary("client errors are not bugs", "not exercised", 0, 0, "warn", "pyproject.toml:20"),
    ],
    contracts=[
        ContractComparison(
            [Difference(FILTERED, FILTERED._replace(result="captured", by=""), "t.py::no"), Difference(LOGGED, None)],
        )
    ],
    findings=[
        FindingGroup(
            "server-errors-captured", "fail", "GET /hidden answered 500.", ("t.py::bad", "t.py::yes"), "t.py", 3
        ),
        FindingGroup("max-breadcrumbs", "warn", "12 breadcrumbs", ("(collection)",)),
    ],
    partial=["-k was given", "1 test failed"],
    version="1.2.3",
    facts=RunFacts(
        sdk="2.75.0",
        integrations=["fastapi", "logging"],
        counts={"event": 13, "span": 2},
        personal_data=[
            PersonalData("event", "GET", "/orders/{number}", 500, "user.email", "@email"),
            PersonalData("span", "", "auto.db.sqlalchemy", None, "name", "@iban"),
        ],
    ),
)

WITHOUT_CLIENT = RunReport(
    rows=[(SILENT._replace(result="Sentry was off"), Tally("t.py::test", False, 1))], verdict="No client was active."
)

TEXT = """\
This was a partial run (-k was given; 1 test failed): rows may be missing because their tests did not run.

broken   server-errors-captured: GET /hidden answered 500. [in 2 tests, first: t.py::bad]
warning  max-breadcrumbs: 12 breadcrumbs [(collection)]

2 rows differ from the contract.

  changed  event HTTPException, GET /orders/{number} 404: was discarded by before_send, is captured now [t.py::no]
             by: was s.<lambda>, is none now
  gone     event, logging: was captured

If this is intended, run `pytest --sentry-contract=update`.

request or origin     status  kind   exception      Sentry                           by          level    tags  user  times  example
--------------------  ------  -----  -------------  -------------------------------  ----------  -------  ----  ----  -----  ------------
GET (no route)        404                           silent                                                            1      t.py::bad
GET /orders/{number}  404     event  HTTPException  before_send (sampled by chance)  s.<lambda>  error                2      t.py::no
GET /orders/{number}  500     event  KeyError       captured (waived)                            error    a, b  id    12     t.py::yes
logging                       event                 captured                                     warning              1      (collection)

rule                        state          kept  broken  not judged  severity  configured in
--------------------------  -------------  ----  ------  ----------  --------  -----------------
server-errors-captured      broken         10    2                   fail      pyproject.toml:12
no-pii                      not judged     0     0       3           fail      pyproject.toml:13
client errors are not bugs  not exercised  0     0                   warn      pyproject.toml:20
"""  # noqa: E501

MARKDOWN = """\
## Sentry

This was a partial run (-k was given; 1 test failed): rows may be missing because their tests did not run.

### Needs attention

- **broken** `server-errors-captured`: `GET /hidden answered 500. [in 2 tests, first: t.py::bad]`
- **warning** `max-breadcrumbs`: `12 breadcrumbs [(collection)]`

### Contract

2 rows differ from the contract.

```diff
! changed  event HTTPException, GET /orders/{number} 404: was discarded by before_send, is captured now [t.py::no]
!            by: was s.<lambda>, is none now
- gone     event, logging: was captured
```

### Rules

| rule | state | kept | broken | not judged | severity | configured in |
| --- | --- | --- | --- | --- | --- | --- |
| `server-errors-captured` | broken | 10 | 2 |  | fail | `pyproject.toml:12` |
| `no-pii` | not judged | 0 | 0 | 3 | fail | `pyproject.toml:13` |
| client errors are not bugs | not exercised | 0 | 0 |  | warn | `pyproject.toml:20` |

### Captured and not captured

| request or origin | status | kind | exception | Sentry | by | level | tags | user | times | example |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| `GET (no route)` | 404 |  |  | silent |  |  |  |  | 1 | `t.py::bad` |
| `GET /orders/{number}` | 404 | event | HTTPException | `before_send (sampled by chance)` | `s.<lambda>` | error |  |  | 2 | `t.py::no` |
| `GET /orders/{number}` | 500 | event | KeyError | `captured (waived)` |  | error | `a, b` | id | 12 | `t.py::yes` |
| logging |  | event |  | captured |  | warning |  |  | 1 | `(collection)` |
"""  # noqa: E501


def cells_of(markdown_text: str) -> list[list[str]]:
    """The texts of the cells of the last table, as a reader sees them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_text)
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append("".join(_text(child) for child in token.children or ()))
    return rows


def _text(token: Token) -> str:
    if token.type == "html_inline":
        assert token.content in ("<code>", "</code>")
        return ""
    assert token.type in ("text", "code_inline", "text_special"), token.type
    return token.content


def test_text() -> None:
    assert FORMATS[".txt"].render(REPORT) == TEXT


def test_markdown() -> None:
    assert FORMATS[".md"].render(REPORT) == MARKDOWN


def test_json() -> None:
    content = json.loads(FORMATS[".json"].render(REPORT))
    filtered: dict[str, Any] = {
        "request": {"method": "GET", "route": "/orders/{number}"},
        "origin": None,
        "status": 404,
        "kind": "event",
        "exception": "HTTPException",
        "captured": False,
        "discarded": {"reason": "before_send", "by": "s.<lambda>"},
        "level": "error",
        "tags": [],
        "user": [],
    }
    logged: dict[str, Any] = {
        "request": None,
        "origin": "logging",
        "status": None,
        "kind": "event",
        "exception": None,
        "captured": True,
        "discarded": None,
        "level": "warning",
        "tags": [],
        "user": [],
    }

    about_run = ["version", "plugin_version", "sdk", "integrations", "counts", "partial", "verdict"]
    assert {*content} == {*SCHEMA["properties"]}
    assert {name: content[name] for name in about_run} == {
        "version": 2,
        "plugin_version": "1.2.3",
        "sdk": "2.75.0",
        "integrations": ["fastapi", "logging"],
        "counts": {"event": 13, "span": 2},
        "partial": ["-k was given", "1 test failed"],
        "verdict": None,
    }
    assert content["personal_data"] == [
        {
            "request": {"method": "GET", "route": "/orders/{number}"},
            "origin": None,
            "status": 500,
            "kind": "event",
            "place": "user.email",
            "rule": "@email",
        },
        {
            "request": None,
            "origin": "auto.db.sqlalchemy",
            "status": None,
            "kind": "span",
            "place": "name",
            "rule": "@iban",
        },
    ]
    assert content["rows"][1] == {
        **filtered,
        "project": None,
        "state": "sampled by chance",
        "count": 2,
        "example": "t.py::no",
        "in_contract": True,
        "by_chance": True,
        "fields": {},
        "item": None,
        "before": None,
    }
    assert [*content["rows"][2]["fields"].items()] == [("extra.password", "filtered"), ("user.id", "sent")]
    assert [(row["kind"], row["captured"], row["discarded"]) for row in content["rows"][::3]] == [
        (None, False, None),
        ("event", True, None),
    ]
    assert [row["state"] for row in content["rows"]] == ["silent", "sampled by chance", "waived", "captured"]
    assert [row["in_contract"] for row in content["rows"]] == [True, True, False, True]
    assert [row["by_chance"] for row in content["rows"]] == [False, True, False, False]
    assert content["rules"][0] == {
        "name": "server-errors-captured",
        "state": "broken",
        "kept": 10,
        "broken": 2,
        "severity": "fail",
        "place": "pyproject.toml:12",
        "not_judged": 0,
        "obstacles": [],
    }
    assert content["findings"] == [
        {
            "rule": "server-errors-captured",
            "severity": "fail",
            "problem": "GET /hidden answered 500.",
            "tests": ["t.py::bad", "t.py::yes"],
            "count": 2,
        },
        {
            "rule": "max-breadcrumbs",
            "severity": "warn",
            "problem": "12 breadcrumbs",
            "tests": ["(collection)"],
            "count": 1,
        },
    ]
    assert [(rule["state"], rule["not_judged"], rule["obstacles"]) for rule in content["rules"][1:]] == [
        ("not judged", 3, ["Relay is missing", "too deep"]),
        ("not exercised", 0, []),
    ]
    assert content["contract"]["differences"] == [
        {
            "state": "changed",
            "summary": "event HTTPException, GET /orders/{number} 404: was discarded by before_send, is captured now",
            "before": filtered,
            "after": {**filtered, "captured": True, "discarded": None},
            "file": "sentry-contract.toml",
            "test": "t.py::no",
        },
        {
            "state": "gone",
            "summary": "event, logging: was captured",
            "before": logged,
            "after": None,
            "file": "sentry-contract.toml",
            "test": None,
        },
    ]


@pytest.mark.parametrize(
    "report",
    [REPORT, RunReport(rows=[]), RunReport(rows=[], contracts=[ContractComparison([])]), WITHOUT_CLIENT],
    ids=["full", "empty", "contract kept", "without a client"],
)
def test_json_is_what_its_schema_says(report: RunReport) -> None:
    jsonschema_rs.meta.validate(SCHEMA)

    jsonschema_rs.validate(SCHEMA, json.loads(FORMATS[".json"].render(report)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 1),
        (("sdk",), 3),
        (("integrations",), ["fastapi", "fastapi"]),
        (("counts", "event"), 0),
        (("counts",), [["event", 1]]),
        (("more",), 1),
        (("rows", 0, "more"), 1),
        (("rows", 0, "count"), 0),
        (("rows", 0, "status"), 42),
        (("rows", 0, "state"), "told nothing"),
        (("verdict",), False),
        (("rows", 0, "request", "path"), "/orders/17"),
        (("rows", 1, "discarded", "line"), 17),
        (("rows", 2, "fields", "user.id"), "7"),
        (("rows", 2, "fields"), ["user.id"]),
        (("rows", 1, "by_chance"), "sometimes"),
        (("personal_data", 0, "value"), "jane@example.org"),
        (("personal_data", 0, "status"), 42),
        (("personal_data", 0, "kind"), None),
        (("rules", 0, "state"), "unknown"),
        (("findings", 0, "tests"), []),
        (("findings", 1, "severity"), "error"),
        (("rules", 1, "not_judged"), -1),
        (("rules", 1, "obstacles"), "Relay is missing"),
        (("contract", "differences", 0, "before", "count"), 1),
    ],
)
def test_the_schema_allows_nothing_else(path: tuple[str | int, ...], value: object) -> None:
    content: Any = json.loads(FORMATS[".json"].render(REPORT))
    *parents, last = path
    part = content
    for step in parents:
        part = part[step]
    part[last] = value

    assert not jsonschema_rs.is_valid(SCHEMA, content)


def test_the_schema_needs_all_of_it() -> None:
    def parts(content: Any) -> list[dict[str, Any]]:
        row = content["rows"][1]
        difference = content["contract"]["differences"][0]
        return [
            *(content, row, content["rows"][0]["request"], row["discarded"], content["personal_data"][0]),
            *(content["rules"][1], content["findings"][0], content["contract"], difference, difference["before"]),
        ]

    text = FORMATS[".json"].render(REPORT)
    optional = {*SCHEMA["properties"]} - {*SCHEMA["required"]}  # which older reports of this version lack
    names = [
        [name for name in part if name not in ("item", "before", *optional) or index]
        for index, part in enumerate(parts(json.loads(text)))
    ]
    names[1] = [name for name in names[1] if name not in ("item", "before", "project")]
    names[6] = [name for name in names[6] if name != "count"]

    assert sum(map(len, names)) == 12 + 16 + 2 + 2 + 6 + 8 + 4 + 2 + 6 + 10
    for index, name in ((index, name) for index, each in enumerate(names) for name in each):
        content = json.loads(text)
        del parts(content)[index][name]
        assert not jsonschema_rs.is_valid(SCHEMA, content), name


def test_a_run_without_anything() -> None:
    nothing = "Nothing was captured or discarded."

    assert FORMATS[".txt"].render(RunReport(rows=[])) == f"{nothing}\n"
    assert FORMATS[".md"].render(RunReport(rows=[])) == (f"## Sentry\n\n### Captured and not captured\n\n{nothing}\n")


def test_the_verdict_stands_first() -> None:
    assert FORMATS[".txt"].render(WITHOUT_CLIENT) == (
        "No client was active.\n\n"
        "request or origin  status  Sentry          times  example\n"
        "-----------------  ------  --------------  -----  ----------\n"
        "GET (no route)     404     Sentry was off  1      t.py::test\n"
    )
    assert FORMATS[".md"].render(WITHOUT_CLIENT).startswith("## Sentry\n\nNo client was active.\n\n### Captured")
    content = json.loads(FORMATS[".json"].render(WITHOUT_CLIENT))
    assert content["verdict"] == "No client was active."
    assert [(row["state"], row["captured"], row["discarded"]) for row in content["rows"]] == [
        ("Sentry was off", False, None)
    ]


@pytest.mark.parametrize(
    ("row", "about", "state", "shown"),
    [
        (CRASH, {}, "captured", "captured"),
        (FILTERED, {}, "discarded", "before_send"),
        (SILENT, {}, "silent", "silent"),
        (SILENT._replace(status=200, result="nothing"), {}, "nothing", "nothing"),
        (SILENT._replace(status=200, result="nothing"), {"is_waived": True}, "nothing", "nothing"),
        (SILENT._replace(result="Sentry was off"), {"is_waived": True}, "Sentry was off", "Sentry was off"),
        (
            FILTERED._replace(result="sample_rate"),
            {"by_chance": True},
            "sampled by chance",
            "sample_rate (sampled by chance)",
        ),
        (CRASH, {"by_chance": True, "is_waived": True}, "sampled by chance", "captured (sampled by chance)"),
        (SILENT, {"is_waived": True}, "waived", "silent (waived)"),
        (FILTERED, {"is_waived": True}, "waived", "before_send (waived)"),
    ],
)
def test_the_state_of_a_row(row: Row, about: dict[str, Any], state: str, shown: str) -> None:
    report = RunReport(rows=[(row, Tally("t.py::test", **about))])

    content = json.loads(FORMATS[".json"].render(report))
    assert [each["state"] for each in content["rows"]] == [state]
    assert re.search(f"  {re.escape(shown)}  ", FORMATS[".txt"].render(report))


def test_a_contract_that_was_updated() -> None:
    report = RunReport(rows=[], contracts=[ContractComparison([Difference(LOGGED, None)], was_updated=True)])

    text, markdown = (FORMATS[suffix].render(report) for suffix in (".txt", ".md"))
    assert text.startswith("1 row was updated in the contract.\n\n  gone  ")
    assert "--sentry-contract" not in text
    assert "### Contract\n\n1 row was updated in the contract.\n\n```diff\n- gone  " in markdown
    assert json.loads(FORMATS[".json"].render(report))["contract"]["updated"] is True


def test_a_contract_that_is_kept() -> None:
    report = RunReport(rows=[], contracts=[ContractComparison([])])

    assert FORMATS[".txt"].render(report).startswith("The contract matches.\n\n")
    assert "### Contract\n\nThe contract matches.\n" in FORMATS[".md"].render(report)


def test_a_long_table_is_folded_in_markdown() -> None:
    rows = [(CRASH._replace(origin=f"/{letter}"), Tally("t::a", True, 1)) for letter in "abcdefghijklmnopqrstu"]

    text = FORMATS[".md"].render(RunReport(rows=rows))

    assert "<details><summary>21 rows</summary>\n\n| request" in text
    assert text.endswith("|\n\n</details>\n")
    assert [cells[0] for cells in cells_of(text)] == [
        "request or origin",
        *(f"GET /{c}" for c in "abcdefghijklmnopqrstu"),
    ]
    assert "<details>" not in FORMATS[".md"].render(RunReport(rows=rows[:20]))


CONTENT = st.text(st.sampled_from("ab1 |`\\\n\r\t<>&*_[]()!#~$@:/-{}'\"\u2028\u202e\x1b"), max_size=12) | st.text()


@settings(deadline=None, max_examples=200)
@given(CONTENT, CONTENT)
def test_no_content_breaks_the_markdown(first: str, second: str) -> None:
    row = Row("x", kind=first, exception=second, level="x", tags=(second,))
    report = RunReport(rows=[(row, Tally("t", True, 1)), (CRASH, Tally("t", True, 1))])

    _, cells, crash = cells_of(markdown.render_report(report))

    assert [cells[0], cells[2], cells[3], cells[6]] == ["x", _as_shown(first), _as_shown(second), _as_shown(second)]
    assert crash[0] == "GET /orders/{number}"


INVISIBLE = (
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]+"
)


def _as_shown(text: str) -> str:
    """Content as it may be shown: in one line, and without what is invisible."""
    text = re.sub(INVISIBLE, "\ufffd", text)
    return " ".join(text.split())


@given(st.lists(st.sampled_from(["```", "`", "~~~", "a\n```", "</details>"]), max_size=4).map("".join))
def test_no_content_breaks_the_diff(name: str) -> None:
    report = RunReport(rows=[], contracts=[ContractComparison([Difference(None, LOGGED._replace(level=name or "x"))])])

    fences = [
        token for token in MarkdownIt("commonmark").parse(markdown.render_report(report)) if token.type == "fence"
    ]

    [fence] = fences
    assert fence.info == "diff"
    assert len(fence.content.splitlines()) == 2
