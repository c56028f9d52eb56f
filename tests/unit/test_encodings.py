"""Declared secrets are found in whatever form they are captured, and nothing is found that is not there."""

from __future__ import annotations

import codecs
import gzip
import html
import json
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture._assertions.formatting import Formatter
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._relay.privacy import PiiSearch
from pytest_sentry_capture._rules.built_in.forbidden_data import ForbiddenData
from pytest_sentry_capture._rules.rule import Pattern, Regex, RuleViews
from pytest_sentry_capture._text.decoded import MOST_READINGS, readings
from recordings import capture, recording

SECRET = "hünter/2 & <Söhne>"
SECRETS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=6, max_size=20).filter(
    lambda text: len(text.strip()) > 5
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
Encoder = Callable[[str], str]


def is_found(text: str, secret: str = SECRET) -> bool:
    return bool(problems(capture({"extra": {"text": text}}), secret))


def problems(captured: Capture, *secrets: str, rule: ForbiddenData | None = None) -> list[str]:
    judged = (rule or ForbiddenData()).judge(RuleViews(recording(captured, secrets=secrets)))
    return [each.problem for each in judged if each.problem is not None]


def every_letter(template: str) -> Encoder:
    return lambda text: "".join(template.format(ord(char)) for char in text)


def every_unit(text: str) -> str:
    data = text.encode("utf-16-be")
    return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))


def in_base64(data: bytes, offset: int = 0) -> str:
    return b64encode(b"x" * offset + data).decode()


ENCODERS: dict[str, Encoder] = {
    "JSON": json.dumps,
    "JSON without escapes": lambda text: json.dumps({"text": text}, ensure_ascii=False),
    "JSON as PHP writes it": lambda text: json.dumps({"text": text}).replace("/", "\\/"),
    "a representation": repr,
    "a representation of bytes": lambda text: repr(text.encode()),
    "a representation of bytes of UTF-16": lambda text: repr(
        f"a {text} b".encode("utf-16-le" if max(text, default="") <= "\xff" else "utf-8")
    ),
    "escapes of JavaScript": every_letter("\\u{{{:x}}}"),
    "a URL": quote,
    "a URL, wholly": lambda text: quote(text, safe=""),
    "a URL, in lower case": lambda text: quote(text, safe="").replace("%C3", "%c3").replace("%2F", "%2f"),
    "a form": quote_plus,
    "every byte of a URL": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "a URL in Latin-1": lambda text: quote(text.encode("latin-1", "xmlcharrefreplace")),
    "HTML": html.escape,
    "HTML without quotes": lambda text: html.escape(text, quote=False),
    "numbers in HTML": every_letter("&#{};"),
    "hexadecimal numbers in HTML": every_letter("&#x{:x};"),
    "escapes": every_unit,
    "base64": lambda text: in_base64(f"form: {text} end".encode()),
    "base64 for URLs, without padding": lambda text: (
        urlsafe_b64encode(f"form: {text} end".encode()).decode().rstrip("=")
    ),
    "base64 in lines": lambda text: encodebytes(b"x" * 70 + text.encode() + b"x" * 70).decode(),
    "base64 of UTF-16": lambda text: in_base64(f"form: {text} end".encode("utf-16-le")),
}
INNERMOST: dict[str, Encoder] = {
    "as it is": str,
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal in upper case": lambda text: text.encode().hex().upper(),
    "base64 of it alone": lambda text: in_base64(text.encode()),
    "base64 after a byte": lambda text: in_base64(text.encode(), 1),
    "base64 after two bytes": lambda text: in_base64(text.encode(), 2),
    "base64 for URLs": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "base64 of Latin-1": lambda text: in_base64(text.encode("latin-1", "replace") if text.isascii() else text.encode()),
    "base64 of UTF-16, high bytes first": lambda text: in_base64(text.encode("utf-16-be"), 1),
}
ALL: dict[str, Encoder] = {**ENCODERS, **INNERMOST}


@pytest.mark.parametrize("name", ALL)
def test_a_secret_in_each_form(name: str) -> None:
    encode = ALL[name]

    assert is_found(f"before {encode(SECRET)} after")
    assert not is_found(f"before {encode('something else')} after")


