"""Declared secrets, and forbidden keys, in real runs: in attachments of every encoding, in headers and bodies."""

from __future__ import annotations

import pytest

ATTACHMENTS = """
import codecs, gzip
import any_sdk, pytest, sentry_sdk

TEXT = "user typed hünter2, password=x"
CONTENTS = {
    "utf-8": TEXT.encode(),
    "utf-8 with mark": TEXT.encode("utf-8-sig"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16-le": TEXT.encode("utf-16-le"),
    "utf-16-be": TEXT.encode("utf-16-be"),
    "utf-16-be with mark": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-32": TEXT.encode("utf-32"),
    "utf-32-le": TEXT.encode("utf-32-le"),
    "utf-32-be": TEXT.encode("utf-32-be"),
    "latin-1": TEXT.encode("latin-1"),
    "declared": TEXT.encode("cp037"),
    "gzip": gzip.compress(TEXT.encode()),
}

@pytest.fixture(params=CONTENTS)
def content(request, sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1")
    content_type = "text/plain; charset=cp037" if request.param == "declared" else "text/plain"

    def attach(content):
        with any_sdk.new_scope() as scope:
            scope.add_attachment(bytes=content, filename="log.txt", content_type=content_type)
            sentry_sdk.capture_message("hello")

    yield CONTENTS[request.param], attach

def test_secret(content, sentry_capture):
    sentry_capture.secret("hünter2")
    content, attach = content
    attach(content)

def test_other_secret(content, sentry_capture):
    sentry_capture.secret("hünter3")
    content, attach = content
    attach(content)

def test_key(content):
    content, attach = content
    attach(content)
"""


def test_attachments_in_every_encoding(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_attachments=ATTACHMENTS)
    result = pytester.runpytest_inprocess("-k", "secret")

    result.assert_outcomes(failed=12, passed=12)
    assert result.stdout.str().count("attachment holds a declared secret: attachment (7 characters)") == 12
    (pytester.path / "sentry_capture.toml").write_text('rules.forbidden-data = { keys = ["password"] }')
    result = pytester.runpytest_inprocess("-k", "key")
    result.assert_outcomes(failed=12)
    assert (
        result.stdout.str().count("attachment holds a forbidden key with its value: attachment (7 characters)\n") == 12
    )


REQUESTS = """
import base64, json, urllib.parse
import any_sdk, pytest, sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

SECRET = "hünter2 & <Söhne>"
FORMS = {
    "basic": "Basic " + base64.b64encode(f"jane:{SECRET}".encode()).decode(),
    "jwt": "e30." + base64.urlsafe_b64encode(json.dumps({"sub": SECRET}).encode()).decode().rstrip("=") + ".c2ln",
    "form": urllib.parse.urlencode({"word": SECRET}),
    "json in json": json.dumps({"form": json.dumps({"word": SECRET})}),
    "nothing": "harmless",
}

@pytest.fixture
def client():
    options = {**any_sdk.with_personal_data(), **any_sdk.without_local_variables()}
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", **options)
    app = FastAPI()

    @app.post("/")
    def crash(form: dict[str, str]):
        raise LookupError

    return TestClient(app, raise_server_exceptions=False)

@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", ["header", "body"])
def test_request(client, sentry_capture, form, place):
    sentry_capture.secret(SECRET)
    text = FORMS[form]
    if place == "header":
        client.post("/", json={}, headers={"X-Form": text})
    else:
        client.post("/", json={"text": text})
    assert sentry_capture.events
"""


def test_headers_and_bodies_in_every_encoding(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_requests=REQUESTS)

    result = pytester.runpytest_inprocess("--tb=short", "-rA")

    passed = [line for line in result.stdout.lines if line.startswith("PASSED")]
    assert sorted(line.partition("[")[2] for line in passed) == ["body-nothing]", "header-nothing]"]
    result.assert_outcomes(passed=2, failed=8)
    output = result.stdout.str()
    assert "request.headers.x-form holds a declared secret: " in output
    assert "request.data.text holds a declared secret: " in output
    assert "hünter2" not in output


@pytest.mark.parametrize(
    ("value", "message"),
    [
        *(("'***'", "'[*][*][*]' is a mask, which matches any value. Declare the value that it hides"),),
        *(("'[filtered]'", "'[[]filtered]' is a mask, which *"), ("'xxxxxxxx'", "'xxxxxxxx' is a mask, which *")),
        *(("'n/a'", "'n/a' is a mask, which *"), ("'None'", "'None' is a mask, which *")),
        *(("''", "a secret can't be empty"), ("' '", "a secret can't be empty")),
        ("'abc'", "a secret must have at least 4 characters: shorter ones appear everywhere"),
    ],
)
@pytest.mark.parametrize("fixture", ["sentry_capture", "sentry_server"])
def test_a_secret_that_is_none(pytester: pytest.Pytester, fixture: str, value: str, message: str) -> None:
    pytester.makefile(".toml", sentry_capture='masks = ["n/a"]')
    pytester.makepyfile(test_shop=f"def test({fixture}):\n    {fixture}.secret({value})\n")

    result = pytester.runpytest_inprocess("--tb=short")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"    {fixture}.secret({value})".replace("[", "[[]"), f"E   ValueError: {message}"])


@pytest.mark.parametrize("value", ["None", "b'hunter2'", "42"])
def test_a_secret_that_is_not_a_text(pytester: pytest.Pytester, value: str) -> None:
    pytester.makepyfile(f"def test(sentry_capture):\n    sentry_capture.secret({value})\n")

    pytester.runpytest_inprocess().stdout.fnmatch_lines(["E * TypeError: a secret must be a string, not *"])


def test_a_key_that_is_encoded_is_not_shown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import base64, sentry_sdk

        def test(sentry_init, sentry_capture):
            sentry_init(dsn="https://key@sentry.invalid/1")
            secret = "hunter" + "2-and-more"
            sentry_capture.secret(secret)
            sentry_sdk.set_tag("a", "x")
            sentry_sdk.set_context("form", {base64.b64encode(f"user {secret}".encode()).decode(): "1"})
            sentry_sdk.capture_message("hello")
        """
    )

    result = pytester.runpytest_inprocess("--sentry-show=full", "--show-capture=no")

    result.stdout.fnmatch_lines(["*a key holds a declared secret: info message (5 characters)*"])
    result.stdout.no_fnmatch_line("*dXNlciBodW50ZXIy*")


def test_a_secret_is_looked_for_in_tests_that_the_paths_of_the_rule_leave_out(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", sentry_capture='rules.forbidden-data = { keys = ["a"], paths = ["test_within.py"] }')
    test = """
        import sentry_sdk

        def test_secret(sentry_init, sentry_capture):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_capture.secret("hunter2")
            sentry_sdk.capture_message("hunter2")

        def test_key(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.set_context("form", {"a": "x"})
            sentry_sdk.capture_message("hello")
        """
    pytester.makepyfile(test_within=test, test_without=test)

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=3, passed=1)
    result.stdout.fnmatch_lines(
        [
            "Rule 'forbidden-data' is broken (sentry_capture.toml:1).",
            "Rule 'forbidden-data' is broken (sentry_capture.toml:1).",
            "Rule 'forbidden-data' is broken (on in tests that use sentry_capture or sentry_server).",
        ]
    )
