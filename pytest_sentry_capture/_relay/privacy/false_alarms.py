"""What Relay takes for personal data or a secret, and is not one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from pytest_sentry_capture._recording import CONTAINERS, AssignedValue, Keys, Masks, at, walk
from pytest_sentry_capture._relay.privacy.addresses import is_no_address, is_nobodys
from pytest_sentry_capture._relay.privacy.built_in_rules import CARDS_OF_RELAY, USER_PATH
from pytest_sentry_capture._relay.privacy.places import texts_of
from pytest_sentry_capture._relay.privacy.secret_names import counts, is_name_of_secret, is_of_token

_NEVER_PERSONAL: Final = ("True", "False")
"""Representations of variables."""
_SENSITIVE: Final = re.compile(
    r"password|secret|passwd|api[-_]?key|auth|credentials|mysql_pwd|private[-_]?key|token|otp|two[-_]factor",
    re.IGNORECASE,
)
"""A word for a secret. Relay treats every text as a secret in which such a word occurs."""
_NAME: Final = re.compile(r"[\w.-]*")
_LONGEST_NAME: Final = 100
_SEPARATOR: Final = re.compile(
    r"(?P<quote>\\*['\"\])]+)?(?P<before>\s*)(?P<sign>:=|[:=](?![:=])|=>)(?P<after>\s*)(?=\S)"
)
"""What stands between a name and its value."""
_SCHEME: Final = re.compile(r"(?:Bearer|Basic|Digest|Token|ApiKey)\s", re.IGNORECASE)
_NO_WORD: Final = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]|=$")
"""What tells letters from a word of a sentence."""
_OBJECT: Final = re.compile(
    r"<(?:[\w.]+(?:\[[\w., ]*\])?|[^<>'\"=]*) at 0x[0-9a-fA-F]+>|<(?:class|module|enum) '[\w.]+'[^<>]*>"
)
"""The representation of an object that tells nothing of what it holds."""
_OBJECTS_IN_LIST: Final = re.compile(r"[\[(]\s*(?:[{<]|\w+\(|[\])]|(?:None|True|False|[0-9.]+)\b)")
_OBJECT_IN_TEXT: Final = re.compile(r"[A-Za-z_][\w.]*\((?!\s*b?['\"])")
"""An object in another one's representation: the names in it are looked at by themselves."""
_IN_WORD: Final = re.compile(r"[^\W_]")
_DIGIT: Final = re.compile(r"[0-9]")
_SHORTEST_TOKEN: Final = 8
"""Characters of a secret of which a name says that there are several."""
_NUMBER: Final = re.compile(r"[-+]?[0-9][0-9_]*(?:\.[0-9]+)?")
_ROUTE: Final = re.compile(r"(?<![A-Za-z]:)/users/$")
"""The beginning of a route, ``/users/42``, and no folder of users: macOS and Windows call theirs ``Users``."""
_HEXADECIMAL: Final = re.compile(
    r"(?<![0-9a-zA-Z])(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64}))(?![0-9a-zA-Z])"
)
"""UUIDs and hashes, which have all sorts of numbers in them."""
_ABOUT_BEARER: Final = re.compile(
    r"bearer\s+(?:(?:tokens?|auth\w*|schemes?|headers?|credentials|is|or|and|was|not|only)\b|(?:realm|error|scope|charset)=)",
    re.IGNORECASE,
)
"""Sentences about bearer tokens, and the challenge that servers answer with (RFC 6750, 3)."""
_IMAGE: Final = re.compile(r"@\d(?:\.\d)?x\.\w+$")
"""Files of images for displays with more pixels, ``logo@2x.png``."""
_EVERYBODYS: Final = ("git", "hg", "anonymous")
"""Users that say nothing of who connects."""
_PAIR: Final = 2
_NEAR: Final = 80
_KEY_OF_DSN: Final = re.compile(r"[0-9a-f]{32}")
_AFTER_KEY: Final = re.compile(r"@[\w.-]+(?::\d+)?(?:/[\w.-]+)*?/\d+(?![\w/])")
_CARD: Final = re.compile(CARDS_OF_RELAY)


def holds_nothing(text: str, masks: Masks) -> bool:
    """Whether there can be no personal data in a text."""
    return text in _NEVER_PERSONAL or masks.says_nothing(text)


def secrets_in(name: str, value: Any, masks: Masks) -> Iterator[tuple[Keys, Any]]:
    """The secrets in a value that Relay treats as one, by its name or for a word in it. The keys to each, from it.

    Args:
        name: what names the value.
        value: the value.
        masks: what stands in place of values that were taken out.
    """
    if is_name_of_secret(name):
        if _tells(name, value, masks):
            yield (), value
    elif isinstance(value, CONTAINERS):
        yield from _secrets_within(value, masks)
    elif not isinstance(value, str):
        return
    elif not _SENSITIVE.search(value):
        if not _SENSITIVE.search(name):  # a word that only Relay knows
            yield (), value
    elif has_secret(value, masks):
        yield (), value


def has_secret(text: str, masks: Masks) -> bool:
    """Whether a text gives a name of a secret a value."""
    return any(_is_told(text, name, separator, masks) for name, separator in _assignments(text))