@given(
    secret=SECRETS,
    innermost=st.sampled_from([*INNERMOST]),
    outer=st.lists(st.sampled_from([*ENCODERS]), max_size=2),
    around=st.tuples(TEXTS, TEXTS),
)
def test_a_secret_in_forms_within_forms(secret: str, innermost: str, outer: list[str], around: tuple[str, str]) -> None:
    text = INNERMOST[innermost](secret)
    for name in outer:
        text = ENCODERS[name](f"a {text} b")

    assert is_found(f"{around[0]} {text} {around[1]}", secret)


@given(text=TEXTS, names=st.lists(st.sampled_from([*ENCODERS]), max_size=3))
def test_nothing_is_found_that_is_not_there(text: str, names: list[str]) -> None:
    for name in names:
        text = ENCODERS[name](text)

    assert not is_found(text, "a secret that is in no text")
    rule = ForbiddenData(keys=("a key that is in no text",), patterns=(Pattern(Regex("a pattern that fits no text")),))
    assert problems(capture({"extra": {"text": text}}), rule=rule) == []


@given(st.text(max_size=200))
def test_every_text_has_few_readings(text: str) -> None:
    """The text itself is the first of them."""
    read = [*readings(text)]

    assert read[0] == text
    assert len(set(read)) == len(read) <= MOST_READINGS


def test_readings_of_a_text_that_has_very_many() -> None:
    text = "\\\\" * 100 + "%25" * 100 + "&amp;amp;" * 50

    assert len([*readings(text)]) <= MOST_READINGS


ENCODINGS = ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
MARKS = {
    "utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
}  # fmt: skip
CHARSETS = ["cp1252", "iso-8859-15", "koi8-r", "shift_jis", "cp037", "utf-7", "gb18030", "UTF-16LE", "utf_32_be"]
UNWRITABLE = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"])


def attached(content: bytes, content_type: str | None = "text/plain", item_type: str = "attachment") -> Capture:
    about = {} if content_type is None else {"content_type": content_type}
    return Capture(item_type, content, headers={"filename": "f", **about})


@given(
    secret=SECRETS,
    around=st.tuples(TEXTS, TEXTS),
    encoding=st.sampled_from(ENCODINGS),
    has_mark=st.booleans(),
    is_zipped=st.booleans(),
    item_type=st.sampled_from(["attachment", "unknown"]),
)
def test_a_secret_in_an_attachment(
    secret: str, around: tuple[str, str], encoding: str, has_mark: bool, is_zipped: bool, item_type: str
) -> None:
    content = (MARKS[encoding] if has_mark else b"") + f"{around[0]}{secret}{around[1]}".encode(encoding)

    [problem] = problems(attached(gzip.compress(content) if is_zipped else content, item_type=item_type), secret)

    assert (
        problem.partition(":")[0] == f"{'unknown' if item_type == 'unknown' else 'attachment'} holds a declared secret"
    )


@pytest.mark.parametrize("charset", CHARSETS)
@given(data=st.data())
def test_a_secret_in_an_attachment_that_tells_its_charset(charset: str, data: st.DataObject) -> None:
    letters = st.characters(codec=charset, exclude_categories=["Cc", "Cs", "Cn"], exclude_characters="¥‾")
    secret = data.draw(st.text(letters, min_size=6, max_size=20).filter(lambda text: len(text.strip()) > 5))
    content = f"user typed {secret}".encode(charset)
    if content.decode(charset) != f"user typed {secret}":  # which some characters of Asian charsets don't survive
        return

    assert problems(attached(content, f'text/plain; charset="{charset}"'), secret) != []


