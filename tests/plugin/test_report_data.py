"""What the JSON report says about a run beside its rows: waivers, callbacks, example items, the run itself."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from checkout import DOCS, REPORT_SCHEMA
from run_reports import comparable, sentry_contract

SCHEMA = json.loads(REPORT_SCHEMA.read_text())
SHOP = """
import sentry_sdk

SECRETS = ("alice@example.com", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "<script>alert(1)</script>", "\\u202eevil")


class Rejected(Exception):
    pass


def before_send(event, hint):
    error = hint.get("exc_info", (None, None))[1]
    if isinstance(error, LookupError):
        return None
    if isinstance(error, ArithmeticError):
        raise RuntimeError("the filter itself")
    if isinstance(error, Rejected):
        event["tags"]["seen"] = "yes"
    return event


def start():
    sentry_sdk.init(dsn="https://public@sentry.invalid/1", before_send=before_send, release="1")


def fail(error):
    private_total = str(error)
    sentry_sdk.add_breadcrumb(category="queries", message=private_total)
    with sentry_sdk.push_scope() if hasattr(sentry_sdk, "push_scope") else sentry_sdk.new_scope() as scope:
        scope.set_tag("order", private_total)
        scope.set_user({"email": private_total})
        try:
            raise error
        except type(error):
            sentry_sdk.capture_exception()
"""
TESTS = """
import pytest
import shop


@pytest.fixture(autouse=True, scope="module")
def started():
    shop.start()


def test_rejected(sentry_capture):
    shop.fail(shop.Rejected("order of alice@example.com"))


def test_kept(sentry_capture):
    shop.fail(ValueError("ab" * 100))


@pytest.mark.parametrize("who", ["alice@example.com", "bob"])
def test_dropped(who):
    shop.fail(KeyError(who))


@pytest.mark.sentry_allow("no-callback-errors", reason="the filter of alice@example.com", ticket="SHOP-12")
def test_crashed():
    shop.fail(ZeroDivisionError("division"))