def is_false_alarm(rule: str, value: str, before: str, after: str, names: Sequence[str], *, in_code: bool) -> bool:
    """Whether a rule has found something at a place of a text that is not a finding.

    Args:
        rule: the rule.
        value: what it has found.
        before: the text before it.
        after: the text after it.
        names: the keys to the text.
        in_code: whether it is a line of source code.
    """
    if rule == USER_PATH:
        return value == _own_name() or _ROUTE.search(before) is not None
    if rule == "@ip":
        return is_nobodys(value) or is_no_address(value, before, after, names)
    if rule == "@bearer":
        return _ABOUT_BEARER.match(value) is not None
    if rule == "@email":
        return _IMAGE.search(value) is not None or value.partition("@")[0] in _EVERYBODYS
    if rule == "@urlauth":
        return value in _EVERYBODYS or _is_key_of_dsn(value, before, after, in_code=in_code)
    if rule == "@creditcard" and not _CARD.fullmatch(value) and not _passes_luhn(value):
        return True
    return rule in ("@creditcard", "@iban", "@usssn") and _is_within_hexadecimal(value, before, after)


def _secrets_within(container: Any, masks: Masks) -> Iterator[tuple[Keys, Any]]:
    found: list[Keys] = []
    for keys, value in walk(container):
        if any(keys[: len(each)] == each for each in found):
            continue
        name = name_at(container, keys)
        is_secret = is_name_of_secret(name) and _tells(name, value, masks)
        if is_secret or (isinstance(value, str) and has_secret(value, masks)):
            found.append(keys)
            yield keys, value


def name_at(payload: Any, keys: Keys) -> str:
    """What names the value at a place: the nearest key that is not an index, or the first of a pair."""
    container = at(payload, keys[:-1])
    if isinstance(container, (list, tuple)) and len(container) == _PAIR and str(keys[-1]) == "1":
        first = container[0]
        if isinstance(first, (str, bytes)):
            return first if isinstance(first, str) else first.decode(errors="replace")
    return next((key for key in map(str, reversed(keys)) if not key.isdigit()), "")


def _tells(name: str, value: Any, masks: Masks) -> bool:
    """Whether there is a value under the name of a secret."""
    texts = [text for text in texts_of(value) if not holds_nothing(text, masks) and not _OBJECT.fullmatch(text)]
    if is_of_token(name) and isinstance(value, CONTAINERS) and all(map(_NUMBER.fullmatch, texts)):
        return False
    return any(not (counts(name) and _is_of_model(text)) for text in texts)


def _is_of_model(text: str) -> bool:
    """Whether a text under the name of several tokens is a count, or one of the tokens of a language model."""
    return _NUMBER.fullmatch(text) is not None or len(text) < _SHORTEST_TOKEN or not _DIGIT.search(text)


def _assignments(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The names of secrets in a text that are given something, with what stands in between."""
    for word in _SENSITIVE.finditer(text):
        end = _NAME.match(text, word.end(), word.end() + _LONGEST_NAME)
        separator = _SEPARATOR.match(text, end.end()) if end is not None else None
        if end is None or separator is None:
            continue
        before = _NAME.match(text[max(0, word.start() - _LONGEST_NAME) : word.start()][::-1])
        start = word.start() - (before.end() if before is not None else 0)
        name = text[start : end.end()].strip(".-")
        if is_name_of_secret(name):
            yield name, separator


def _is_told(text: str, name: str, separator: re.Match[str], masks: Masks) -> bool:
    position = separator.end()
    value = AssignedValue.at(text, position)
    if _OBJECTS_IN_LIST.match(text, position):  # whose names are looked at by themselves
        return False
    if value.is_container:
        return True
    if not value.tells(masks) or not _IN_WORD.search(value.text):
        return False
    if _OBJECT.fullmatch(value.text) or value.text in _NEVER_PERSONAL or _OBJECT_IN_TEXT.match(text, position):
        return False
    if counts(name) and _is_of_model(value.text):
        return False
    is_like_prose = separator["sign"] == ":" and not separator["quote"] and separator["before"] + separator["after"]
    if not is_like_prose or _SCHEME.match(text, position):
        return True
    return AssignedValue.in_prose(text, position).tells(masks) or _NO_WORD.search(value.text) is not None


def _is_key_of_dsn(value: str, before: str, after: str, *, in_code: bool) -> bool:
    """Whether credentials in a URL are the public key of a DSN, which everybody may know."""
    if ":" in value or not before.lower().endswith(("http://", "https://")) or not _AFTER_KEY.match(after):
        return False
    return in_code or _KEY_OF_DSN.fullmatch(value) is not None


def _is_within_hexadecimal(value: str, before: str, after: str) -> bool:
    near = before[-_NEAR:]
    text = near + value + after[:_NEAR]
    start, end = len(near), len(near) + len(value)
    return any(found.start() <= start and end <= found.end() for found in _HEXADECIMAL.finditer(text))


def _passes_luhn(value: str) -> bool:
    """Whether the last of the digits of a number is the one that checks the others (ISO/IEC 7812)."""
    digits = [int(digit) for digit in reversed(value) if digit.isdigit()]
    return sum(digits[0::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


@cache
def _own_name() -> str:
    try:
        return Path.home().name
    except RuntimeError:
        return ""