@pytest.mark.parametrize("charset", ["nonsense", "base64", "idna", "punycode", "undefined", "rot13", "zip", ""])
def test_a_charset_that_is_none(charset: str) -> None:
    assert len(problems(attached(b"user typed hunter2", f"text/plain; charset={charset}"), "hunter2")) == 1


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", "text/plain; charset=ascii", None])
def test_a_charset_that_is_wrong(content_type: str | None) -> None:
    for encoding in ENCODINGS:
        assert len(problems(attached("user typed hünter2".encode(encoding), content_type), "hünter2")) == 1
    assert len(problems(attached("user typed hünter2".encode("latin-1"), content_type), "hünter2")) == 1


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("offset", range(4))
def test_a_secret_within_what_is_not_a_text(encoding: str, offset: int) -> None:
    content = b"\0\xff\1\xfe"[:offset] + b"MDMP\x93\xa7" + "hünter2".encode(encoding) + b"\0\0\xff\xfe\x81"

    assert len(problems(attached(content, "application/x-dmp"), "hünter2")) == 1
    assert problems(attached(content, "application/x-dmp"), "hünter3") == []


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("has_mark", [True, False])
def test_keys_and_patterns_in_an_attachment(encoding: str, has_mark: bool) -> None:
    mark = MARKS[encoding] if has_mark else b""
    rule = ForbiddenData(keys=("password",), patterns=(Pattern(Regex("DE[0-9]{4}")),))

    text = problems(attached(mark + "form: password=x\n".encode(encoding)), rule=rule)
    in_json = problems(attached(mark + '{"form": {"password": "x"}, "iban": "DE0212"}'.encode(encoding)), rule=rule)

    assert [each.partition(":")[0] for each in text] == ["attachment holds a forbidden key with its value"]
    assert [each.partition(":")[0] for each in in_json] == [
        "form.password holds the value of a forbidden key",
        "iban holds what matches the forbidden pattern 'DE[0-9]{4}'",
    ]


@pytest.mark.needs("Sentry's own engine")
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("has_mark", [True, False])
def test_personal_data_in_an_attachment(encoding: str, has_mark: bool) -> None:
    mark = MARKS[encoding] if has_mark else b""
    [item] = attached(mark + "mail to jane@example.com".encode(encoding)).items
    [in_json] = attached(mark + '{"to": ["jane@example.com"]}'.encode(encoding)).items
    [no_text] = attached(b"\x93\0\1\x02" + "jane@example.com".encode(encoding)).items

    assert [(each.path, each.rule) for each in PiiSearch().findings(item)] == [("attachment", "@email")]
    assert [(each.path, each.rule) for each in PiiSearch().findings(in_json)] == [("to.0", "@email")]
    assert PiiSearch().findings(no_text) == []


def test_keys_in_what_is_not_a_text() -> None:
    rule = ForbiddenData(keys=("password",))

    assert len(problems(attached(b"HOME=/\0PASSWORD=x\0PATH=/\0"), rule=rule)) == 1
    assert len(problems(attached(b"\x93\0\1\x02" + "password=x".encode("utf-16-le") + b"\0\0\1"), rule=rule)) == 1


def test_gzip_that_is_broken_or_unfolds_without_end() -> None:
    zipped = gzip.compress(b"hunter2" + b"\0" * 50_000_000 + b"hunter3")

    assert len(problems(attached(zipped), "hunter2")) == 1
    assert problems(attached(zipped), "hunter3") == []
    assert problems(attached(b"\x1f\x8b\x08nonsense"), "hunter2") == []
    assert len(problems(attached(b"\x1f\x8b\x08 hunter2"), "hunter2")) == 1


@pytest.mark.parametrize(
    "place",
    [
        *("event_id", "contexts.trace.trace_id", "contexts.trace.span_id", "timestamp", "start_timestamp"),
        *("spans.0.span_id", "breadcrumbs.values.0.timestamp", "attributes.thread.id.value"),
    ],
)
def test_ids_and_clocks_are_not_secrets_and_fit_no_patterns_by_chance(place: str) -> None:
    value: Any = "4111222233334444" * 2 if place == "event_id" or "trace" in place else "4111222233334444"
    payload: Any = {"thread.id": {"value": value}} if "attributes" in place else value
    for part in reversed(place.split(".")) if "attributes" not in place else ["attributes"]:
        payload = [payload] if part == "0" else {part: payload}
    rule = ForbiddenData(patterns=(Pattern(Regex("[0-9]{16}")),))

    assert problems(capture(payload), "3333", rule=rule) == []
    assert len(problems(capture(payload), value)) == 1
    assert len(problems(capture({"extra": payload}), "3333", rule=rule)) == 1
    assert len(problems(capture(payload, "attachment"), "3333", rule=rule)) == 1


@pytest.mark.parametrize("name", ALL)
def test_no_form_of_a_secret_is_shown(name: str) -> None:
    text = ALL[name](SECRET)

    shown = Formatter((SECRET,), masked=False).redacted(f"before {text}\nafter")

    assert text not in shown
    assert "[secret]" in shown