"""


def report_of(pytester: pytest.Pytester, *args: str, rules: str = "no-callback-errors = true") -> Any:
    """What the JSON report of a run of the files in the folder holds, valid by its schema."""
    pytester.makefile(".toml", sentry_capture=f"[rules]\n{rules}\n")
    pytester.runpytest_subprocess("-q", "-p", "no:randomly", "--sentry-report=run.json", *args)
    report = json.loads((pytester.path / "run.json").read_text())
    jsonschema_rs.validate(SCHEMA, report)
    return report


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=SHOP, test_shop=TESTS)
    return pytester


def test_callbacks_are_counted(shop: pytest.Pytester) -> None:
    [before_send] = [each for each in report_of(shop)["callbacks"] if each["option"] == "before_send"]

    numbers = {name: before_send[name] for name in ("calls", "passed", "changed", "dropped", "crashed")}
    assert numbers == {"calls": 5, "passed": 2, "changed": 1, "dropped": 2, "crashed": 1}
    assert (before_send["name"], before_send["file"]) == ("shop.before_send", "shop.py")


def test_example_items_have_names_and_no_values(shop: pytest.Pytester) -> None:
    rows = {row["exception"]: row for row in report_of(shop)["rows"] if row["kind"] == "event"}

    item = rows["Rejected"]["item"]
    [exception] = item["exceptions"]
    assert (exception["type"], exception["module"], exception["value"]) == ("Rejected", "shop", "<text of 10-99>")
    frame = exception["frames"][-1]
    assert (frame["function"], frame["file"], frame["variables"][:2]) == ("fail", "shop.py", ["error", "private_total"])
    assert item["breadcrumbs"] == {"queries": 1}
    assert item["user"] == {"email": "<text of 10-99>"}
    assert item["tags"]["order"]["value"] == "<text of 10-99>"
    assert item["tags"]["seen"] == {"scope": "before_send", "value": "<text of 1-9>"}
    assert "seen" not in rows["Rejected"]["before"]["tags"]
    assert rows["ValueError"]["item"]["exceptions"][0]["value"] == "<text of 100-999>"
    assert (rows["KeyError"]["item"]["level"], rows["KeyError"]["before"]) == ("error", None)


def test_waivers_have_reason_and_ticket(shop: pytest.Pytester) -> None:
    [waiver] = report_of(shop)["waivers"]

    assert waiver == {
        "rule": "no-callback-errors",
        "place": "test_shop.py::test_crashed",
        "reason": "the filter of <email>",
        "until": None,
        "ticket": "SHOP-12",
        "used": True,
        "expired": False,
    }


def test_the_run_tells_of_itself(shop: pytest.Pytester) -> None:
    report = report_of(shop, "--deselect", "test_shop.py::test_dropped[bob]")

    assert (report["status"], report["outcome"]) == ("passed", "Passed: 1 rule is kept.")
    assert report["versions"]["pytest"] == pytest.__version__
    assert report["duration"] > 0
    assert report["shard"]["collected"]["test_shop.py::test_dropped"] == 2
    assert report["shard"]["ran"]["test_shop.py::test_dropped"] == [0]


def test_workers_tell_the_same(shop: pytest.Pytester) -> None:
    alone, together = report_of(shop), report_of(shop, "-n", "2")

    def told(report: Any) -> Any:
        items = [(row["exception"], row["item"] is None) for row in report["rows"]]
        return report["callbacks"], report["waivers"], comparable(report)["shard"], items

    assert told(alone) == told(together)


@pytest.mark.parametrize(("until", "fails"), [("2999-12-31", False), ("2001-01-01", True)])
def test_a_waiver_counts_until_its_last_day(pytester: pytest.Pytester, until: str, fails: bool) -> None:
    waiver = f'@pytest.mark.sentry_allow("no-callback-errors", reason="a bug", until="{until}")'
    start = "@pytest.fixture(autouse=True, scope='module')\ndef started():\n    shop.start()\n"
    body = "def test_crashed():\n    shop.fail(ZeroDivisionError())\n"
    pytester.makepyfile(shop=SHOP, test_shop=f"import pytest, shop\n\n{start}\n{waiver}\n{body}")
    pytester.makefile(".toml", sentry_capture="[rules]\nno-callback-errors = true\n")

    result = pytester.runpytest_subprocess("-q", "--sentry-report=run.json")

    told = " ".join(result.stdout.str().split())
    assert ("The waiver of test_shop.py::test_crashed ended on 2001-01-01 (a bug)." in told) is fails
    assert ("expired sentry_allow('no-callback-errors') of test_shop.py::test_crashed ended on 2001" in told) is fails
    assert "unused" not in told
    result.assert_outcomes(passed=not fails, failed=fails)
    [shown] = json.loads((pytester.path / "run.json").read_text())["waivers"]
    assert (shown["until"], shown["expired"], shown["used"]) == (until, fails, not fails)


@pytest.mark.parametrize("until", ['"soon"', '"2027-02-30"', '"20270301"', "3", '"2027-03-01T10:00:00"'])
def test_a_last_day_that_is_none_is_a_mistake(pytester: pytest.Pytester, until: str) -> None:
    pytester.makepyfile(
        f"import pytest\n@pytest.mark.sentry_allow('no-pii', reason='r', until={until})\ndef test_it(): pass\n"
    )

    result = pytester.runpytest_subprocess("-q")

    result.stdout.fnmatch_lines(["sentry_allow: until must be the last day on which the waiver counts, such as *"])
    result.assert_outcomes(errors=1)


def test_what_was_planted_is_in_no_file(pytester: pytest.Pytester) -> None:
    planted = ["alice@example.com", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "<script>alert(1)</script>", "\u202eevil"]
    pytester.makepyfile(
        shop=SHOP,
        test_shop="""
        import logging
        import pytest, sentry_sdk, shop

        @pytest.fixture(autouse=True, scope="module")
        def started():
            shop.start()

        @pytest.mark.parametrize("planted", shop.SECRETS, ids=shop.SECRETS)
        def test_planted(planted, sentry_capture):
            sentry_sdk.set_tag(planted, planted)
            sentry_sdk.set_user({planted: planted, "id": planted})
            sentry_sdk.set_extra(planted, {planted: planted})
            sentry_sdk.set_context(planted, {planted: planted})
            sentry_sdk.add_breadcrumb(category=planted, message=planted)
            logging.getLogger(planted).error(planted)
            shop.fail(type(planted, (Exception,), {"__module__": planted})(planted))
            with sentry_sdk.start_transaction(name=planted, op=planted):
                sentry_sdk.capture_message(planted)
        """,
    )
    pytester.makeconftest(
        "import pytest\n"
        "from pytest_sentry_capture import Rule\n"
        "class Own(Rule):\n"
        "    name = 'own'\n"
        "    def judge(self, views):\n"
        "        for event in views.events:\n"
        "            yield self.broken(event, 'nothing is right')\n"
        "def pytest_sentry_capture_rules(config):\n    return [Own()]\n"
    )

    report_of(pytester, "--sentry-report=run.md", "--sentry-report=run.txt", "--sentry-report-traces")

    for name in "run.json", "run.md", "run.txt":
        text = (pytester.path / name).read_text()
        assert [each for each in planted if each in text or json.dumps(each)[1:-1] in text] == [], name


def test_the_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert sentry_contract("schema") == 0

    printed = json.loads(capsys.readouterr().out)
    assert printed == SCHEMA
    assert printed["$id"] == "urn:pytest-sentry-contract:report:2"


def test_reports_from_before_are_valid_and_readable() -> None:
    folder = DOCS / "from-2-to-3"

    for name in "before.json", "after.json":
        jsonschema_rs.validate(SCHEMA, json.loads((folder / name).read_text()))
    assert sentry_contract("diff", str(folder / "before.json"), str(folder / "after.json")) == 0


@pytest.mark.needs("Sentry's own engine")
def test_allowed_personal_data_names_its_entry(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sentry_sdk

        def test_it(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.set_extra("owner", "jane@example.org")
            sentry_sdk.set_extra("buyer", "joe@example.com")
            sentry_sdk.set_extra("seller", "jim@example.net")
            sentry_sdk.capture_message("hello")
        """
    )
    allow = 'no-pii = { allow = ["extra.owner", "@email = joe@example.com"], severity = "warn" }'

    report = report_of(pytester, rules=allow)

    found = {each["place"]: each.get("allowed_by") for each in report["personal_data"]}
    assert found == {"extra.owner": "extra.owner", "extra.buyer": "@email = [secret]", "extra.seller": None}
    assert "allowed_by" not in next(each for each in report["personal_data"] if each["place"] == "extra.seller")


def test_an_expired_waiver_of_the_contract_is_named_with_its_difference(pytester: pytest.Pytester) -> None:
    waived = """
        import pytest, sentry_sdk

        @pytest.mark.sentry_allow("contract", reason="of alice@example.com", ticket="SHOP-12", until="{until}")
        def test_waived(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("new", level="{level}")

        def test_pinned(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("old", level="warning")
    """
    pytester.makepyfile(test_shop=waived.format(until="2999-01-01", level="fatal"))
    pytester.runpytest_subprocess("-q", "--sentry-contract=update").assert_outcomes(passed=2)
    pytester.runpytest_subprocess("-q", "--sentry-contract=check").stdout.fnmatch_lines(["*The contract matches*"])

    pytester.makepyfile(test_shop=waived.format(until="2001-01-01", level="fatal"))
    result = pytester.runpytest_subprocess("-q", "--sentry-contract=check")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["The waiver of test_shop.py::test_waived ended on 2001-01-01 (of <email>, SHOP-12). Fix the cause, or set *"]
    )
